"""Square cuts of pictures, brought to one size.

A frame is (left, top, right, bottom) in pixels; N is the side of a cut, S that of the cuts that are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def frame_of(mask_HW: Mask) -> Array:
    """The frame of the pixels of a mask that has some."""
    rows, columns = np.flatnonzero(mask_HW.any(axis=1)), np.flatnonzero(mask_HW.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], dtype=np.float64)


def longer_side(frame_4: Array) -> float:
    return float((frame_4[2:] - frame_4[:2]).max())


def cut(picture_HW3: Picture, middle_2: Array, side: float, size: int) -> Picture:
    """The square of `side` pixels about `middle_2`, at `size` pixels; beyond the picture its edge is repeated."""
    return _warped(picture_HW3, middle_2, np.array([side, side]), size, edge=True)


def cut_mask(mask_HW: Mask, middle_2: Array, side_2: Array, size: int) -> Mask:
    """The same of a mask, of a rectangle `side_2` wide and high; beyond the picture there is nothing."""
    return _warped(mask_HW.astype(np.uint8) * 255, middle_2, side_2, size, edge=False) > 127


def resized(picture_NN3: Picture, size: int, *, through: int) -> Picture:
    """A square picture at `size` pixels, with no more detail than it has at `through` pixels."""
    import cv2

    small = cv2.resize(picture_NN3, (through, through), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR))


def grown(mask_HW: Mask, by: int) -> Mask:
    import cv2

    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return np.asarray(cv2.dilate(mask_HW.astype(np.uint8), disc)) > 0


def core(mask_SS: Mask, by: int, least: int) -> Mask:
    """The mask without a margin, or whole where less than `least` pixels would stay."""
    import cv2

    square = np.ones((2 * by + 1, 2 * by + 1), dtype=np.uint8)
    inner_SS = (
        np.asarray(cv2.erode(mask_SS.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0)) > 0
    )
    return inner_SS if inner_SS.sum() >= least else mask_SS


def share(mask_SS: Mask, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Which part of each cell of a coarser grid the mask covers."""
    import cv2

    return np.asarray(cv2.resize(mask_SS.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA))


def _warped(picture: Picture, middle_2: Array, side_2: Array, size: int, *, edge: bool) -> Picture:
    import cv2

    step_2 = side_2 / size
    # Pixel centres are at halves: the first one of the cut lies half a step inside its edge.
    first_2 = middle_2 - side_2 / 2 + step_2 / 2 - 0.5
    to_picture_23 = np.array([[step_2[0], 0.0, first_2[0]], [0.0, step_2[1], first_2[1]]])
    border = cv2.BORDER_REPLICATE if edge else cv2.BORDER_CONSTANT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, to_picture_23, (size, size), flags=flags, borderMode=border))
