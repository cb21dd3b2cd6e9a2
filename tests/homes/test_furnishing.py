"""Furnishing: models of a catalogue in the places of a home's plain pieces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dagster_gsi.assets.gltf import to_glb
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.homes.furnishing import Furnishing, furnish
from dagster_gsi.homes.home import Home
from dagster_gsi.homes.sheets import Sheets
from dagster_gsi.homes.tops import free_part
from dagster_gsi.scenes.catalogue import Card, Catalogue
from dagster_gsi.scenes.mesh import Mesh, load_mesh
from dagster_gsi.scenes.scene import Thing
from tests.homes.homes_by_hand import ROOM, TABLE, WALLS, home, kitchen

# id: kind, category, size in metres, has_front.
_MODELS: dict[str, tuple[str, str, tuple[float, float, float], bool]] = {
    "table-long": ("support", "table", (1.5, 1.0, 0.75), False),
    "table-square": ("support", "table", (0.8, 0.8, 0.75), False),
    "chair-plain": ("furniture", "chair", (0.4, 0.42, 0.9), True),
    "chair-other": ("furniture", "chair", (0.5, 0.5, 1.0), True),
    "sofa-one": ("furniture", "sofa", (2.0, 0.9, 0.8), True),
    "tv": ("furniture", "television", (1.0, 0.2, 0.6), True),
    "tv-stand": ("support", "TV stand", (1.2, 0.4, 0.5), True),
    "basin-bare": ("furniture", "washbasin", (0.6, 0.5, 0.9), True),
    "basin-counter": ("support", "washbasin", (0.9, 0.5, 0.9), True),
    "hanging": ("furniture", "pendant lamp", (0.4, 0.4, 0.8), False),
    "block-white": ("furniture", "box", (1.0, 1.0, 1.0), False),
    "block-wood": ("furniture", "box", (1.0, 1.0, 1.0), False),
    "block-gray": ("furniture", "box", (1.0, 1.0, 1.0), False),
}


def piece(name: str, catalogue: str, *numbers: float, more: str = "") -> str:
    """Middle x and y, width, depth, height and elevation in centimetres, as in a file."""
    x, y, width, depth, height, elevation = numbers
    return (
        f"<pieceOfFurniture name='{name}' catalogId='eTeks#{catalogue}' x='{x}' y='{y}' width='{width}' "
        f"depth='{depth}' height='{height}' elevation='{elevation}' {more}/>"
    )


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    root = tmp_path_factory.mktemp("assets")
    (root / "models").mkdir()
    cards = [_card(name, *facts) for name, facts in _MODELS.items()]
    for card in cards:
        (root / "models" / f"{card.id}.glb").write_bytes(to_glb(_lopsided(*card.size)))
    (root / "catalogue.json").write_text(json.dumps([card.model_dump(mode="json") for card in cards]), "utf-8")
    return Catalogue(root)


def _card(name: str, kind: Any, category: str, size: tuple[float, float, float], has_front: bool) -> Card:
    x, y = size[0] / 2, size[1] / 2
    surface = {"height": size[2], "outline": ((-x, -y), (x, -y), (x, y), (-x, y))}
    return Card(
        id=name, kind=kind, category_en=category, category_zh="家具", description_en=name, description_zh="家具",
        size=size, has_front=has_front, symmetry=1, surfaces=(surface,) if kind == "support" else (),
        creator="tests", licence="CC0-1.0", source="tests",
    )  # fmt: skip


def _lopsided(width: float, depth: float, height: float) -> Mesh:
    """A slab over the whole ground, with a block as high as the model on its left third."""
    sheets = Sheets()
    x, y = width / 2, depth / 2
    sheets.box("frame", Pose.identity(), (-x, -y, 0.0), (x, y, height / 10))
    sheets.box("frame", Pose.identity(), (-x, -y, 0.0), (-x + width / 3, y, height))
    return Mesh(sheets.parts())


def furnished(of: Home, catalogue: Catalogue, seed: int = 0) -> Furnishing:
    return furnish(of, of.levels[-1], catalogue, np.random.default_rng(seed))


def all_of(found: Furnishing) -> dict[str, Thing]:
    return {thing.name: thing for thing in (*found.fixtures, *(support.body for support in found.supports))}


def test_a_piece_becomes_a_model_of_its_class_of_exactly_its_size(catalogue: Catalogue) -> None:
    whole = kitchen(piece("Sofa", "sofa", 100, 60, 190, 80, 90, 0, more="angle='0.5'"))
    sofa = all_of(furnished(whole, catalogue))["sofa-1"]
    assert (sofa.asset, sofa.on, sofa.scale) == ("sofa-one", "sofa-1", 1.0)
    assert sofa.stretch_3 == pytest.approx([1.9 / 2.0, 0.8 / 0.9, 0.9 / 0.8])
    meant = next(p for p in whole.pieces if p.category == "sofa").box
    assert sofa.box.corners_83() == pytest.approx(meant.corners_83())
    points_N3 = meant.pose_wb.inverse().apply(sofa.in_world(load_mesh(catalogue.model_path("sofa-one")).points()))
    assert points_N3.max(axis=0) == pytest.approx(meant.size_3 / 2)
    assert points_N3.min(axis=0) == pytest.approx(-meant.size_3 / 2)


def test_a_mirrored_piece_has_a_negative_width(catalogue: Catalogue) -> None:
    whole = kitchen(piece("Sofa", "sofa", 100, 60, 200, 90, 80, 0, more="modelMirrored='true'"))
    sofa = all_of(furnished(whole, catalogue))["sofa-1"]
    assert sofa.stretch_3 == pytest.approx([-1.0, 1.0, 1.0])
    points_N3 = sofa.in_world(load_mesh(catalogue.model_path("sofa-one")).points())
    # The high part is on the right now.
    assert points_N3[points_N3[:, 2] > 0.7][:, 0].min() > 1.0


def test_a_level_is_moved_to_the_floor_of_its_shell(catalogue: Catalogue) -> None:
    cellar = home(
        "<level id='up' name='Up' elevation='300' height='250'/>", WALLS.replace("<wall ", "<wall level='up' "),
        ROOM.replace("<room ", "<room level='up' "), piece("Sofa", "sofa", 100, 60, 200, 90, 80, 0, more="level='up'"),
    )  # fmt: skip
    found = furnished(cellar, catalogue)
    assert all_of(found)["sofa-1"].pose_wo.translation_3 == pytest.approx([1.0, -0.6, 0.0])
    assert [lamp.place_3[2] for lamp in found.lamps] == pytest.approx([2.5 - 0.06])


def test_the_model_that_need_not_be_stretched_is_taken_and_turned_where_it_has_no_front(catalogue: Catalogue) -> None:
    narrow = piece("Table", "table", 200, 150, 100, 150, 75, 0)
    for seed in range(4):
        table = all_of(furnished(home(narrow, WALLS, ROOM), catalogue, seed))["table-1"]
        assert table.asset == "table-long"
        assert table.size_3 == pytest.approx([1.5, 1.0, 0.75])
        assert table.pose_wo.yaw == pytest.approx(np.pi / 2)
        assert table.stretch_3 == pytest.approx([1.0, 1.0, 1.0])


def test_chairs_around_a_table_are_alike_and_chance_chooses_which(catalogue: Catalogue) -> None:
    chairs = [piece("Chair", "chair", 60 + 60 * k, 40, 42, 44, 92, 0) for k in range(5)]
    chosen = []
    for seed in range(8):
        things = all_of(furnished(home(*chairs, WALLS, ROOM), catalogue, seed))
        assert set(things) == {f"chair-{k}" for k in range(1, 6)}
        assets = {thing.asset for thing in things.values()}
        assert len(assets) == 1
        chosen += assets
    assert set(chosen) == {"chair-plain", "chair-other"}


@pytest.mark.parametrize(("width", "asset"), [(60, "basin-counter"), (52, "basin-bare")])
def test_of_washbasins_those_with_a_top_are_taken_if_they_can(catalogue: Catalogue, width: float, asset: str) -> None:
    # Of the counter's width are left two thirds, which may be seen, or less, which may not.
    basin = piece("Washbasin", "washbasin", 200, 150, width, 50, 90, 0)
    assert [thing.asset for thing in all_of(furnished(home(basin, WALLS, ROOM), catalogue)).values()] == [asset]


def test_boxes_are_blocks_of_the_nearest_colour_and_other_classes_are_left_out(catalogue: Catalogue) -> None:
    colours = ("FFFFFF", "8B5A2B", "707070")
    boxes = [
        piece("Box", "texturableBox", 60 + 80 * k, 40, 50, 40, 160, 0, more=f"color='{colour}'")
        for k, colour in enumerate(colours)
    ]
    found = furnished(home(*boxes, piece("Bath", "bath", 300, 200, 160, 70, 60, 0), WALLS, ROOM), catalogue)
    assert [thing.asset for thing in found.fixtures] == ["block-white", "block-wood", "block-gray"]
    assert found.fixtures[0].stretch_3 == pytest.approx([0.5, 0.4, 1.6])
    assert [left.name for left in found.left_out] == ["Bath"]


def test_small_things_that_were_put_down_are_gone_and_large_ones_and_the_hanging_stay(catalogue: Catalogue) -> None:
    small = piece("Box", "texturableBox", 200, 150, 20, 20, 20, 75)
    on_floor = piece("Box", "texturableBox", 40, 40, 20, 20, 20, 0)
    on_wall = piece("Box", "texturableBox", 390, 60, 20, 20, 20, 150)
    fixed = piece("Box", "texturableBox", 200, 120, 20, 20, 20, 75, more="movable='false'")
    found = furnished(home(TABLE, small, on_floor, on_wall, fixed, WALLS, ROOM), catalogue)
    places = np.array([thing.pose_wo.translation_3 for thing in found.fixtures])
    assert places == pytest.approx(np.array([[0.4, -0.4, 0.0], [3.9, -0.6, 1.5], [2.0, -1.2, 0.75]]))
    assert found.left_out == ()


def test_what_stands_on_something_left_out_is_left_out(catalogue: Catalogue) -> None:
    aquarium, above = piece("Aquarium", "aquarium", 200, 150, 120, 60, 60, 0), ("Flat TV", "flatTV", 200, 150)
    found = furnished(home(aquarium, piece(*above, 100, 20, 60, 60), WALLS, ROOM), catalogue)
    assert [left.name for left in found.left_out] == ["Aquarium", "Flat TV"]
    assert found.fixtures == ()


def test_a_table_is_a_support_with_its_stretched_top(catalogue: Catalogue) -> None:
    # 1.2 by 0.8 m and 0.75 m high, in the middle of the room.
    (table,) = furnished(kitchen(), catalogue).supports
    assert (table.name, table.top, table.height) == ("table-1", pytest.approx(0.75), pytest.approx(0.75))
    assert table.polygon().bounds == pytest.approx((1.4, -1.9, 2.6, -1.1))
    assert table.polygon().exterior.is_ccw


@pytest.mark.parametrize(("height", "is_support"), [(28, False), (32, True), (128, True), (132, False)])
def test_tops_are_where_one_looks_down_on_them(catalogue: Catalogue, height: float, is_support: bool) -> None:
    block = piece("Box", "texturableBox", 200, 150, 100, 100, height, 0)
    assert len(furnished(home(block, WALLS, ROOM), catalogue).supports) == is_support


def test_a_top_needs_room_above_it(catalogue: Catalogue) -> None:
    def supports(gap: float) -> int:
        shelf = piece("Box", "texturableBox", 200, 150, 200, 200, 100, 75 + gap)
        return len(furnished(home(TABLE, shelf, WALLS, ROOM), catalogue).supports)

    assert (supports(29), supports(31)) == (0, 1)


def test_what_stands_on_a_top_leaves_the_larger_part_beside_it(catalogue: Catalogue) -> None:
    # A television 0.5 m wide and 0.2 m deep at the rear of the table, which reaches from y = -1.9 to -1.1.
    television = piece("Flat TV", "flatTV", 200, 125, 60, 20, 50, 75)
    (table,) = furnished(home(TABLE, television, WALLS, ROOM), catalogue).supports
    # The high part of the model is on its left third; only its base of 5 cm is elsewhere, and that is in the way, too.
    assert table.polygon().bounds == pytest.approx((1.4, -1.9, 2.6, -1.36))


def test_tops_end_at_walls(catalogue: Catalogue) -> None:
    # Pushed 10 cm into the west wall.
    table = piece("Table", "table", 50, 150, 120, 80, 75, 0)
    (found,) = furnished(home(table, WALLS, ROOM), catalogue).supports
    assert found.polygon().bounds == pytest.approx((0.01, -1.9, 1.1, -1.1))


def test_a_lamp_is_under_the_ceiling_where_one_hangs_or_in_the_middle(catalogue: Catalogue) -> None:
    (middle,) = furnished(kitchen(), catalogue).lamps
    # 12 of 25 square metres: between 0.3 and 0.6 m, and between 8 and 12.
    assert middle.size == pytest.approx(0.3 + 0.3 * 12 / 25)
    assert middle.rgb[0] == pytest.approx(8 + 4 * 12 / 25)
    assert middle.rgb[0] > middle.rgb[1] > middle.rgb[2]
    assert 1.5 - 1e-3 <= middle.place_3[0] <= 2.5 + 1e-3
    assert middle.place_3[1:] == pytest.approx((-1.5, 2.44), abs=0.02)
    lamp = (
        "<light name='Lamp' catalogId='eTeks#pendantLamp' x='100' y='200' width='40' depth='40' height='80' "
        "elevation='170' power='0.5'><lightSource x='0.5' y='0.5' z='0.1' color='FFFFFF'/></light>"
    )
    found = furnished(kitchen(lamp), catalogue)
    assert [lamp.place_3 for lamp in found.lamps] == [pytest.approx((1.0, -2.0, 2.44))]
    assert all_of(found)["pendant-lamp-1"].pose_wo.translation_3 == pytest.approx([1.0, -2.0, 1.7])


def test_furnishing_is_a_function_of_the_seed(catalogue: Catalogue) -> None:
    whole = kitchen(*(piece("Chair", "chair", 60 + 60 * k, 40, 42, 44, 92, 0) for k in range(3)))
    first, again = (furnished(whole, catalogue, seed=5) for _ in range(2))
    assert [thing.asset for thing in all_of(first).values()] == [thing.asset for thing in all_of(again).values()]


def test_the_free_part_is_the_best_strip_beside_each_obstacle() -> None:
    from shapely import box

    outline_42 = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
    # Right of the first is most, and of that, in front of the second.
    left = free_part(outline_42, [box(0.2, 0.2, 0.5, 0.8), box(1.0, 0.7, 1.4, 0.9)])
    assert left.bounds == pytest.approx((0.51, 0.0, 2.0, 0.69))
    assert free_part(outline_42, [box(-1, -1, 3, 3)]) is None


def test_the_real_homes_have_supports_in_their_rooms() -> None:
    from dagster_gsi.homes.sh3d import read_home
    from dagster_gsi.homes.shell import shell_levels

    root = Path(__file__).parents[2] / "data"
    studio = read_home(root / "homes/Studio.xml")
    (level,) = shell_levels(studio)
    found = furnish(studio, level, Catalogue(root / "assets"), np.random.default_rng(0))
    names = [*(support.name for support in found.supports), *(thing.name for thing in found.fixtures)]
    assert len(set(names)) == len(names)
    assert len(found.supports) >= 5
    assert len(found.lamps) == 4
    for support in found.supports:
        assert 0.3 <= support.height <= 1.3
        assert support.polygon().area >= 0.05
