"""Each thing that does not make sense is said once, and a tidy kitchen says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from shapely import Polygon

from dagster_gsi.homes.check import counts, findings, footprint_N2
from tests.homes.homes_by_hand import DOOR, LEVELS, ROOM, TABLE, WALLS, home, kitchen


def box(name: str, x: float, y: float, size: tuple[float, float, float], rest: str = "") -> str:
    width, depth, height = size
    return f"<pieceOfFurniture name='{name}' x='{x}' y='{y}' width='{width}' depth='{depth}' height='{height}' {rest}/>"


def said(*more: str) -> list[str]:
    return [f"{finding.kind}: {finding.sentence}" for finding in findings(kitchen(*more))]


def test_a_tidy_kitchen_has_no_findings() -> None:
    tidy = (
        box("Vase", 200, 150, (10, 10, 30), "elevation='75'"),
        box("Chair", 200, 110, (40, 40, 90)),
        box("Cabinet", 30, 20, (60, 40, 70), "elevation='150'"),
        box("Lamp", 200, 150, (20, 20, 60), "elevation='190'"),
        box("Pot", 100, 310, (10, 10, 20), "elevation='0'"),
    )
    assert said(*tidy) == []
    assert counts(findings(kitchen(*tidy))) == "none"


@pytest.mark.parametrize(
    ("piece", "sentence"),
    [
        (box("Kennel", 900, 900, (60, 60, 60)), "outside: The Kennel at (9.0, -9.0) stands outside every room."),
        (box("Sofa", 300, -10, (80, 90, 80)), "wall: The Sofa at (3.0, 0.1) goes through a wall (north)."),
        (box("Pipe", 411, 100, (16, 16, 200)), "wall: The Pipe at (4.1, -1.0) stands in a wall (east)."),
        (box("Niche", 397, 100, (20, 16, 200)), None),
        (box("Post", 401, 100, (8, 16, 200)), "wall: The Post at (4.0, -1.0) stands in a wall (east)."),
        (box("Book", 60, 150, (10, 20, 3), "elevation='80'"), "floating: The Book in Kitchen floats 80 cm above what is below it."),
        (box("Cup", 200, 150, (8, 8, 10), "elevation='95'"), "floating: The Cup in Kitchen floats 20 cm above what is below it."),
        (box("Chest", 180, 150, (60, 50, 70)), "overlap: The Chest in Kitchen lies by 100 % in the Table in Kitchen."),
        (box("Paper", 60, 60, (20, 30, 0)), "size: The Paper in Kitchen has a side of no length."),
        (DOOR.replace("310", "200").format(""), "opening: The Door in Kitchen is in no wall of its level."),
    ],
)  # fmt: skip
def test_a_piece_that_makes_no_sense_is_one_sentence(piece: str, sentence: str | None) -> None:
    assert said(piece) == ([sentence] if sentence else [])


def test_a_tipped_piece_covers_the_ground_below_its_corners() -> None:
    """A cube on its edge is as wide as its diagonal; a sheet on its edge covers hardly more than a line."""
    (cube, sheet) = home(
        box("Cube", 100, 100, (100, 100, 100), f"pitch='{np.pi / 4}'"),
        box("Sheet", 100, 100, (100, 0, 100), f"pitch='{np.pi / 2}'"),
    ).pieces
    assert Polygon(footprint_N2(cube)).area == pytest.approx(np.sqrt(2.0))
    assert Polygon(footprint_N2(cube)).exterior.is_ccw
    assert Polygon(footprint_N2(sheet)).area == pytest.approx(1.0)
    (edge,) = home(box("Edge", 1e6, 0, (0, 0, 100), f"roll='{np.pi / 2}'")).pieces
    assert 0 < Polygon(footprint_N2(edge)).area < 1e-2


def test_seats_belong_under_tables_and_groups_belong_together() -> None:
    assert said(box("Stool", 200, 150, (30, 30, 45))) == []
    pair = box("Bowl", 50, 50, (30, 30, 30)) + box("Ball", 50, 50, (25, 25, 25))
    grouped = f"<furnitureGroup name='G' x='50' y='50' width='30' depth='30' height='30'>{pair}</furnitureGroup>"
    assert said(grouped) == []
    assert said(pair) == ["overlap: The Ball in Kitchen lies by 100 % in the Bowl in Kitchen."]


def test_what_is_hidden_is_nobodys_business() -> None:
    assert said(box("Kennel", 900, 900, (60, 60, 60), "visible='false'")) == []


def test_a_home_without_licence_names_or_proper_outlines_says_so() -> None:
    bow_tie = "<room name='Bow'><point x='0' y='0'/><point x='200' y='200'/><point x='200' y='0'/><point x='0' y='200'/></room>"
    flat = "<room name='Flat'><point x='0' y='0'/><point x='200' y='0'/><point x='100' y='0'/></room>"
    nameless = ROOM.replace("name='Kitchen'", "")
    wall = "<wall id='dot' xStart='100' yStart='0' xEnd='100' yEnd='0' thickness='10'/>"
    found = [finding.sentence for finding in findings(home(bow_tie, flat, nameless, wall, licence=""))]
    assert found == [
        "The home does not say under which licence it may be passed on.",
        "The wall dot at (1.0, 0.0) has no length.",
        "The outline of the room Bow meets itself at (1.00, -1.00).",
        "The room Flat has no area.",
        "Room 3 (12.0 square metres) has no name.",
    ]


def test_a_home_without_rooms_says_how_to_make_them() -> None:
    (finding,) = findings(home(WALLS))
    assert finding.sentence.startswith("The home has no rooms")


def test_levels_are_named_where_there_are_several_and_do_not_get_in_each_others_way() -> None:
    upstairs = "".join(
        part.replace("<wall ", "<wall level='up' ").replace("<room ", "<room level='up' ") for part in (WALLS, ROOM)
    )
    cellar = TABLE.replace("name='Table'", "name='Chest' level='down'")
    found = [
        finding.sentence
        for finding in findings(home(LEVELS, cellar, upstairs, ROOM.replace("<room ", "<room level='down' ")))
    ]
    assert found == []
    lost = cellar.replace("x='200'", "x='2000'")
    found = [
        finding.sentence
        for finding in findings(home(LEVELS, lost, upstairs, ROOM.replace("<room ", "<room level='down' ")))
    ]
    assert found == ["The Chest at (20.0, -1.5) on Cellar stands outside every room."]
