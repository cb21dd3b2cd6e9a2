from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.geometry.wireframe import edges_N23, faces_N, pictured

# Looks along +y from the origin: 90 degrees across, so at depth 1 m the picture spans from -1 to 1 m.
CAMERA = Camera.look_at(np.zeros(3), np.array([0.0, 1.0, 0.0]), fov=np.pi / 2, width=200, height=200)
AHEAD = Box(Pose.upright(0.0, np.array([0.0, 3.0, 0.0])), np.array([1.0, 2.0, 0.5]))


def lines(*ends: tuple[tuple[float, float, float], tuple[float, float, float]]) -> np.ndarray:
    return np.array(ends)


def test_a_box_has_four_edges_along_each_axis_of_its_length() -> None:
    lengths_N3 = np.abs(np.diff(edges_N23(AHEAD), axis=1)[:, 0])
    assert sorted(lengths_N3.sum(axis=1)) == pytest.approx([0.5] * 4 + [1.0] * 4 + [2.0] * 4)
    assert (np.count_nonzero(lengths_N3 > 1e-9, axis=1) == 1).all()


def test_edges_in_full_view_are_the_projected_corners() -> None:
    pixels_K22, kept_K = pictured(edges_N23(AHEAD), CAMERA)
    assert kept_K.tolist() == list(range(12))
    assert pixels_K22.reshape(-1, 2) == pytest.approx(CAMERA.project(edges_N23(AHEAD).reshape(-1, 3))[0])


def test_seen_head_on_the_front_hides_the_four_edges_of_the_back() -> None:
    on_back_N = (edges_N23(AHEAD)[:, :, 1] > 3.5).all(axis=1)
    # The near side alone faces the eye: the edges that lead back from it belong to it at one end only.
    faces = faces_N(AHEAD, np.zeros(3))
    on_front_N = (edges_N23(AHEAD)[:, :, 1] < 2.5).all(axis=1)
    assert faces.tolist() == on_front_N.tolist()
    assert not faces[on_back_N].any()


def test_from_above_a_corner_nine_edges_face_the_eye_and_those_of_the_far_corner_do_not() -> None:
    faces = faces_N(AHEAD, np.array([5.0, -5.0, 5.0]))
    far_3 = np.array([-0.5, 4.0, -0.25])
    at_far_corner_N = np.isclose(edges_N23(AHEAD), far_3).all(axis=-1).any(axis=1)
    assert at_far_corner_N.sum() == 3
    assert faces.tolist() == (~at_far_corner_N).tolist()


def test_a_line_that_passes_the_camera_is_cut_and_not_turned_round() -> None:
    """From 3 m ahead to 3 m behind, 1 m to the right: its picture runs from there to the right edge, never to the left."""
    pixels_K22, kept_K = pictured(lines(((1.0, 3.0, 0.0), (1.0, -3.0, 0.0))), CAMERA)
    assert kept_K.tolist() == [0]
    assert pixels_K22[0] == pytest.approx(np.array([[100 + 100 / 3, 100.0], [200.0, 100.0]]))


def test_lines_behind_the_camera_or_beside_the_picture_are_not_seen() -> None:
    behind = ((0.0, -1.0, 0.0), (0.5, -2.0, 0.0))
    beside = ((5.0, 1.0, 0.0), (9.0, 1.0, 0.5))
    across = ((-5.0, 1.0, 0.0), (5.0, 1.0, 0.0))
    pixels_K22, kept_K = pictured(lines(behind, beside, across), CAMERA)
    assert kept_K.tolist() == [2]
    assert pixels_K22[0] == pytest.approx(np.array([[0.0, 100.0], [200.0, 100.0]]))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-4, 4), min_size=6, max_size=6))
def test_what_is_seen_lies_in_the_picture_and_on_the_line(ends: list[float]) -> None:
    line_123 = np.array(ends).reshape(1, 2, 3)
    pixels_K22, _ = pictured(line_123, CAMERA)
    assert ((pixels_K22 >= -1e-6) & (pixels_K22 <= 200 + 1e-6)).all()
    shares = np.linspace(0, 1, 4001)[:, None]
    points_N3 = line_123[0, 0] + shares * (line_123[0, 1] - line_123[0, 0])
    pixels_N2, depth_N = CAMERA.project(points_N3)
    in_view_N = (depth_N > 0.01) & ((pixels_N2 > 0) & (pixels_N2 < 200)).all(axis=1)
    if in_view_N.sum() < 2:
        return
    assert len(pixels_K22) == 1
    drawn = np.linalg.norm(pixels_K22[0, 1] - pixels_K22[0, 0])
    seen = np.linalg.norm(np.diff(pixels_N2[in_view_N][[0, -1]], axis=0))
    assert drawn >= seen - 1e-6
