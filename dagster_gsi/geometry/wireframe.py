"""Boxes as lines in a picture. N lines have two ends of three coordinates in the world, or of two in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array

# Lines are cut this far in front of the camera, in metres: at the camera itself they have no picture.
_NEAR = 0.01
# Corners of `Box.corners_83` that differ in one axis.
_EDGES = tuple((i, j) for i in range(8) for j in range(i + 1, 8) if (i ^ j).bit_count() == 1)


def edges_N23(box: Box) -> Array:
    """The twelve edges of a box in the world."""
    return box.corners_83()[np.array(_EDGES)]


def faces_N(box: Box, eye_3: Array) -> NDArray[np.bool_]:
    """Which of the edges lie on a side of the box that is turned to `eye_3`; the others are behind the box."""
    eye_b_3 = box.pose_wb.inverse().apply(eye_3[None])[0]
    corners_b_83 = box.pose_wb.inverse().apply(box.corners_83())
    ends_N23 = corners_b_83[np.array(_EDGES)]
    # An edge lies on the sides of the two axes along which its ends agree.
    on_side_N3 = np.isclose(ends_N23[:, 0], ends_N23[:, 1])
    turned_N3 = np.sign(ends_N23[:, 0]) * eye_b_3 > box.size_3 / 2
    return np.asarray((on_side_N3 & turned_N3).any(axis=1))


def pictured(lines_N23: Array, camera: Camera) -> tuple[Array, NDArray[np.int64]]:
    """What the camera sees of straight lines: ends in pixels (K, 2, 2), cut at the picture's frame, and which lines."""
    forward_3 = camera.pose_wc.rotation_33[:, 2]
    depth_N2 = (lines_N23 - camera.pose_wc.translation_3) @ forward_3
    start_N, end_N = _inside(depth_N2[:, 0] - _NEAR, depth_N2[:, 1] - _NEAR)
    seen_K = np.flatnonzero(start_N < end_N)
    cut_K23 = _between(lines_N23[seen_K], start_N[seen_K], end_N[seen_K])
    pixels_K22 = camera.project(cut_K23.reshape(-1, 3))[0].reshape(-1, 2, 2)
    start_K, end_K = np.zeros(len(seen_K)), np.ones(len(seen_K))
    for axis, limit in enumerate((camera.width, camera.height)):
        for low_K2 in (pixels_K22[:, :, axis], limit - pixels_K22[:, :, axis]):
            first_K, last_K = _inside(low_K2[:, 0], low_K2[:, 1])
            start_K, end_K = np.maximum(start_K, first_K), np.minimum(end_K, last_K)
    kept_K = start_K < end_K
    return _between(pixels_K22[kept_K], start_K[kept_K], end_K[kept_K]), seen_K[kept_K]


def _inside(first_N: Array, last_N: Array) -> tuple[Array, Array]:
    """The parts (start and end, from 0 to 1) of lines along which a value is positive that changes evenly between its
    ends; where it is nowhere, the end is not after the start.
    """
    slope_N = last_N - first_N
    zero_N = -first_N / np.where(slope_N == 0, 1.0, slope_N)
    start_N = np.where(first_N > 0, 0.0, np.where(last_N > 0, zero_N, 1.0))
    end_N = np.where(last_N > 0, 1.0, np.where(first_N > 0, zero_N, 0.0))
    return start_N, end_N


def _between(lines_N2D: Array, start_N: Array, end_N: Array) -> Array:
    """The part of each line from `start_N` to `end_N`."""
    shares_N2 = np.stack([start_N, end_N], axis=1)[..., None]
    return lines_N2D[:, :1] + shares_N2 * (lines_N2D[:, 1:] - lines_N2D[:, :1])
