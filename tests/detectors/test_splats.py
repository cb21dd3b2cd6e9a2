from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.detectors.shading import developed, harmonics, radiance
from dagster_gsi.detectors.splats import closed, softened, splat, unhidden, unholed
from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose

# Focal length 10 on 20 x 20 pixels: a point at (x, y, z) falls into column floor(10 x / z + 10).
CAMERA = Camera(Pose.identity(), 10.0, 10.0, 10.0, 10.0, 20, 20)


def test_the_nearest_point_of_a_pixel_wins_and_what_is_outside_is_dropped() -> None:
    points = np.array([[0.01, 0.01, 2.0], [0.01, 0.01, 1.0], [0.5, 0.0, 1.0], [5.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    seen = splat(points, CAMERA)
    assert seen.pixels_P.tolist() == [10 * 20 + 10, 10 * 20 + 15]
    assert seen.points_P.tolist() == [1, 2]
    assert seen.depths_P.tolist() == [1.0, 1.0]


def test_pixels_behind_something_else_are_hidden_and_touching_does_not_hide() -> None:
    seen = splat(np.array([[0.01, 0.01, 1.0], [0.5, 0.01, 1.0], [-0.5, 0.01, 1.0]]), CAMERA)
    depth = np.zeros((20, 20))
    depth[10, 10], depth[10, 15] = 0.9, 0.997
    assert unhidden(seen, depth).points_P.tolist() == [2, 1]


def test_softening_keeps_an_even_colour_and_tells_how_far_inside_a_pixel_is() -> None:
    x, y = np.meshgrid(np.arange(5, 10), np.arange(5, 10))
    seen = splat(np.stack([(x.ravel() - 9.5) / 10, (y.ravel() - 9.5) / 10, np.ones(25)], axis=1), CAMERA)
    colours, inside = softened(np.full((25, 3), 0.4), seen, CAMERA)
    assert colours == pytest.approx(np.full((25, 3), 0.4))
    assert inside.reshape(5, 5)[2, 2] == pytest.approx(1.0)
    assert inside.reshape(5, 5)[0, 2] == pytest.approx(6 / 9)
    assert inside.reshape(5, 5)[0, 0] == pytest.approx(4 / 9)


def test_the_tone_curve_and_its_inverse_undo_each_other() -> None:
    codes = np.linspace(0.02, 0.97, 40)
    assert developed(radiance(codes)) == pytest.approx(codes, abs=2e-3)


def test_the_harmonics_are_orthonormal_over_the_sphere() -> None:
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(200_000, 3))
    basis = harmonics(normals / np.linalg.norm(normals, axis=1, keepdims=True))
    assert basis.T @ basis / len(basis) * 4 * np.pi == pytest.approx(np.eye(9), abs=0.03)


def test_what_shows_through_holes_of_a_cloud_is_dropped_and_the_holes_take_the_colour_around() -> None:
    x, y = np.meshgrid(np.arange(4, 16), np.arange(4, 16))
    points = np.stack([(x.ravel() - 9.5) / 10, (y.ravel() - 9.5) / 10, np.ones(144)], axis=1)
    holes = np.zeros((12, 12), dtype=bool)
    holes[3::3, 3::3] = True
    behind = holes.ravel()
    # The far side is as wide in the picture, three times as far away.
    points[behind] *= 3.0
    seen = splat(points, CAMERA)
    front = unholed(seen, CAMERA)
    assert set(front.points_P) == set(np.flatnonzero(~behind))
    colours = np.concatenate([np.full((len(front.pixels_P), 3), 0.4), np.ones((len(front.pixels_P), 1))], axis=1)
    picture = closed(colours, front, CAMERA)
    assert picture[4:16, 4:16] == pytest.approx(np.broadcast_to([0.4, 0.4, 0.4, 1.0], (12, 12, 4)))
    assert (picture[:3] == 0).all()
