"""Cameras of rooms turn to the things and zoom in on them from where somebody stands."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.scenes.scene import Thing
from dagster_gsi.synthesis.framing import aimed
from tests.scenes_by_hand import thing

EYE_3 = np.array([0.5, -1.6, 1.5])


def _things(rng: np.random.Generator, middle_2: tuple[float, float], spread: float) -> list[Thing]:
    places = np.array(middle_2) + rng.uniform(-spread, spread, (4, 2))
    return [
        thing(f"mug-{k}", "mug", f"mug {k}", (0.1, 0.1, 0.12), float(x), float(y)) for k, (x, y) in enumerate(places)
    ]


@pytest.mark.parametrize("seed", range(12))
def test_everything_that_fits_is_in_the_picture_whatever_way_it_lies(seed: int) -> None:
    rng = np.random.default_rng(seed)
    heading = rng.uniform(-np.pi, np.pi)
    middle_2 = EYE_3[:2] + 2.0 * np.array([np.cos(heading), np.sin(heading)])
    things = _things(rng, (float(middle_2[0]), float(middle_2[1])), 0.45)
    camera = aimed(EYE_3, things, rng, image_size=100)
    for one in things:
        left, top, right, bottom = one.box.picture(camera)
        assert min(left, top) >= 0
        assert max(right, bottom) <= 100


def test_the_camera_stays_where_one_stands_and_does_not_roll() -> None:
    camera = aimed(EYE_3, _things(np.random.default_rng(0), (0.0, 0.3), 0.4), np.random.default_rng(1), image_size=64)
    np.testing.assert_allclose(camera.pose_wc.translation_3, EYE_3)
    assert camera.right_3[2] == pytest.approx(0.0, abs=1e-12)
    assert (camera.width, camera.height) == (64, 64)


def test_it_looks_midway_between_the_outermost() -> None:
    """Three posts in a circle around the eye and as high as it: the middle one is in the middle of the picture."""
    thin, angles = (1e-6, 1e-6, 0.1), (-0.5, 0.0, 0.5)
    posts = [thing(f"post-{k}", "post", f"post {k}", thin, np.sin(a), np.cos(a)) for k, a in enumerate(angles)]
    camera = aimed(np.array([0.0, 0.0, 0.75]), posts, np.random.default_rng(3), image_size=200)
    pixels_N2, _ = camera.project(np.array([post.centre_3 for post in posts]))
    np.testing.assert_allclose(pixels_N2[1], [100.0, 100.0], atol=1e-3)
    assert pixels_N2[0, 0] + pixels_N2[2, 0] == pytest.approx(200.0, abs=1e-3)


@pytest.mark.parametrize(("distance", "fov_deg"), [(9.0, 36.0), (0.35, 66.0)])
def test_the_zoom_is_that_of_a_phone(distance: float, fov_deg: float) -> None:
    ends = [thing(f"post-{k}", "post", f"post {k}", (0.05, 0.05, 0.1), x, distance) for k, x in enumerate((-0.5, 0.5))]
    camera = aimed(np.array([0.0, 0.0, 0.75]), ends, np.random.default_rng(0), image_size=64)
    assert np.degrees(2 * np.arctan(camera.width / 2 / camera.focal_x)) == pytest.approx(fov_deg)
