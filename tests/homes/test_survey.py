"""Stand-ins lie where people put things, and the plan shows what became of every view."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.homes.colours import CAMERA, WALL
from dagster_gsi.homes.sh3d import read_home
from dagster_gsi.homes.survey import LevelViews, figures, stand_ins, survey
from dagster_gsi.homes.view_plan import draw_views
from tests.homes.homes_by_hand import LEVELS, ROOM, TABLE, WALLS, home, kitchen

MARGIN, HEAD, AROUND, SCALE = 28, 62, 0.5, 130
STUDIO = read_home(Path(__file__).parents[2] / "data/homes/Studio.xml")


def middles(*pieces: str) -> list[tuple[float, ...]]:
    found = stand_ins(home(*pieces).furniture, 0.0)
    assert all(cube.size_3.tolist() == [0.12, 0.12, 0.12] for cube in found)
    return sorted(tuple(cube.centre_3.round(6).tolist()) for cube in found)


def test_a_table_has_rows_of_cubes_on_its_top() -> None:
    expected = [(x, y, 0.81) for x in (1.55, 1.85, 2.15, 2.45) for y in (-1.8, -1.5, -1.2)]
    assert middles(TABLE) == expected


def test_cubes_turn_with_their_table() -> None:
    turned = TABLE.replace("height='75'", "height='75' angle='1.5707963267948966'")
    assert middles(turned) == [(x, y, 0.81) for x in (1.7, 2.0, 2.3) for y in (-1.95, -1.65, -1.35, -1.05)]


def test_where_something_stands_there_is_no_cube() -> None:
    lamp = "<light name='Lamp' x='155' y='120' width='20' depth='20' height='40' elevation='75' power='0.5'/>"
    assert set(middles(TABLE)) - set(middles(TABLE, lamp)) == {(1.55, -1.2, 0.81)}
    over = lamp.replace("elevation='75'", "elevation='95'")
    assert middles(TABLE, over) == middles(TABLE)
    assert middles(TABLE, TABLE) == middles(TABLE)


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ("catalogId='eTeks#bed'", 0),
        ("catalogId='eTeks#table' dropOnTopElevation='-1'", 0),
        ("catalogId='eTeks#table' elevation='60'", 0),
        ("catalogId='eTeks#table' dropOnTopElevation='0.2'", 0),
        ("catalogId='eTeks#table' dropOnTopElevation='0.6'", 12),
        ("catalogId='eTeks#table' dropOnTopElevation='0.5'", 0),
    ],
)
def test_only_tops_that_one_looks_down_on_have_cubes(change: str, count: int) -> None:
    assert len(middles(TABLE.replace("catalogId='eTeks#table'", change))) == count


def looked() -> tuple[LevelViews, ...]:
    return survey(kitchen(), count=3, seed=4)


def test_a_survey_is_one_of_all_places_and_the_same_each_time() -> None:
    (level,), (again,) = looked(), looked()
    assert len(level.views) == len(level.floor.rooms) == 1
    assert len(level.stand_ins) == 12
    assert level.views[0].picked == again.views[0].picked
    assert len(level.views[0].picked) == 3
    (other,) = survey(kitchen(), count=3, seed=5)
    assert level.views[0].candidates.eyes_N3.tolist() != other.views[0].candidates.eyes_N3.tolist()


def test_levels_are_surveyed_each_with_its_own_things() -> None:
    down = "".join(part.replace(" name='", " level='down' name='") for part in (TABLE, ROOM))
    house = home(LEVELS, down, WALLS.replace("<wall ", "<wall level='down' "))
    (level,) = survey(house, count=2, seed=0)
    assert level.level.name == "Cellar"
    assert {round(float(cube.centre_3[2]), 6) for cube in level.stand_ins} == {-1.69}
    assert len(level.views[0].picked) == 2


def test_figures_are_sentences() -> None:
    floor, views = figures(looked())
    assert floor == "1 place to stand in: 1 in one room of the plan each, with 100.0 % of their points"
    assert re.fullmatch(r"3 views chosen of [\d,]+ good ones among 3,072, in 1 of 1 place", views)
    floor, views = figures(survey(STUDIO, count=2, seed=0))
    assert floor == (
        "4 places to stand in: 3 in one room of the plan each, with 100.0 % of their points; "
        "Bedroom + Kitchen + Hall are one, no wall divides them"
    )
    assert views.endswith("in 2 of 4 places")
    assert figures(survey(home(WALLS), count=2, seed=0)) == (
        "0 places to stand in", "0 views chosen of 0 good ones among 0, in 0 of 0 places",
    )  # fmt: skip


def test_chosen_views_are_drawn_where_they_stand() -> None:
    picture: Image.Image = draw_views(kitchen(), looked())
    pixels_HW3 = np.asarray(picture)
    for camera in looked()[0].views[0].chosen:
        x, y = camera.pose_wc.translation_3[:2]
        # Beside the number in the disc.
        column, row = MARGIN + round((x + 0.2 + AROUND) * SCALE) - 7, HEAD + round((0.2 + AROUND - y) * SCALE)
        assert pixels_HW3[row, column].tolist() == list(CAMERA)
    assert pixels_HW3[HEAD + round(2.2 * SCALE), MARGIN + round(4.8 * SCALE)].tolist() == list(WALL)
    assert draw_views(kitchen(), looked()).tobytes() == picture.tobytes()


def test_the_figures_are_below_the_plan() -> None:
    assert draw_views(kitchen(), looked()).size == (
        2 * MARGIN + round(5.4 * SCALE),
        HEAD + round(4.4 * SCALE) + 40 + 58,
    )
