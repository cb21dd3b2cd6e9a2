"""Samples of one shard: scenes are drawn until every operation has its share of edits."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dagster_gsi.operations import OPERATIONS
from dagster_gsi.rendering.base import FIRST_THING, SUPPORT, Frame
from dagster_gsi.rendering.mitsuba import open_view
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.synthesis.candidates import Candidate, Limits, examine, pixel_change
from dagster_gsi.synthesis.rejection import Rejection
from dagster_gsi.synthesis.tabletop import sample_scene

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def synthesize_shard(recipe: Recipe, shard: int, pairs: int, catalogue: Catalogue) -> Iterator[tuple[Sample, Pictures]]:
    """Yield `pairs` samples. They depend on (seed, environment, split, shard) alone, not on who runs this or when."""
    words = (recipe.environment, recipe.split)
    rng = np.random.default_rng([recipe.seed, *(zlib.crc32(word.encode()) for word in words), shard])
    missing = _shares(pairs)
    rejections: Counter[str] = Counter()
    made = 0
    for scene_index in range(_MOST_SCENES_PER_PAIR * pairs):
        scene = sample_scene(catalogue, rng, image_size=recipe.image_size)
        if isinstance(scene, Rejection):
            rejections[f"scene: {scene.reason}"] += 1
            continue
        scene_id = f"{recipe.name}-{shard:05d}-{scene_index:04d}"
        render_seed = int(rng.integers(2**31))
        view = open_view(
            scene, catalogue, variant=recipe.variant, samples_per_pixel=recipe.samples_per_pixel, seed=render_seed
        )
        for candidate, frames in _edits_of(scene, view, missing, rejections, recipe, catalogue, rng):
            yield _sample(recipe, shard, scene_id, scene, candidate, frames, render_seed, rejections, rng)
            rejections.clear()
            missing[candidate.edit.name] -= 1
            made += 1
        if made == pairs:
            return
    worst = ", ".join(f"{reason} ({count})" for reason, count in rejections.most_common(5))
    raise ValueError(
        f"shard {shard} of {recipe.name} has only {made} of {pairs} pairs after {_MOST_SCENES_PER_PAIR * pairs} scenes; "
        f"most were given up for: {worst}. Relax synthesize.limits in params.yaml, raise synthesize.image_size, "
        "or add objects and supports to the catalogue"
    )


def _shares(pairs: int) -> dict[str, int]:
    """How many samples of each operation, as equal as can be."""
    names = list(OPERATIONS)
    return {name: pairs // len(names) + (index < pairs % len(names)) for index, name in enumerate(names)}


def _edits_of(
    scene: Scene,
    view: View,
    missing: dict[str, int],
    rejections: Counter[str],
    recipe: Recipe,
    catalogue: Catalogue,
    rng: np.random.Generator,
) -> Iterator[tuple[Candidate, tuple[Frame, Frame]]]:
    """Up to `edits_per_scene` accepted edits of one scene, the operations that lack most first."""
    wanted = sorted((name for name in missing if missing[name] > 0), key=lambda name: -missing[name])
    geometry = view.trace(scene)
    source: Frame | None = None
    accepted = 0
    for name in wanted:
        if accepted == recipe.edits_per_scene:
            return
        candidate = _first_possible(name, scene, view, geometry, rejections, recipe, catalogue, rng)
        if candidate is None:
            continue
        source = source or view.render(scene)
        target = view.render(candidate.after)
        index = FIRST_THING + [thing.name for thing in scene.things].index(candidate.edit.target)
        mask_HW = (geometry.ids_HW == index) | (candidate.geometry.ids_HW == index)
        change = pixel_change(source.rgb_HW3, target.rgb_HW3, mask_HW)
        if change < recipe.limits.pixel_change:
            rejections[f"{name}: no visible change"] += 1
            continue
        candidate.figures["pixel_change"] = change
        accepted += 1
        yield candidate, (source, target)


def _first_possible(
    name: str,
    scene: Scene,
    view: View,
    geometry: object,
    rejections: Counter[str],
    recipe: Recipe,
    catalogue: Catalogue,
    rng: np.random.Generator,
) -> Candidate | None:
    for _ in range(_TRIES_PER_EDIT):
        edit = OPERATIONS[name].sample(scene, rng)
        outcome = examine(edit, scene, view, geometry, catalogue, recipe.limits)  # type: ignore[arg-type]
        if isinstance(outcome, Candidate):
            return outcome
        rejections[f"{name}: {outcome.reason}"] += 1
    return None


def _sample(
    recipe: Recipe,
    shard: int,
    scene_id: str,
    scene: Scene,
    candidate: Candidate,
    frames: tuple[Frame, Frame],
    render_seed: int,
    rejections: Counter[str],
    rng: np.random.Generator,
) -> tuple[Sample, Pictures]:
    source, target = frames
    instances = {"support": SUPPORT, **{thing.name: FIRST_THING + i for i, thing in enumerate(scene.things)}}
    sample = Sample(
        id=f"{scene_id}-{candidate.edit.name}",
        scene_id=scene_id,
        set=recipe.name,
        split=recipe.split,
        environment=recipe.environment,
        edit=candidate.edit,
        instruction=candidate.edit.instruction(scene, rng),
        before=scene,
        after=candidate.after,
        instances=instances,
        figures={name: round(value, 6) for name, value in sorted(candidate.figures.items())},
        provenance={
            "seed": recipe.seed,
            "shard": shard,
            "render_seed": render_seed,
            "renderer": f"mitsuba {version('mitsuba')} {recipe.variant}",
            "samples_per_pixel": recipe.samples_per_pixel,
            "dagster_gsi": version("dagster-gsi"),
        },
        rejections=dict(sorted(rejections.items())),
    )
    pictures = Pictures(
        Image.fromarray(source.rgb_HW3), Image.fromarray(target.rgb_HW3), source.geometry, target.geometry
    )
    return sample, pictures
