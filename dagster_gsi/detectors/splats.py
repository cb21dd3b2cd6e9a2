"""Pictures of point clouds: which point is in front at each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array

# A thing may touch what it stands before or behind: within this it is not hidden by it.
_CONTACT = 0.008


@dataclass(frozen=True, slots=True, eq=False)
class Splats:
    """The pixels that a cloud covers and the point that is seen in each."""

    pixels_P: NDArray[np.int64]
    """Indices into the flattened picture, each once."""
    points_P: NDArray[np.int64]
    """Index of the point in front."""
    depths_P: Array


def splat(points_c_N3: Array, camera: Camera) -> Splats:
    """Project points in camera axes; the nearest point wins its pixel. Points outside the picture are dropped."""
    depth_N = points_c_N3[:, 2]
    safe_N = np.maximum(depth_N, 1e-6)
    column_N = np.floor(points_c_N3[:, 0] / safe_N * camera.focal_x + camera.centre_x).astype(np.int64)
    row_N = np.floor(points_c_N3[:, 1] / safe_N * camera.focal_y + camera.centre_y).astype(np.int64)
    inside_N = (
        (depth_N > 0.01) & (column_N >= 0) & (column_N < camera.width) & (row_N >= 0) & (row_N < camera.height)
    )
    kept_M = np.flatnonzero(inside_N)
    # Far points first: of several assignments to one pixel the last, the nearest, remains.
    kept_M = kept_M[np.argsort(-depth_N[kept_M], kind="stable")]
    pixel_M = row_N[kept_M] * camera.width + column_N[kept_M]
    front = np.full(camera.width * camera.height, -1, dtype=np.int64)
    front[pixel_M] = kept_M
    pixels_P = np.flatnonzero(front >= 0)
    points_P = front[pixels_P]
    return Splats(pixels_P, points_P, depth_N[points_P])


def unhidden(splats: Splats, depth_HW: Array) -> Splats:
    """Without the pixels where something in `depth_HW` (0 is nothing) stands in front."""
    before_P = depth_HW.ravel()[splats.pixels_P]
    seen_P = (before_P <= 0) | (splats.depths_P <= before_P + _CONTACT)
    return Splats(splats.pixels_P[seen_P], splats.points_P[seen_P], splats.depths_P[seen_P])
