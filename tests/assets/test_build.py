from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.assets.build import papered, repainted, write_model
from dagster_gsi.assets.curation import PATH, Recipe, read_curation
from dagster_gsi.assets.libraries import Listing
from dagster_gsi.assets.obj import Paint, read_obj
from dagster_gsi.assets.own_models import own_model
from dagster_gsi.assets.sheet import draw
from dagster_gsi.assets.shelf import Addition, added, take_in
from dagster_gsi.scenes.catalogue import Card
from dagster_gsi.scenes.mesh import load_mesh

BOX = """v -1 0 -1
v 1 0 -1
v 1 0 1
v -1 0 1
v -1 2 -1
v 1 2 -1
v 1 2 1
v -1 2 1
usemtl lacquer
f 1 2 3 4
f 5 8 7 6
f 1 5 6 2
f 2 6 7 3
f 3 7 8 4
f 4 8 5 1
"""
IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def recipe(**changes: object) -> Recipe:
    entry = {
        "id": "box",
        "model": "Scopia/box.obj",
        "category": ("box", "箱子"),
        "description": ("plain box", "普通的箱子"),
        "front": True,
    }
    return Recipe.model_validate(entry | changes)


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    (tmp_path / "libraries/Scopia").mkdir(parents=True)
    (tmp_path / "libraries/Scopia/box.obj").write_text(BOX)
    (tmp_path / "models").mkdir()
    return tmp_path / "libraries"


def test_a_model_becomes_a_measured_card_and_the_same_bytes_each_time(libraries: Path) -> None:
    listing = Listing("Box", "A. Maker", (0.2, 0.1, 0.1), IDENTITY)
    card = write_model("object", recipe(), listing, libraries, libraries.parent)
    path = libraries.parent / "models/box.glb"
    first = path.read_bytes()
    assert card == write_model("object", recipe(), listing, libraries, libraries.parent)
    assert path.read_bytes() == first
    assert card.size == pytest.approx((0.2, 0.1, 0.1))
    assert card.symmetry == 2
    assert (card.creator, card.licence, card.source) == ("A. Maker", "CC-BY-3.0", "Sweet Home 3D Scopia/box.obj")
    assert np.ptp(load_mesh(path).points(), axis=0) == pytest.approx(card.size, abs=1e-6)
    # What the set in Git was built with: another hash means that all of it would change.
    assert hashlib.sha256(first).hexdigest() == "c6106ffd09f20b3060eea25c8adf398611d34227e972112fdd0014395fb0c09b"


def test_a_support_carries_its_surface_and_one_without_is_refused(libraries: Path) -> None:
    large = Listing("Box", "A. Maker", (0.8, 0.6, 0.5), IDENTITY)
    card = write_model("support", recipe(), large, libraries, libraries.parent)
    assert [surface.height for surface in card.surfaces] == pytest.approx([0.5], abs=1e-3)
    small = Listing("Box", "A. Maker", (0.3, 0.3, 0.5), IDENTITY)
    with pytest.raises(ValueError, match="no level area"):
        write_model("support", recipe(), small, libraries, libraries.parent)


def test_paint_replaces_the_colour_of_what_it_names(libraries: Path) -> None:
    model = read_obj(libraries / "Scopia/box.obj")
    assert repainted(model, {"lac": "#ff8000"}).paints["lacquer"].diffuse == pytest.approx((1.0, 128 / 255, 0.0))
    with pytest.raises(ValueError, match=r"'steel' matches none of \['lacquer'\]"):
        repainted(model, {"steel": "#ff8000"})


def test_a_picture_can_be_given_to_what_names_none(libraries: Path) -> None:
    model = read_obj(libraries / "Scopia/box.obj")
    folder = libraries / "Scopia"
    assert papered(model, {"lac": "oak.jpg"}, folder).paints["lacquer"] == Paint(picture=folder / "oak.jpg")
    with pytest.raises(ValueError, match=r"'steel' matches none of \['lacquer'\]"):
        papered(model, {"steel": "oak.jpg"}, folder)


