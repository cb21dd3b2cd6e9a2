"""Remove (SR): the one of its kind at an extreme place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self, get_args

import numpy as np

from dagster_gsi.operations.language import is_clear, phrase

if TYPE_CHECKING:
    from collections.abc import Collection

    from dagster_gsi.scenes.scene import Scene, Thing, Words

Extreme = Literal["leftmost", "rightmost", "nearest", "farthest"]
# With less than this between the first and the second, people hesitate which one is meant.
_MARGIN = 0.05


def rank(thing: Thing, extreme: Extreme, scene: Scene) -> float:
    """How far the thing is towards the extreme, in metres from the camera; the largest is the one that is meant.

    Left and right are measured in the camera's frame as the viewer sees them: by direction, not by distance along the
    image plane, so that the ranking is that of the picture.
    """
    pixels_12, depth_1 = scene.camera.project(thing.centre_3[None])
    sideways = (float(pixels_12[0, 0]) - scene.camera.centre_x) / scene.camera.focal_x
    # Sideways angles become metres at the depth where things of the kind are, where the margin of 5 cm is meant.
    alike_N3 = np.array([other.centre_3 for other in scene.of_category(thing.category.en)])
    reach = float(scene.camera.project(alike_N3)[1].mean())
    return {
        "leftmost": -sideways * reach,
        "rightmost": sideways * reach,
        "nearest": -float(depth_1[0]),
        "farthest": float(depth_1[0]),
    }[extreme]


def clear_extreme(alike: tuple[Thing, ...], extreme: Extreme, scene: Scene) -> str | None:
    """Name of the thing that everybody would call the `extreme` one of at least two, or None."""
    first, *others = sorted(alike, key=lambda thing: rank(thing, extreme, scene), reverse=True)
    if not others or rank(first, extreme, scene) - rank(others[0], extreme, scene) < _MARGIN:
        return None
    return first.name


@dataclass(frozen=True)
class Remove:
    """Take away one of several things of a kind, named by where it stands."""

    name: ClassVar[str] = "remove"
    code: ClassVar[str] = "SR"
    target: str
    extreme: Extreme

    @classmethod
    def sample(cls, scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Self | None:
        kinds = sorted({thing.category.en for thing in scene.things if is_clear(thing.category, scene)})
        clear = [
            cls(name, extreme)
            for kind in kinds
            for extreme in get_args(Extreme)
            if (name := clear_extreme(scene.of_category(kind), extreme, scene)) and name in targets
        ]
        return clear[rng.integers(len(clear))] if clear else None

    def apply(self, scene: Scene) -> Scene:
        return scene.without(self.target)

    def instruction(self, scene: Scene, rng: np.random.Generator) -> Words:
        return phrase(f"remove_{self.extreme}", scene, self.target, rng)
