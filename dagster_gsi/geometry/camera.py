"""Pinhole cameras in OpenCV axes: x right, y down, z forward.

Pixel coordinates are continuous: the image spans [0, width] x [0, height] and the centre of the top-left pixel is
(0.5, 0.5). Intrinsics belong to one image size and travel with it; `resized` converts them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from dagster_gsi.geometry.pose import Array, Pose


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """Where a picture is taken from and how rays meet its pixels. `pose_wc` takes camera to world coordinates."""

    pose_wc: Pose
    focal_x: float
    focal_y: float
    centre_x: float
    centre_y: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if not (self.focal_x > 0 and self.focal_y > 0 and self.width > 0 and self.height > 0):
            raise ValueError(f"focal lengths and size must be positive: {self}")

    @classmethod
    def look_at(cls, eye_3: Array, target_3: Array, *, fov: float, width: int, height: int) -> Self:
        """Stand at `eye_3`, look at `target_3` without roll; `fov` is the horizontal field of view in radians."""
        forward_3 = np.asarray(target_3, dtype=np.float64) - eye_3
        forward_3 /= np.linalg.norm(forward_3)
        right_3 = np.cross(forward_3, [0.0, 0.0, 1.0])
        if np.linalg.norm(right_3) < 1e-9:
            raise ValueError("a camera that looks straight up or down has no roll-free pose; move the eye aside")
        right_3 /= np.linalg.norm(right_3)
        down_3 = np.cross(forward_3, right_3)
        pose_wc = Pose(np.stack([right_3, down_3, forward_3], axis=1), np.array(eye_3, dtype=np.float64))
        focal = width / 2 / np.tan(fov / 2)
        return cls(pose_wc, float(focal), float(focal), width / 2, height / 2, width, height)

    @property
    def matrix_33(self) -> Array:
        """The intrinsic matrix K for this image size."""
        return np.array([[self.focal_x, 0.0, self.centre_x], [0.0, self.focal_y, self.centre_y], [0.0, 0.0, 1.0]])

    @property
    def right_3(self) -> Array:
        """Unit vector in the world that points to the right in the image, made horizontal."""
        return _horizontal(self.pose_wc.rotation_33[:, 0])

    @property
    def ahead_3(self) -> Array:
        """Unit vector in the world that points away from the viewer, made horizontal."""
        return _horizontal(self.pose_wc.rotation_33[:, 2])

    def resized(self, width: int, height: int) -> Self:
        """The same view on an image of another size."""
        x, y = width / self.width, height / self.height
        return replace(
            self,
            focal_x=self.focal_x * x,
            focal_y=self.focal_y * y,
            centre_x=self.centre_x * x,
            centre_y=self.centre_y * y,
            width=width,
            height=height,
        )

    def project(self, points_w_N3: Array) -> tuple[Array, Array]:
        """Pixel coordinates (N, 2) and depths (N,) in metres along the optical axis; negative depth is behind."""
        points_c_N3 = self.pose_wc.inverse().apply(points_w_N3)
        depth_N = points_c_N3[:, 2]
        # Points on the camera plane have no picture; a tiny depth keeps them finite and far outside the image.
        safe_N = np.where(np.abs(depth_N) < 1e-9, 1e-9, depth_N)
        u_N = self.focal_x * points_c_N3[:, 0] / safe_N + self.centre_x
        v_N = self.focal_y * points_c_N3[:, 1] / safe_N + self.centre_y
        return np.stack([u_N, v_N], axis=1), depth_N

    def unproject(self, pixels_N2: Array, depth_N: Array) -> Array:
        """World points (N, 3) that are seen at `pixels_N2` with the given depths."""
        x_N = (pixels_N2[:, 0] - self.centre_x) / self.focal_x * depth_N
        y_N = (pixels_N2[:, 1] - self.centre_y) / self.focal_y * depth_N
        return self.pose_wc.apply(np.stack([x_N, y_N, depth_N], axis=1))

    def rays(self) -> tuple[Array, Array]:
        """Origin (3,) and unit directions (height, width, 3) in the world of the rays through pixel centres."""
        u_HW, v_HW = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        directions_c = np.stack(
            [(u_HW - self.centre_x) / self.focal_x, (v_HW - self.centre_y) / self.focal_y, np.ones_like(u_HW)], axis=-1
        )
        directions_w = directions_c @ self.pose_wc.rotation_33.T
        return self.pose_wc.translation_3, directions_w / np.linalg.norm(directions_w, axis=-1, keepdims=True)


def _horizontal(vector_3: Array) -> Array:
    flat_3 = vector_3 * np.array([1.0, 1.0, 0.0])
    return flat_3 / np.linalg.norm(flat_3)
