"""The asset folder that is in Git."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.assets.curation import read_curation
from dagster_gsi.assets.shelf import added
from dagster_gsi.homes import categories
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.mesh import load_mesh

ROOT = Path(__file__).resolve().parents[2] / "data" / "assets"
CATALOGUE = Catalogue(ROOT)
CARDS = list(CATALOGUE)
NOUNS = {noun for _, noun in categories._WORDS} | {"floor lamp", "pendant lamp"}
IN_EVERY_HOME = {
    "chair", "armchair", "stool", "sofa", "bed", "bunk bed", "wardrobe", "shelf", "refrigerator", "stove", "dishwasher",
    "toilet", "washbasin", "bathtub", "shower", "sink", "television", "wall cabinet", "kitchen cabinet", "piano",
    "radiator", "carpet", "floor lamp", "pendant lamp", "mirror", "picture", "curtains", "extractor hood", "fireplace",
    "plant", "table", "desk", "coffee table", "nightstand", "dresser", "cabinet", "TV stand",
}  # fmt: skip


def test_it_has_the_models_that_were_promised() -> None:
    objects, supports = CATALOGUE.of_kind("object"), CATALOGUE.of_kind("support")
    furniture = CATALOGUE.of_kind("furniture")
    counts = Counter(card.category_en for card in objects)
    assert len(objects) >= 120
    assert len(counts) >= 40
    assert len(supports) >= 25
    assert len(furniture) >= 110
    # A removal names one of a kind.
    assert sum(count >= 3 for count in counts.values()) >= 10


def test_furniture_has_the_nouns_of_homes_and_at_least_two_models_of_what_homes_have_most() -> None:
    counts = Counter(card.category_en for card in CATALOGUE if card.kind != "object")
    assert {card.category_en for card in CATALOGUE.of_kind("furniture")} <= NOUNS
    # Two at least, so that two sets can have each their own.
    assert {noun for noun in IN_EVERY_HOME if counts[noun] < 2} == set()


def test_what_is_built_of_boxes_is_a_metre_each_way() -> None:
    blocks = [card for card in CATALOGUE if card.category_en in {"box", "cylinder"} and card.kind == "furniture"]
    shapes = (("block", "cylinder"), ("gray", "white", "wood"))
    assert {card.id for card in blocks} == {f"{shape}-{colour}" for shape, colour in product(*shapes)}
    assert {card.size for card in blocks} == {(1.0, 1.0, 1.0)}


def test_cards_and_files_are_those_of_the_curation() -> None:
    curation = read_curation()
    # Whoever adds models to the folder has more than the curation.
    mine = {addition.card.id for addition in added(ROOT)}
    assert [card.id for card in CARDS if card.id not in mine] == [recipe.id for _, recipe in curation.recipes]
    assert {path.stem for path in (ROOT / "models").iterdir()} == set(CATALOGUE.cards)
    assert {path.stem for path in (ROOT / "textures").iterdir()} == {texture.name for texture in curation.textures}
    assert CATALOGUE.environments == tuple(sorted(curation.environments))
    for _, recipe in curation.recipes:
        card = CATALOGUE[recipe.id]
        assert (card.category_en, card.category_zh, card.description_en, card.description_zh) == (
            *recipe.category,
            *recipe.description,
        )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_descriptions_are_unique(language: str) -> None:
    counts = Counter(getattr(card, f"description_{language}").lower() for card in CARDS)
    assert {text for text, count in counts.items() if count > 1} == set()


def test_a_category_has_one_name_in_each_language() -> None:
    names = {card.category_en: card.category_zh for card in CARDS}
    assert all(names[card.category_en] == card.category_zh for card in CARDS)


def test_descriptions_have_no_article_and_no_stop() -> None:
    for card in CARDS:
        assert not card.description_en.lower().startswith(("a ", "an ", "the "))
        assert not card.description_en.endswith(".")
        assert card.description_en.isascii()
        assert not card.description_zh.isascii()


def test_objects_fit_on_a_table_and_supports_carry_them() -> None:
    for card in CATALOGUE.of_kind("object"):
        assert 0.03 <= max(card.size[:2]) <= 0.5, card.id
        assert 0.008 <= card.size[2] <= 0.65, card.id
        assert card.surfaces == ()
    for card in CATALOGUE.of_kind("support"):
        heights = [surface.height for surface in card.surfaces]
        assert heights == sorted(heights, reverse=True)
        assert 0.25 <= heights[0] <= 1.15, card.id
    for card in CATALOGUE.of_kind("furniture"):
        assert 0.1 <= max(card.size) <= 4.0, card.id
        assert all(surface.height <= 1.3 for surface in card.surfaces)


def test_furniture_stays_small_and_its_pictures_too() -> None:
    for card in CATALOGUE.of_kind("furniture"):
        mesh = load_mesh(CATALOGUE.model_path(card.id))
        assert sum(len(part.faces_F3) for part in mesh.parts) <= 10_000, card.id
        textures = [part.material.texture for part in mesh.parts if part.material.texture is not None]
        assert all(max(texture.size) <= 512 for texture in textures), card.id


def test_outlines_are_convex_counter_clockwise_and_inside_the_model() -> None:
    for card in CARDS:
        for surface in card.surfaces:
            corners = np.array(surface.outline)
            sides = np.roll(corners, -1, axis=0) - corners
            following = np.roll(sides, -1, axis=0)
            assert (sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0] > -1e-6).all(), card.id
            assert (np.abs(corners) <= np.array(card.size[:2]) / 2).all(), card.id


@pytest.mark.parametrize("name", [card.id for card in CARDS if card.kind != "shell"])
def test_meshes_have_the_size_of_their_card_and_stand_on_the_origin(name: str) -> None:
    mesh = load_mesh(CATALOGUE.model_path(name))
    low_3, high_3 = mesh.points().min(axis=0), mesh.points().max(axis=0)
    assert high_3 - low_3 == pytest.approx(CATALOGUE[name].size, abs=1e-3)
    assert low_3[2] == pytest.approx(0.0, abs=1e-4)
    assert (low_3 + high_3)[:2] == pytest.approx([0.0, 0.0], abs=1e-3)
    for part in mesh.parts:
        assert np.isfinite(part.positions_V3).all()
        assert np.linalg.norm(part.normals_V3, axis=1) == pytest.approx(1.0, abs=1e-3)
        assert (part.material.texture is None) or (part.uv_V2 is not None)


def test_everything_is_credited() -> None:
    text = (ROOT / "CREDITS.md").read_text(encoding="utf-8")
    for card in CARDS:
        assert f"| {card.id} | {card.creator} | {card.source} | {card.licence} |" in text
    for texture in read_curation().textures:
        assert f"| {texture.name} |" in text
    for name in CATALOGUE.environments:
        assert name in text.split("## Panoramas")[1]


def test_the_set_is_small_enough_for_git() -> None:
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) <= 68e6


def test_every_use_has_textures() -> None:
    assert {use: len(names) >= 8 for use, names in CATALOGUE.textures.items()} == {
        "floor": True,
        "wall": True,
        "wood": True,
    }
    assert len(CATALOGUE.environments) >= 8
