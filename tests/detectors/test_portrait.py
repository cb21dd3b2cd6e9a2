from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.detectors.appearance import appearance
from dagster_gsi.detectors.background import background
from dagster_gsi.detectors.grade import graded
from dagster_gsi.detectors.placement import Judge, judge_at
from dagster_gsi.detectors.portrait import portrait, region, unlikeness, without
from dagster_gsi.detectors.stance import STILL, placed
from dagster_gsi.detectors.surface import _exposed, _hides, surface_of
from dagster_gsi.scenes.catalogue import Catalogue
from tests.detectors.test_fit import TARGET, known_of, painted
from tests.toy_assets import toy_scene, write_toy_catalogue


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("toy"))


def judge_of(placement: np.ndarray, catalogue: Catalogue) -> Judge:
    """Of the toy's picture with the target at the placement."""
    scene = toy_scene(catalogue, size=160)
    known, thing = known_of(scene, catalogue), scene.find(TARGET)
    edited, _ = painted(scene.with_thing(placed(thing, placement)), catalogue)
    mask = known.geometry.ids_HW == known.instances[TARGET]
    model = surface_of(catalogue.model_path(thing.asset))
    source = known.picture_HW3 / 255
    behind = background(thing, mask, known, catalogue)
    surface, shading = appearance(thing, model, source, behind.picture_HW3, mask, scene.camera)
    pictures = graded(edited / 255, source, mask)
    return judge_at(1.0, thing, surface, shading, pictures, behind, mask, scene.camera)


@pytest.mark.parametrize("true", [(0.1, -0.06, 0, 0), (0, 0, np.radians(60), 0), (0, 0, 0, np.log(1.4))])
def test_the_portrait_at_the_true_placement_is_the_most_like(true: tuple[float, ...], catalogue: Catalogue) -> None:
    judge = judge_of(np.array(true), catalogue)
    offsets = np.array([[0.03, 0, 0, 0], [0, 0.03, 0, 0], [0, 0, np.radians(20), 0], [0, 0, 0, 0.15]])
    others = [STILL, *(np.array(true) + sign * offset for sign in (-1, 1) for offset in offsets)]
    portraits = [portrait(judge, placement) for placement in (np.array(true), *others)]
    where = region(judge, portraits)
    first, *rest = (unlikeness(judge, one, where) for one in portraits)
    assert first < min(rest)
    assert first < unlikeness(judge, without(judge), where) - 0.3


def test_a_region_is_where_the_thing_was_and_would_be(catalogue: Catalogue) -> None:
    judge = judge_of(np.array([0.12, 0, 0, 0]), catalogue)
    there = portrait(judge, np.array([0.12, 0, 0, 0]))
    assert region(judge, [there])[judge.evidence.mask_HW].all()
    assert region(judge, [there], old=False)[there.cover_HW > 0.1].all()
    assert not region(judge, [there], old=False)[judge.evidence.mask_HW].all()


def test_the_outside_of_a_box_is_open_and_the_floor_of_a_well_is_not() -> None:
    rng = np.random.default_rng(0)
    turn = rng.uniform(0, 2 * np.pi, 20_000)
    wall = np.stack([np.cos(turn), np.sin(turn), rng.uniform(0, 3, 20_000)], axis=1)
    floor = np.stack([np.cos(turn), np.sin(turn), np.zeros(20_000)], axis=1) * rng.random((20_000, 1)) ** 0.5 * 0.6
    outwards = wall * [1, 1, 0]
    points = np.concatenate([wall, floor])
    normals = np.concatenate([outwards, np.tile([0.0, 0.0, 1.0], (20_000, 1))])
    seen, (light, behind) = _exposed(points, normals, np.ones(40_000, dtype=bool))
    assert seen[:20_000].all()
    assert np.median(light[:20_000]) > 0.9
    assert np.median(light[20_000:]) < 0.5
    assert behind[20_000:].max() == 0


def test_glass_hides_more_the_more_opaque_it_is() -> None:
    hidden = [_hides(opacity) for opacity in (0.15, 0.3, 0.6, 0.9)]
    assert hidden == sorted(hidden)
    assert 0 < hidden[0] < 0.3
    assert _hides(1.0) == 1.0
