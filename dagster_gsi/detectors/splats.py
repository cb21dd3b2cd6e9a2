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
_NEAREST = 0.01
# Standard deviation in pixels of the mean of three.
_BOX_BLUR = 0.82
# A cloud has holes, through which its far side shows: points further away than most around them by so many pixels'
# widths, which is the slope of a surface that is seen at a tenth of its size.
_SLOPE = 6.0
# Depths in hundredths of a millimetre up to 80 m, and up to 131 072 points.
_DEPTH_STEP, _DEPTH_BITS, _INDEX_BITS = 1e-5, 23, 17


@dataclass(frozen=True, slots=True, eq=False)
class Splats:
    """The pixels that a cloud covers and the point that is seen in each."""

    pixels_P: NDArray[np.int64]
    """Indices into the flattened picture, each once."""
    points_P: NDArray[np.int64]
    """Index of the point in front."""
    depths_P: Array


def splat(points_c_N3: Array, camera: Camera, shown_M: NDArray[np.int64] | None = None) -> Splats:
    """Project points in camera axes, of which only those with indices `shown_M` are there; the nearest wins its pixel.

    Points outside the picture are dropped.
    """
    index_M = np.arange(len(points_c_N3)) if shown_M is None else shown_M
    x_M, y_M, depth_M = points_c_N3[index_M].T
    safe_M = np.maximum(depth_M, 1e-6)
    column_M = np.floor(x_M / safe_M * camera.focal_x + camera.centre_x)
    row_M = np.floor(y_M / safe_M * camera.focal_y + camera.centre_y)
    kept_M = (depth_M > _NEAREST) & (column_M >= 0) & (column_M < camera.width) & (row_M >= 0) & (row_M < camera.height)
    pixel_K = (row_M[kept_M] * camera.width + column_M[kept_M]).astype(np.int64)
    steps_K = np.minimum(depth_M[kept_M] / _DEPTH_STEP, 2**_DEPTH_BITS - 1).astype(np.int64)
    # One integer a point that sorts by pixel, then depth, then index: four times faster than sorting indices.
    keys_K = np.sort(((pixel_K << _DEPTH_BITS) | steps_K) << _INDEX_BITS | index_M[kept_M])
    pixel_K = keys_K >> (_DEPTH_BITS + _INDEX_BITS)
    is_first_K = np.ones(len(pixel_K), dtype=bool)
    np.not_equal(pixel_K[1:], pixel_K[:-1], out=is_first_K[1:])
    first_P = np.flatnonzero(is_first_K)
    points_P = keys_K[first_P] & (2**_INDEX_BITS - 1)
    return Splats(pixel_K[first_P], points_P, points_c_N3[points_P, 2])


def unhidden(splats: Splats, depth_HW: Array) -> Splats:
    """Without the pixels where something in `depth_HW` (0 is nothing) stands in front."""
    before_P = depth_HW.ravel()[splats.pixels_P]
    seen_P = (before_P <= 0) | (splats.depths_P <= before_P + _CONTACT)
    return Splats(splats.pixels_P[seen_P], splats.points_P[seen_P], splats.depths_P[seen_P])


def unholed(splats: Splats, camera: Camera) -> Splats:
    """Without the points that show only through holes in the cloud: most of their neighbours are in front of them."""
    import cv2

    if len(splats.pixels_P) == 0:
        return splats
    row_P, column_P = np.divmod(splats.pixels_P, camera.width)
    row_P, column_P = row_P - row_P.min(), column_P - column_P.min()
    depth_HW = np.full((int(row_P.max()) + 1, int(column_P.max()) + 1), np.inf, dtype=np.float32)
    depth_HW[row_P, column_P] = splats.depths_P
    usual_P = cv2.medianBlur(np.minimum(depth_HW, 1e6), 5)[row_P, column_P]
    kept_P = splats.depths_P <= usual_P + _SLOPE * splats.depths_P / camera.focal_x
    return Splats(splats.pixels_P[kept_P], splats.points_P[kept_P], splats.depths_P[kept_P])


def around(splats: Splats, camera: Camera) -> tuple[slice, slice]:
    """Rows and columns of all that `closed` paints."""
    axes = np.divmod(splats.pixels_P, camera.width)
    rows, columns = (slice(max(0, int(axis.min()) - 2), int(axis.max()) + 3) for axis in axes)
    return rows, columns


def closed(colours_P4: Array, splats: Splats, camera: Camera) -> NDArray[np.float32]:
    """The picture (H, W, 4) of premultiplied colours; its small holes take the mean of what is around them."""
    import cv2

    picture_HW4 = np.zeros((camera.height, camera.width, 4), dtype=np.float32)
    if len(splats.pixels_P) == 0:
        return picture_HW4
    row_P, column_P = np.divmod(splats.pixels_P, camera.width)
    rows, columns = around(splats, camera)
    picture_HW4[row_P, column_P] = colours_P4
    has_HW = np.zeros(picture_HW4.shape[:2], dtype=np.uint8)
    has_HW[row_P, column_P] = 1
    part_HW4, has_HW = picture_HW4[rows, columns], has_HW[rows, columns]
    for _ in range(2):
        hole_HW = (cv2.morphologyEx(has_HW, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > has_HW).astype(bool)
        count_HW = cv2.blur(has_HW.astype(np.float32), (3, 3))
        hole_HW &= count_HW > 0
        part_HW4[hole_HW] = cv2.blur(part_HW4, (3, 3))[hole_HW] / count_HW[hole_HW][:, None]
        has_HW[hole_HW] = 1
    return picture_HW4


def softened(colours_PC: Array, splats: Splats, camera: Camera, blur: float = 0.0) -> tuple[Array, Array]:
    """Each pixel's mean with its neighbours in the silhouette, and which part of the neighbours is in it.

    One point a pixel is sharper and rougher than a picture, and a pixel that the silhouette only touches counts as
    covered: the part says how far inside it is. A picture that is blurred by more is met by a wider mean.
    """
    import cv2

    if len(colours_PC) == 0:
        return colours_PC, np.zeros(0)
    row_P, column_P = np.divmod(splats.pixels_P, camera.width)
    row_P, column_P = row_P - row_P.min(), column_P - column_P.min()
    channels = colours_PC.shape[1]
    sums_HWC = np.zeros((int(row_P.max()) + 1, int(column_P.max()) + 1, channels + 1), dtype=np.float32)
    sums_HWC[row_P, column_P, :channels] = colours_PC
    sums_HWC[row_P, column_P, channels] = 1.0
    if blur > _BOX_BLUR:
        soft_HWC = cv2.GaussianBlur(sums_HWC, (0, 0), blur, borderType=cv2.BORDER_CONSTANT)
    else:
        soft_HWC = cv2.blur(sums_HWC, (3, 3), borderType=cv2.BORDER_CONSTANT)
    means_PC = soft_HWC[row_P, column_P].astype(np.float64)
    return means_PC[:, :channels] / means_PC[:, channels:], means_PC[:, channels]
