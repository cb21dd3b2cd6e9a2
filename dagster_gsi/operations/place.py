"""Place (OP): beside another object, so far between their centres, on the side that the viewer calls so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, get_args

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations.language import called, nameable, phrase
from dagster_gsi.operations.move import Direction, direction_3

if TYPE_CHECKING:
    from collections.abc import Collection

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Scene, Thing, Words

Side = Literal["left", "right", "front", "behind"]
# In front is where the viewer is: people speak of things that have no front of their own this way.
_DIRECTIONS: dict[Side, Direction] = {"left": "left", "right": "right", "front": "toward", "behind": "away"}
_DISTANCES_CM = (10, 12, 15, 18, 20, 25, 30, 35, 40)
# A request that the thing is nearly at already shows nothing: the shortest move that is ever asked for, and twice the
# quarter of the distance that an answer may be off.
_LEAST_SHIFT, _LEAST_SHARE = 0.05, 0.5


def side_3(side: Side, camera: Camera) -> Array:
    """Unit vector in the world that leads to that side of a thing."""
    return direction_3(_DIRECTIONS[side], camera)


def _reach(thing: Thing, along_3: Array) -> float:
    """How far the thing's box reaches from its centre along a horizontal direction, in metres."""
    return float(np.abs((thing.box.footprint_42() - thing.centre_3[:2]) @ along_3[:2]).max())


@dataclass(frozen=True)
class Place:
    """Put one object beside another; it keeps its heading and its height."""

    name: ClassVar[str] = "place"
    code: ClassVar[str] = "OP"
    target: str
    reference: str
    side: Side
    distance: float
    """Metres between the centres of the two, along the ground."""

    @classmethod
    def sample(cls, scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Self | None:
        things = nameable(scene, targets)
        pairs = [(one, other) for one in things for other in things if one is not other and one.on == other.on]
        if not pairs:
            return None
        target, reference = pairs[rng.integers(len(pairs))]
        side = get_args(Side)[rng.integers(len(get_args(Side)))]
        along_3 = side_3(side, scene.camera)
        room = _reach(target, along_3) + _reach(reference, along_3)
        possible = [
            edit
            for distance in _DISTANCES_CM
            if distance / 100 > room
            and _is_elsewhere(edit := cls(target.name, reference.name, side, distance / 100), scene)
        ]
        return possible[rng.integers(len(possible))] if possible else None

    def apply(self, scene: Scene) -> Scene:
        thing, reference = scene.find(self.target), scene.find(self.reference)
        place_3 = reference.pose_wo.translation_3 + self.distance * side_3(self.side, scene.camera)
        at_3 = np.append(place_3[:2], thing.pose_wo.translation_3[2])
        return scene.with_thing(replace(thing, pose_wo=Pose(thing.pose_wo.rotation_33, at_3)))

    def instruction(self, scene: Scene, rng: np.random.Generator) -> Words:
        other = called(scene.find(self.reference), scene, rng)
        amount = f"{self.distance * 100:.0f}"
        return phrase(f"place_{self.side}", scene, self.target, rng, nouns={"other": other}, amount=amount)


def _is_elsewhere(edit: Place, scene: Scene) -> bool:
    before_3, after_3 = (state.find(edit.target).pose_wo.translation_3 for state in (scene, edit.apply(scene)))
    return bool(np.linalg.norm(after_3 - before_3) >= max(_LEAST_SHIFT, _LEAST_SHARE * edit.distance))
