"""Projection and its inverse, on cameras whose pictures can be worked out by hand."""

import numpy as np
import pytest

from dagster_gsi.geometry.camera import Camera

CAMERA = Camera.look_at(np.array([0.0, -2.0, 1.0]), np.array([0.0, 0.0, 1.0]), fov=np.radians(90), width=100, height=80)


def test_the_target_of_a_look_at_is_in_the_middle_of_the_picture() -> None:
    pixels_12, depth_1 = CAMERA.project(np.array([[0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(pixels_12, [[50, 40]])
    np.testing.assert_allclose(depth_1, [2.0])


def test_right_and_up_in_the_world_are_right_and_up_in_the_picture() -> None:
    # 90 degrees across 100 pixels is a focal length of 50: half a metre at 2 m is 12.5 pixels.
    pixels_22, _ = CAMERA.project(np.array([[0.5, 0.0, 1.0], [0.0, 0.0, 1.5]]))
    np.testing.assert_allclose(pixels_22, [[62.5, 40], [50, 27.5]])


def test_the_horizontal_axes_of_a_tilted_camera_lie_in_the_ground_plane() -> None:
    tilted = Camera.look_at(np.array([1.0, -1.0, 2.0]), np.zeros(3), fov=1.0, width=64, height=64)
    assert tilted.right_3[2] == tilted.ahead_3[2] == 0
    np.testing.assert_allclose(tilted.ahead_3, np.array([-1, 1, 0]) / np.sqrt(2), atol=1e-12)
    np.testing.assert_allclose(tilted.right_3, np.array([1, 1, 0]) / np.sqrt(2), atol=1e-12)


def test_unprojecting_a_projection_gives_the_points_back() -> None:
    points_N3 = np.random.default_rng(0).uniform(-1, 1, (20, 3)) + [0, 1, 1]
    np.testing.assert_allclose(CAMERA.unproject(*CAMERA.project(points_N3)), points_N3, atol=1e-12)


def test_a_resized_camera_sees_the_same_scene_on_another_grid() -> None:
    points_N3 = np.random.default_rng(1).uniform(-1, 1, (5, 3)) + [0, 1, 1]
    pixels_N2, depth_N = CAMERA.project(points_N3)
    small_N2, small_depth_N = CAMERA.resized(25, 40).project(points_N3)
    np.testing.assert_allclose(small_N2, pixels_N2 * [0.25, 0.5])
    np.testing.assert_allclose(small_depth_N, depth_N)


def test_rays_meet_the_points_that_project_to_their_pixels() -> None:
    origin_3, directions_HW3 = CAMERA.rays()
    pixels_12, _ = CAMERA.project((origin_3 + 3 * directions_HW3[10, 20])[None])
    np.testing.assert_allclose(pixels_12, [[20.5, 10.5]], atol=1e-9)


def test_a_camera_that_looks_straight_down_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match="move the eye aside"):
        Camera.look_at(np.array([0.0, 0.0, 2.0]), np.zeros(3), fov=1.0, width=8, height=8)
