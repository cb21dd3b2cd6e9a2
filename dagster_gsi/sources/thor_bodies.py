"""AI2-THOR's objects as its metadata describe them, in our world."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.sources.thor_frames import points_N3, pose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.geometry.pose import Array

# Two edges of a box are square to each other to within half a degree: coordinates come in single precision.
_SQUARE = 0.01
# Boxes of flat things, such as pictures of posters, may have no thickness.
_THINNEST = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One object of the simulator's."""

    id: str
    """`objectId`: what actions and masks know it by."""
    name: str
    """`name`: stays the same for as long as the scene is loaded."""
    kind: str
    """`objectType`, such as CoffeeTable."""
    pose_wt: Pose
    """Of its transform, whose origin may be anywhere in it."""
    box: Box
    """Around it, its z axis the one that is nearest to the vertical."""
    can_move: bool
    can_be_held: bool
    parents: tuple[str, ...]
    """Ids of what it is on or in."""
    carries: tuple[str, ...]
    """Ids of what is on or in it."""
    is_moving: bool
    is_broken: bool


def read_bodies(metadata: Mapping[str, Any]) -> dict[str, Body]:
    """All objects by their names."""
    bodies = [_body(entry) for entry in metadata["objects"]]
    return {body.name: body for body in bodies}


def _body(entry: Mapping[str, Any]) -> Body:
    try:
        pose_wt = pose(entry["position"], entry["rotation"])
        return Body(
            id=entry["objectId"],
            name=entry["name"],
            kind=entry["objectType"],
            pose_wt=pose_wt,
            box=_box(entry, pose_wt),
            can_move=bool(entry["pickupable"] or entry["moveable"]),
            can_be_held=bool(entry["pickupable"]),
            parents=tuple(entry["parentReceptacles"] or ()),
            carries=tuple(entry["receptacleObjectIds"] or ()),
            is_moving=bool(entry["isMoving"]),
            is_broken=bool(entry["isBroken"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"the metadata of {entry.get('objectId', 'an object')} are not as ai2thor 5 documents them ({error!r}): install "
            "the version that pyproject.toml names"
        ) from None


def _box(entry: Mapping[str, Any], pose_wt: Pose) -> Box:
    """The oriented box, which only things that can move have; else the one along the axes."""
    oriented = entry["objectOrientedBoundingBox"]
    if oriented is not None:
        box = box_of(points_N3(oriented["cornerPoints"]), pose_wt.rotation_33[:, 0])
        if box is not None:
            return box
    corners_83 = points_N3(entry["axisAlignedBoundingBox"]["cornerPoints"])
    low_3, high_3 = corners_83.min(axis=0), corners_83.max(axis=0)
    return Box(Pose(np.eye(3), (low_3 + high_3) / 2), np.maximum(high_3 - low_3, _THINNEST))


def box_of(corners_83: Array, right_3: Array) -> Box | None:
    """The box with these corners in whatever order, or None where they are none of a box with a volume.

    Its z axis is the edge nearest to the vertical, upwards; its x axis that of the others which comes nearest to `right_3`.
    """
    edges_73 = corners_83[1:] - corners_83[0]
    for three in combinations(range(7), 3):
        edges_33 = edges_73[list(three)]
        lengths_3 = np.linalg.norm(edges_33, axis=1)
        if (lengths_3 < _THINNEST).any():
            continue
        units_33 = edges_33 / lengths_3[:, None]
        if np.abs(units_33 @ units_33.T - np.eye(3)).max() < _SQUARE:
            return _ordered(units_33, lengths_3, corners_83.mean(axis=0), right_3)
    return None


def _ordered(units_33: Array, lengths_3: Array, centre_3: Array, right_3: Array) -> Box:
    up = int(np.abs(units_33[:, 2]).argmax())
    beside = [axis for axis in range(3) if axis != up]
    across = max(beside, key=lambda axis: abs(units_33[axis] @ right_3))
    (along,) = (axis for axis in beside if axis != across)
    z_3 = units_33[up] * np.copysign(1.0, units_33[up, 2])
    x_3 = units_33[across] * np.copysign(1.0, units_33[across] @ right_3)
    # Square to the last digit.
    x_3 = x_3 - (x_3 @ z_3) * z_3
    x_3 /= np.linalg.norm(x_3)
    rotation_33 = np.stack([x_3, np.cross(z_3, x_3), z_3], axis=1)
    return Box(Pose(rotation_33, centre_3), lengths_3[[across, along, up]])
