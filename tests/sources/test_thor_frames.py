"""Unity's frames and ours: exact values, inverses, handedness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_gsi.sources.thor_frames import angles, camera_of, place, point_3, points_N3, pose, rotation_33

DEGREES = st.floats(-360, 360)


def metadata(*, yaw: float = 0.0, horizon: float = 0.0, fov: float = 90.0, size: tuple[int, int] = (640, 480)) -> dict:
    return {
        "screenWidth": size[0],
        "screenHeight": size[1],
        "fov": fov,
        "cameraPosition": {"x": 1.0, "y": 1.5, "z": -2.0},
        "agent": {"rotation": {"x": 0.0, "y": yaw, "z": 0.0}, "cameraHorizon": horizon},
    }


def test_up_is_unitys_y_and_ahead_is_its_z() -> None:
    assert point_3({"x": 1.0, "y": 2.0, "z": 3.0}).tolist() == [1.0, 3.0, 2.0]
    assert points_N3([[1, 2, 3], [4, 5, 6]]).tolist() == [[1, 3, 2], [4, 6, 5]]


@given(st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(-50, 50)))
def test_a_place_comes_back(point: tuple[float, float, float]) -> None:
    assert point_3(place(np.array(point))).tolist() == list(point)


def test_a_positive_yaw_is_clockwise_from_above() -> None:
    turned = pose({"x": 0, "y": 0, "z": 0}, {"x": 0, "y": 30, "z": 0})
    assert turned.yaw == pytest.approx(-np.radians(30))
    assert turned.tilt == pytest.approx(0.0)


def test_a_positive_pitch_tips_what_is_ahead_down_and_a_positive_roll_lifts_what_is_right() -> None:
    assert rotation_33({"x": 90, "y": 0, "z": 0}) @ [0, 1, 0] == pytest.approx([0, 0, -1], abs=1e-12)
    assert rotation_33({"x": 0, "y": 0, "z": 90}) @ [1, 0, 0] == pytest.approx([0, 0, 1], abs=1e-12)


def test_unity_rolls_first_then_pitches_then_yaws() -> None:
    # The right (x) goes up by the roll, stays up through no pitch about x of what is up: it comes to lie ahead by 90
    # degrees of pitch (up goes ahead), and a quarter turn clockwise brings ahead to the right.
    assert rotation_33({"x": 90, "y": 90, "z": 90}) @ [1, 0, 0] == pytest.approx([1, 0, 0], abs=1e-12)


@given(DEGREES, DEGREES, DEGREES)
def test_rotations_are_right_handed_and_come_back(x: float, y: float, z: float) -> None:
    rotation = rotation_33({"x": x, "y": y, "z": z})
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert rotation_33(angles(rotation)) == pytest.approx(rotation, abs=1e-3)


@pytest.mark.parametrize("pitch", [90.0, 270.0])
def test_models_that_were_made_lying_come_back_too(pitch: float) -> None:
    rotation = rotation_33({"x": pitch, "y": 40.0, "z": 25.0})
    assert rotation_33(angles(rotation)) == pytest.approx(rotation, abs=1e-9)


def test_the_camera_looks_ahead_and_the_field_of_view_is_vertical() -> None:
    camera = camera_of(metadata())
    assert (camera.focal_x, camera.focal_y) == (pytest.approx(240.0), pytest.approx(240.0))
    assert (camera.centre_x, camera.centre_y) == (320.0, 240.0)
    assert camera.ahead_3 == pytest.approx([0, 1, 0])
    assert camera.right_3 == pytest.approx([1, 0, 0])
    # 4 m ahead of the camera, 1 m to the right of it and 0.5 m above it.
    pixels, depth = camera.project(np.array([[2.0, 2.0, 2.0]]))
    assert pixels[0] == pytest.approx([320 + 240 / 4, 240 - 240 * 0.5 / 4])
    assert depth[0] == pytest.approx(4.0)


def test_a_yaw_of_90_degrees_looks_to_the_right_and_a_positive_horizon_down() -> None:
    camera = camera_of(metadata(yaw=90.0, horizon=30.0))
    forward_3 = camera.pose_wc.rotation_33[:, 2]
    assert forward_3 == pytest.approx([np.cos(np.pi / 6), 0.0, -0.5])
    assert camera.right_3 == pytest.approx([0, -1, 0])
