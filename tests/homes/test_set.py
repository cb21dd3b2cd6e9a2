"""The homes that come with the project are all there, whole, and free to use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.homes.check import findings
from dagster_gsi.homes.plan import draw_plan
from dagster_gsi.homes.sh3d import read_home
from dagster_gsi.homes.shelf import credits_text, homes_in, open_licence

FOLDER = Path(__file__).parents[2] / "data/homes"
# Levels, walls, rooms, doors and windows, pieces, lamps, views: counted in the files with other tools.
EXPECTED = {
    "1BedroomApartmentWithRoundWall": (1, 14, 3, 12, 90, 7, 4),
    "2BedroomApartment": (1, 38, 7, 13, 60, 12, 6),
    "2BedroomApartmentWithBowWindow": (1, 44, 8, 27, 101, 13, 5),
    "2BedroomHouseWithBasement": (3, 41, 13, 27, 123, 6, 5),
    "3BedroomApartment": (1, 41, 9, 21, 86, 13, 6),
    "3BedroomHouseWithAttic": (4, 58, 11, 21, 95, 6, 8),
    "3BedroomHouseWithMezzanine": (3, 67, 23, 37, 113, 18, 8),
    "4BedroomHouse": (2, 49, 11, 21, 95, 16, 6),
    "Studio": (1, 16, 5, 5, 36, 7, 3),
}
HOMES = {name: read_home(path) for name, path in homes_in([FOLDER]).items()}


def test_there_are_at_least_eight_furnished_homes_and_all_are_free() -> None:
    assert set(HOMES) == set(EXPECTED)
    assert len(HOMES) >= 8
    assert {open_licence(home.licence) for home in HOMES.values()} == {"CC-BY-3.0"}


def test_the_credits_name_them_all_as_they_would_be_written_anew() -> None:
    written = (FOLDER / "CREDITS.md").read_text(encoding="utf-8")
    origin = written.split("unchanged files from ")[1].split(".\n")[0]
    assert written == credits_text(list(HOMES.values()), origin)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_home_is_read_whole(name: str) -> None:
    home = HOMES[name]
    counts = (home.levels, home.walls, home.rooms, home.openings, home.pieces, home.lights, home.cameras)
    assert tuple(map(len, counts)) == EXPECTED[name]
    assert len({piece.id for piece in home.furniture}) == len(home.furniture)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_door_and_window_is_in_a_wall_and_every_lamp_shines(name: str) -> None:
    home = HOMES[name]
    assert all(opening.wall is not None for opening in home.openings)
    assert all(light.sources for light in home.lights)
    assert not [finding for finding in findings(home) if finding.kind == "opening"]


@pytest.mark.parametrize(
    ("name", "square_centimetres"),
    [
        ("1BedroomApartmentWithRoundWall", 509_764),
        ("2BedroomApartment", 632_324),
        ("2BedroomApartmentWithBowWindow", 883_221),
    ],
)
def test_areas_are_those_that_the_author_was_shown(name: str, square_centimetres: float) -> None:
    """The program writes the sum of the rooms' areas into the file."""
    assert HOMES[name].area == pytest.approx(square_centimetres / 1e4, abs=1e-3)


def test_most_pieces_are_known_for_what_they_are() -> None:
    pieces = [piece for home in HOMES.values() for piece in home.furniture]
    assert sum(piece.category is not None for piece in pieces) / len(pieces) > 0.99


@pytest.mark.parametrize("name", EXPECTED)
def test_views_are_taken_from_above_the_floor_and_inside_the_home_or_called_exterior(name: str) -> None:
    home = HOMES[name]
    corners = np.concatenate([wall.outline_N2() for wall in home.walls])
    for camera in home.cameras:
        eye_3 = camera.pose_wc.translation_3
        inside = ((eye_3[:2] > corners.min(axis=0) - 1.0) & (eye_3[:2] < corners.max(axis=0) + 1.0)).all()
        assert inside or camera.name.startswith("Exterior")
        assert eye_3[2] > min(level.elevation for level in home.levels) + 0.5


def test_roofs_rise_to_their_ridge() -> None:
    """The two parts are tipped boxes whose upper edges meet over the middle of the house."""
    parts = [piece for piece in HOMES["3BedroomHouseWithAttic"].pieces if piece.name == "Roof part"]
    assert len(parts) == 2
    ridges = [
        corners[corners[:, 2] > corners[:, 2].max() - 0.1].mean(axis=0)
        for corners in (p.box.corners_83() for p in parts)
    ]
    assert ridges[0] == pytest.approx(ridges[1], abs=0.05)
    assert all(np.degrees(part.box.pose_wb.tilt) == pytest.approx(28.0, abs=0.1) for part in parts)


def test_a_plan_of_the_largest_is_drawn() -> None:
    plan = draw_plan(HOMES["3BedroomHouseWithMezzanine"])
    assert 700 < min(plan.size) <= max(plan.size) <= 1600
