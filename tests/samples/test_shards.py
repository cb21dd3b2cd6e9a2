"""Shards give back what was written, byte for byte the same each time, and say what is wrong with a bad one."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.operations.move import Move
from dagster_gsi.rendering.base import Geometry
from dagster_gsi.samples.manifest import read_manifest, write_manifest
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import (
    DEPTH_UNITS,
    read_samples,
    read_shard,
    set_folder,
    set_folders,
    shard_paths,
    write_shard,
)
from tests.scenes_by_hand import two_mugs_and_a_book


def make_pair(number: int) -> tuple[Sample, Pictures]:
    scene, edit, rng = two_mugs_and_a_book(), Move("book", "left", 0.1 + number / 100), np.random.default_rng(number)
    figures = {"visible_before": 0.9, "visible_after": 0.8, "mask_fraction_before": 0.1, "mask_fraction_after": 0.1}
    sample = Sample(
        id=f"toy-{number}",
        scene_id="toy",
        set="toy-test",
        split="test",
        environment="table",
        edit=edit,
        instruction=edit.instruction(scene, rng),
        before=scene,
        after=edit.apply(scene),
        instances={"support": 1, "mug-1": 2, "mug-2": 3, "book": 4},
        figures={**figures, "pixel_change": 30.5},
        provenance={"seed": 1, "shard": 0},
        rejections={"move: collision": number},
    )
    geometry = Geometry(
        rng.integers(0, 5, (96, 128)).astype(np.uint16), rng.uniform(0, 9, (96, 128)).astype(np.float32)
    )
    rgb = [Image.fromarray(rng.integers(0, 256, (96, 128, 3)).astype(np.uint8)) for _ in range(2)]
    return sample, Pictures(rgb[0], rgb[1], geometry, geometry)


def test_a_shard_gives_back_samples_and_pictures(tmp_path: Path) -> None:
    pairs = [make_pair(number) for number in range(3)]
    assert write_shard(tmp_path / "shard-00000.tar", pairs) == 3
    for (sample, pictures), (read, found) in zip(pairs, read_shard(tmp_path / "shard-00000.tar"), strict=True):
        assert read.to_document() == sample.to_document()
        assert found.source.tobytes() == pictures.source.tobytes()
        np.testing.assert_array_equal(found.target_geometry.ids_HW, pictures.target_geometry.ids_HW)
        error_HW = np.abs(found.source_geometry.depth_HW - pictures.source_geometry.depth_HW)
        assert error_HW.max() <= 0.5 / DEPTH_UNITS + 1e-6


def test_a_sample_without_a_true_answer_comes_back_without_one(tmp_path: Path) -> None:
    sample, pictures = make_pair(0)
    bare = replace(pictures, target=None)
    write_shard(tmp_path / "shard-00000.tar", [(sample, bare), make_pair(1)])
    (_, found), (_, other) = read_shard(tmp_path / "shard-00000.tar")
    assert found.target is None
    assert found.source.tobytes() == pictures.source.tobytes()
    np.testing.assert_array_equal(found.target_geometry.ids_HW, pictures.target_geometry.ids_HW)
    assert other.target is not None


def test_an_imported_set_is_found_by_its_name(tmp_path: Path) -> None:
    for folder in ("data/gsi_syn/table-test", "data/official/fine"):
        (tmp_path / folder).mkdir(parents=True)
        write_shard(tmp_path / folder / "shard-00000.tar", [make_pair(0)])
        assert set_folder(tmp_path, Path(folder).name) == tmp_path / folder
    assert [folder.name for folder in set_folders(tmp_path)] == ["table-test", "fine"]


def test_equal_samples_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("first.tar", "second.tar"):
        write_shard(tmp_path / name, [make_pair(0)])
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()


def test_a_webdataset_loader_reads_the_shards(tmp_path: Path) -> None:
    import webdataset

    write_shard(tmp_path / "shard-00000.tar", [make_pair(0), make_pair(1)])
    rows = list(webdataset.WebDataset(str(tmp_path / "shard-00000.tar"), shardshuffle=False))
    assert [row["__key__"] for row in rows] == ["toy-0", "toy-1"]
    assert Image.open(io.BytesIO(rows[0]["source.png"])).size == (128, 96)
    assert json.loads(rows[1]["json"])["edit"] == {
        "operation": "move",
        "target": "book",
        "direction": "left",
        "distance": 0.11,
    }


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> object:
        yield make_pair(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "shard-00000.tar", failing())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keep", [0, 700, 3000, -10240, -20480])
def test_a_cut_off_shard_names_the_file_and_the_remedy(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "shard-00000.tar"
    write_shard(path, [make_pair(0)])
    path.write_bytes(path.read_bytes()[:keep])  # the negative ones cut off whole tar records of 10 KiB
    with pytest.raises(ValueError, match=r"shard-00000\.tar is damaged.*dvc repro"):
        list(read_shard(path))


@pytest.mark.parametrize(
    "change", [{"supports": None}, {"lighting": {"lamp_place": [0, 0, 2]}}], ids=["lacks", "has more"]
)
def test_a_shard_of_another_layout_names_the_file_and_the_remedy(tmp_path: Path, change: dict[str, object]) -> None:
    """Older versions wrote one `support` instead of `supports`, and one lamp as fields of the light."""
    path = tmp_path / "shard-00000.tar"
    write_shard(path, [make_pair(0)])
    with tarfile.open(path) as tar:
        members = {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]
    record = json.loads(members["toy-0.json"])
    for key, value in change.items():
        if value is None:
            record["before"]["support"] = record["before"].pop(key)[0]
        else:
            record["before"][key].update(value)
    members["toy-0.json"] = json.dumps(record).encode()
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    for read in (read_samples, read_shard):
        with pytest.raises(
            ValueError, match=r"shard-00000\.tar has records of another layout.*older version.*dvc repro"
        ):
            list(read(path))  # type: ignore[operator]


def test_a_missing_shard_and_an_empty_set_name_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing: run `dvc repro`"):
        list(read_samples(tmp_path / "shard-00007.tar"))
    with pytest.raises(ValueError, match="holds no shards"):
        shard_paths(tmp_path)


def test_the_manifest_has_one_row_a_sample_with_what_was_asked(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard-00000.tar", [make_pair(0), make_pair(1)])
    write_shard(tmp_path / "shard-00001.tar", [make_pair(2)])
    assert write_manifest(tmp_path) == 3
    table = read_manifest(tmp_path)
    assert list(table["sample_id"]) == ["toy-0", "toy-1", "toy-2"]
    assert list(table["amount"]) == pytest.approx([0.1, 0.11, 0.12])
    assert list(table["shard"]) == ["shard-00000.tar", "shard-00000.tar", "shard-00001.tar"]
    assert table["fov_deg"][0] == pytest.approx(np.degrees(0.8))


def test_what_was_not_measured_is_null_in_the_manifest(tmp_path: Path) -> None:
    sample, pictures = make_pair(0)
    write_shard(tmp_path / "shard-00000.tar", [(replace(sample, figures={}, provenance={}), pictures)])
    write_manifest(tmp_path)
    assert read_manifest(tmp_path)[["visible_before", "pixel_change", "seed"]].isna().all(axis=None)


def test_a_damaged_manifest_names_the_file_and_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "manifest.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(ValueError, match=r"manifest\.parquet is damaged.*dvc repro"):
        read_manifest(tmp_path)
