"""Samples of one shard: scenes are drawn until every operation has its share of edits."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dagster_gsi.operations import OPERATIONS
from dagster_gsi.rendering.base import FIRST_THING, SUPPORT, Frame
from dagster_gsi.rendering.mitsuba import open_view
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.scenes.catalogue import ASSETS
from dagster_gsi.synthesis.balance import Balance
from dagster_gsi.synthesis.candidates import Candidate, Limits, blocked, examine, look_at, misplaced
from dagster_gsi.synthesis.change import NOT_SHOWN, shown_change
from dagster_gsi.synthesis.environments import draw_scenes
from dagster_gsi.synthesis.rejection import Rejection
from dagster_gsi.synthesis.visibility import is_top_seen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from dagster_gsi.operations.base import Operation
    from dagster_gsi.rendering.base import Geometry, View
    from dagster_gsi.samples.sample import Split
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Scene
    from dagster_gsi.synthesis.environments import Environment

# Draws of one operation in one scene that are held against its rules; and, of those that keep them, how many are tried in
# physics and in the picture. A draw costs a millisecond and a trial some hundredths of a second.
_DRAWS, _TRIALS = 48, 6
# A shard that needs more scenes than this for each pair has limits that hardly any edit meets.
_MOST_SCENES_PER_PAIR = 12


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that the bytes of a set follow from, besides the code and the assets."""

    name: str
    environment: Environment
    split: Split
    seed: int
    image_size: int
    samples_per_pixel: int
    edits_per_scene: int
    variant: str
    limits: Limits
    operations: tuple[str, ...] = tuple(OPERATIONS)
    """What is drawn, by name: every one has an equal share of the pairs."""
    assets: str = ASSETS
    """Folder of the models, below the project's."""


def synthesize_shard(
    recipe: Recipe, shard: int, pairs: int, catalogue: Catalogue, homes: Path
) -> Iterator[tuple[Sample, Pictures]]:
    """Yield `pairs` samples. They depend on (seed, environment, split, shard) alone, not on who runs this or when.

    `homes` is the folder of floor plans; tabletops need none.
    """
    words = (recipe.environment, recipe.split)
    rng = np.random.default_rng([recipe.seed, *(zlib.crc32(word.encode()) for word in words), shard])
    scenes = draw_scenes(recipe.environment, recipe.split, catalogue, homes, rng, image_size=recipe.image_size)
    return _Shard(recipe, shard, catalogue, scenes, rng, _shares(pairs, recipe.operations)).samples()


def _shares(pairs: int, names: tuple[str, ...]) -> dict[str, int]:
    """How many samples of each operation, as equal as can be."""
    return {name: pairs // len(names) + (index < pairs % len(names)) for index, name in enumerate(names)}


@dataclass(slots=True)
class _Shard:
    """One shard in the making."""

    recipe: Recipe
    number: int
    catalogue: Catalogue
    scenes: Iterator[Scene | Rejection]
    rng: np.random.Generator
    missing: dict[str, int]
    """Samples of each operation that are still to be made."""
    rejections: Counter[str] = field(default_factory=Counter)
    """What was given up since the last sample, by reason."""
    balance: Balance = field(default_factory=Balance)

    def samples(self) -> Iterator[tuple[Sample, Pictures]]:
        pairs = sum(self.missing.values())
        given_up: Counter[str] = Counter()
        for scene_number, scene in zip(range(_MOST_SCENES_PER_PAIR * pairs), self.scenes, strict=False):
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
        scene, view, geometry = self._opened(scene, seed)
        if rejection := blocked(geometry):
            self.rejections[f"scene: {rejection.reason}"] += 1
            return
        seen, unseen = look_at(scene, geometry, self.catalogue, recipe.limits)
        named = {*seen, *(support.name for support in scene.supports if is_top_seen(support, scene.camera, geometry))}
        self.rejections += unseen
        if not seen:
            self.rejections["scene: nothing to look at"] += 1
            return
        source: Frame | None = None
        accepted = 0
        for name in wanted:
            allowed = self._allowed(name, scene, named)
            candidate = self._first_possible(allowed, scene, seen, view)
            if candidate is None:
                continue
            source = source or view.render(scene)
            target = view.render(candidate.after)
            index = None if candidate.edit.target is None else scene.index(candidate.edit.target)
            change = shown_change(source, target, index, recipe.limits)
            if isinstance(change, Rejection):
                self.rejections[f"{name}: {change.reason}"] += 1
                self.balance.add_unshown(candidate.edit, scene)
                continue
            candidate.figures.update(change)
            self.missing[name] -= 1
            self.balance.add(candidate.edit, scene)
            accepted += 1
            yield self._sample(scene, scene_id, candidate, (source, target), seed)
            if accepted == recipe.edits_per_scene:
                return

    def _opened(self, scene: Scene, seed: int) -> tuple[Scene, View, Geometry]:
        """The scene in the renderer, without the things that its camera does not see (nobody can mean them), and what is
        seen where.
        """
        recipe = self.recipe
        opened = partial(
            open_view,
            catalogue=self.catalogue,
            variant=recipe.variant,
            samples_per_pixel=recipe.samples_per_pixel,
            seed=seed,
        )
        view = opened(scene)
        geometry = view.trace(scene)
        shown = set(np.unique(geometry.ids_HW).tolist())
        things = tuple(thing for index, thing in enumerate(scene.things) if FIRST_THING + index in shown)
        if len(things) == len(scene.things):
            return scene, view, geometry
        scene = replace(scene, things=things)
        # Two loaded scenes at once would be the most memory that a worker ever takes.
        del view
        view = opened(scene)
        return scene, view, view.trace(scene)

    def _first_possible(
        self, allowed: Sequence[Operation], scene: Scene, seen: Mapping[str, Mapping[str, float]], view: View
    ) -> Candidate | None:
        """Of the edits that the rules allow, those first that the shard lacks most: the first that passes, or None.

        Whatever does not show a turn, a move or another size is not asked to show a second one.
        """
        trials, unshown = 0, set[str | None]()
        for edit in self.balance.rarest_first(allowed, scene):
            if edit.target in unshown:
                continue
            outcome = examine(edit, scene, seen, view, self.catalogue, self.recipe.limits)
            if isinstance(outcome, Candidate):
                return outcome
            self.rejections[f"{edit.name}: {outcome.reason}"] += 1
            if outcome == NOT_SHOWN:
                unshown.add(edit.target)
                self.balance.add_unshown(edit, scene)
            trials += 1
            if trials == _TRIALS:
                break
        return None

    def _allowed(self, name: str, scene: Scene, targets: Collection[str]) -> list[Operation]:
        """Different edits of that operation that keep its rules."""
        allowed: list[Operation] = []
        for _ in range(_DRAWS):
            edit = OPERATIONS[name].sample(scene, targets, self.rng)
            if edit is None:
                self.rejections[f"rules: {name}: no target"] += 1
                break
            if rejection := misplaced(edit, scene, self.catalogue):
                self.rejections[f"rules: {name}: {rejection.reason}"] += 1
            elif edit not in allowed:
                allowed.append(edit)
        return allowed

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
                "assets": recipe.assets,
                "dagster_gsi": version("dagster-gsi"),
            },
            rejections=dict(sorted(self.rejections.items())),
        )
        pictures = Pictures(
            Image.fromarray(source.rgb_HW3), Image.fromarray(target.rgb_HW3), source.geometry, target.geometry
        )
        return sample, pictures
