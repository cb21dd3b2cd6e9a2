"""Receptacle (RP): onto a part of what can carry it: its centre, or the edge nearest, farthest, on the left or right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, get_args

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations.language import drawn, may_mean, phrase
from dagster_gsi.operations.move import Direction, direction_3

if TYPE_CHECKING:
    from collections.abc import Collection

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Scene, Thing, Words

Region = Literal["centre", "nearest", "farthest", "left", "right"]
_DIRECTIONS: dict[Region, Direction] = {"nearest": "toward", "farthest": "away", "left": "left", "right": "right"}
# Part of the way from the centre to where the thing would just stand on the edge of the box: round tops lie inside
# their boxes, and things on the very edge look as if they fell.
_WAY = 0.9
# A request that the thing is nearly at already shows nothing: half more than what a placement on an edge may be off.
_LEAST_SHIFT = 0.15


def carrier(scene: Scene, name: str) -> Thing:
    """What the things are put on: a support, or a thing with a top, by its name."""
    return scene.support(name).body if scene.has_support(name) else scene.find(name)


def region_point_2(carrier: Thing, region: Region, scene: Scene, *, inset_2: Array | None = None) -> Array:
    """Where a region is on the ground plane: the centre, or where the line from it to that side leaves the outline.

    The outline is the footprint of the carrier's box, `inset_2` (x, y in its frame) inside of it.
    """
    centre_2 = carrier.centre_3[:2]
    if region == "centre":
        return centre_2
    axes_22 = carrier.pose_wo.rotation_33[:2, :2]
    along_2 = direction_3(_DIRECTIONS[region], scene.camera)[:2]
    half_2 = carrier.box.size_3[:2] / 2 - (0.0 if inset_2 is None else inset_2)
    components_2 = np.abs(along_2 @ axes_22)
    return centre_2 + along_2 * float(np.min(np.maximum(half_2, 0.0) / np.maximum(components_2, 1e-9)))


def region_place_2(target: Thing, carrier: Thing, region: Region, scene: Scene) -> Array:
    """The point of the region at which the middle of the target's base is asked to be, its footprint on the carrier."""
    around_42 = (target.box.footprint_42() - target.centre_3[:2]) @ carrier.pose_wo.rotation_33[:2, :2]
    edge_2 = region_point_2(carrier, region, scene, inset_2=np.abs(around_42).max(axis=0))
    return carrier.centre_3[:2] + _WAY * (edge_2 - carrier.centre_3[:2])


def _is_one_of_a_kind(body: Thing, scene: Scene) -> bool:
    """Whether its noun alone tells it from everything else in the picture, things that stand on it too."""
    seen = [other for other in scene.furniture if other is not body and _may_be_seen(other, scene.camera)]
    return not any(may_mean(body.category, other) for other in (*scene.things, *seen))


def _may_be_seen(body: Thing, camera: Camera) -> bool:
    """Whether some of the box may lie in the picture, hidden or not; what reaches behind the camera counts as if it did."""
    pixels_82, depth_8 = camera.project(body.box.corners_83())
    if (depth_8 <= 0).any():
        return bool((depth_8 > 0).any())
    size_2 = [camera.width, camera.height]
    return bool((pixels_82.max(axis=0) > 0).all() and (pixels_82.min(axis=0) < size_2).all())


@dataclass(frozen=True)
class Receptacle:
    """Put one object onto a part of a support; it keeps its heading."""

    name: ClassVar[str] = "receptacle"
    code: ClassVar[str] = "RP"
    target: str
    receptacle: str
    """A support or a thing with a top, by its name."""
    region: Region
    place: tuple[float, float]
    """Where the middle of the target's base ends, in the world's ground plane, metres."""

    def __post_init__(self) -> None:
        # A document brings a list, which would compare and hash otherwise.
        object.__setattr__(self, "place", (float(self.place[0]), float(self.place[1])))

    @classmethod
    def sample(cls, scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Self | None:
        target = drawn(scene, targets, rng)
        if target is None:
            return None
        own = scene.support_of(target).name
        # The one that it stands on needs no look: what stands on it is seen well.
        supports = [one for one in scene.supports if one.name == own or one.name in targets]
        possible = [
            cls(target.name, support.name, region, (float(place_2[0]), float(place_2[1])))
            for support in supports
            if _is_one_of_a_kind(support.body, scene)
            for region in get_args(Region)
            for place_2 in [region_place_2(target, support.body, region, scene)]
            if np.linalg.norm(place_2 - target.centre_3[:2]) >= _LEAST_SHIFT
        ]
        return possible[rng.integers(len(possible))] if possible else None

    def apply(self, scene: Scene) -> Scene:
        thing = scene.find(self.target)
        if self.receptacle == thing.on:
            height = float(thing.pose_wo.translation_3[2])
        elif scene.has_support(self.receptacle):
            height = scene.support(self.receptacle).height
        else:  # the top of a thing is that of its box
            height = float(scene.find(self.receptacle).box.corners_83()[:, 2].max())
        moved = Pose(thing.pose_wo.rotation_33, np.array([*self.place, height]))
        return scene.with_thing(replace(thing, pose_wo=moved, on=self.receptacle))

    def instruction(self, scene: Scene, rng: np.random.Generator) -> Words:
        other = carrier(scene, self.receptacle).category
        return phrase(f"receptacle_{self.region}", scene, self.target, rng, nouns={"other": other})
