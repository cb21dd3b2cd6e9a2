"""What BAGEL's reader finds: chains of pictures, lists of lists of instructions, and files by their whole path."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from dagster_gsi.exports.bagel import Language, export_bagel
from dagster_gsi.exports.contents import Contents
from dagster_gsi.exports.rows import Bounds, Written
from tests.exports.sets_for_export import bytes_of, many, only_views_are_true, write_catalogue, write_pairs


def export(
    root: Path, out: str = "out", language: Language = "en", bounds: Bounds | None = None
) -> tuple[Contents, tuple[Written, ...]]:
    catalogue = write_catalogue(root / f"assets-of-{out}")
    some = {} if bounds is None else {"bounds": bounds}
    return export_bagel(
        root / "set", root / out, catalogue, language=language, data_dir="/data/gsi/", advance=lambda _: None, **some
    )


def read_as_bagel_does(data_dir: Path, info: dict[str, dict[str, int]], called: str) -> list[Any]:
    """The rows of a folder: files whose joined path is known, each group as a table of pandas."""
    rows = []
    for name in sorted(path.name for path in data_dir.iterdir()):
        for group in range(info[f"{called}/{name}"]["num_row_groups"]):
            table = pq.ParquetFile(data_dir / name).read_row_group(group).to_pandas()
            rows += [row for _, row in table.iterrows()]
    return rows


def test_the_reader_finds_every_pair_with_its_pictures_and_instruction(tmp_path: Path) -> None:
    pairs = many(10)
    write_pairs(tmp_path / "set", pairs)
    export(tmp_path)
    info = json.loads((tmp_path / "out/parquet_info.json").read_text("utf-8"))
    found = {
        row["id"]: row
        for split in ("test", "train")
        for row in read_as_bagel_does(tmp_path / "out" / split, info, f"/data/gsi/{split}")
    }
    assert set(found) == {sample.id for sample, _ in pairs}
    for sample, pictures in pairs:
        row = found[sample.id]
        source, target = (Image.open(io.BytesIO(data)) for data in row["image_list"])
        assert pictures.target is not None
        assert (source.tobytes(), target.tobytes()) == (pictures.source.tobytes(), pictures.target.tobytes())
        assert len(row["instruction_list"]) == len(row["image_list"]) - 1
        assert list(row["instruction_list"][0]) == [sample.instruction.en]


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_instructions_are_in_the_languages_asked_for(tmp_path: Path, language: Language) -> None:
    pairs = many(2)
    write_pairs(tmp_path / "set", pairs)
    export(tmp_path, language=language)
    rows = [row for path in sorted((tmp_path / "out").rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    wanted = {
        sample.id: {"en": [sample.instruction.en], "zh": [sample.instruction.zh]}.get(
            language, [sample.instruction.en, sample.instruction.zh]
        )
        for sample, _ in pairs
    }
    assert {row["id"]: row["instruction_list"] for row in rows} == {name: [texts] for name, texts in wanted.items()}


def test_files_and_groups_keep_to_their_bounds_and_the_list_tells_them_exactly(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", many(20))
    # A pair has 74 kB: three in a group, two groups in a file.
    _, files = export(tmp_path, bounds=Bounds(group_rows=5, group_bytes=230_000, file_bytes=460_000))
    info = json.loads((tmp_path / "out/parquet_info.json").read_text("utf-8"))
    told = {f"/data/gsi/{file.name}": (file.num_row_groups, file.num_rows) for file in files}
    read = {}
    for path in sorted((tmp_path / "out").rglob("*.parquet")):
        metadata = pq.read_metadata(path)
        read[f"/data/gsi/{path.relative_to(tmp_path / 'out')}"] = (metadata.num_row_groups, metadata.num_rows)
    assert {key: (value["num_row_groups"], value["num_rows"]) for key, value in info.items()} == told == read
    assert [(file.split, file.num_rows, file.num_row_groups) for file in files] == [
        *[("test", 6, 2), ("test", 1, 1)],
        *[("train", 6, 2), ("train", 6, 2), ("train", 1, 1)],
    ]


def test_equal_sets_are_equal_bytes(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", many(6))
    export(tmp_path, "out")
    export(tmp_path, "again")
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "again")


def test_samples_without_a_true_picture_are_left_out_and_counted(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", only_views_are_true())
    contents, files = export(tmp_path)
    assert (contents.pairs, contents.skipped.total(), [file.num_rows for file in files]) == (1, 6, [1])
    card = (tmp_path / "out/README.md").read_text("utf-8")
    assert "no true picture for them: 6 samples, " in card


def test_a_set_without_true_pictures_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", only_views_are_true()[:6])
    with pytest.raises(ValueError, match=r"set has no true pictures, so there is nothing to train on"):
        export(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assets-of-out", "set"]
