"""The picture as it would be with the thing standing somewhere, and how unlike the edited picture that is.

This is slower and more exact than the search's scores: every point of the thing is painted, finer than the pixels, and
besides colours the structure is compared, which light and shadow leave as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.detectors.evidence import brightness
from dagster_gsi.detectors.grade import STRUCTURE, blurred, structure, window

if TYPE_CHECKING:
    from dagster_gsi.detectors.placement import Judge
    from dagster_gsi.detectors.stance import Placement
    from dagster_gsi.geometry.pose import Array

# Each pixel is the mean of so many squared: the renderer's pixels are means too.
_FINER = 2
# Pixels around the silhouettes that are compared too: the outline is half of what tells a turn.
_RIM = 2
# Pixels around what is compared that its structure is made of.
_MARGIN = 12
# What a colour's cost counts beside the correlation of structure. Of 78 turned things at their true places, headings
# 10 degrees apart, this found all but 5 headings and, blurred by 1.5 pixels, all but 7; either alone, 7 to 9.
_COLOUR = 2.0
# Root-mean-square difference of colours (of 1) at which they are half refuted, as in the search.
_SIGMA = 0.09


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """The thing at one placement, in front of the source's background."""

    picture_HW3: Array
    """sRGB of the whole picture."""
    cover_HW: NDArray[np.float32]
    """Which part of each pixel's colour is the thing's."""


def portrait(judge: Judge, placement: Placement) -> Portrait:
    """Paint the thing over the source without it; `judge` is that of the finest level, or of a coarser one to begin with."""
    import cv2

    evidence, camera = judge.evidence, judge.evidence.camera
    height, width = camera.height, camera.width
    fine_HW4 = judge.painted(placement, camera.resized(_FINER * width, _FINER * height))
    thing_HW4 = blurred(cv2.resize(fine_HW4, (width, height), interpolation=cv2.INTER_AREA), evidence.blur)
    picture_HW3 = thing_HW4[..., :3] + (1 - thing_HW4[..., 3:]) * evidence.filled_HW3
    return Portrait(np.asarray(picture_HW3, dtype=np.float64), np.asarray(thing_HW4[..., 3], dtype=np.float32))


def without(judge: Judge) -> Portrait:
    """The picture with the thing gone."""
    return Portrait(judge.evidence.filled_HW3, np.zeros(judge.evidence.mask_HW.shape, dtype=np.float32))


def region(judge: Judge, portraits: list[Portrait], *, old: bool = True) -> NDArray[np.bool_]:
    """Where the thing would be in any of the portraits, and was if `old`, and a rim around."""
    import cv2

    cover_HW = np.maximum.reduce([one.cover_HW for one in portraits]) > 0.1
    if old:
        cover_HW |= judge.evidence.mask_HW
    wide = np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)
    return np.asarray(cv2.dilate(cover_HW.astype(np.uint8), wide) > 0)


def unlikeness(judge: Judge, one: Portrait, region_HW: NDArray[np.bool_]) -> float:
    """From -1 (equal) to 3, over a region that must be the same for all that are compared."""
    seen_N3, expected_N3, like_N, seen_N, expected_N = _compared(judge, one, region_HW)
    # Structure that is only in one of the two speaks against both.
    like = float(np.average(like_N, weights=seen_N + expected_N + 1e-9))
    off_N = np.maximum(((seen_N3 - expected_N3) ** 2).mean(axis=-1) - judge.evidence.noise**2, 0)
    return _COLOUR * float((off_N / (off_N + _SIGMA**2)).mean()) - like


def structural_likeness(judge: Judge, one: Portrait, region_HW: NDArray[np.bool_]) -> float:
    """From -1 to 1: whether the picture has the structure that the portrait has."""
    _, _, like_N, _, expected_N = _compared(judge, one, region_HW)
    return float(np.average(like_N, weights=expected_N + 1e-9))


def _compared(judge: Judge, one: Portrait, region_HW: NDArray[np.bool_]) -> tuple[Array, Array, Array, Array, Array]:
    """At each pixel of the region: colour seen and expected, likeness of structure, contrast seen and expected."""
    evidence = judge.evidence
    rows, columns = window(region_HW, _MARGIN)
    inside_HW = region_HW[rows, columns]
    seen_HW3 = evidence.edited_HW3[rows, columns]
    expected_HW3 = one.picture_HW3[rows, columns]
    cover_HW = one.cover_HW[rows, columns]
    # The thing alone may be lighter or darker, not what it stands before.
    thing_HW3 = expected_HW3 - (1 - cover_HW[..., None]) * evidence.filled_HW3[rows, columns]
    solid_HW = cover_HW > 0.5
    factor = brightness(seen_HW3[solid_HW], thing_HW3[solid_HW] / cover_HW[solid_HW][:, None])
    expected_HW3 = expected_HW3 + (factor - 1) * thing_HW3
    scale = STRUCTURE * region_HW.shape[1]
    structures = structure(seen_HW3, expected_HW3, evidence.noise, scale=scale)
    like_N, seen_N, expected_N = (one_HW[inside_HW] for one_HW in structures)
    return seen_HW3[inside_HW], expected_HW3[inside_HW], like_N, seen_N, expected_N
