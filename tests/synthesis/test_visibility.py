from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.rendering.base import BACKGROUND, FIRST_THING, SUPPORT, Geometry
from dagster_gsi.scenes.scene import Scene
from dagster_gsi.synthesis.change import look_change, pixel_change
from dagster_gsi.synthesis.visibility import is_top_seen, unoccluded_fraction
from tests.toy_assets import TABLE_SIZE, toy_scene, write_toy_catalogue

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


# From the front, so that the whole table is in the middle of the picture.
_WIDE = Camera.look_at(np.array([0.0, -2.2, 2.2]), np.array([0.0, 0.0, 0.72]), fov=0.9, width=256, height=256)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return toy_scene(write_toy_catalogue(tmp_path_factory.mktemp("visibility") / "assets"))


def _flat(scene: Scene, depth: float, value: int = SUPPORT) -> Geometry:
    """A picture with nothing but one surface at a depth."""
    shape = (scene.camera.height, scene.camera.width)
    return Geometry(np.full(shape, value, dtype=np.uint16), np.full(shape, depth, dtype=np.float32))


def _level(scene: Scene, height: float) -> Geometry:
    """A picture of an endless level surface at a height."""
    camera = scene.camera
    v_HW, u_HW = np.mgrid[: camera.height, : camera.width] + 0.5
    pixels_N2 = np.stack([u_HW.ravel(), v_HW.ravel()], axis=1)
    eye_3, one_N3 = camera.pose_wc.translation_3, camera.unproject(pixels_N2, np.ones(len(pixels_N2)))
    fall_N = eye_3[2] - one_N3[:, 2]
    depth_N = np.where(fall_N > 1e-3, (eye_3[2] - height) / np.maximum(fall_N, 1e-3), 0.0)
    depth_HW = depth_N.reshape(v_HW.shape).astype(np.float32)
    return Geometry(np.full(v_HW.shape, SUPPORT, dtype=np.uint16), depth_HW)


def _part_seen(scene: Scene, geometry: Geometry, name: str = "red-box") -> float:
    thing = scene.find(name)
    return unoccluded_fraction(thing.box.corners_83(), scene.index(name), scene.camera, geometry)


def test_furniture_hides_from_in_front_of_all_of_a_thing_only(scene: Scene) -> None:
    depth_8 = scene.camera.project(scene.find("red-box").box.corners_83())[1]
    assert _part_seen(scene, _flat(scene, float(depth_8.min()) - 0.05)) == pytest.approx(0.0)
    # What it stands on reaches in front of its middle.
    assert _part_seen(scene, _flat(scene, float(depth_8.min()) + 0.01)) > 0.95
    assert _part_seen(scene, _flat(scene, 9.0)) > 0.95


def test_a_thing_hides_from_in_front_of_the_middle_and_the_sky_never(scene: Scene) -> None:
    depth_8 = scene.camera.project(scene.find("red-box").box.corners_83())[1]
    between = float(depth_8.min() + depth_8.mean()) / 2
    assert _part_seen(scene, _flat(scene, between, FIRST_THING + 1)) == pytest.approx(0.0)
    assert _part_seen(scene, _flat(scene, float(depth_8.mean()) + 0.01, FIRST_THING + 1)) > 0.95
    assert _part_seen(scene, _flat(scene, 0.0, BACKGROUND)) > 0.95


def test_a_post_in_front_hides_the_half_that_it_covers(scene: Scene) -> None:
    geometry = _flat(scene, 9.0)
    left, _, right, _ = scene.find("red-box").box.picture(scene.camera)
    geometry.depth_HW[:, : round((left + right) / 2)] = 0.3
    assert _part_seen(scene, geometry) == pytest.approx(0.5, abs=0.1)


def test_a_top_is_seen_where_the_picture_shows_it_or_things_on_it(scene: Scene) -> None:
    table, wide = scene.supports[0], replace(scene, camera=_WIDE)
    assert is_top_seen(table, wide.camera, _level(wide, TABLE_SIZE[2]))
    assert is_top_seen(table, wide.camera, _level(wide, TABLE_SIZE[2] + 0.01))
    # A cover 10 cm above it hides it, unless it is made of things.
    covered = _level(wide, TABLE_SIZE[2] + 0.1)
    assert not is_top_seen(table, wide.camera, covered)
    assert is_top_seen(table, wide.camera, Geometry(np.full_like(covered.ids_HW, FIRST_THING), covered.depth_HW))


def test_a_top_that_the_picture_cuts_off_or_that_is_behind_is_not_seen(scene: Scene) -> None:
    table = scene.supports[0]
    near = Camera.look_at(np.array([0.0, -0.9, 1.1]), np.array([0.0, 0.0, 0.72]), fov=0.9, width=256, height=256)
    behind = Camera.look_at(np.array([0.0, -2.2, 2.2]), np.array([0.0, -4.4, 0.72]), fov=0.9, width=256, height=256)
    for camera in (near, behind):
        assert not is_top_seen(table, camera, _level(replace(scene, camera=camera), TABLE_SIZE[2]))


def test_three_fifths_of_a_top_are_enough(scene: Scene) -> None:
    table = scene.supports[0]
    for hidden_left, is_seen in ((96, True), (144, False)):
        geometry = _level(replace(scene, camera=_WIDE), TABLE_SIZE[2])
        geometry.depth_HW[:, :hidden_left] = 0.5
        assert is_top_seen(table, _WIDE, geometry) is is_seen
