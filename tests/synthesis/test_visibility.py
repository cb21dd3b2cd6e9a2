from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.synthesis.visibility import look_change, pixel_change

MASK = np.zeros((128, 160), dtype=bool)
MASK[30:90, 40:110] = True
PICTURE = np.random.default_rng(0).integers(0, 256, (128, 160, 3), dtype=np.uint8)


def test_what_did_not_change_has_no_change() -> None:
    assert pixel_change(PICTURE, PICTURE, MASK) == 0.0
    assert look_change(PICTURE, PICTURE, MASK) == pytest.approx(0.0, abs=1e-6)


def test_only_the_mask_is_looked_at_and_a_mean_of_levels_is_the_change_of_pixels() -> None:
    brighter = PICTURE.astype(np.int16)
    brighter[MASK] = np.where(brighter[MASK] > 100, brighter[MASK] - 20, brighter[MASK] + 20)
    brighter[~MASK] = 0
    assert pixel_change(PICTURE, brighter.astype(np.uint8), MASK) == pytest.approx(20.0)


def test_another_thing_changes_the_look_more_than_a_shade_of_the_same() -> None:
    darker, other = PICTURE.copy(), PICTURE.copy()
    darker[MASK] = PICTURE[MASK] // 8 * 7
    other[MASK] = (200, 30, 30)
    assert look_change(PICTURE, darker, MASK) < 0.15 < look_change(PICTURE, other, MASK)


def test_the_same_change_further_away_is_the_same_change() -> None:
    blocks = np.repeat(np.repeat(PICTURE[:8, :10], 16, axis=0), 16, axis=1)
    other = blocks.copy()
    other[MASK] = (200, 30, 30)
    twice = [np.repeat(np.repeat(array, 2, axis=0), 2, axis=1) for array in (blocks, other, MASK)]
    near, far = look_change(*twice), look_change(blocks, other, MASK)
    assert near == pytest.approx(far, rel=0.1)
