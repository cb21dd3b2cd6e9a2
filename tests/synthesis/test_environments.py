from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.samples.sample import SPLITS, Split
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Interior, Room, Scene
from dagster_gsi.synthesis.environments import Environment, draw_scenes
from dagster_gsi.synthesis.splits import split_of_model
from tests.toy_assets import write_toy_catalogue

ROOT = Path(__file__).parents[2]
REAL, HOMES = Catalogue(ROOT / "data/assets"), ROOT / "data/homes"


def _draw(
    environment: Environment, split: Split, catalogue: Catalogue, homes: Path, count: int, seed: int = 0
) -> list[Scene]:
    drawn = draw_scenes(environment, split, catalogue, homes, np.random.default_rng(seed), image_size=64)
    return [scene for scene in islice(drawn, count) if isinstance(scene, Scene)]


@pytest.mark.parametrize("split", SPLITS)
def test_tables_are_laid_with_models_of_the_split_and_need_no_homes(split: Split, tmp_path: Path) -> None:
    scenes = _draw("table", split, REAL, tmp_path / "none", 4)
    assert len(scenes) >= 2
    for scene in scenes:
        assert isinstance(scene.room, Room)
        used = {REAL[thing.asset] for thing in (*scene.things, *scene.furniture)}
        assert {split_of_model(card) for card in used} == {split}


def test_rooms_are_those_of_the_homes_of_the_split(tmp_path: Path) -> None:
    """The studio is a home to test on, the apartment with a round wall one to train on."""
    for name in ("Studio", "1BedroomApartmentWithRoundWall"):
        shutil.copy(HOMES / f"{name}.xml", tmp_path)
    scenes = _draw("room", "test", REAL, tmp_path, 6)
    assert scenes
    assert {scene.room.home for scene in scenes if isinstance(scene.room, Interior)} == {"Studio"}


@pytest.mark.parametrize("environment", ["room", "bathroom"])
def test_a_split_without_homes_says_where_and_what_to_add(environment: Environment, tmp_path: Path) -> None:
    shutil.copy(HOMES / "Studio.xml", tmp_path)
    with pytest.raises(ValueError, match=rf"{tmp_path} has no {environment} for the split 'train'.*add homes"):
        draw_scenes(environment, "train", REAL, tmp_path, np.random.default_rng(0), image_size=64)


def test_a_split_without_models_names_the_catalogue_and_the_remedy(tmp_path: Path) -> None:
    toys = write_toy_catalogue(tmp_path / "assets")
    # All toys are made of one file, so one of the splits has none.
    lacking = next(split for split in SPLITS if {split_of_model(card) for card in toys} == {"train", "test"} - {split})
    with pytest.raises(ValueError, match=r"catalogue\.json has too few models for the split.*gsi assets add"):
        draw_scenes("table", lacking, toys, tmp_path, np.random.default_rng(0), image_size=64)


def test_objects_without_a_support_are_too_few(tmp_path: Path) -> None:
    toys = write_toy_catalogue(tmp_path / "assets")
    path = toys.root / "catalogue.json"
    cards = [card for card in json.loads(path.read_text("utf-8")) if card["kind"] == "object"]
    path.write_text(json.dumps(cards), "utf-8")
    for split in SPLITS:
        with pytest.raises(ValueError, match="too few models"):
            draw_scenes("table", split, Catalogue(toys.root), tmp_path, np.random.default_rng(0), image_size=64)
