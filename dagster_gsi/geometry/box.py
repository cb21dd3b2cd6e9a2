"""Oriented boxes: the size, place and heading of an object, without its shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array, Pose

_SIGNS_83 = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A box whose `pose_wb` puts its centre and axes into the world; `size_3` are full lengths in metres."""

    pose_wb: Pose
    size_3: Array

    def __post_init__(self) -> None:
        if not np.all(np.asarray(self.size_3) > 0):
            raise ValueError(f"a box has positive lengths, not {self.size_3}")
        self.size_3.setflags(write=False)

    @property
    def centre_3(self) -> Array:
        return self.pose_wb.translation_3

    def corners_83(self) -> Array:
        """The eight corners in the world, in binary order of (x, y, z)."""
        return self.pose_wb.apply(_SIGNS_83 * self.size_3 / 2)

    def footprint_42(self) -> Array:
        """The base seen from above, counter-clockwise; exact for upright boxes."""
        base_42 = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * self.size_3[:2] / 2
        return base_42 @ self.pose_wb.rotation_33[:2, :2].T + self.centre_3[:2]

    def contains(self, points_N3: Array) -> Array:
        """Which points lie inside, faces included, as (N,) bool."""
        inside_N3 = np.abs(self.pose_wb.inverse().apply(points_N3)) <= self.size_3 / 2 + 1e-12
        return np.asarray(inside_N3.all(axis=1))

    def picture(self, camera: Camera) -> Array:
        """Axis-aligned frame (left, top, right, bottom) in pixels around the projected corners, not clipped."""
        pixels_82, depth_8 = camera.project(self.corners_83())
        if (depth_8 <= 0).any():
            raise ValueError("the box reaches behind the camera and has no picture")
        return np.concatenate([pixels_82.min(axis=0), pixels_82.max(axis=0)])
