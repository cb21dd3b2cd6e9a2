"""A textured table top before a textured wall, traced exactly: no renderer is needed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import astuple, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dagster_gsi.detectors.base import Known, UnansweredError
from dagster_gsi.detectors.reprojection import seen_back
from dagster_gsi.detectors.viewpoint import find_viewpoint
from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Array
from dagster_gsi.geometry.shift import Shift
from dagster_gsi.rendering.base import Geometry
from dagster_gsi.scenes.scene import Scene
from tests.scenes_by_hand import two_mugs_and_a_book

CAMERA = Camera.look_at(np.array([0.0, -1.2, 1.0]), np.array([0.0, 0.0, 0.0]), fov=0.8, width=160, height=160)
_WAVES_K2 = np.random.default_rng(0).normal(0.0, 12.0, (24, 2))
_PHASES_K3 = np.random.default_rng(1).uniform(0.0, 2 * np.pi, (24, 3))


def traced(camera: Camera, seed: int = 0) -> tuple[NDArray[np.uint8], Geometry]:
    """Floor z = 0 and wall y = 1.5, coloured by sums of waves; `seed` chooses other colours."""
    origin_3, directions_HW3 = camera.rays()
    with np.errstate(divide="ignore"):
        floor_HW = np.where(directions_HW3[..., 2] < 0, -origin_3[2] / directions_HW3[..., 2], np.inf)
        wall_HW = np.where(directions_HW3[..., 1] > 0, (1.5 - origin_3[1]) / directions_HW3[..., 1], np.inf)
    points_HW3 = origin_3 + np.minimum(floor_HW, wall_HW)[..., None] * directions_HW3
    at_HW2 = np.stack([points_HW3[..., 0], points_HW3[..., 1] + points_HW3[..., 2]], axis=-1)
    waves_HWK = at_HW2 @ _WAVES_K2.T
    rgb_HW3 = 128 + 14 * np.sin(waves_HWK[..., None] + _PHASES_K3 + 2.4 * seed * np.arange(24)[:, None]).sum(axis=-2)
    _, depth_N = camera.project(points_HW3.reshape(-1, 3))
    depth_HW = depth_N.reshape(camera.height, camera.width).astype(np.float32)
    return np.clip(rgb_HW3, 0, 255).astype(np.uint8), Geometry(np.ones(depth_HW.shape, dtype=np.uint16), depth_HW)


def known() -> Known:
    scene: Scene = replace(two_mugs_and_a_book(), camera=CAMERA)
    picture_HW3, geometry = traced(CAMERA)
    return Known(scene, picture_HW3, geometry, {})


KNOWN = known()
SHIFTS = (
    Shift(turn=float(np.radians(12))),
    Shift(turn=float(np.radians(-20))),
    Shift(tilt=float(np.radians(-10))),
    Shift(forward=0.3),
    Shift(sideways=-0.25),
    Shift(up=0.2),
    Shift(turn=float(np.radians(8)), tilt=float(np.radians(4)), forward=0.1, sideways=0.1),
)


Degrade = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def jpeg(picture_HW3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(picture_HW3).save(buffer, "JPEG", quality=40)
    return np.asarray(Image.open(buffer))


def blurred(picture_HW3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(picture_HW3, (0, 0), 1.5))


def noisy(picture_HW3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    noise_HW3 = np.random.default_rng(0).normal(0, 8, picture_HW3.shape)
    return np.clip(picture_HW3 + noise_HW3, 0, 255).astype(np.uint8)


def tinted(picture_HW3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.clip(picture_HW3 * np.array([1.1, 0.95, 1.0]) + [6, -4, 10], 0, 255).astype(np.uint8)


def off(shift: Shift, picture_HW3: NDArray[np.uint8]) -> tuple[float, float]:
    """Degrees and metres between the shift and the one that is found."""
    found = find_viewpoint(picture_HW3, KNOWN)
    assert found is not None
    error_5: Array = np.array(astuple(found.shift)) - np.array(astuple(shift))
    return float(np.degrees(np.linalg.norm(error_5[:2]))), float(np.linalg.norm(error_5[2:]))


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_camera_is_found_within_a_degree_and_2_cm(shift: Shift) -> None:
    degrees, metres = off(shift, traced(shift.of(CAMERA))[0])
    assert degrees < 1
    assert metres < 0.02


@pytest.mark.parametrize("degrade", [jpeg, blurred, noisy, tinted])
@pytest.mark.parametrize("shift", [SHIFTS[0], SHIFTS[4]])
def test_degraded_pictures_cost_twice_that_at_most(shift: Shift, degrade: Degrade) -> None:
    degrees, metres = off(shift, degrade(traced(shift.of(CAMERA))[0]))
    assert degrees < 2
    assert metres < 0.04


@pytest.mark.parametrize("degrade", [lambda picture: picture, jpeg, blurred, noisy, tinted])
def test_a_camera_that_did_not_move_is_found_exactly_where_it_was(degrade: Degrade) -> None:
    found = find_viewpoint(degrade(KNOWN.picture_HW3), KNOWN)
    assert found is not None
    assert found.shift == Shift()
    assert found.camera.pose_wc.is_close(CAMERA.pose_wc)


@pytest.mark.parametrize(
    "picture_HW3",
    [
        traced(CAMERA, seed=1)[0],
        np.full((160, 160, 3), 128, dtype=np.uint8),
        np.random.default_rng(2).integers(0, 256, (160, 160, 3), dtype=np.uint8),
    ],
    ids=["another texture", "grey", "noise"],
)
def test_a_foreign_picture_is_taken_from_nowhere(picture_HW3: NDArray[np.uint8]) -> None:
    assert find_viewpoint(picture_HW3, KNOWN) is None


def test_a_picture_brought_back_is_the_source_where_it_shows_the_same_points() -> None:
    shift = Shift(sideways=0.2, turn=0.1)
    camera = shift.of(CAMERA)
    back_HW3, shown_HW = seen_back(traced(camera)[0], KNOWN, camera)
    difference_HW = np.abs(back_HW3.astype(float) - KNOWN.picture_HW3).mean(axis=-1)
    assert np.median(difference_HW[shown_HW]) < 2
    assert 0.4 < shown_HW.mean() < 1
    # What the new view lost on the side is not shown, whatever the warp put there.
    points_N3 = CAMERA.unproject(
        np.argwhere(~shown_HW)[:, ::-1] + 0.5, KNOWN.geometry.depth_HW[~shown_HW].astype(np.float64)
    )
    pixels_N2, _ = camera.project(points_N3)
    outside_N = (pixels_N2 < 0.5).any(axis=1) | (pixels_N2 > 159.5).any(axis=1)
    assert outside_N.mean() > 0.95


def test_points_behind_others_are_not_shown() -> None:
    """A near strip hides what is behind it once the camera has moved aside."""
    depth_HW = np.full((160, 160), 2.0, dtype=np.float32)
    depth_HW[:, 70:90] = 1.0
    known_ = Known(KNOWN.scene, KNOWN.picture_HW3, Geometry(np.ones((160, 160), dtype=np.uint16), depth_HW), {})
    moved = Shift(sideways=0.1).of(CAMERA)
    _, shown_HW = seen_back(KNOWN.picture_HW3, known_, moved)
    # Focal length 189 px: the strip shifts by 19 px to the left, the wall by 9.5.
    assert shown_HW[80, 72:88].all()
    assert not shown_HW[80, 62:68].any()
    assert shown_HW[80, 20:50].all()


@pytest.mark.parametrize("rows", [0, 79])
def test_without_the_depth_of_half_the_source_nothing_is_said_of_its_camera(rows: int) -> None:
    depth_HW = KNOWN.geometry.depth_HW.copy()
    depth_HW[rows:] = 0.0
    painted = replace(KNOWN, geometry=replace(KNOWN.geometry, depth_HW=depth_HW))
    with pytest.raises(UnansweredError, match=f"is known for {rows / 160:.0%} of its pixels"):
        find_viewpoint(KNOWN.picture_HW3, painted)
