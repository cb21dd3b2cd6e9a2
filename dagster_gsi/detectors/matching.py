"""Moves by the picture alone: where near a guess does the edited picture look most like the thing there?

The search's scores compare colours, which say little of a white thing before a white wall and mislead where the light is
another. Normalised cross-correlation compares what varies, and sees the whole neighbourhood at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.detectors.grade import window
from dagster_gsi.detectors.portrait import portrait, region

if TYPE_CHECKING:
    from dagster_gsi.detectors.placement import Judge
    from dagster_gsi.detectors.stance import Placement
    from dagster_gsi.geometry.pose import Array

# A thing that comes nearer is larger in the picture, so the first match is off and the second is not.
_ROUNDS = 2


def matched(judge: Judge, guess: Placement) -> Placement:
    """The guess moved over its level to where its portrait is found within the thing's size in the picture (Lewis 1995);
    the guess itself where the picture does not show it.
    """
    for _ in range(_ROUNDS):
        shift_2 = _shift(judge, guess)
        if shift_2 is None:
            return guess
        guess = _moved(judge, guess, shift_2)
    return guess


def _shift(judge: Judge, guess: Placement) -> Array | None:
    """Pixels to the right and down to the best match."""
    import cv2

    one = portrait(judge, guess)
    if not (one.cover_HW > 0.5).any():
        return None
    inside_HW = region(judge, [one], old=False)
    rows, columns = window(inside_HW)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    above, before = max(0, rows.start - height), max(0, columns.start - width)
    seen_HW3 = judge.evidence.edited_HW3[above : rows.stop + height, before : columns.stop + width].astype(np.float32)
    wanted_HW3 = one.picture_HW3[rows, columns].astype(np.float32)
    mask_HW = inside_HW[rows, columns].astype(np.float32)
    match_HW = cv2.matchTemplate(seen_HW3, wanted_HW3, cv2.TM_CCOEFF_NORMED, mask=np.dstack([mask_HW] * 3))
    # Windows without any contrast have no correlation.
    match_HW = np.nan_to_num(match_HW, nan=-1.0, posinf=-1.0, neginf=-1.0)
    row, column = np.unravel_index(int(match_HW.argmax()), match_HW.shape)
    return np.array([before + int(column) - columns.start, above + int(row) - rows.start], dtype=np.float64)


def _moved(judge: Judge, guess: Placement, shift_2: Array) -> Placement:
    """The guess with its base where the ray through the shifted pixel meets the level; the guess if it does not."""
    camera = judge.evidence.camera
    base_3 = judge.thing.pose_wo.translation_3 + np.array([guess[0], guess[1], 0.0])
    pixel_12, _ = camera.project(base_3[None])
    eye_3 = camera.pose_wc.translation_3
    ray_3 = camera.unproject(pixel_12 + shift_2, np.ones(1))[0] - eye_3
    if ray_3[2] >= -1e-6:
        return guess
    place_3 = eye_3 + (base_3[2] - eye_3[2]) / ray_3[2] * ray_3
    moved = guess.copy()
    moved[:2] += (place_3 - base_3)[:2]
    return moved
