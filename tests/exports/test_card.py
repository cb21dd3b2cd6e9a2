"""The card says what the files hold, credits what is seen in them and nothing else, and its own lines of Python run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

from dagster_gsi.exports.bagel import export_bagel
from dagster_gsi.exports.card import NAME, card_text, write_card
from dagster_gsi.exports.contents import Contents
from dagster_gsi.exports.credits import credits_of
from dagster_gsi.exports.huggingface import export_huggingface
from dagster_gsi.exports.official import official_layout
from dagster_gsi.interchange.official_export import export_set
from dagster_gsi.samples.shards import read_samples, shard_paths
from dagster_gsi.scenes.catalogue import Catalogue
from tests.exports.sets_for_export import many, only_views_are_true, write_catalogue, write_pairs
from tests.interchange.sets_by_hand import seven_samples


def ignore(_: int) -> None:
    pass


def counted(folder: Path, catalogue: Catalogue) -> Contents:
    contents = Contents(catalogue)
    for path in shard_paths(folder):
        for sample in read_samples(path):
            contents.add(sample)
    return contents


def write_official(folder: Path, out: Path, catalogue: Catalogue) -> None:
    export_set(folder, out, truth=None, detections=None, advance=ignore)
    contents = counted(folder, catalogue)
    write_card(out, contents, official_layout(contents))


WRITERS = {
    "bagel": lambda *a: export_bagel(*a, language="both", data_dir="/data", advance=ignore),
    "parquet": lambda *a: export_huggingface(*a, form="parquet", advance=ignore),
    "imagefolder": lambda *a: export_huggingface(*a, form="imagefolder", advance=ignore),
    "official": write_official,
}


@pytest.mark.parametrize("form", WRITERS)
def test_its_python_reads_the_first_pair_in_the_folder(tmp_path: Path, form: str) -> None:
    pairs = seven_samples()
    write_pairs(tmp_path / "set", pairs)
    WRITERS[form](tmp_path / "set", tmp_path / "out", write_catalogue(tmp_path / "assets"))
    card = (tmp_path / "out" / NAME).read_text("utf-8")
    (code,) = re.findall(r"In this folder:\n\n```python\n(.*?)```", card, re.DOTALL)
    environment = {**os.environ, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "out", env=environment, capture_output=True, text=True, check=True
    )
    sizes = "(128, 96)" if form == "official" else "(128, 96) (128, 96)"
    assert done.stdout == f"{pairs[0][0].instruction.en} {sizes}\n"


@pytest.mark.parametrize("form", WRITERS)
def test_the_hub_finds_licences_languages_size_and_files_at_its_head(tmp_path: Path, form: str) -> None:
    write_pairs(tmp_path / "set", seven_samples())
    WRITERS[form](tmp_path / "set", tmp_path / "out", write_catalogue(tmp_path / "assets"))
    data = DatasetCard.load(tmp_path / "out" / NAME).data.to_dict()
    assert data["license"] == ["cc-by-3.0", "cc-by-4.0", "cc0-1.0", "mit"]
    assert data["task_categories"] == ["image-to-image"]
    assert data["language"] == (["en"] if form == "official" else ["en", "zh"])
    assert data["size_categories"] == ["n<1K"]
    if form == "official":
        assert data["viewer"] is False
    else:
        ((split,),) = [config["data_files"] for config in data["configs"]]
        assert split["split"] == "test"
        assert len(list((tmp_path / "out").glob(split["path"]))) >= 1


def test_models_and_surroundings_that_are_seen_are_credited_and_no_others(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", many(4))
    contents = counted(tmp_path / "set", write_catalogue(tmp_path / "assets"))
    found = credits_of(contents)
    assert [(c.name, c.creator, c.licence) for c in found.models] == [
        ("book", "Ada", "CC-BY-3.0"),
        ("mug-1", "Ben", "CC0-1.0"),
        ("mug-2", "Ben", "CC0-1.0"),
        ("table", "Cleo", "CC-BY-4.0"),
    ]
    assert [(c.name, c.source, c.licence) for c in found.surroundings] == [
        ("floor-toy", "toys==1.0, floor.png", "MIT"),
        ("toy", "the npm package @toys/skies@1.0", "CC0-1.0"),
        ("wall-toy", "Toys library, wall.jpg", "CC0-1.0"),
    ]
    assert found.notices == "toys: Copyright (c) 2026 Toymakers.\n\nPermission is hereby granted."
    card = card_text(contents, official_layout(contents))
    assert found.notices in card
    for unused in ("unused", "Dan", "Apache-2.0", "night"):
        assert unused not in card


def test_a_texture_that_nobody_lists_is_told_and_makes_the_licence_unknown(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", many(4))
    catalogue = write_catalogue(tmp_path / "assets")
    text = (catalogue.root / "CREDITS.md").read_text("utf-8")
    (catalogue.root / "CREDITS.md").write_text(text.replace("floor-toy", "floor-other"), "utf-8")
    contents = counted(tmp_path / "set", catalogue)
    card = card_text(contents, official_layout(contents))
    assert "| floor-toy | not in CREDITS.md of the assets | unknown |" in card
    assert DatasetCard(card).data.license == ["cc-by-3.0", "cc-by-4.0", "cc0-1.0", "unknown"]


def test_a_model_without_a_card_stops_the_export_before_its_picture_is_written(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", many(4))
    catalogue = write_catalogue(tmp_path / "assets")
    path = catalogue.root / "catalogue.json"
    path.write_text(path.read_text("utf-8").replace('"mug-2"', '"mug-3"'), "utf-8")
    with pytest.raises(ValueError, match=r"catalogue\.json has no model 'mug-2'"):
        export_huggingface(tmp_path / "set", tmp_path / "out", catalogue, form="parquet", advance=ignore)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["assets", "set"]


def test_an_imported_set_has_no_credits_of_ours(tmp_path: Path) -> None:
    pairs = only_views_are_true()
    for sample, _ in pairs:
        assert isinstance(sample.provenance, dict)
        sample.provenance.update(geometry="boxes", origin="fine_dataset.zip")
    write_pairs(tmp_path / "set", pairs)
    contents = export_huggingface(
        tmp_path / "set", tmp_path / "out", write_catalogue(tmp_path / "assets"), form="parquet", advance=ignore
    )
    assert (contents.is_imported, contents.cards, contents.surroundings) == (True, {}, set())
    card = (tmp_path / "out" / NAME).read_text("utf-8")
    assert DatasetCard(card).data.license == ["unknown"]
    assert "imported from the published files of GSI-Bench" in card
    assert "| origin | fine_dataset.zip |" in card
    assert "Ada" not in card


def test_counts_are_those_of_the_set(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", many(9))
    contents = counted(tmp_path / "set", write_catalogue(tmp_path / "assets"))
    assert (contents.pairs, len(contents.scenes)) == (9, 3)
    assert (dict(contents.splits), dict(contents.environments)) == ({"train": 6, "test": 3}, {"table": 9})
    assert dict(contents.asked) == {
        ("move", "left", 0.15): 3,
        ("rotate", "counterclockwise", 45.0): 2,
        ("scale", "up", 1.25): 2,
        ("remove", "leftmost", 0.0): 2,
    }
    assert contents.provenance == {"seed": {"1"}, "shard": set()}
    assert contents.floors == {
        "visible_before": 0.9,
        "mask_fraction_before": 0.1,
        "pixel_change": 30.5,
        "look_change": 0.4,
    }
    card = card_text(contents, official_layout(contents))
    for row in ("| move | left | 3 | 15 cm (3) |", "| scale | up | 2 | × 1.25 (2) |", "| remove | leftmost | 2 |  |"):
        assert row in card
    assert "Categories of what is edited: book (7), mug (2)." in card
    assert "candidates" not in card
    assert str(tmp_path) not in card


def test_candidates_are_edits_that_were_tried_and_not_draws_that_the_rules_exclude(tmp_path: Path) -> None:
    reasons = {
        "move: hidden after": 3,
        "rules: move: collision": 50,
        "scene: things toppled": 4,
        "thing: hidden before": 5,
    }
    pairs = [(replace(sample, rejections=reasons if k == 0 else {}), p) for k, (sample, p) in enumerate(many(9))]
    write_pairs(tmp_path / "set", pairs)
    contents = counted(tmp_path / "set", write_catalogue(tmp_path / "assets"))
    card = card_text(contents, official_layout(contents))
    assert "Of 12 candidates 9 were kept. Given up: move: hidden after (3)." in card
