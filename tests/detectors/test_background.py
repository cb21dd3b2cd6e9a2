from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from dagster_gsi.detectors.background import background
from dagster_gsi.detectors.base import Known
from dagster_gsi.rendering.base import BACKGROUND, SUPPORT, Geometry
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Scene
from tests.detectors.test_fit import TARGET, known_of, painted
from tests.toy_assets import TABLE_SIZE, toy_scene, toy_thing, write_toy_catalogue

OTHER = "green-cylinder"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("toy"))


def one_behind_the_other(catalogue: Catalogue) -> Scene:
    """The box in front of the can: nearly half of the can is hidden."""
    level = TABLE_SIZE[2]
    box = toy_thing(catalogue, TARGET, (0.0, 0.0, level))
    can = toy_thing(catalogue, OTHER, (-0.09, 0.17, level))
    return replace(toy_scene(catalogue, size=160), things=(box, can))


def test_what_a_thing_hides_of_another_is_painted_as_it_looks_without_it(catalogue: Catalogue) -> None:
    scene = one_behind_the_other(catalogue)
    known = known_of(scene, catalogue)
    mask = known.geometry.ids_HW == known.instances[TARGET]
    picture, truth = painted(replace(scene, things=scene.things[1:]), catalogue)
    revealed = mask & (truth.ids_HW > 1)
    assert revealed.sum() > 100
    found = background(scene.find(TARGET), mask, known, catalogue)
    off = np.abs(found.picture_HW3 - picture / 255).mean(axis=-1)[revealed]
    assert np.median(off) < 0.02
    assert np.mean(off < 0.1) > 0.9
    assert np.median(np.abs(found.depth_HW - truth.depth_HW)[revealed]) < 0.005


def test_outside_the_thing_nothing_changes(catalogue: Catalogue) -> None:
    scene = one_behind_the_other(catalogue)
    known = known_of(scene, catalogue)
    mask = known.geometry.ids_HW == known.instances[TARGET]
    found = background(scene.find(TARGET), mask, known, catalogue)
    changed = np.abs(found.picture_HW3 * 255 - known.picture_HW3).max(axis=-1) > 1e-9
    # But for the rim of one pixel around it, which shows both.
    outside = ~(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    assert not changed[outside].any()
    assert np.array_equal(found.depth_HW[outside], known.geometry.depth_HW[outside].astype(np.float64))


def test_what_stands_in_front_is_not_painted_behind(catalogue: Catalogue) -> None:
    scene = one_behind_the_other(catalogue)
    known = known_of(scene, catalogue)
    mask = known.geometry.ids_HW == known.instances[OTHER]
    found = background(scene.find(OTHER), mask, known, catalogue)
    red_HW = found.picture_HW3[..., 0] > 2 * found.picture_HW3[..., 2]
    assert (red_HW & (known.geometry.ids_HW == known.instances[TARGET])).any()
    assert not (red_HW & mask).any()


def test_the_level_and_what_lies_beyond_it_are_continued_each_from_itself(catalogue: Catalogue) -> None:
    scene = toy_scene(catalogue, size=160)
    thing = toy_thing(catalogue, TARGET, (0.0, TABLE_SIZE[1] / 2 - 0.06, TABLE_SIZE[2]))
    scene = replace(scene, things=(thing,))
    camera = scene.camera
    origin, rays = camera.rays()
    reach = (TABLE_SIZE[2] - origin[2]) / np.minimum(rays[..., 2], -1e-9)
    places = origin + reach[..., None] * rays
    on_table = (rays[..., 2] < 0) & (np.abs(places[..., :2]) <= np.array(TABLE_SIZE[:2]) / 2).all(axis=-1)
    pixels, _ = camera.project(thing.box.corners_83())
    (left, top), (right, bottom) = pixels.min(axis=0).astype(int), pixels.max(axis=0).astype(int)
    mask = np.zeros(on_table.shape, dtype=bool)
    mask[top:bottom, left:right] = True
    assert (mask & on_table).any()
    assert (mask & ~on_table).any()
    ids = np.where(on_table, SUPPORT, BACKGROUND).astype(np.uint16)
    ids[mask] = 2
    truth = np.where(on_table[..., None], [200, 60, 40], [30, 80, 220]).astype(np.uint8)
    picture = truth.copy()
    picture[mask] = [0, 255, 0]
    known = Known(scene, picture, Geometry(ids, np.ones(ids.shape, dtype=np.float32)), {TARGET: 2})
    found = background(thing, mask, known, catalogue)
    # Telea's weights are rounded: a few of 255 steps, where the two colours are 170 apart.
    assert np.abs(found.picture_HW3 * 255 - truth).max() <= 5
