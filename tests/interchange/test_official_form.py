from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.interchange.official_boxes import corners_83, distance, overlap
from dagster_gsi.interchange.official_form import (
    detection_of,
    edited_detections,
    origin_detections,
    record_of,
)
from dagster_gsi.interchange.official_frame import official_frame
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.rotate import Rotate
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
