from __future__ import annotations

import cv2
import numpy as np
import pytest

from dagster_gsi.detectors.grade import graded, likeness, matched, unchanged_part

MASK = np.zeros((96, 96), dtype=bool)
MASK[30:60, 30:60] = True


def textured(seed: int) -> np.ndarray:
    """Blobs of a few pixels in [0.2, 0.8]."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(96, 96, 3)), (0, 0), 1.5)
    return np.clip(0.5 + 0.15 * noise / noise.std(), 0.2, 0.8)


def test_gain_and_offset_of_each_channel_are_undone() -> None:
    source = textured(0)
    tinted = source * [1.1, 1.0, 0.9] + 0.02
    assert matched(tinted, source, MASK) == pytest.approx(source, abs=1e-4)


@pytest.mark.parametrize("sigma", [0.9, 1.5, 2.2])
def test_a_blur_is_told_from_the_background_and_done_to_the_source(sigma: float) -> None:
    blurry = cv2.GaussianBlur(textured(0), (0, 0), sigma)
    pictures = graded(blurry, textured(0), MASK)
    assert pictures.blur == sigma
    assert pictures.source_HW3 == pytest.approx(pictures.edited_HW3, abs=0.02)


def test_noise_is_measured_and_is_no_blur() -> None:
    noisy = textured(0) + np.random.default_rng(1).normal(0, 0.03, (96, 96, 3))
    pictures = graded(noisy, textured(0), MASK)
    assert pictures.blur == 0
    assert pictures.noise == pytest.approx(0.03, rel=0.15)


def test_light_leaves_the_structure_and_another_thing_does_not() -> None:
    source, other = textured(0), textured(1)
    shade = np.linspace(0.6, 1.0, 96)[:, None, None]
    shaded, replaced = source.copy(), source.copy()
    shaded[MASK] = (source * shade)[MASK]
    replaced[MASK] = other[MASK]
    assert likeness(graded(source, source, MASK), MASK) == pytest.approx(1.0, abs=0.02)
    assert likeness(graded(shaded, source, MASK), MASK) > 0.9
    assert likeness(graded(replaced, source, MASK), MASK) < 0.3
    assert unchanged_part(graded(source, source, MASK), MASK, 0.05) == 1.0
    assert unchanged_part(graded(replaced, source, MASK), MASK, 0.05) < 0.4
