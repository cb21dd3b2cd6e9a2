"""Sets of samples on disk: WebDataset tar shards and one `manifest.parquet`.

A shard is an uncompressed tar with seven members a sample, `<id>.<field>`, that a WebDataset loader groups by id:
`source.png`, `target.png` (8-bit RGB), `source_ids.png`, `target_ids.png` (16-bit instance maps), `source_depth.png`,
`target_depth.png` (16-bit, 5000 units a metre as in the TUM RGB-D format, 0 is nothing) and `json`. `target.png` is
absent where there is no true answer. Members carry no time and no owner, so equal samples are equal bytes.
"""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dagster_gsi.files import replacing
from dagster_gsi.rendering.base import Geometry
from dagster_gsi.samples.sample import Pictures, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

DEPTH_UNITS = 5000
"""Depth pictures count in 1/5000 m: 0.2 mm steps up to 13.1 m."""


def write_shard(path: Path, samples: Iterable[tuple[Sample, Pictures]]) -> int:
    """Write one whole shard; returns the number of samples."""
    count = 0
    with replacing(path) as partial, tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as tar:
        for sample, pictures in samples:
            for field, data in _members(sample, pictures):
                info = tarfile.TarInfo(f"{sample.id}.{field}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            count += 1
    return count


def read_fields(path: Path) -> Iterator[dict[str, bytes]]:
    """The fields of each sample in one shard as they are."""
    return _groups(path)


def read_samples(path: Path) -> Iterator[Sample]:
    """The records of one shard, without decoding a picture."""
    for fields in _groups(path, only=("json",)):
        yield sample_of(fields, path)


def read_shard(path: Path) -> Iterator[tuple[Sample, Pictures]]:
    """Everything in one shard, in order."""
    for fields in _groups(path):
        yield sample_of(fields, path), pictures_of(fields)


def sample_of(fields: Mapping[str, bytes], path: Path) -> Sample:
    """The record of a sample; one of another layout raises ValueError with the shard and the remedy."""
    try:
        return Sample.from_document(json.loads(fields["json"]))
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path} has records of another layout ({type(error).__name__}: {error}): an older version of this program made "
            "it. Run `dvc repro`, or import the set again"
        ) from error


def shard_paths(folder: Path) -> tuple[Path, ...]:
    """The shards of a set in order; a folder without any is an error that says how to make them."""
    paths = tuple(sorted(folder.glob("shard-*.tar")))
    if not paths:
        raise ValueError(f"{folder} holds no shards: run `dvc repro` or `dvc pull`")
    return paths


def set_folders(root: Path) -> tuple[Path, ...]:
    """All sets in order of their names, those made here first."""
    found = [p.parent for kind in ("gsi_syn", "official") for p in sorted(root.glob(f"data/{kind}/*/shard-00000.tar"))]
    if not found:
        raise ValueError(f"{root / 'data/gsi_syn'} holds no sets: run `dvc repro` or `dvc pull`")
    return tuple(found)


def set_folder(root: Path, name: str) -> Path:
    """Where the set of that name lies: among the imported ones or among those made here."""
    imported = root / "data/official" / name
    return imported if imported.is_dir() else root / "data/gsi_syn" / name


def read_set(folder: Path) -> Iterator[tuple[Sample, Pictures]]:
    for path in shard_paths(folder):
        yield from read_shard(path)


def _members(sample: Sample, pictures: Pictures) -> Iterator[tuple[str, bytes]]:
    yield "source.png", _png(pictures.source)
    if pictures.target is not None:
        yield "target.png", _png(pictures.target)
    for side, geometry in (("source", pictures.source_geometry), ("target", pictures.target_geometry)):
        yield f"{side}_ids.png", _png(Image.fromarray(geometry.ids_HW))
        depth_HW = np.clip(np.rint(geometry.depth_HW * DEPTH_UNITS), 0, 65535).astype(np.uint16)
        yield f"{side}_depth.png", _png(Image.fromarray(depth_HW))
    text = json.dumps(sample.to_document(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    yield "json", text.encode()


def _check_end(path: Path) -> None:
    """A tar that was cut off between two members reads well but lacks the two empty blocks at its end."""
    with path.open("rb") as file:
        file.seek(-2 * tarfile.BLOCKSIZE, io.SEEK_END)
        if any(file.read()):
            raise tarfile.ReadError("cut off before its end")


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def pictures_of(fields: Mapping[str, bytes]) -> Pictures:
    """The pictures of a sample from the bytes of its fields."""

    def picture(field: str) -> Image.Image:
        image = Image.open(io.BytesIO(fields[field]))
        image.load()
        return image

    def geometry(side: str) -> Geometry:
        return Geometry(
            ids_HW=np.array(picture(f"{side}_ids.png"), dtype=np.uint16),
            depth_HW=np.array(picture(f"{side}_depth.png"), dtype=np.float32) / np.float32(DEPTH_UNITS),
        )

    target = picture("target.png") if "target.png" in fields else None
    return Pictures(picture("source.png"), target, geometry("source"), geometry("target"))


def _groups(path: Path, only: tuple[str, ...] | None = None) -> Iterator[dict[str, bytes]]:
    """The fields of each sample; a damaged file raises ValueError with its name and the remedy."""
    try:
        with tarfile.open(path, "r:") as tar:
            current, fields = "", dict[str, bytes]()
            for info in tar:
                key, _, field = info.name.partition(".")
                if key != current and fields:
                    yield fields
                    fields = {}
                current = key
                member = tar.extractfile(info) if only is None or field in only else None
                if member is not None:
                    fields[field] = member.read()
            if fields:
                yield fields
            _check_end(path)
    except FileNotFoundError:
        raise ValueError(f"{path} is missing: run `dvc repro` or `dvc checkout`") from None
    except (tarfile.TarError, EOFError, KeyError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and run `dvc repro` or `dvc checkout`") from error
