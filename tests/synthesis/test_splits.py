"""Who is trained on what: neither models nor homes are ever shared, and nothing moves when something is added."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from dagster_gsi.homes.sh3d import read_home
from dagster_gsi.homes.shelf import homes_in
from dagster_gsi.samples.sample import SPLITS, Split
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.synthesis.interior import places_in
from dagster_gsi.synthesis.splits import catalogue_of, furniture_of, split_of_home, split_of_model

ROOT = Path(__file__).parents[2]
REAL = Catalogue(ROOT / "data/assets")
HOMES = {name: read_home(path) for name, path in homes_in([ROOT / "data/homes"]).items()}


def _written(root: Path, entries: list[dict[str, object]]) -> Catalogue:
    root.mkdir(exist_ok=True)
    (root / "catalogue.json").write_text(json.dumps(entries), encoding="utf-8")
    return Catalogue(root)


def _entry(name: str, source: str, kind: str = "object", category: str = "mug") -> dict[str, object]:
    return {
        "id": name, "kind": kind, "category_en": category, "category_zh": category, "description_en": name,
        "description_zh": name, "size": [0.1, 0.1, 0.1], "has_front": False, "symmetry": 1, "creator": "tests",
        "licence": "CC0-1.0", "source": source,
    }  # fmt: skip


def _sources(split: Split, count: int) -> list[str]:
    """The first of file-0, file-1, ... whose hash is a quarter (test) or not (train)."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        source = f"file-{number}"
        if (zlib.crc32(source.encode()) < 2**30) == (split == "test"):
            found.append(source)
        number += 1
    return found


def test_every_model_is_in_one_split_and_no_file_is_in_both() -> None:
    ids = {split: {card.id for card in catalogue_of(REAL, split)} for split in SPLITS}
    sources = {split: {card.source for card in catalogue_of(REAL, split)} for split in SPLITS}
    assert ids["train"] | ids["test"] == set(REAL.cards)
    assert ids["train"] & ids["test"] == set()
    assert sources["train"] & sources["test"] == set()


def test_a_quarter_of_the_hashes_is_tested_on(tmp_path: Path) -> None:
    quarter = 2**30
    for card in REAL:
        assert (split_of_model(card) == "test") == (zlib.crc32(card.source.encode()) < quarter)


def test_twins_stay_together_whatever_else_differs(tmp_path: Path) -> None:
    (source,) = _sources("test", 1)
    twins = _written(tmp_path, [_entry("cup-red", source), _entry("cup-blue", source, category="cup")])
    assert {split_of_model(card) for card in twins} == {"test"}
    assert set(catalogue_of(twins, "test").cards) == {"cup-red", "cup-blue"}
    assert not catalogue_of(twins, "train").cards


def test_adding_a_model_moves_no_other(tmp_path: Path) -> None:
    entries = [_entry(f"cup-{k}", f"file-{k}") for k in range(40)]
    few, all_of_them = _written(tmp_path / "few", entries[:20]), _written(tmp_path / "all", entries)
    for split in SPLITS:
        before, after = (set(catalogue_of(catalogue, split).cards) for catalogue in (few, all_of_them))
        assert before == after & set(few.cards)
        assert len(before) >= 2


def test_a_class_of_furniture_that_one_split_lacks_is_shared_and_objects_never_are(tmp_path: Path) -> None:
    (one, other), (third,) = _sources("train", 2), _sources("test", 1)
    catalogue = _written(
        tmp_path,
        [
            _entry("tub", one, "furniture", "bathtub"),
            _entry("stool-1", one, "furniture", "stool"),
            _entry("stool-2", third, "furniture", "stool"),
            _entry("desk-1", other, "support", "desk"),
            _entry("mug-1", one, "object", "mug"),
        ],
    )
    assert set(furniture_of(catalogue, "train").cards) == {"tub", "stool-1", "desk-1", "mug-1"}
    assert set(furniture_of(catalogue, "test").cards) == {"tub", "stool-2", "desk-1"}
    assert set(catalogue_of(catalogue, "test").cards) == {"stool-2"}


@pytest.mark.parametrize("split", SPLITS)
def test_both_splits_of_the_real_catalogue_are_rich_enough(split: Split) -> None:
    catalogue = catalogue_of(REAL, split)
    assert len({card.category_en for card in catalogue.of_kind("object")}) >= 30
    assert len({card.category_en for card in catalogue.of_kind("support")}) >= 2
    # What is put into rooms is of every class that there is.
    classes = {card.category_en for card in REAL if card.kind in ("furniture", "support")}
    assert {card.category_en for card in furniture_of(REAL, split) if card.kind in ("furniture", "support")} == classes


@pytest.mark.parametrize("split", SPLITS)
def test_both_splits_have_homes_with_rooms_and_bathrooms(split: Split) -> None:
    homes = [home for name, home in sorted(HOMES.items()) if split_of_home(name) == split]
    assert len(homes) >= 3
    small = min(homes, key=lambda home: len(home.walls))
    for bathroom, fewest in ((True, 1), (False, 2)):
        places = places_in([small], bathroom=bathroom)
        assert len(places) >= fewest
        assert {place.home.name for place in places} == {small.name}


def test_a_home_is_called_as_its_file_so_that_its_split_is_the_same_by_either() -> None:
    assert {home.name for home in HOMES.values()} == set(HOMES)
    assert {name for name in HOMES if split_of_home(name) == "test"} == {
        name for name in HOMES if zlib.crc32(name.encode()) / 2**32 < 0.35
    }