def test_furniture_carries_things_only_where_its_line_says_so_and_low_enough(libraries: Path) -> None:
    root = libraries.parent
    basin, tower = Listing("Box", "M", (0.3, 0.3, 0.9), IDENTITY), Listing("Box", "M", (0.3, 0.3, 1.4), IDENTITY)
    assert write_model("furniture", recipe(), basin, libraries, root).surfaces == ()
    card = write_model("furniture", recipe(surfaces=True), basin, libraries, root)
    assert [surface.height for surface in card.surfaces] == pytest.approx([0.9], abs=1e-3)
    with pytest.raises(ValueError, match="take its `surfaces: true` away"):
        write_model("furniture", recipe(surfaces=True), tower, libraries, root)


def test_a_model_of_our_own_needs_no_library(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    made = recipe(id="block", model="own/block-gray", front=False)
    card = write_model("furniture", made, own_model("block-gray")[1], tmp_path / "nowhere", tmp_path)
    assert (card.size, card.symmetry, card.surfaces) == ((1.0, 1.0, 1.0), 4, ())
    assert (card.creator, card.licence, card.source) == ("dagster_gsi", "CC0-1.0", "dagster_gsi own/block-gray")


def test_the_sheet_pins_the_front_of_what_has_one(libraries: Path) -> None:
    root = libraries.parent
    cards = [
        write_model(
            "object", recipe(id=name, front=front), Listing("Box", "M", (0.2, 0.1, 0.1), IDENTITY), libraries, root
        )
        for name, front in (("box", True), ("cube", False))
    ]
    (root / "catalogue.json").write_text(json.dumps([card.model_dump() for card in cards]))
    draw(root, root / "sheet.png")
    with Image.open(root / "sheet.png") as sheet:
        red = (np.asarray(sheet) == [255, 0, 0]).all(axis=2)
    half = red.shape[1] // 2
    assert red[:, :half].sum() > 20
    assert not red[:, half:].any()


def test_a_build_takes_along_what_was_added_and_changes_nothing_else(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for root in (old, new):
        (root / "models").mkdir(parents=True)
        (root / "CREDITS.md").write_text("# Credits\n\nBuilt.\n")
        (root / "catalogue.json").write_text("[]\n")
    take_in(new, added(old))
    assert sorted(path.name for path in new.iterdir()) == ["CREDITS.md", "catalogue.json", "models"]
    assert (new / "CREDITS.md").read_text() == "# Credits\n\nBuilt.\n"
    figures = {"kind": "object", "size": (0.1, 0.1, 0.1), "has_front": False, "symmetry": 1}
    words = {"category_en": "mug", "category_zh": "杯", "description_en": "my mug", "description_zh": "我的杯"}
    card = Card.model_validate(
        {"id": "mug", **figures, **words, "creator": "Me", "licence": "MIT", "source": "my own, mug.glb"}
    )
    take_in(old, [Addition(card, b"mesh", "MIT License\n")])
    take_in(new, added(old))
    for name in ("CREDITS.md", "catalogue.json", "models/mug.glb", added(old)[0].text_path):
        assert (new / name).read_bytes() == (old / name).read_bytes()


def test_the_selection_refuses_what_it_says_twice(tmp_path: Path) -> None:
    text = PATH.read_text(encoding="utf-8")
    path = tmp_path / "curation.yaml"
    path.write_text(
        text.replace(
            "objects:\n",
            "objects:\n- {id: twin, model: Scopia/x.obj, category: [a, 甲], "
            "description: [orange basketball, 甲], front: false}\n",
        )
    )
    with pytest.raises(ValueError, match="two models have the description 'orange basketball'"):
        read_curation(path)
    path.write_text(text.replace("front: false", "frond: false", 1))
    with pytest.raises(ValueError, match="frond"):
        read_curation(path)
