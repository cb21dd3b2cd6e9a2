"""Plans are drawn where things are, at any size, and the same each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.homes.canvas import Canvas, printable
from dagster_gsi.homes.colours import GLASS, LOW_WALL, WALL, piece_ink, room_ink
from dagster_gsi.homes.plan import draw_plan, save_plan
from tests.homes.homes_by_hand import DOOR, LEVELS, ROOM, TABLE, WALLS, home, kitchen

WIDE = 1500
"""Pixels of the longer side, at most; a metre of the kitchen has 130."""
MARGIN, HEAD, AROUND, SCALE = 28, 62, 0.5, 130


def colour_at(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """At a point of the kitchen in metres; its outer walls begin 0.2 m outside the origin."""
    left, upper = -0.2 - AROUND, 0.2 + AROUND
    return tuple(np.asarray(picture)[HEAD + round((upper - y) * SCALE), MARGIN + round((x - left) * SCALE)].tolist())


def test_things_are_where_they_are() -> None:
    window = DOOR.replace("y='310'", "y='-10'").replace("x='100'", "x='300'").format("elevation='90'")
    plan = draw_plan(kitchen(window))
    assert plan.size == (2 * MARGIN + round(5.4 * SCALE), HEAD + round(4.4 * SCALE) + 58)
    assert colour_at(plan, 1.0, -0.5) == room_ink("Kitchen")
    assert colour_at(plan, 2.5, -1.7) == piece_ink("table")[0]
    assert colour_at(plan, 4.1, -1.5) == WALL
    assert colour_at(plan, 4.15, 0.15) == WALL
    assert colour_at(plan, 2.9, 0.05) == GLASS
    assert colour_at(plan, 1.1, -3.1) == (255, 255, 255)
    assert colour_at(plan, -0.5, 0.4) == (255, 255, 255)


def test_parapets_are_lighter_and_ceilings_alone_are_not_drawn() -> None:
    plan = draw_plan(
        home(WALLS.replace("height='250'", "height='100'"), ROOM.replace("id='r'", "floorVisible='false'"))
    )
    assert colour_at(plan, 4.1, -1.5) == LOW_WALL
    assert colour_at(plan, 2.0, -1.0) == (255, 255, 255)


def test_every_level_that_is_lived_in_has_a_plan_and_the_sheet_stays_on_paper() -> None:
    both = "".join(
        part.replace("<wall ", f"<wall level='{key}' ").replace("<room ", f"<room level='{key}' ")
        for key in ("up", "down")
        for part in (WALLS.replace("id='", f"id='{key}-"), ROOM)
    )
    two, one = draw_plan(home(LEVELS, both)), draw_plan(home(LEVELS, ROOM, WALLS))
    assert two.size[0] > one.size[0]
    huge = draw_plan(home(ROOM.replace("400", "900000"), WALLS, TABLE))
    assert max(huge.size) <= WIDE + 62 + 58


def test_the_same_home_gives_the_same_picture_in_either_format(tmp_path: Path) -> None:
    first, again = draw_plan(kitchen()), draw_plan(kitchen())
    assert first.tobytes() == again.tobytes()
    save_plan(kitchen(), tmp_path / "deep/plan.png")
    assert Image.open(tmp_path / "deep/plan.png").convert("RGB").tobytes() == first.tobytes()
    save_plan(kitchen(), tmp_path / "plan.jpg")
    assert Image.open(tmp_path / "plan.jpg").format == "JPEG"


@pytest.mark.parametrize("turn", [0.0, 0.4, 1.5707963267948966])
def test_a_name_is_written_only_where_it_fits(turn: float) -> None:
    """The ink of words: the outline's, inside the outline."""

    def ink(name: str, width: int) -> int:
        piece = f"<pieceOfFurniture name='{name}' catalogId='eTeks#table' x='200' y='150' width='{width}' depth='60' height='75' angle='{turn}'/>"
        blank = piece.replace(f"name='{name}'", "name=''")
        drawn, empty = (np.asarray(draw_plan(home(WALLS, ROOM, which))).astype(int) for which in (piece, blank))
        return int((np.abs(drawn - empty).sum(axis=2) > 60).sum())

    assert ink("Table", 120) > 40
    assert ink("A table of a name that is much longer than it is", 60) == 0


def test_text_is_reduced_to_what_the_font_has() -> None:
    assert printable("Véronique – 12 m²") == "Veronique - 12 m2"
    assert printable("厨房") == "??"
    assert printable("a\tb\nc") == "a b c"
    assert len(printable("x" * 10_000_000)) == 300


def test_a_canvas_has_the_plans_up_at_its_top() -> None:
    canvas = Canvas(100, 50, corner_2=np.array([1.0, 2.0]), scale=10.0)
    assert canvas.pixels(np.array([[1.0, 2.0], [2.0, 1.0]])).tolist() == [[0.0, 0.0], [10.0, 10.0]]
