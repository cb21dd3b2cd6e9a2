"""Places to stand in are the rooms of the plan, or those that no wall divides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.homes.floor import free_floor
from dagster_gsi.homes.home import Home, RoomArea
from dagster_gsi.homes.joints import joined_outlines
from dagster_gsi.homes.partition import Partition, partition, rooms_of
from dagster_gsi.homes.sh3d import read_home
from dagster_gsi.homes.shelf import homes_in
from tests.homes.homes_by_hand import DOOR, WALLS, home, kitchen

HOMES = {name: read_home(path) for name, path in homes_in([Path(__file__).parents[2] / "data/homes"]).items()}
FOUND = {
    (name, level.id): partition(home, level.id)
    for name, home in HOMES.items()
    for level in home.levels
    if any(room.level == level.id for room in home.floors)
}
HALVES = "".join(
    f"<room id='{name}' name='{name}'><point x='{x0}' y='0'/><point x='{x1}' y='0'/><point x='{x1}' y='300'/><point x='{x0}' y='300'/></room>"
    for name, x0, x1 in (("Left", 0, 250), ("Right", 250, 400))
)
BETWEEN = "<wall id='between' xStart='250' yStart='0' xEnd='250' yEnd='300' height='250' thickness='10'/>"
DOOR_BETWEEN = DOOR.replace("x='100' y='310'", "x='250' y='150' angle='1.5707963267948966'").format("")


def shelves(gap: int) -> str:
    """A row of shelves across the kitchen that leaves so many centimetres at its end."""
    return f"<pieceOfFurniture name='Shelf' x='250' y='{(300 - gap) / 2}' width='20' depth='{300 - gap}' height='180'/>"


def test_a_room_is_one_place_and_all_of_its_free_floor() -> None:
    (room,) = rooms_of(kitchen(), "ground")
    assert room.room is not None
    assert (room.name, room.level, room.agreement) == ("Kitchen", "ground", 1.0)
    assert room.points_N2.tolist() == free_floor(kitchen(), "ground").tolist()
    assert room.area == pytest.approx(len(room.points_N2) / 100)


def test_rooms_with_a_door_between_them_are_two_places() -> None:
    found = partition(home(WALLS, BETWEEN, DOOR_BETWEEN, HALVES), "ground")
    assert [room.name for room in found.rooms] == ["Left", "Right"]
    assert [room.agreement for room in found.rooms] == [1.0, 1.0]
    assert [len(room.points_N2) for room in found.rooms] == [21 * 27, 11 * 27]
    assert (found.agreement, found.open_plan, found.missed, found.strays) == (1.0, (), (), 0)


def test_rooms_with_no_wall_between_them_are_one_place_and_it_is_said_how_much_is_in_each() -> None:
    found = partition(home(WALLS, HALVES), "ground")
    (room,) = found.rooms
    assert room.name == "Left + Right"
    # Columns of points from 0.2 to 3.8 m; that on the border belongs to the room on its right.
    assert room.agreement == found.agreement == pytest.approx(23 / 37)
    assert found.open_plan == (room,)
    assert found.missed == ()


@pytest.mark.parametrize(("gap", "places"), [(0, 2), (40, 2), (60, 1)])
def test_furniture_divides_a_room_where_nobody_passes_it(gap: int, places: int) -> None:
    """A gap of 40 cm leaves a strand one point wide, one of 60 cm three points."""
    found = partition(home(WALLS, HALVES.replace("Right", "Left"), shelves(gap)), "ground")
    assert len(found.rooms) == places


def test_a_divided_room_is_named() -> None:
    found = partition(kitchen(shelves(0)), "ground")
    assert [room.name for room in found.divided] == ["Kitchen"]
    assert partition(kitchen(), "ground").divided == ()


def test_a_room_that_is_too_small_to_stand_in_is_named() -> None:
    closet = HALVES.replace("x='250'", "x='360'")
    wall = BETWEEN.replace("'250' y", "'355' y")
    found = partition(home(WALLS, wall, closet), "ground")
    assert [room.name for room in found.rooms] == ["Left"]
    assert [room.name for room in found.missed] == ["Right"]


def test_a_level_with_nothing_on_it_has_no_places() -> None:
    found = partition(home(WALLS), "ground")
    assert (found.rooms, found.missed, found.strays, found.agreement) == ((), (), 0, 1.0)


@pytest.mark.parametrize("key", FOUND, ids="-".join)
def test_in_the_homes_of_the_project_every_place_is_one_room_or_several_without_a_wall(key: tuple[str, str]) -> None:
    for room in FOUND[key].rooms:
        if len(room.parts) == 1:
            assert room.agreement == 1.0
        else:
            assert joined(HOMES[key[0]], room.parts)


def test_figures_of_the_homes_of_the_project() -> None:
    rooms = [room for found in FOUND.values() for room in found.rooms]
    assert (len(rooms), sum(len(room.parts) > 1 for room in rooms)) == (89, 4)
    assert [room.area < 1.2 for found in FOUND.values() for room in found.missed] == [True] * 3


@pytest.mark.parametrize("key", FOUND, ids="-".join)
def test_points_are_in_the_room_that_the_home_has_there(key: tuple[str, str]) -> None:
    found: Partition = FOUND[key]
    for room in found.rooms:
        at = [HOMES[key[0]].room_at(point_2, key[1]) for point_2 in room.points_N2[:: len(room.points_N2) // 20]]
        assert set(at) <= set(room.parts)
        if len(room.parts) == 1:
            assert set(at) == {room.room}


def joined(home: Home, parts: tuple[RoomArea, ...]) -> bool:
    """Whether the outlines of rooms hang together, with the walls taken out of them."""
    from shapely import Polygon, make_valid, union_all

    walls = [wall for wall in home.walls if wall.level == parts[0].level]
    solid = union_all([make_valid(Polygon(outline_N2)) for outline_N2 in joined_outlines(walls).values()])
    # Authors draw borders of rooms beside each other by eye.
    floors = [make_valid(Polygon(room.outline_N2)) for room in parts]
    ground = union_all([floor.buffer(0.02) for floor in floors]).difference(solid)
    pieces = getattr(ground, "geoms", [ground])
    return any(all(piece.intersection(floor).area > 0.5 * np.sqrt(floor.area) for floor in floors) for piece in pieces)
