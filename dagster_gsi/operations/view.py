"""View (PC): the camera turns, tilts or moves, and nothing in the scene does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, get_args

import numpy as np

from dagster_gsi.geometry.shift import Shift
from dagster_gsi.operations.language import phrase

if TYPE_CHECKING:
    from collections.abc import Collection

    from dagster_gsi.scenes.scene import Scene, Words

Motion = Literal[
    "turn_left",
    "turn_right",
    "tilt_up",
    "tilt_down",
    "move_left",
    "move_right",
    "move_forward",
    "move_back",
    "move_up",
    "move_down",
]
# Below 10 degrees and 10 cm a change of view is hard to tell from none; a picture is 40 to 50 degrees wide, so that
# after more than 20 the things are no longer in it.
_ANGLES_DEG = (10, 12, 15, 18, 20)
_DISTANCES_CM = (10, 15, 20, 25, 30, 40)


def is_turn(motion: str) -> bool:
    """Whether the motion is measured in radians rather than metres."""
    return motion.startswith(("turn", "tilt"))


@dataclass(frozen=True)
class View:
    """Look from elsewhere or elsewhere."""

    name: ClassVar[str] = "view"
    code: ClassVar[str] = "PC"
    target: ClassVar[None] = None
    motion: Motion
    amount: float
    """Radians of a turn or a tilt, metres of a move; positive."""

    @classmethod
    def sample(cls, scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Self | None:
        if not scene.things or not targets:
            return None
        motion = get_args(Motion)[rng.integers(len(get_args(Motion)))]
        if is_turn(motion):
            return cls(motion, float(np.radians(rng.choice(_ANGLES_DEG))))
        return cls(motion, int(rng.choice(_DISTANCES_CM)) / 100)

    @property
    def shift(self) -> Shift:
        """The motion with its sign."""
        kind, _, way = self.motion.partition("_")
        amount = -self.amount if way in ("right", "down", "back") else self.amount
        if kind in ("turn", "tilt"):
            return Shift(**{kind: amount})
        if way in ("left", "right"):
            return Shift(sideways=-amount)
        return Shift(forward=amount) if way in ("forward", "back") else Shift(up=amount)

    def apply(self, scene: Scene) -> Scene:
        return replace(scene, camera=self.shift.of(scene.camera))

    def instruction(self, scene: Scene, rng: np.random.Generator) -> Words:
        amount = f"{np.degrees(self.amount):.0f}" if is_turn(self.motion) else f"{self.amount * 100:.0f}"
        return phrase(f"view_{self.motion}", scene, None, rng, amount=amount)
