"""Rotate (OR): about the vertical axis, on the spot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from dagster_gsi.geometry.pose import Pose, wrapped
from dagster_gsi.operations.language import nameable, phrase

if TYPE_CHECKING:
    from collections.abc import Collection

    from dagster_gsi.scenes.scene import Scene, Words

_ANGLES_DEG = (30, 45, 60, 90, 120, 135, 150, 180)
# A turn that ends closer than this to a look-alike heading is not a visible turn.
_LEAST_VISIBLE_TURN = np.radians(25)


def looks_turned(angle: float, symmetry: int) -> bool:
    """Whether a turn by `angle` changes the look of an object of this rotational symmetry."""
    if symmetry == 0:
        return False
    return bool(abs(wrapped(angle, period=2 * np.pi / symmetry)) >= _LEAST_VISIBLE_TURN)


def _visible_turns(symmetry: int) -> list[float]:
    return [angle for angle in np.radians(_ANGLES_DEG) if looks_turned(angle, symmetry)]


@dataclass(frozen=True)
class Rotate:
    """Turn one object about the vertical axis through its middle."""

    name: ClassVar[str] = "rotate"
    code: ClassVar[str] = "OR"
    target: str
    angle: float
    """Radians, counter-clockwise as seen from above."""

    @classmethod
    def sample(cls, scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Self | None:
        things = [thing for thing in nameable(scene, targets) if _visible_turns(thing.symmetry)]
        if not things:
            return None
        target = things[rng.integers(len(things))]
        return cls(target.name, float(rng.choice(_visible_turns(target.symmetry)) * rng.choice((-1, 1))))

    def apply(self, scene: Scene) -> Scene:
        thing = scene.find(self.target)
        turn = Pose.about_z(self.angle, at_3=thing.pose_wo.translation_3)
        return scene.with_thing(replace(thing, pose_wo=turn @ thing.pose_wo))

    def instruction(self, scene: Scene, rng: np.random.Generator) -> Words:
        direction = "counterclockwise" if self.angle > 0 else "clockwise"
        degrees = f"{abs(np.degrees(self.angle)):.0f}"
        return phrase(f"rotate_{direction}", scene, self.target, rng, amount=degrees)
