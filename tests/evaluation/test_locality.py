from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.evaluation.locality import MARGIN, locality, widened

RNG = np.random.default_rng(0)
SOURCE = np.kron(RNG.integers(60, 200, (16, 16, 3)), np.ones((8, 8, 1))).astype(np.uint8)
MASK = np.zeros((128, 128), dtype=bool)
MASK[40:80, 40:80] = True


def test_whatever_happens_inside_the_mask_costs_nothing() -> None:
    edited = SOURCE.copy()
    edited[MASK] = 255 - edited[MASK]
    kept = locality(SOURCE, edited, MASK)
    assert (kept.ssim, kept.lpips, kept.mse) == (1.0, 0.0, 0.0)
    assert kept.gate
    assert kept.masked_fraction == pytest.approx(40 * 40 / 128**2)


def test_a_change_outside_the_mask_costs_more_the_larger_it_is() -> None:
    losses = []
    for size in (8, 24, 40):
        edited = SOURCE.copy()
        edited[:size, :size] = 255 - edited[:size, :size]
        losses.append(locality(SOURCE, edited, MASK))
    assert losses[0].lpips < losses[1].lpips < losses[2].lpips
    assert losses[0].ssim > losses[1].ssim > losses[2].ssim


def test_the_mean_square_error_is_that_of_the_pixels_outside() -> None:
    edited = SOURCE.copy()
    edited[0, 0] += 10
    assert locality(SOURCE, edited, MASK).mse == pytest.approx(100 / (128 * 128 - 1600))


def test_another_picture_does_not_pass_the_gate() -> None:
    other = RNG.integers(0, 256, SOURCE.shape, dtype=np.uint8)
    assert not locality(SOURCE, other, MASK).gate


def test_a_mask_grows_by_the_margin_and_no_further() -> None:
    point = np.zeros((200, 200), dtype=bool)
    point[100, 100] = True
    reach = int(MARGIN * 200)
    wide = widened(point)
    assert wide[100, 100 + reach]
    assert not wide[100, 100 + reach + 1]
    assert not widened(np.zeros((5, 5), dtype=bool)).any()


def test_a_target_that_covers_everything_leaves_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="nothing outside"):
        locality(SOURCE, SOURCE, np.ones_like(MASK))
