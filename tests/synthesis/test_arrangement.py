"""What is put onto furniture lies on it, apart, under what hangs over it, and is called as nothing else is."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.hull import load_hull
from dagster_gsi.scenes.scene import Support, Thing
from dagster_gsi.synthesis.arrangement import put_things
from tests.toy_assets import toy_table, write_toy_catalogue

REAL = Catalogue(Path(__file__).parents[2] / "data/assets")
SEEDS = range(8)


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("arrangement") / "assets")


@pytest.fixture(scope="module")
def tops(toys: Catalogue) -> tuple[Support, Support]:
    """A table, and a turned one of another name beside it."""
    table = toy_table(toys)
    turned = replace(table.body, name="desk", on="desk", pose_wo=Pose.upright(0.7, np.array([2.0, 1.0, -0.1])))
    return table, replace(table, body=turned)


def _put(
    tops: tuple[Support, ...], catalogue: Catalogue, seed: int, headroom: float = 9.0, **options: object
) -> tuple[Thing, ...]:
    rng = np.random.default_rng(seed)
    return put_things(tops, catalogue, [headroom] * len(tops), rng, **{"bathroom": False, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_things_lie_on_their_top_and_apart(tops: tuple[Support, Support], seed: int) -> None:
    things = _put(tops, REAL, seed)
    assert len(things) >= 3
    by_name = {top.name: top for top in tops}
    footprints: dict[str, list[object]] = {top.name: [] for top in tops}
    for thing in things:
        top = by_name[thing.on]
        assert thing.pose_wo.translation_3[2] == pytest.approx(top.height)
        assert thing.pose_wo.tilt == pytest.approx(0.0, abs=1e-9)
        footprint = load_hull(REAL.model_path(thing.asset)).footprint(thing)
        assert top.polygon().contains(footprint)
        footprints[thing.on].append(footprint)
    for shapes in footprints.values():
        assert all(one.distance(other) > 0.02 for one, other in combinations(shapes, 2))  # type: ignore[attr-defined]


def test_all_tops_are_used(tops: tuple[Support, Support]) -> None:
    assert {thing.on for seed in SEEDS for thing in _put(tops, REAL, seed)} == {"oak-table", "desk"}


def test_nothing_is_as_high_as_what_hangs_over_it(tops: tuple[Support, Support]) -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        for thing in put_things(tops, REAL, [0.2, 0.1], rng, bathroom=False):
            assert thing.size_3[2] <= {"oak-table": 0.18, "desk": 0.08}[thing.on]


def test_sizes_are_those_of_things_that_one_sees_across_a_room(tops: tuple[Support, Support]) -> None:
    largest = [float(thing.size_3.max()) for seed in SEEDS for thing in _put(tops, REAL, seed)]
    assert min(largest) >= 0.09
    assert max(largest) <= 0.5


def test_bathrooms_have_what_bathrooms_have(tops: tuple[Support, Support]) -> None:
    kinds = {thing.category.en for seed in SEEDS for thing in _put(tops, REAL, seed, bathroom=True)}
    assert len(kinds) >= 8
    assert kinds.isdisjoint({"kettle", "laptop", "plate", "microwave", "toaster", "pan", "book"})


def test_most_arrangements_have_several_of_a_kind(tops: tuple[Support, Support]) -> None:
    with_twins = 0
    for seed in SEEDS:
        kinds = [thing.category.en for thing in _put(tops, REAL, seed)]
        with_twins += len(kinds) > len(set(kinds))
    assert with_twins > len(SEEDS) / 2


def test_names_are_no_furniture_s(tops: tuple[Support, Support], toys: Catalogue) -> None:
    """There are boxes of both kinds: a request for the one must not be taken for the other."""
    for seed in SEEDS:
        plain = {thing.name for thing in _put(tops, toys, seed)}
        given = {*plain, "mug-1", "box-2"}
        again = _put(tops, toys, seed, given=given)
        names = [thing.name for thing in again]
        assert len(set(names)) == len(names) == len(plain)
        assert given.isdisjoint(names)


def test_no_thing_is_called_as_what_it_may_stand_on(toys: Catalogue, tops: tuple[Support, Support]) -> None:
    table = tops[0]
    for number in range(1, 6):
        box = replace(table, body=replace(table.body, name=f"box-{number}"))
        for seed in SEEDS:
            assert box.name not in {thing.name for thing in _put((box,), toys, seed)}


def test_the_same_seed_puts_the_same_things(tops: tuple[Support, Support]) -> None:
    first, again = (
        [(thing.name, thing.asset, *thing.pose_wo.translation_3, thing.pose_wo.yaw) for thing in _put(tops, REAL, 5)]
        for _ in range(2)
    )
    assert first == again


def test_without_tops_or_fitting_models_there_is_nothing(toys: Catalogue, tops: tuple[Support, Support]) -> None:
    assert _put((), toys, 0) == ()
    low = Catalogue(toys.root, only=lambda card: card.kind != "object")
    assert _put(tops, low, 0) == ()
