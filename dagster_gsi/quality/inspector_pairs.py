"""Which pairs of a set a model is shown, and what it sees of them."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dagster_gsi.samples.shards import read_fields, sample_of, shard_paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One sample as a model is shown it."""

    sample_id: str
    set: str
    operation: str
    instruction: str
    source_HW3: NDArray[np.uint8]
    target_HW3: NDArray[np.uint8]


def chosen(sample_ids: Iterable[str], count: int) -> frozenset[str]:
    """`count` of the ids, or all where there are no more or `count` is 0.

    Those with the least SHA-256: an even draw that needs no seed. A set that grows keeps most of its choice, and a larger
    count adds to a smaller one, so that kept answers stay of use.
    """
    ids = sorted(sample_ids, key=lambda sample_id: hashlib.sha256(sample_id.encode()).digest())
    return frozenset(ids[:count] if count else ids)


def read_pairs(folder: Path, sample_ids: Collection[str]) -> Iterator[Pair]:
    """The pairs with these ids in one set, in its order; of all others no picture is decoded."""
    for path in shard_paths(folder):
        for fields in read_fields(path):
            sample = sample_of(fields, path)
            if sample.id in sample_ids:
                yield Pair(
                    sample_id=sample.id,
                    set=sample.set,
                    operation=sample.edit.name,
                    instruction=sample.instruction.en,
                    source_HW3=_picture(fields["source.png"]),
                    target_HW3=_picture(fields["target.png"]),
                )


def _picture(data: bytes) -> NDArray[np.uint8]:
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))
