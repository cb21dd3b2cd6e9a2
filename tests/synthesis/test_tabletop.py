"""Sampled scenes stand, keep apart, fit the picture, and follow from the seed alone."""

from itertools import combinations

import numpy as np
import pytest

from dagster_gsi.samples.codec import scene_to_document
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.hull import load_hull
from dagster_gsi.scenes.scene import Scene
from dagster_gsi.synthesis.tabletop import (
    FEWEST_THINGS,
    MOST_THINGS,
    moved_things,
    sample_scene,
)
from tests.toy_assets import write_toy_catalogue

SEEDS = range(6)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("tabletop") / "assets")


@pytest.fixture(scope="module")
def scenes(catalogue: Catalogue) -> list[Scene]:
    drawn = [sample_scene(catalogue, np.random.default_rng(seed), image_size=128) for seed in SEEDS]
    scenes = [scene for scene in drawn if isinstance(scene, Scene)]
    assert len(scenes) >= len(SEEDS) - 1
    return scenes


def test_a_scene_has_a_handful_of_things_with_names_of_their_own(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert FEWEST_THINGS <= len(scene.things) <= MOST_THINGS
        assert len({thing.name for thing in scene.things}) == len(scene.things)


def test_everything_stands_upright_on_the_surface_and_within_it(scenes: list[Scene], catalogue: Catalogue) -> None:
    for scene in scenes:
        for thing in scene.things:
            assert thing.pose_wo.tilt == 0.0
            assert thing.pose_wo.translation_3[2] == pytest.approx(scene.supports[0].height)
            footprint = load_hull(catalogue.model_path(thing.asset)).footprint(thing)
            assert scene.supports[0].polygon().buffer(0.02).contains(footprint)


def test_nothing_touches_and_nothing_moves_when_let_go(scenes: list[Scene], catalogue: Catalogue) -> None:
    for scene in scenes:
        footprints = [load_hull(catalogue.model_path(t.asset)).footprint(t) for t in scene.things]
        assert min(a.distance(b) for a, b in combinations(footprints, 2)) > 0.005
        assert moved_things(scene, catalogue) == ()


def test_everything_is_inside_the_picture(scenes: list[Scene]) -> None:
    for scene in scenes:
        for thing in scene.things:
            left, top, right, bottom = thing.box.picture(scene.camera)
            assert min(left, top) >= 0
            assert max(right, bottom) <= 128


def test_a_scene_follows_from_its_seed(catalogue: Catalogue, scenes: list[Scene]) -> None:
    again = sample_scene(catalogue, np.random.default_rng(SEEDS[0]), image_size=128)
    assert isinstance(again, Scene)
    assert scene_to_document(again) == scene_to_document(scenes[0])


def test_the_picture_is_taken_from_above_the_table_without_roll(scenes: list[Scene], catalogue: Catalogue) -> None:
    for scene in scenes:
        assert scene.camera.pose_wc.rotation_33[2, 0] == pytest.approx(0.0)
        assert scene.camera.pose_wc.translation_3[2] > scene.supports[0].height
