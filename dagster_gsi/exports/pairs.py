"""What every export reads and where it writes: the pairs of a set as their bytes lie in the shards, and a new folder."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_gsi.files import replacing
from dagster_gsi.samples.sample import Sample
from dagster_gsi.samples.shards import read_fields, read_samples, shard_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One sample and its pictures as they are stored, in PNG."""

    sample: Sample
    source: bytes
    target: bytes | None
    """None where the set has no true answer."""


def read_pairs(folder: Path) -> Iterator[Pair]:
    """The pairs of a set in order; a shard of another layout is a ValueError with its name and the remedy."""
    for path in shard_paths(folder):
        for fields in read_fields(path):
            try:
                sample = Sample.from_document(json.loads(fields["json"]))
                pair = Pair(sample, fields["source.png"], fields.get("target.png"))
            except (KeyError, TypeError, ValueError) as error:
                has = f"its samples have {', '.join(sorted(fields))}"
                raise ValueError(_other_layout(path, error, has)) from error
            # Ids become names of files, and a set from elsewhere may hold any.
            if not sample.id or "/" in sample.id or sample.id.startswith("."):
                raise ValueError(f"{path}: {sample.id!r} is no name for a file: give the sample another id")
            yield pair


def read_records(folder: Path) -> Iterator[Sample]:
    """The samples of a set in order, without their pictures."""
    count = 0
    for path in shard_paths(folder):
        try:
            for sample in read_samples(path):
                count += 1
                yield sample
        except (KeyError, TypeError) as error:
            raise ValueError(_other_layout(path, error)) from error
    if not count:
        raise ValueError(_other_layout(path, KeyError("json")))


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `out` if the block succeeds, and nothing otherwise."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} is there already and not empty: name another folder, or delete it")
    with replacing(out) as partial:
        partial.mkdir()
        yield partial


def _other_layout(path: Path, error: Exception, *remarks: str) -> str:
    reason = "; ".join((f"no field {error}" if isinstance(error, KeyError) else str(error), *remarks))
    return f"{path} is not of this version's layout ({reason}): make the set again with `dvc repro` or `gsi import`"
