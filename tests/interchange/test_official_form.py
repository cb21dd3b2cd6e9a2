from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import rotation_angle
from dagster_gsi.interchange.official_boxes import corners_83, distance, overlap
from dagster_gsi.interchange.official_form import (
    box_of,
    detection_of,
    edited_detections,
    origin_detections,
    record_of,
)
from dagster_gsi.interchange.official_frame import official_frame
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.scenes.scene import Thing
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
FRAME = official_frame(SCENE.camera)
MUG = SCENE.find("mug-1")


def test_a_box_keeps_its_corners_in_the_official_form() -> None:
    detection = detection_of(MUG.box, "mug", FRAME)
    official = corners_83(detection["bbox_3d"], np.array(detection["rotation_matrix"]))
    ours = FRAME.pose_wc.inverse().apply(MUG.box.corners_83())
    apart = np.linalg.norm(official[:, None] - ours[None], axis=2)
    assert apart.min(axis=1) == pytest.approx(np.zeros(8), abs=1e-9)
    assert apart.min(axis=0) == pytest.approx(np.zeros(8), abs=1e-9)


@pytest.mark.parametrize("thing", SCENE.things, ids=lambda thing: thing.name)
def test_a_box_comes_back_from_the_official_form(thing: Thing) -> None:
    back = box_of(detection_of(thing.box, "thing", FRAME), FRAME)
    assert back.pose_wb.is_close(thing.box.pose_wb)
    assert back.size_3 == pytest.approx(thing.box.size_3)


def test_a_rotation_of_single_precision_becomes_a_rotation() -> None:
    detection = detection_of(MUG.box, "mug", FRAME)
    rounded = np.array(detection["rotation_matrix"], dtype=np.float16).tolist()
    back = box_of({**detection, "rotation_matrix": rounded}, FRAME)
    assert rotation_angle(back.pose_wb.rotation_33, MUG.box.pose_wb.rotation_33) < 1e-3


def test_without_a_rotation_the_yaw_counts() -> None:
    """Seen level, an upright box is turned about the camera's vertical alone."""
    camera = Camera.look_at(np.array([0.0, -2.0, 0.75]), np.array([0.0, 0.0, 0.75]), fov=0.8, width=128, height=96)
    detection = detection_of(MUG.box, "mug", official_frame(camera))
    del detection["rotation_matrix"]
    assert box_of(detection, official_frame(camera)).pose_wb.is_close(MUG.box.pose_wb)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bbox_3d": [0.0] * 6}, "bbox_3d must be 7 finite numbers"),
        ({"bbox_3d": [float("nan")] * 7}, "bbox_3d must be 7 finite numbers"),
        ({"bbox_3d": "none"}, "bbox_3d is no array of numbers"),
        ({"bbox_3d": [0, 0, 1, 0.1, -0.1, 0.1, 0]}, "lengths that are not positive"),
        ({"rotation_matrix": [[1, 0], [0, 1]]}, "rotation_matrix must be 3 x 3 finite numbers"),
        ({"rotation_matrix": [[1, 0, 0], [0, 1, 0], [0, 0, -1]]}, "rotation_matrix is no rotation"),
        ({"rotation_matrix": [[0, 0, 0], [0, 0, 0], [0, 0, 0]]}, "rotation_matrix is no rotation"),
        ({"bbox_3d": [10**400, 0, 1, 1, 1, 1, 0]}, "bbox_3d is no array of numbers"),
    ],
)
def test_a_detection_that_is_no_box_says_why(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        box_of({**detection_of(MUG.box, "mug", FRAME), **change}, FRAME)


def test_the_box_in_the_picture_is_in_the_896_frame() -> None:
    """128 x 96 becomes 896 x 672: seven times as large, and both are whole patches."""
    assert (FRAME.width, FRAME.height) == (896, 672)
    detection = detection_of(MUG.box, "mug", FRAME)
    assert detection["bbox_2d"] == pytest.approx(7 * MUG.box.picture(SCENE.camera))


def test_the_frame_is_cut_to_whole_patches_about_the_middle() -> None:
    """100 rows of 150 columns become 597 rows, of which 588 remain from the fifth on: 298 - 294 = 4."""
    frame = official_frame(SCENE.camera.resized(150, 100))
    assert (frame.width, frame.height) == (896, 588)
    assert frame.centre_y == pytest.approx(597 / 2 - 4)


def test_the_record_of_a_move_has_its_length_and_that_of_a_turn_its_rotation() -> None:
    move = Move("mug-1", "right", 0.15)
    record = record_of(move, SCENE, move.apply(SCENE))
    assert distance(record["original_bbox_3d"], record["new_bbox_3d"]) == pytest.approx(0.15)
    turn = Rotate("mug-1", np.pi / 2)
    record = record_of(turn, SCENE, turn.apply(SCENE))
    assert record["new_bbox_3d"] == record["original_bbox_3d"]
    angle = np.trace(np.array(record["rotation_matrix"]).T @ np.array(record["new_rotation_matrix"]))
    assert angle == pytest.approx(1.0)


def test_the_target_is_detected_where_it_was_found_among_its_kind() -> None:
    assert len(origin_detections(SCENE, "mug-1")) == 2
    assert edited_detections(SCENE, "mug-1", MUG, ())[1] == origin_detections(SCENE, "mug-1")[0]
    assert len(edited_detections(SCENE, "mug-1", None, ("mug-2",))) == 0


def test_a_box_overlaps_itself_wholly_and_a_distant_one_not_at_all() -> None:
    box = [0.0, 0.0, 2.0, 0.2, 0.1, 0.4, 0.3]
    assert overlap(box, box) == pytest.approx(1.0)
    assert overlap(box, [0.0, 0.05, 2.0, *box[3:]]) == pytest.approx(1 / 3)
    assert overlap(box, [5.0, *box[1:]]) == 0.0
