"""Samples of one shard: scenes are drawn until every operation has its share of edits."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dagster_gsi.operations import OPERATIONS, TABLETOP
from dagster_gsi.rendering.base import FIRST_THING, SUPPORT, Frame
from dagster_gsi.rendering.mitsuba import open_view
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.synthesis.candidates import Candidate, Limits, examine, look_at
from dagster_gsi.synthesis.rejection import Rejection
from dagster_gsi.synthesis.tabletop import sample_scene
from dagster_gsi.synthesis.visibility import look_change, pixel_change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dagster_gsi.rendering.base import View
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Scene

# Draws of one operation in one scene; they cost milliseconds, so a scene is used before the next one is built.
_TRIES_PER_EDIT = 24
# A shard that needs more scenes than this for each pair has limits that hardly any edit meets.
_MOST_SCENES_PER_PAIR = 12


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that the bytes of a set follow from, besides the code and the assets."""

    name: str
    environment: str
    split: str
    seed: int
    image_size: int
    samples_per_pixel: int
    edits_per_scene: int
    variant: str
    limits: Limits
    operations: tuple[str, ...] = TABLETOP
    """What is drawn, by name: every one has an equal share of the pairs."""


def synthesize_shard(recipe: Recipe, shard: int, pairs: int, catalogue: Catalogue) -> Iterator[tuple[Sample, Pictures]]:
    """Yield `pairs` samples. They depend on (seed, environment, split, shard) alone, not on who runs this or when."""
    words = (recipe.environment, recipe.split)
    rng = np.random.default_rng([recipe.seed, *(zlib.crc32(word.encode()) for word in words), shard])
    return _Shard(recipe, shard, catalogue, rng, _shares(pairs, recipe.operations)).samples()


def _shares(pairs: int, names: tuple[str, ...]) -> dict[str, int]:
    """How many samples of each operation, as equal as can be."""
    return {name: pairs // len(names) + (index < pairs % len(names)) for index, name in enumerate(names)}


@dataclass(slots=True)
class _Shard:
    """One shard in the making."""

    recipe: Recipe
    number: int
    catalogue: Catalogue
    rng: np.random.Generator
    missing: dict[str, int]
    """Samples of each operation that are still to be made."""
    rejections: Counter[str] = field(default_factory=Counter)
    """Candidates given up since the last sample, by reason."""

    def samples(self) -> Iterator[tuple[Sample, Pictures]]:
        pairs = sum(self.missing.values())
        given_up: Counter[str] = Counter()
        for scene_number in range(_MOST_SCENES_PER_PAIR * pairs):
            scene = sample_scene(self.catalogue, self.rng, image_size=self.recipe.image_size)
            if isinstance(scene, Rejection):
                self.rejections[f"scene: {scene.reason}"] += 1
                continue
            scene_id = f"{self.recipe.name}-{self.number:05d}-{scene_number:04d}"
            for sample in self._samples_of(scene, scene_id):
                given_up += self.rejections
                self.rejections.clear()
                yield sample
            if not any(self.missing.values()):
                return
        worst = ", ".join(f"{reason} ({count})" for reason, count in (given_up + self.rejections).most_common(5))
        raise ValueError(
            f"shard {self.number} of {self.recipe.name} lacks {sum(self.missing.values())} of {pairs} pairs after "
            f"{_MOST_SCENES_PER_PAIR * pairs} scenes; most candidates were given up for: {worst}. Relax "
            "synthesize.limits in params.yaml, raise synthesize.image_size, or add objects and supports to the catalogue"
        )

    def _samples_of(self, scene: Scene, scene_id: str) -> Iterator[tuple[Sample, Pictures]]:
        """Up to `edits_per_scene` accepted edits of one scene, the operations that lack most first."""
        wanted = sorted((name for name, count in self.missing.items() if count), key=lambda name: -self.missing[name])
        recipe, seed = self.recipe, int(self.rng.integers(2**31))
        view = open_view(
            scene, self.catalogue, variant=recipe.variant, samples_per_pixel=recipe.samples_per_pixel, seed=seed
        )
        seen, unseen = look_at(scene, view.trace(scene), self.catalogue, recipe.limits)
        self.rejections += unseen
        source: Frame | None = None
        accepted = 0
        for name in wanted:
            candidate = self._first_possible(name, scene, seen, view)
            if candidate is None:
                continue
            source = source or view.render(scene)
            target = view.render(candidate.after)
            if self._barely_changed(candidate, scene, source, target):
                self.rejections[f"{name}: no visible change"] += 1
                continue
            self.missing[name] -= 1
            accepted += 1
            yield self._sample(scene, scene_id, candidate, (source, target), seed)
            if accepted == recipe.edits_per_scene:
                return

    def _first_possible(
        self, name: str, scene: Scene, seen: Mapping[str, Mapping[str, float]], view: View
    ) -> Candidate | None:
        """The first drawn edit of that operation that passes, or None after some tries."""
        for _ in range(_TRIES_PER_EDIT):
            edit = OPERATIONS[name].sample(scene, seen, self.rng)
            if edit is None:
                self.rejections[f"{name}: no target"] += 1
                return None
            outcome = examine(edit, scene, seen, view, self.catalogue, self.recipe.limits)
            if isinstance(outcome, Candidate):
                return outcome
            self.rejections[f"{name}: {outcome.reason}"] += 1
        return None

    def _barely_changed(self, candidate: Candidate, scene: Scene, source: Frame, target: Frame) -> bool:
        """Measure the change inside the target's two masks, or of the whole picture where the view changes; note it, and
        say whether it is too small to count.
        """
        name = candidate.edit.target
        if name is None:
            mask_HW = np.ones_like(source.geometry.ids_HW, dtype=bool)
        else:
            value = scene.index(name) + FIRST_THING
            mask_HW = (source.geometry.ids_HW == value) | (candidate.geometry.ids_HW == value)
        pictures, limits = (source.rgb_HW3, target.rgb_HW3), self.recipe.limits
        candidate.figures["pixel_change"] = pixel_change(*pictures, mask_HW)
        if candidate.figures["pixel_change"] < limits.pixel_change:
            return True
        candidate.figures["look_change"] = look_change(*pictures, mask_HW)
        return candidate.figures["look_change"] < limits.look_change

    def _sample(
        self, scene: Scene, scene_id: str, candidate: Candidate, frames: tuple[Frame, Frame], render_seed: int
    ) -> tuple[Sample, Pictures]:
        recipe, (source, target) = self.recipe, frames
        sample = Sample(
            id=f"{scene_id}-{candidate.edit.name}",
            scene_id=scene_id,
            set=recipe.name,
            split=recipe.split,
            environment=recipe.environment,
            edit=candidate.edit,
            instruction=candidate.edit.instruction(scene, self.rng),
            before=scene,
            after=candidate.after,
            instances={"support": SUPPORT, **{t.name: FIRST_THING + i for i, t in enumerate(scene.things)}},
            figures={name: round(value, 6) for name, value in sorted(candidate.figures.items())},
            provenance={
                "seed": recipe.seed,
                "shard": self.number,
                "render_seed": render_seed,
                "renderer": f"mitsuba {version('mitsuba')} {recipe.variant}",
                "samples_per_pixel": recipe.samples_per_pixel,
                "dagster_gsi": version("dagster-gsi"),
            },
            rejections=dict(sorted(self.rejections.items())),
        )
        pictures = Pictures(
            Image.fromarray(source.rgb_HW3), Image.fromarray(target.rgb_HW3), source.geometry, target.geometry
        )
        return sample, pictures
