from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.rendering.tonemap import decode, encode, exposure, filmic


def test_encoding_is_the_inverse_of_decoding_for_every_code() -> None:
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(encode(decode(codes)), codes)


def test_middle_grey_has_the_code_of_the_standard() -> None:
    # IEC 61966-2-1: 1.055 * 0.18 ** (1 / 2.4) - 0.055 = 0.4614, times 255 is 117.6.
    assert encode(np.array([0.18], dtype=np.float32)) == [118]


def test_the_curve_keeps_black_and_order_and_never_reaches_past_white() -> None:
    ramp = np.linspace(0, 50, 5001, dtype=np.float32)
    curve = filmic(ramp)
    assert curve[0] == 0.0
    assert (np.diff(curve) >= 0).all()
    assert curve.max() <= 1.0


def test_twice_the_light_halves_the_exposure() -> None:
    rng = np.random.default_rng(0)
    albedo_HW3 = rng.uniform(0.1, 0.9, (8, 8, 3)).astype(np.float32)
    radiance_HW3 = albedo_HW3 * rng.uniform(0.5, 2.0, (8, 8, 1)).astype(np.float32)
    assert exposure(2 * radiance_HW3, albedo_HW3) == pytest.approx(exposure(radiance_HW3, albedo_HW3) / 2, rel=1e-6)


def test_the_colour_of_things_does_not_change_the_exposure() -> None:
    light_HW1 = np.random.default_rng(1).uniform(0.5, 2.0, (8, 8, 1)).astype(np.float32)
    dark_HW3 = np.full((8, 8, 3), 0.1, dtype=np.float32)
    bright_HW3 = np.full((8, 8, 3), 0.8, dtype=np.float32)
    dark, bright = exposure(dark_HW3 * light_HW1, dark_HW3), exposure(bright_HW3 * light_HW1, bright_HW3)
    assert dark == pytest.approx(bright, rel=1e-6)


def test_mirrors_are_not_metered() -> None:
    albedo_HW3 = np.full((2, 2, 3), 0.5, dtype=np.float32)
    radiance_HW3 = np.full((2, 2, 3), 0.5, dtype=np.float32)
    expected = exposure(radiance_HW3, albedo_HW3)
    albedo_HW3[0, 0], radiance_HW3[0, 0] = 0.0, 9.0
    assert exposure(radiance_HW3, albedo_HW3) == pytest.approx(expected)


def test_a_picture_without_any_colour_is_an_error() -> None:
    black_HW3 = np.zeros((2, 2, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="exposure"):
        exposure(black_HW3, black_HW3)
