"""Of good views, those are chosen that differ most, and for the others it is said why not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.homes.candidates import Candidates
from dagster_gsi.homes.home import Home
from dagster_gsi.homes.partition import rooms_of
from dagster_gsi.homes.scores import LIMITS, Scores
from dagster_gsi.homes.viewpoints import Views, choose, viewpoints
from tests.homes.homes_by_hand import ROOM, WALLS, home, kitchen

CUPS = [Box(Pose.upright(0.0, np.array([x, -1.5, 0.81])), np.full(3, 0.12)) for x in (1.7, 2.0, 2.3)]
TABLE_BOX = Box(Pose.upright(0.0, np.array([2.0, -1.5, 0.375])), np.array([1.2, 0.8, 0.75]))


def views_at(places: list[float], headings: list[float] | None = None) -> Candidates:
    """Level views along +x, or with headings, from points of the x axis."""
    eyes_N3 = np.column_stack([places, np.zeros(len(places)), np.ones(len(places))])
    turned_N = np.array(headings or [0.0] * len(places))
    return Candidates(eyes_N3, turned_N, np.zeros(len(places)), np.full(len(places), 1.0), 64, 64)


def worth(scores: list[float], *, seen: int = 3, cramped: tuple[int, ...] = ()) -> Scores:
    cramped_N = np.isin(np.arange(len(scores)), cramped)
    return Scores(np.tile(np.arange(5) < seen, (len(scores), 1)), np.array(scores), cramped_N)


def looked(where: Home, *, things: list[Box] = CUPS, seed: int = 1, count: int = 4) -> Views:
    (room,) = rooms_of(where, "ground")
    return viewpoints(room, where, things, [TABLE_BOX], np.random.default_rng(seed), image_size=256, count=count)


def test_the_best_comes_first_and_each_next_is_the_farthest_from_all_before() -> None:
    found = choose(views_at([0.0, 1.0, 4.0, 9.0]), worth([2.0, 3.0, 2.0, 2.0]), 4, LIMITS)
    assert found.picked == (1, 3, 2, 0)
    assert choose(views_at([0.0, 1.0, 4.0, 9.0]), worth([2.0, 3.0, 2.0, 2.0]), 2, LIMITS).picked == (1, 3)


def test_a_turn_of_a_radian_is_as_much_as_a_metre() -> None:
    assert choose(views_at([0.0, 1.1, 0.0], [0.0, 0.0, 1.0]), worth([3.0, 2.0, 2.0]), 2, LIMITS).picked == (0, 1)
    assert choose(views_at([0.0, 1.0, 0.0], [0.0, 0.0, 1.1]), worth([3.0, 2.0, 2.0]), 2, LIMITS).picked == (0, 2)


def test_each_rejected_view_has_a_reason() -> None:
    scores = worth([4.0, 4.0, 1.9, 2.0, 9.0], cramped=(4,))
    scores = replace(scores, seen_NM=scores.seen_NM & (np.array([3, 2, 3, 3, 3])[:, None] > np.arange(5)))
    found = choose(views_at([0.0, 1.0, 2.0, 0.7, 4.0]), scores, 3, LIMITS)
    assert found.picked == (0,)
    assert found.reasons == (
        None, "too few objects", "worse than half of the best", "near another", "something in front",
    )  # fmt: skip
    assert found.counts == {
        "chosen": 1, "near another": 1, "worse than half of the best": 1, "something in front": 1, "too few objects": 1,
    }  # fmt: skip
    assert found.good == 2
    assert found.seen == ((0, 1, 2),)


def test_views_that_hardly_differ_are_not_both_chosen() -> None:
    assert choose(views_at([0.0, 0.79]), worth([3.0, 3.0]), 2, LIMITS).picked == (0,)
    assert choose(views_at([0.0, 0.81]), worth([3.0, 3.0]), 2, LIMITS).picked == (0, 1)


def test_without_a_good_view_none_is_chosen() -> None:
    found = choose(views_at([0.0, 5.0]), worth([2.0, 3.0], seen=2), 4, LIMITS)
    assert (found.picked, found.chosen, found.good) == ((), (), 0)
    assert choose(views_at([]), worth([]), 4, LIMITS).picked == ()
    assert choose(views_at([0.0]), worth([3.0]), 0, LIMITS).picked == ()
    nothing = replace(LIMITS, least_objects=0)
    assert choose(views_at([0.0]), worth([0.0], seen=0), 1, nothing).picked == ()


def test_chosen_cameras_stand_in_the_room_and_show_the_things() -> None:
    found = looked(kitchen())
    assert len(found.chosen) == len(found.picked) == 4
    assert found.counts["chosen"] == 4
    assert sum(found.counts.values()) == len(found.candidates) == len(found.reasons)
    for camera, seen in zip(found.chosen, found.seen, strict=True):
        assert seen == (0, 1, 2)
        assert (camera.width, camera.height) == (256, 256)
        for cup in CUPS:
            left, top, right, bottom = cup.picture(camera)
            assert min(left, top) >= 0.04 * 256
            assert max(right, bottom) <= 0.96 * 256
            assert (right - left) * (bottom - top) >= LIMITS.least_share * 256**2


def test_they_surround_what_they_look_at() -> None:
    """The table is in the middle of the room."""
    eyes_N2 = np.array([camera.pose_wc.translation_3[:2] for camera in looked(kitchen()).chosen]) - [2.0, -1.5]
    bearings = np.sort(np.arctan2(eyes_N2[:, 1], eyes_N2[:, 0]))
    assert np.diff([*bearings, bearings[0] + 2 * np.pi]).max() < np.pi


def test_the_seed_decides() -> None:
    first, again, other = looked(kitchen()), looked(kitchen()), looked(kitchen(), seed=2)
    assert (first.picked, first.reasons) == (again.picked, again.reasons)
    assert first.candidates.eyes_N3.tolist() != other.candidates.eyes_N3.tolist()


def test_a_wall_between_leaves_nothing_to_see() -> None:
    beyond = [Box(Pose.upright(0.0, cup.centre_3 + [0.0, -3.2, 0.0]), cup.size_3.copy()) for cup in CUPS]
    assert looked(home(WALLS, ROOM), things=beyond).good == 0
    low = WALLS.replace("height='250'", "height='80'")
    assert looked(home(low, ROOM), things=beyond).good > 0


@pytest.mark.parametrize("size", [128, (320, 180)])
def test_pictures_may_have_any_aspect(size: int | tuple[int, int]) -> None:
    (room,) = rooms_of(kitchen(), "ground")
    found = viewpoints(
        room, kitchen(), CUPS, [TABLE_BOX], np.random.default_rng(1), image_size=size, count=2
    )  # fmt: skip
    assert {(camera.width, camera.height) for camera in found.chosen} == {(128, 128) if size == 128 else size}
