"""What counts as seen, exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.homes.candidates import Candidates
from dagster_gsi.homes.scores import LIMITS, Limits, Scores, score
from dagster_gsi.homes.sight import obstacles
from tests.homes.homes_by_hand import home

EMPTY = home()
ONE = Limits(least_share=0.002, least_objects=1)


def level_view(*, count: int = 1) -> Candidates:
    """From the origin along +x with a field of view of 90 degrees, so that at depth d the picture is 2 d wide."""
    none_N = np.zeros(count)
    return Candidates(np.zeros((count, 3)), none_N, none_N, np.full(count, np.pi / 2), 100, 100)


def cube(x: float, y: float, z: float, side: float = 0.2) -> Box:
    return Box(Pose.upright(0.0, np.array([x, y, z])), np.full(3, side))


def judged(things: list[Box], blockers: tuple[Box, ...] = (), limits: Limits = ONE) -> Scores:
    return score(level_view(), things, obstacles(EMPTY, "ground", blockers), limits)


def sees(thing: Box, *blockers: Box, limits: Limits = ONE) -> bool:
    return bool(judged([thing], blockers, limits).seen_NM[0, 0])


def test_a_thing_counts_by_the_frame_around_its_picture() -> None:
    """The near side of a cube of 20 cm whose middle is 2 m away fills (0.2 / 3.8) squared of the picture."""
    share = (0.1 / 1.9) ** 2
    scores = judged([cube(2.0, 0.0, 0.0)])
    assert scores.score_N == pytest.approx([0.5 + 0.5 * share / 0.02])
    assert sees(cube(2.0, 0.0, 0.0), limits=replace(ONE, least_share=share * 0.999))
    assert not sees(cube(2.0, 0.0, 0.0), limits=replace(ONE, least_share=share * 1.001))


def test_things_add_up_and_large_ones_count_one_at_most() -> None:
    large, also = cube(1.0, 0.3, 0.0, 0.3), cube(1.0, -0.3, 0.0, 0.3)
    assert judged([large, also]).score_N == pytest.approx([2.0])
    assert judged([large, cube(-2.0, 0.0, 0.0)]).seen_NM.tolist() == [[True, False]]
    assert judged([]).seen_NM.shape == (1, 0)
    assert judged([]).score_N.tolist() == [0.0]


def test_things_are_wholly_inside_the_border() -> None:
    """At 1.9 m, 4 % of the picture are 15.2 cm, and half the cube 10."""
    edge = 1.9 * 0.92 - 0.1
    for y, z in ((edge, 0.0), (-edge, 0.0), (0.0, edge), (0.0, -edge)):
        assert sees(cube(2.0, y * 0.999, z * 0.999))
        assert not sees(cube(2.0, y * 1.001, z * 1.001))


def test_a_wide_picture_is_less_high() -> None:
    wide = replace(level_view(), height=50)
    none = obstacles(EMPTY, "ground", [])
    seen = score(wide, [cube(2.0, 1.2, 0.0), cube(2.0, 0.0, 1.2)], none, ONE).seen_NM
    assert seen.tolist() == [[True, False]]


@pytest.mark.parametrize(("distance", "seen"), [(0.59, False), (0.61, True), (3.49, True), (3.51, False)])
def test_things_are_neither_too_near_nor_too_far(distance: float, *, seen: bool) -> None:
    assert sees(cube(distance, 0.0, 0.0, 0.3), limits=replace(ONE, border=0.0)) is seen


def test_a_thing_behind_another_is_not_seen_unless_that_holds_it() -> None:
    thing = cube(2.0, 0.0, 0.0)
    assert not sees(thing, cube(1.0, 0.0, 0.0))
    assert sees(thing, cube(1.0, 0.0, 0.3))
    assert sees(thing, cube(3.0, 0.0, 0.0))
    # A table with its box up to 30 cm above the top that it stands on: a desk with a back.
    assert sees(thing, Box(Pose.upright(0.0, np.array([2.0, 0.0, -0.2])), np.array([1.0, 1.0, 1.0])))
    assert sees(thing, thing)


def test_middle_and_top_are_both_in_sight() -> None:
    thing = cube(2.0, 0.0, -0.3)
    over_the_top = Box(Pose.upright(0.0, np.array([1.0, 0.0, 0.0])), np.array([0.02, 1.0, 0.22]))
    below = Box(Pose.upright(0.0, np.array([1.0, 0.0, -0.3])), np.array([0.02, 1.0, 0.36]))
    # At half the distance, the line to the middle is at -0.15 and that to the middle of the top at -0.10.
    assert not sees(thing, over_the_top)
    assert not sees(thing, below)
    assert sees(thing, Box(Pose.upright(0.0, np.array([1.0, 0.0, 0.0])), np.array([0.02, 1.0, 0.18])))


def test_a_wall_hides() -> None:
    wall = home("<wall id='w' xStart='100' yStart='-100' xEnd='100' yEnd='100' height='250' thickness='10'/>")
    assert not score(level_view(), [cube(2.0, 0.0, 0.0)], obstacles(wall, "ground", []), ONE).seen_NM.any()


def test_views_with_something_right_in_front_are_cramped() -> None:
    things = [cube(2.0, 0.0, 0.6)]
    near, beside = cube(0.4, 0.0, -0.1), cube(0.4, -0.5, 0.0)
    assert judged(things, (near,)).cramped_N.tolist() == [True]
    assert judged(things, (beside,)).cramped_N.tolist() == [False]
    assert judged(things, (near,), replace(ONE, least_clear=0.25)).cramped_N.tolist() == [False]
    assert judged(things, (near,), replace(ONE, least_objects=2)).cramped_N.tolist() == [False]


def test_shares_are_those_of_the_boxes_pictures() -> None:
    """Against projection one by one, for views and boxes that lie anyhow."""
    rng = np.random.default_rng(8)
    views = Candidates(
        rng.uniform(-1, 1, (60, 3)),
        rng.uniform(0, 6, 60),
        rng.uniform(-0.7, 0, 60),
        rng.uniform(0.8, 1.1, 60),
        640,
        480,
    )
    things = [Box(Pose.upright(rng.uniform(0, 6), rng.uniform(-2, 2, 3)), rng.uniform(0.1, 0.4, 3)) for _ in range(40)]
    found = score(views, things, obstacles(EMPTY, "ground", []), LIMITS)
    for index in range(len(views)):
        camera, expected = views.camera(index), 0.0
        for k, thing in enumerate(things):
            distance = np.linalg.norm(thing.centre_3 - views.eyes_N3[index])
            seen = False
            if 0.6 <= distance <= 3.5 and (camera.project(thing.corners_83())[1] > 0).all():
                left, top, right, bottom = thing.picture(camera)
                share = (right - left) * (bottom - top) / (640 * 480)
                inside = left >= 25.6 and top >= 19.2 and right <= 614.4 and bottom <= 460.8
                seen = bool(inside and share >= LIMITS.least_share)
                expected += (0.5 + 0.5 * min(share / 0.02, 1.0)) * seen
            assert found.seen_NM[index, k] == seen
        assert found.score_N[index] == pytest.approx(expected)
    assert found.seen_NM.sum() > 30


def test_many_views_are_judged_as_each_alone() -> None:
    many, one = level_view(count=700), level_view()
    things, behind = [cube(2.0, 0.0, 0.0), cube(2.0, 0.5, 0.0)], obstacles(EMPTY, "ground", [cube(1.0, 0.0, 0.0)])
    alone = score(one, things, behind, ONE)
    assert score(many, things, behind, ONE).seen_NM.tolist() == alone.seen_NM.tolist() * 700
    assert alone.seen_NM.tolist() == [[False, True]]
