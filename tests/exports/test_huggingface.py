"""`datasets` itself reads what is written for it, offline and in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dagster_gsi.exports.contents import Contents
from dagster_gsi.exports.huggingface import Form, columns_of, export_huggingface
from tests.exports.sets_for_export import bytes_of, many, only_views_are_true, write_catalogue, write_pairs

_READ = """
import hashlib, json, sys
from datasets import Image, load_dataset

found = {}
for split, rows in load_dataset(sys.argv[1]).items():
    assert [name for name, kind in rows.features.items() if isinstance(kind, Image)] == ["source", "target"]
    for row in rows:
        pictures = {side: hashlib.sha256(row.pop(side).tobytes()).hexdigest() for side in ("source", "target")}
        found[row["id"]] = [split, pictures, row]
print(json.dumps(found))
"""


def export(root: Path, form: Form, out: str = "out") -> Contents:
    catalogue = write_catalogue(root / f"assets-of-{out}")
    return export_huggingface(root / "set", root / out, catalogue, form=form, advance=lambda _: None)


def offline(cache: Path) -> dict[str, str]:
    return {**os.environ, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


@pytest.mark.parametrize("form", ["parquet", "imagefolder"])
def test_datasets_loads_every_pair_with_its_pictures_and_texts(tmp_path: Path, form: Form) -> None:
    import hashlib

    pairs = many(9)
    write_pairs(tmp_path / "set", pairs)
    contents = export(tmp_path, form)
    assert (contents.pairs, dict(contents.splits)) == (9, {"test": 3, "train": 6})
    command = [sys.executable, "-c", _READ, str(tmp_path / "out")]
    done = subprocess.run(
        command, env=offline(tmp_path / "cache"), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    wanted = {
        sample.id: [
            sample.split,
            {
                "source": hashlib.sha256(pictures.source.tobytes()).hexdigest(),
                "target": hashlib.sha256(pictures.target.tobytes()).hexdigest(),  # type: ignore[union-attr]
            },
            columns_of(sample),
        ]
        for sample, pictures in pairs
    }
    assert json.loads(done.stdout.splitlines()[-1]) == wanted


def test_parquet_says_by_itself_which_columns_are_pictures(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", many(3))
    export(tmp_path, "parquet")
    schema = pq.read_schema(tmp_path / "out/train/00000.parquet")
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == schema.names
    assert [name for name, feature in features.items() if feature == {"_type": "Image"}] == ["source", "target"]


def test_pictures_are_files_that_the_list_names_from_where_it_lies(tmp_path: Path) -> None:
    pairs = many(5)
    write_pairs(tmp_path / "set", pairs)
    export(tmp_path, "imagefolder")
    lists = sorted((tmp_path / "out").rglob("metadata.jsonl"))
    lines = [(path.parent, json.loads(line)) for path in lists for line in path.read_text("utf-8").splitlines()]
    named = {str(folder / line[f"{side}_file_name"]) for folder, line in lines for side in ("source", "target")}
    assert named == {str(path) for path in (tmp_path / "out").rglob("*.png")}
    assert len(named) == 2 * len(pairs)
    assert [line["id"] for _, line in lines] == [f"toy-{number}" for number in (0, 3, 1, 2, 4)]


@pytest.mark.parametrize("form", ["parquet", "imagefolder"])
def test_equal_sets_are_equal_bytes(tmp_path: Path, form: Form) -> None:
    write_pairs(tmp_path / "set", many(6))
    export(tmp_path, form, "out")
    export(tmp_path, form, "again")
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "again")


@pytest.mark.parametrize("form", ["parquet", "imagefolder"])
def test_what_is_interrupted_leaves_nothing(tmp_path: Path, form: Form) -> None:
    write_pairs(tmp_path / "set", many(6))
    calls = []

    def stop(_: int) -> None:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_huggingface(
            tmp_path / "set", tmp_path / "out", write_catalogue(tmp_path / "assets"), form=form, advance=stop
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assets", "set"]


def test_samples_without_a_true_picture_are_left_out_and_counted(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", only_views_are_true())
    contents = export(tmp_path, "parquet")
    assert (contents.pairs, contents.skipped.total()) == (1, 6)
    (row,) = pq.read_table(tmp_path / "out/test/00000.parquet").to_pylist()
    assert row["operation"] == "view"


@pytest.mark.parametrize("name", ["../outside", ".hidden", ""])
def test_an_id_that_is_no_name_for_a_file_is_refused(tmp_path: Path, name: str) -> None:
    write_pairs(tmp_path / "set", [(replace(sample, id=name), pictures) for sample, pictures in many(2)])
    with pytest.raises(ValueError, match=r"is no name for a file|is not of this version's layout"):
        export(tmp_path, "imagefolder")
    assert not (tmp_path / "out").exists()
