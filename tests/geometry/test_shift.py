from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose, turn_about
from dagster_gsi.geometry.shift import Shift

CAMERA = Camera.look_at(np.array([0.3, -2.0, 1.2]), np.array([0.1, 0.0, 0.6]), fov=0.9, width=64, height=48)
ANGLES, METRES = st.floats(-0.5, 0.5), st.floats(-1.0, 1.0)


@given(st.builds(Shift, ANGLES, ANGLES, METRES, METRES, METRES))
def test_the_shift_between_two_cameras_is_the_one_that_led_from_one_to_the_other(shift: Shift) -> None:
    between = Shift.between(CAMERA, shift.of(CAMERA))
    assert astuple(between) == pytest.approx(astuple(shift), abs=1e-9)


def test_a_roll_is_left_out() -> None:
    turned = Shift(turn=0.2).of(CAMERA)
    roll_33 = turn_about(turned.pose_wc.rotation_33[:, 2], 0.1)
    rolled = replace(turned, pose_wc=Pose(roll_33 @ turned.pose_wc.rotation_33, turned.pose_wc.translation_3))
    assert astuple(Shift.between(CAMERA, rolled)) == pytest.approx((0.2, 0, 0, 0, 0), abs=1e-9)


def test_a_shift_is_said_in_degrees_and_centimetres_without_what_nobody_would_see() -> None:
    shift = Shift(turn=-np.radians(15), tilt=np.radians(0.4), forward=0.2, sideways=0.004, up=-0.1)
    assert shift.in_words() == "turned 15 degrees right, moved 20 cm forward, moved 10 cm down"
    assert Shift().in_words() == "stayed where it was"


def test_a_turn_about_an_axis_keeps_the_axis_and_is_that_of_the_right_hand() -> None:
    up_3 = np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(turn_about(up_3, np.pi / 2) @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], atol=1e-12)
    axis_3 = np.array([0.6, 0.0, 0.8])
    np.testing.assert_allclose(turn_about(axis_3, 1.0) @ axis_3, axis_3, atol=1e-12)
