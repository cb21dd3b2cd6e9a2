"""Lines of sight end at walls, whatever is in them, and at boxes however they lie."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose, turn_about
from dagster_gsi.homes.home import Home
from dagster_gsi.homes.sight import Obstacles, obstacles
from tests.homes.homes_by_hand import DOOR, LEVELS, ROOM, WALLS, home, kitchen

AXIS_3 = np.array([0.6, 0.0, 0.8])
EMPTY = home()


def seen(where: Home, boxes: list[Box], from_3: list[float], to_3: list[float]) -> bool:
    return not obstacles(where, "ground", boxes).blocked(np.array([from_3]), np.array([to_3]))[0]


def box_at(x: float, y: float, z: float, size: list[float], yaw: float = 0.0) -> Box:
    return Box(Pose.upright(yaw, np.array([x, y, z])), np.array(size))


def test_a_box_hides_what_is_behind_it_and_nothing_else() -> None:
    chest = box_at(2.0, 0.0, 0.5, [1.0, 1.0, 1.0])
    assert not seen(EMPTY, [chest], [0.0, 0.0, 0.5], [4.0, 0.0, 0.5])
    assert seen(EMPTY, [chest], [0.0, 0.0, 0.5], [1.4, 0.0, 0.5])
    assert seen(EMPTY, [chest], [0.0, 0.6, 0.5], [4.0, 0.6, 0.5])
    assert seen(EMPTY, [chest], [0.0, 0.0, 1.1], [4.0, 0.0, 1.1])
    assert seen(EMPTY, [chest], [4.0, 0.0, 0.5], [5.0, 0.0, 0.5])
    assert not seen(EMPTY, [chest], [0.0, 0.0, 1.6], [4.0, 0.0, 0.0])
    assert not seen(EMPTY, [chest], [2.0, 0.0, 0.5], [5.0, 0.0, 0.5])


def test_a_turned_box_hides_by_its_own_shape() -> None:
    turned = box_at(2.0, 0.0, 0.5, [1.0, 1.0, 1.0], np.pi / 4)
    # Its corner is at 0.707 on the line across, its side beyond that where it is passed off its middle.
    assert not seen(EMPTY, [turned], [2.0, -3.0, 0.5], [2.0, -0.70, 0.5])
    assert seen(EMPTY, [turned], [2.0, -3.0, 0.5], [2.0, -0.71, 0.5])
    assert seen(EMPTY, [turned], [2.45, -3.0, 0.5], [2.45, -0.3, 0.5])


def test_lines_are_cut_where_some_point_of_them_is_in_a_box() -> None:
    rng = np.random.default_rng(5)
    boxes = [
        Box(
            Pose(turn_about(AXIS_3, rng.uniform(0, 6)), rng.uniform(-1, 1, 3)), rng.uniform(0.2, 1.0, 3)
        )
        for _ in range(6)
    ]  # fmt: skip
    from_Q3, to_Q3 = rng.uniform(-2, 2, (2, 700, 3))
    found_Q = obstacles(EMPTY, "ground", boxes).blocked(from_Q3, to_Q3)
    share_T = np.linspace(0, 1, 400)
    points_QT3 = from_Q3[:, None] + share_T[:, None] * (to_Q3 - from_Q3)[:, None]
    inside_Q = np.any([box.contains(points_QT3.reshape(-1, 3)).reshape(700, 400).any(axis=1) for box in boxes], axis=0)
    assert not (inside_Q & ~found_Q).any()
    # Lines that graze a corner between two sampled points are the only ones that may be missed there.
    assert 0.1 < inside_Q.mean() < 0.9
    assert (found_Q != inside_Q).mean() < 0.01


def test_a_wall_hides_even_where_a_door_is_in_it() -> None:
    for where in (home(WALLS, ROOM), kitchen()):
        assert not seen(where, [], [1.0, -1.5, 1.5], [1.0, -5.0, 1.5])
        assert seen(where, [], [1.0, -1.5, 1.5], [3.0, -2.5, 1.5])


def test_a_wall_hides_from_its_foot_to_its_top() -> None:
    parapet = home(WALLS.replace("height='250'", "height='100'"), ROOM)
    assert not seen(parapet, [], [2.0, -1.5, 0.9], [2.0, -5.0, 0.9])
    assert seen(parapet, [], [2.0, -1.5, 1.1], [2.0, -5.0, 1.1])
    # Over its near side, and down into it before its far side.
    assert not seen(parapet, [], [2.0, -2.0, 1.51], [2.0, -4.0, 0.52])


def test_a_wall_and_a_box_of_its_size_hide_the_same() -> None:
    wall = "<wall id='w' xStart='100' yStart='50' xEnd='300' yEnd='250' height='150' thickness='30'/>"
    solid = box_at(2.0, -1.5, 0.75, [float(np.hypot(2, 2)), 0.3, 1.5], -np.pi / 4)
    rng = np.random.default_rng(6)
    # From outside to outside: a line that starts in a wall meets one side of it only.
    angle_2Q, height_2Q = rng.uniform(0, 2 * np.pi, (2, 2000)), rng.uniform(0.1, 3, (2, 2000))
    from_Q3, to_Q3 = np.array([2.0, -1.5, 0.0]) + np.stack([2 * np.cos(angle_2Q), 2 * np.sin(angle_2Q), height_2Q], -1)
    by_wall = obstacles(home(wall), "ground", []).blocked(from_Q3, to_Q3)
    by_box = obstacles(EMPTY, "ground", [solid]).blocked(from_Q3, to_Q3)
    assert by_wall.tolist() == by_box.tolist()
    assert 0.1 < by_wall.mean() < 0.9


def test_a_door_that_is_in_no_wall_is_closed() -> None:
    alone = home(DOOR.format(""), ROOM)
    assert not seen(alone, [], [1.0, -2.0, 1.5], [1.0, -4.0, 1.5])
    assert seen(alone, [], [2.0, -2.0, 1.5], [2.0, -4.0, 1.5])


def test_walls_of_other_levels_hide_nothing() -> None:
    up = WALLS.replace("<wall ", "<wall level='up' ")
    house = home(LEVELS, up)
    from_13, to_13 = np.array([[2.0, -1.5, 1.0]]), np.array([[9.0, -1.5, 1.0]])
    assert obstacles(house, "up", []).blocked(from_13, to_13).tolist() == [True]
    assert obstacles(house, "down", []).blocked(from_13, to_13).tolist() == [False]


def test_boxes_can_be_left_out_line_by_line() -> None:
    first, second = box_at(1.0, 0.0, 0.5, [0.2, 1.0, 1.0]), box_at(2.0, 0.0, 0.5, [0.2, 1.0, 1.0])
    both = obstacles(EMPTY, "ground", [first, second])
    from_43, to_43 = np.tile([0.0, 0.0, 0.5], (4, 1)), np.array([[x, 0.0, 0.5] for x in (1.5, 1.5, 3.0, 3.0)])
    ignored_42 = np.array([[False, False], [True, False], [True, False], [True, True]])
    assert both.blocked(from_43, to_43, ignored_42).tolist() == [True, False, True, False]


def test_a_thing_is_held_by_what_it_stands_on_or_in() -> None:
    table, shelf, other = (box_at(x, 0.0, 0.4, [1.0, 1.0, 0.8]) for x in (0.0, 2.0, 4.0))
    held = obstacles(EMPTY, "ground", [table, shelf, other]).holding(
        np.array([[0.2, 0.2, 0.8], [0.2, 0.2, 0.83], [2.0, 0.0, 0.3], [1.0, 0.0, 0.8]])
    )
    assert held.tolist() == [[True, False, False], [False, False, False], [False, True, False], [False, False, False]]


def test_nothing_hides_nothing() -> None:
    none: Obstacles = obstacles(EMPTY, "ground", [])
    assert none.blocked(np.zeros((3, 3)), np.ones((3, 3))).tolist() == [False] * 3
    assert none.holding(np.zeros((2, 3))).shape == (2, 0)


@pytest.mark.parametrize("count", [0, 1, 1500])
def test_any_number_of_lines_is_answered(count: int) -> None:
    chest = obstacles(EMPTY, "ground", [box_at(2.0, 0.0, 0.5, [1.0, 1.0, 1.0])])
    to_Q3 = np.tile([4.0, 0.0, 0.5], (count, 1))
    to_Q3[1::2, 1] = 5.0
    assert chest.blocked(np.tile([0.0, 0.0, 0.5], (count, 1)), to_Q3).tolist() == [k % 2 == 0 for k in range(count)]
