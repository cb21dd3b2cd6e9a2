"""Move (CM): along the camera's horizontal axes by a distance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, get_args

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations.language import drawn, phrase

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Scene, Words

Direction = Literal["left", "right", "toward", "away"]
_DISTANCES_CM = (5, 8, 10, 12, 15, 18, 20, 25, 30, 35, 40)


def direction_3(direction: Direction, camera: Camera) -> Array:
    """Unit vector in the world for a direction as the viewer means it."""
    return {
        "left": -camera.right_3,
        "right": camera.right_3,
        "toward": -camera.ahead_3,
        "away": camera.ahead_3,
    }[direction]


@dataclass(frozen=True)
class Move:
    """Shift one object over its support; it keeps its heading."""

    name: ClassVar[str] = "move"
    code: ClassVar[str] = "CM"
    target: str
    direction: Direction
    distance: float
    """Metres."""

    @classmethod
    def sample(cls, scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Self | None:
        target = drawn(scene, targets, rng)
        if target is None:
            return None
        direction = get_args(Direction)[rng.integers(len(get_args(Direction)))]
        return cls(target.name, direction, int(rng.choice(_DISTANCES_CM)) / 100)

    def apply(self, scene: Scene) -> Scene:
        thing = scene.find(self.target)
        shift_3 = self.distance * direction_3(self.direction, scene.camera)
        moved = Pose(thing.pose_wo.rotation_33, thing.pose_wo.translation_3 + shift_3)
        return scene.with_thing(replace(thing, pose_wo=moved))

    def instruction(self, scene: Scene, rng: np.random.Generator) -> Words:
        return phrase(f"move_{self.direction}", scene, self.target, rng, amount=f"{self.distance * 100:.0f}")
