"""Boxes know their corners, their inside and their frame in a picture."""

import numpy as np
import pytest

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose

BOX = Box(Pose.upright(np.pi / 2, np.array([1.0, 0.0, 0.5])), np.array([2.0, 0.4, 1.0]))


def test_the_corners_of_a_turned_box_are_where_they_are_worked_out_by_hand() -> None:
    corners_83 = BOX.corners_83()
    np.testing.assert_allclose(corners_83.min(axis=0), [0.8, -1, 0], atol=1e-12)
    np.testing.assert_allclose(corners_83.max(axis=0), [1.2, 1, 1], atol=1e-12)


def test_the_footprint_is_counter_clockwise_with_the_area_of_the_base() -> None:
    x_4, y_4 = BOX.footprint_42().T
    shoelace = 0.5 * np.sum(x_4 * np.roll(y_4, -1) - np.roll(x_4, -1) * y_4)
    assert shoelace == pytest.approx(0.8)


def test_corners_and_centre_are_inside_and_points_beyond_a_face_are_not() -> None:
    assert BOX.contains(np.vstack([BOX.corners_83(), BOX.centre_3])).all()
    assert not BOX.contains(np.array([[1.0, 1.01, 0.5], [1.21, 0.0, 0.5], [1.0, 0.0, 1.01]])).any()


def test_the_picture_of_a_box_frames_all_its_corners() -> None:
    camera = Camera.look_at(
        np.array([1.0, -5.0, 0.5]), np.array([1.0, 0.0, 0.5]), fov=np.radians(90), width=100, height=100
    )
    # The near face is 4 m away (focal length 50), 0.4 m wide and 1 m high.
    np.testing.assert_allclose(BOX.picture(camera), [47.5, 43.75, 52.5, 56.25])


def test_a_box_around_the_camera_has_no_picture() -> None:
    inside = Camera.look_at(BOX.centre_3, BOX.centre_3 + [0, 1.0, 0], fov=1.0, width=10, height=10)
    with pytest.raises(ValueError, match="behind the camera"):
        BOX.picture(inside)


def test_a_flat_box_is_refused() -> None:
    with pytest.raises(ValueError, match="positive lengths"):
        Box(Pose.identity(), np.array([1.0, 0.0, 1.0]))
