"""A sketch is Lambert's law under a light that comes with the camera."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.rendering.sketch import sketched
from dagster_gsi.rendering.tonemap import KEY, develop

# Looks along y, with x to its right.
_LEVEL = Camera.look_at(np.array([0.0, -2.0, 1.0]), np.array([0.0, 0.0, 1.0]), fov=0.8, width=1, height=1)
_TO_LAMP_3 = np.array([0.6, -0.4, 1.0]) / np.sqrt(0.6**2 + 0.4**2 + 1.0)


@pytest.mark.parametrize(
    ("normal_3", "light"),
    [
        (_TO_LAMP_3, 0.3 + 0.3 * (1 + _TO_LAMP_3[2]) + 0.6),
        ([0.0, 0.0, 1.0], 0.3 + 0.6 + 0.6 * _TO_LAMP_3[2]),
        ([0.0, 0.0, -1.0], 0.3),  # from above and from the lamp comes nothing
        ([0.0, 1.0, 0.0], 0.3 + 0.3),  # turned away from the lamp
    ],
)
def test_surfaces_are_as_bright_as_they_face_the_lamp_and_the_sky(normal_3: list[float], light: float) -> None:
    albedo_3 = np.array([0.5, 0.2, 0.05], dtype=np.float32)
    sketch_113 = sketched(albedo_3[None, None], np.array(normal_3, dtype=np.float32)[None, None], _LEVEL)
    assert np.array_equal(sketch_113[0, 0], develop(np.float32(KEY * light) * albedo_3))


def test_what_nothing_is_known_of_is_black() -> None:
    nothing_223 = np.zeros((2, 2, 3), dtype=np.float32)
    assert not sketched(nothing_223, nothing_223, _LEVEL).any()
