"""Where the points that a picture of a known scene shows are seen from another camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dagster_gsi.detectors.base import Known
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array

# A point is hidden where another is seen nearer by 5 % and 1 cm: more than a floor slopes within two cells.
_NEARER, _NEARER_METRES = 0.05, 0.01
# Side in pixels of the cells in which points hide each other: wider than the gaps that a nearer view opens.
_CELL = 2


def points_of(known: Known) -> tuple[Array, NDArray[np.bool_]]:
    """The world point behind each pixel, row by row, and which pixels have one."""
    height, width = known.geometry.depth_HW.shape
    u_HW, v_HW = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    depth_N = known.geometry.depth_HW.ravel().astype(np.float64)
    pixels_N2 = np.stack([u_HW.ravel(), v_HW.ravel()], axis=1)
    return known.scene.camera.unproject(pixels_N2, depth_N), known.geometry.depth_HW > 0


def seen_back(
    picture_HW3: NDArray[np.uint8], known: Known, camera: Camera
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What `picture_HW3`, taken from `camera`, shows of each point that the source shows, and where it shows it.

    Points that leave the picture, hide behind others or have no depth are not shown.
    """
    import cv2

    points_N3, solid_HW = points_of(known)
    pixels_N2, depth_N = camera.project(points_N3)
    height, width = solid_HW.shape
    map_HW2 = pixels_N2.reshape(height, width, 2).astype(np.float32) - np.float32(0.5)
    back_HW3 = cv2.remap(
        picture_HW3, map_HW2[..., 0], map_HW2[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    inside_N = (depth_N > 0) & ((pixels_N2 >= 0.5) & (pixels_N2 <= np.array([width, height]) - 0.5)).all(axis=1)
    shown_HW = (inside_N & solid_HW.ravel() & ~_hidden(pixels_N2, depth_N, inside_N, (height, width))).reshape(
        height, width
    )
    return np.asarray(back_HW3), shown_HW


def _hidden(pixels_N2: Array, depth_N: Array, inside_N: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    from scipy.ndimage import minimum_filter

    rows, columns = size[0] // _CELL + 1, size[1] // _CELL + 1
    cell_N2 = np.clip((pixels_N2 / _CELL).astype(int), 0, [columns - 1, rows - 1])
    index_N = cell_N2[:, 1] * columns + cell_N2[:, 0]
    nearest = np.full(rows * columns, np.inf)
    np.minimum.at(nearest, index_N[inside_N], depth_N[inside_N])
    around = minimum_filter(nearest.reshape(rows, columns), size=3).ravel()
    return np.asarray(around[index_N] < depth_N * (1 - _NEARER) - _NEARER_METRES)
