"""Our samples in the published evaluator's form: boxes in camera axes and intrinsics of its 896 pixel frame.

Our boxes have their width along x, depth along y and height along z;
the official ones have width along x, height along y (down) and length along z.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.interchange.official_boxes import Detections, Record, picture_of
from dagster_gsi.interchange.official_frame import official_frame
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle, carrier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.operations.base import Operation
    from dagster_gsi.scenes.scene import Scene, Thing

# Columns are the official axes in ours.
_AXES_33 = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
# Half precision and three written digits stay below it.
_ROUNDING = 0.01
# The official operation is read off the first word, and "toward the camera" would make it a view change.
_VERBS = {
    "move": "Move",
    "place": "Place",
    "receptacle": "Put",
    "rotate": "Rotate",
    "scale": "Scale",
    "remove": "Remove",
    "view": "View",
}


def detection_of(box: Box, label: str, frame: Camera) -> dict[str, Any]:
    """A box as a detector's answer. `frame` is that of `official_frame`."""
    to_camera = frame.pose_wc.inverse()
    rotation_33 = to_camera.rotation_33 @ box.pose_wb.rotation_33 @ _AXES_33
    centre_3 = to_camera.apply(box.centre_3[None])[0]
    width, depth, height = box.size_3
    yaw = float(np.arctan2(rotation_33[0, 2], rotation_33[0, 0]))
    bbox_3d = [*centre_3.tolist(), float(width), float(height), float(depth), yaw]
    return {
        "label": label,
        "bbox_3d": bbox_3d,
        "bbox_2d": picture_of(bbox_3d, rotation_33.tolist(), frame.matrix_33.tolist()).tolist(),
        "rotation_matrix": rotation_33.tolist(),
        "camera_intrinsics": frame.matrix_33.tolist(),
    }


def box_of(detection: Mapping[str, Any], frame: Camera) -> Box:
    """The box in the world of a detector's answer: the inverse of `detection_of`. Only the pose of `frame` matters.

    A network's rotations are not quite orthonormal; the nearest rotation is taken. Without any, the yaw is.
    """
    box_7 = _numbers(detection, "bbox_3d", (7,))
    if (box_7[3:6] <= 0).any():
        raise ValueError(f"bbox_3d has lengths that are not positive: {box_7[3:6].tolist()}")
    if detection.get("rotation_matrix") is None:
        c, s = np.cos(box_7[6]), np.sin(box_7[6])
        rotation_33 = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    else:
        left_33, lengths_3, right_33 = np.linalg.svd(_numbers(detection, "rotation_matrix", (3, 3)))
        if np.linalg.det(left_33 @ right_33) < 0 or abs(lengths_3 - 1).max() > _ROUNDING:
            raise ValueError("rotation_matrix is no rotation")
        rotation_33 = left_33 @ right_33
    width, height, depth = box_7[3:6]
    pose_cb = Pose(rotation_33 @ _AXES_33.T, box_7[:3])
    return Box(frame.pose_wc @ pose_cb, np.array([width, depth, height]))


def _numbers(detection: Mapping[str, Any], key: str, shape: tuple[int, ...]) -> Array:
    try:
        values = np.array(detection[key], dtype=np.float64)
    except KeyError:
        raise ValueError(f"{key} is missing") from None
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{key} is no array of numbers") from None
    if values.shape != shape or not np.isfinite(values).all():
        raise ValueError(f"{key} must be {' x '.join(map(str, shape))} finite numbers")
    return values


def record_of(edit: Operation, before: Scene, after: Scene) -> Record:
    """The edit as the dataset's JSON file says it; the prompt is in the evaluator's own words.

    A place on a support or beside a reference is a move to the evaluator.
    """
    if edit.name not in _VERBS:
        raise ValueError(f"the official form has no {edit.name!r}; it has: {', '.join(_VERBS)}")
    thing, frame = subject(before, edit.target), official_frame(before.camera)
    original = detection_of(thing.box, thing.category.en, frame)
    record: Record = {
        "prompt": f"{_VERBS[edit.name]} the {thing.description.en}.",
        "target": thing.category.en,
        "original_bbox_3d": original["bbox_3d"],
        "camera_intrinsics": original["camera_intrinsics"],
        "rotation_matrix": original["rotation_matrix"],
    }
    if edit.name != "view" and after.has(thing.name):
        wanted = detection_of(after.find(thing.name).box, thing.category.en, frame)
        # A turned thing keeps its box in this form and gets a new rotation.
        record["new_bbox_3d"] = original["bbox_3d"] if edit.name == "rotate" else wanted["bbox_3d"]
        record["new_rotation_matrix"] = wanted["rotation_matrix"]
    if isinstance(edit, (Place, Receptacle)):
        other = before.find(edit.reference) if isinstance(edit, Place) else carrier(before, edit.receptacle)
        record["reference"] = detection_of(other.box, other.category.en, frame)
    return record


def subject(before: Scene, target: str | None) -> Thing:
    """The thing whose boxes are written: the target, or for a view change, which has none, the first one."""
    if target:
        return before.find(target)
    if not before.things:
        raise ValueError("the official form of a view change needs a thing in the scene")
    return before.things[0]


def truth_detections(before: Scene, after: Scene, target: str | None) -> Detections:
    """What a perfect detector sees in the true answer."""
    category, frame = subject(before, target).category.en, official_frame(after.camera)
    things = [t for t in after.of_category(category) if frame.project(t.box.corners_83())[1].min() > 0]
    return [detection_of(thing.box, category, frame) for thing in things]


def origin_detections(before: Scene, target: str | None) -> Detections:
    """What a perfect detector sees in the source: all things of the target's category."""
    category, frame = subject(before, target).category.en, official_frame(before.camera)
    return [detection_of(thing.box, category, frame) for thing in before.of_category(category)]


def edited_detections(before: Scene, target: str | None, found: Thing | None, lost: tuple[str, ...]) -> Detections:
    """The same in the edited picture: the target where it was found, and its kind as they were unless lost."""
    category, frame = subject(before, target).category.en, official_frame(before.camera)
    things = [thing for thing in before.of_category(category) if thing.name != target and thing.name not in lost]
    things += [] if found is None else [found]
    return [detection_of(thing.box, category, frame) for thing in things]
