"""Scenes and edits made of nothing but the boxes of a published edit.

The world is the one in which the target stands upright: its vertical axis (the second column of `rotation_matrix`, down)
is -z, the camera is at the origin and looks along +y, tilted as that makes it. What stands below the target is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose, wrapped
from dagster_gsi.interchange.official_form import box_of
from dagster_gsi.interchange.official_frame import source_camera
from dagster_gsi.interchange.official_prompts import extreme_of, operation_of, region_of, side_of, view_of
from dagster_gsi.operations.move import Direction, Move, direction_3
from dagster_gsi.operations.place import Place, side_3
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.scenes.scene import Lighting, Room, Scene, Support, Thing, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.interchange.official_dataset import Edit
    from dagster_gsi.operations.base import Operation

Frame = Literal["896", "source"]
"""Pixels that the intrinsics of a file are given in: the evaluator's square or the picture's own."""

UNKNOWN = "unknown"
"""Name of the support, of which nothing is known but that the target stands on it."""
NO_ROOM = Room(floor="", wall="", depth=0.0, side=0.0, height=0.0)
NO_LIGHT = Lighting("", 0.0, 0.0, ())
_LEVEL = Pose(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]), np.zeros(3))
_SLAB = (1.0, 1.0, 0.01)
# Less than a tenth of a millimetre, of a degree or of a thousandth: the edit asks for nothing.
_LEAST_SHIFT, _LEAST_TURN, _LEAST_FACTOR = 1e-4, np.radians(0.1), 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """What boxes and prompt say together."""

    edit: Operation
    before: Scene
    after: Scene


def reconstruct(edit: Edit, reference: Any, size: tuple[int, int], frame: Frame) -> Reconstruction:
    """The edit of a picture of that size (width, height); ValueError says what its file lacks.

    `reference` is the box of another thing that the edit may come with, as a detection.
    """
    if edit.oddities:
        raise ValueError("; ".join(edit.oddities))
    operation = operation_of(edit.prompt)
    if operation == "view" and edit.original_bbox_3d is None:
        return _seen_level(edit, size, frame)
    if not isinstance(edit.target, str) or not edit.target.strip():
        raise ValueError("`target` does not name a thing")
    original = _detection(edit, "original_bbox_3d", "rotation_matrix")
    camera = _camera(edit, _upright(box_of(original, _camera(edit, Pose.identity(), size, frame))), size, frame)
    target = _thing(box_of(original, camera), edit.target)
    if _misses(target, camera):
        raise ValueError(
            f"the box of the target is nowhere in the picture: its intrinsics are not in the {frame} frame (--frame)"
        )
    before = Scene((_slab(target),), (target,), camera, NO_ROOM, NO_LIGHT)
    if operation == "view":
        view = view_of(edit.prompt)
        return Reconstruction(view, before, view.apply(before))
    if operation == "remove":
        remove = Remove(target.name, extreme_of(edit.prompt) or _likeliest_extreme(target, camera))
        return Reconstruction(remove, before, before.without(target.name))
    wanted = _wanted(edit, target, camera, operation)
    if operation == "rotate":
        return Reconstruction(_rotate(target, wanted), before, before.with_thing(wanted))
    if operation == "scale":
        return Reconstruction(_scale(target, wanted), before, before.with_thing(wanted))
    other = None if not isinstance(reference, dict) else _other(reference, target, camera)
    asked, before = _move(edit.prompt, target, wanted, other, before)
    return Reconstruction(asked, before, before.with_thing(wanted))


def _seen_level(edit: Edit, size: tuple[int, int], frame: Frame) -> Reconstruction:
    """A change of view without any box: the camera is taken to be level."""
    camera = _camera(edit, _LEVEL, size, frame)
    nothing = _thing(Box(_LEVEL, np.ones(3)), UNKNOWN)
    before, view = Scene((_slab(nothing),), (), camera, NO_ROOM, NO_LIGHT), view_of(edit.prompt)
    return Reconstruction(view, before, view.apply(before))


def _detection(edit: Edit, box: str, rotation: str) -> dict[str, Any]:
    found = getattr(edit, box)
    if found is None:
        raise ValueError(f"`{box}` is missing")
    return {"bbox_3d": found, "rotation_matrix": getattr(edit, rotation)}


def _camera(edit: Edit, pose_wc: Pose, size: tuple[int, int], frame: Frame) -> Camera:
    if edit.camera_intrinsics is None:
        raise ValueError("`camera_intrinsics` is missing")
    matrix_33 = np.array(edit.camera_intrinsics)
    if (
        not np.allclose(matrix_33[[0, 1, 2, 2], [1, 0, 0, 1]], 0.0)
        or matrix_33[2, 2] != 1
        or (matrix_33[[0, 1], [0, 1]] <= 0).any()
    ):
        raise ValueError("`camera_intrinsics` is not of the form [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]")
    if frame == "896":
        return source_camera(matrix_33, pose_wc, *size)
    (fx, _, cx), (_, fy, cy), _ = matrix_33.tolist()
    return Camera(pose_wc, fx, fy, cx, cy, *size)


def _upright(in_camera: Box) -> Pose:
    """Pose of the camera in the world in which a box, given in camera axes, stands upright."""
    up_3 = in_camera.pose_wb.rotation_33[:, 2]
    if up_3[1] >= 0:
        raise ValueError("the target's vertical axis points down in the picture, so there is no telling what is up")
    ahead_3 = np.array([0.0, 0.0, 1.0]) - up_3[2] * up_3
    length = np.linalg.norm(ahead_3)
    if length < 1e-6:
        raise ValueError("the camera looks straight along the target's vertical axis: there is no left, right or away")
    ahead_3 /= length
    rotation_wc_33 = np.stack([np.cross(ahead_3, up_3), ahead_3, up_3])
    return Pose(rotation_wc_33, np.zeros(3))


def _thing(box: Box, label: str) -> Thing:
    words = Words(label, label)
    down = Pose(np.eye(3), np.array([0.0, 0.0, -box.size_3[2] / 2]))
    return Thing("-".join(label.split()), "", words, words, box.size_3, 1, box.pose_wb @ down, on=UNKNOWN)


def _slab(target: Thing) -> Support:
    below = target.pose_wo.translation_3 - [0.0, 0.0, _SLAB[2]]
    words = Words(UNKNOWN, UNKNOWN)
    return Support.boxy(Thing(UNKNOWN, "", words, words, np.array(_SLAB), 1, Pose(np.eye(3), below), on=UNKNOWN))


def _misses(thing: Thing, camera: Camera) -> bool:
    left, top, right, bottom = thing.box.picture(camera)
    return bool(right <= 0 or bottom <= 0 or left >= camera.width or top >= camera.height)


def _wanted(edit: Edit, target: Thing, camera: Camera, operation: str) -> Thing:
    """The target as it is asked for, by an edit that keeps it."""
    if operation == "rotate":
        if edit.new_rotation_matrix is None:
            raise ValueError("`new_rotation_matrix` is missing")
        return _thing(box_of(_detection(edit, "original_bbox_3d", "new_rotation_matrix"), camera), target.category.en)
    turned = "rotation_matrix" if edit.new_rotation_matrix is None else "new_rotation_matrix"
    found = _thing(box_of(_detection(edit, "new_bbox_3d", turned), camera), target.category.en)
    if operation != "scale":
        return found
    # Lengths may grow unequally. Their mean growth is the factor, and the rest is the thing's own shape.
    factor = float(np.prod(found.size_3 / target.size_3) ** (1 / 3))
    size_3: Array = found.size_3 / factor
    return replace(found, size_3=size_3, scale=factor)


def _other(reference: Mapping[str, Any], target: Thing, camera: Camera) -> Thing:
    label = reference.get("label")
    try:
        other = _thing(box_of(reference, camera), label if isinstance(label, str) and label.strip() else "reference")
    except ValueError as error:
        raise ValueError(f"`reference`: {error}") from None
    return replace(other, name=f"{other.name}-2") if other.name == target.name else other


def _move(prompt: str, target: Thing, wanted: Thing, other: Thing | None, before: Scene) -> tuple[Operation, Scene]:
    """A placement where prompt and boxes agree on one, else a move; with the scene that has in it what is spoken of."""
    shift_3 = wanted.centre_3 - target.centre_3
    if np.linalg.norm(shift_3) < _LEAST_SHIFT:
        raise ValueError("`new_bbox_3d` is where `original_bbox_3d` is, so the move goes nowhere")
    if other is not None and (region := region_of(prompt)) is not None:
        x, y = wanted.pose_wo.translation_3[:2].tolist()
        return Receptacle(target.name, other.name, region, (x, y)), replace(
            before, supports=(*before.supports, Support.boxy(other))
        )
    if other is not None and (side := side_of(prompt)) is not None:
        apart_3 = (wanted.centre_3 - other.centre_3) * [1.0, 1.0, 0.0]
        distance = float(np.linalg.norm(apart_3))
        # Within 45 degrees of that side: other requests speak of sides of a thing's own.
        if distance and side_3(side, before.camera) @ apart_3 > np.sqrt(0.5) * distance:
            return Place(target.name, other.name, side, distance), replace(before, things=(target, other))
    # What exactly is asked for is where `wanted` is.
    directions = get_args(Direction)
    reach_4 = [float(direction_3(direction, before.camera) @ shift_3) for direction in directions]
    return Move(target.name, directions[int(np.argmax(reach_4))], float(np.linalg.norm(shift_3))), before


def _rotate(target: Thing, wanted: Thing) -> Rotate:
    turn_33 = wanted.pose_wo.rotation_33 @ target.pose_wo.rotation_33.T
    # The turn about the vertical that comes nearest to it.
    angle = wrapped(float(np.arctan2(turn_33[1, 0] - turn_33[0, 1], turn_33[0, 0] + turn_33[1, 1])))
    if abs(angle) < _LEAST_TURN:
        raise ValueError("`new_rotation_matrix` has the heading of `rotation_matrix`, so the turn turns nothing")
    return Rotate(target.name, angle)


def _scale(target: Thing, wanted: Thing) -> Scale:
    if abs(wanted.scale - 1) < _LEAST_FACTOR:
        raise ValueError("`new_bbox_3d` is as large as `original_bbox_3d`, so nothing grows or shrinks")
    return Scale(target.name, wanted.scale)


def _likeliest_extreme(target: Thing, camera: Camera) -> Literal["leftmost", "rightmost"]:
    """Where the prompt names none: others of its kind have no boxes here, so the target's half of the picture decides."""
    pixels_12, _ = camera.project(target.centre_3[None])
    return "leftmost" if pixels_12[0, 0] < camera.width / 2 else "rightmost"
