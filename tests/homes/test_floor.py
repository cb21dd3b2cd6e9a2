"""Free floor is where a body has room: not in walls or furniture, but on carpets and under lamps."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose, turn_about
from dagster_gsi.homes.floor import free_floor, ground_between
from tests.homes.homes_by_hand import LEVELS, ROOM, TABLE, WALLS, home, kitchen


def steps(points_N2: np.ndarray, spacing: float = 0.1) -> set[tuple[int, int]]:
    """Points as whole steps of the grid."""
    return {(round(x / spacing), round(y / spacing)) for x, y in points_N2}


def test_points_stay_clear_of_walls_and_of_a_table() -> None:
    points_N2 = free_floor(kitchen(), "ground", spacing=0.5)
    room = {(x, y) for x in range(1, 8) for y in range(-5, 0)}
    around_table = {(x, y) for x in (3, 4, 5) for y in (-4, -3, -2)}
    assert steps(points_N2, 0.5) == room - around_table
    assert len(points_N2) == 26


def test_what_is_just_clear_is_free() -> None:
    grid = {(x, y) for x in range(41) for y in range(-30, 1)}
    beyond = {(x, y): (max(14 - x, x - 26, 0), max(-19 - y, y + 11, 0)) for x, y in grid}
    free = {
        (x, y) for (x, y), (a, b) in beyond.items() if 2 <= x <= 38 and -28 <= y <= -2 and a**2 + b**2 >= 2**2
    }  # fmt: skip
    assert steps(free_floor(kitchen(), "ground")) == free


def test_the_clearance_is_an_argument() -> None:
    assert steps(free_floor(kitchen(), "ground", spacing=0.5, clearance=0.45), 0.5) == {
        *((x, y) for x in (1, 7) for y in range(-5, 0)),
        *((x, y) for x in range(1, 8) for y in (-5, -1)),
    }


@pytest.mark.parametrize(
    ("piece", "blocks"),
    [
        ("name='Rug' catalogId='eTeks#carpet' height='2'", False),
        ("name='Chest' height='80'", True),
        ("name='Cabinet' elevation='160' height='60'", False),
        ("name='Cabinet' elevation='155' height='60'", True),
        ("name='Hidden' height='80' visible='false'", False),
    ],
)
def test_what_is_flat_or_overhead_is_in_nobodys_way(piece: str, *, blocks: bool) -> None:
    piece = f"<pieceOfFurniture x='60' y='60' width='80' depth='80' {piece}/>"
    assert (((6, -6)) not in steps(free_floor(kitchen(piece), "ground"))) is blocks
    assert (len(free_floor(kitchen(piece), "ground")) < len(free_floor(kitchen(), "ground"))) is blocks


def test_lamps_on_the_ceiling_do_not_block_and_lamps_on_the_floor_do() -> None:
    lamp = "<light name='Lamp' x='60' y='60' width='40' depth='40' height='40' elevation='{}' power='0.5'/>"
    free = steps(free_floor(kitchen(), "ground"))
    assert steps(free_floor(kitchen(lamp.format(200)), "ground")) == free
    assert (6, -6) in free - steps(free_floor(kitchen(lamp.format(0)), "ground"))


def test_a_door_counts_as_closed() -> None:
    without, closed = home(TABLE, WALLS, ROOM), kitchen()
    assert steps(free_floor(without, "ground")) == steps(free_floor(closed, "ground"))


def test_heights_are_those_of_the_level() -> None:
    chest = "<pieceOfFurniture level='down' name='Chest' x='60' y='60' width='80' depth='80' height='80'/>"
    down = (ROOM.replace("<room ", "<room level='down' "), WALLS.replace("<wall ", "<wall level='down' "))
    up = (ROOM.replace("<room ", "<room level='up' "), WALLS.replace("<wall ", "<wall level='up' "))
    both = home(LEVELS, chest, *down, *(part.replace(" id='", " id='up-") for part in up))
    assert (6, -6) not in steps(free_floor(both, "down"))
    assert (6, -6) in steps(free_floor(both, "up"))


def test_a_level_without_rooms_or_with_a_floor_that_is_a_ceiling_only_has_no_free_floor() -> None:
    assert free_floor(home(WALLS, TABLE), "ground").shape == (0, 2)
    assert free_floor(home(WALLS, ROOM.replace("id='r'", "floorVisible='false'")), "ground").shape == (0, 2)


def test_a_room_without_anything_is_free_up_to_its_outline() -> None:
    assert {(1, -1), (7, -5)} <= steps(free_floor(home(ROOM), "ground", spacing=0.5), 0.5)


def test_of_a_slope_only_the_part_at_the_height_of_a_body_counts() -> None:
    """A slab through (0, 0, 2) that rises by one metre a metre."""
    slope = Box(
        Pose(turn_about(np.array([0.0, 1.0, 0.0]), -np.pi / 4), np.array([0.0, 0.0, 2.0])), np.array([6.0, 2.0, 1e-6])
    )
    ground_N2 = ground_between(slope, 1.0, 1.6)
    assert ground_N2.min(axis=0) == pytest.approx([-1.0, -1.0], abs=1e-5)
    assert ground_N2.max(axis=0) == pytest.approx([-0.4, 1.0], abs=1e-5)
    assert len(ground_between(slope, 5.0, 6.0)) == 0


def test_of_an_upright_box_all_of_its_ground_counts() -> None:
    box = Box(Pose.upright(0.3, np.array([1.0, 2.0, 0.5])), np.array([0.6, 0.4, 1.0]))
    found_N2 = ground_between(box, 0.05, 1.6)[:-1]
    assert sorted(map(tuple, found_N2.round(9))) == sorted(map(tuple, box.footprint_42().round(9)))
