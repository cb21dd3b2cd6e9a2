"""What a set is made of: its edits, its things, what became of its candidates, and what was left aside on the way."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_gsi.operations import OPERATIONS
from dagster_gsi.samples.acceptance import cells_of, failures, left_aside, ranked
from dagster_gsi.samples.manifest import amount_in_words, read_manifest
from dagster_gsi.samples.shards import read_samples, shard_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from dagster_gsi.quality.separation import Usage
    from dagster_gsi.samples.acceptance import Cell

# What fits beside the other lists; the rest is counted in one line.
_MOST_NAMES = 16
_QUESTIONS = {"remove": "which one", "receptacle": "where", "place": "which side"}


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts under a heading, in the order they are shown."""

    title: str
    counts: tuple[tuple[str, int], ...]
    num_values: int | None = None
    """Of an aspect that edits are balanced over or places are drawn from, with those that stand in one line here."""
    evenness: float | None = None

    @property
    def most(self) -> int:
        return max((count for _, count in self.counts), default=1)


@dataclass(frozen=True, slots=True)
class Composition:
    """One set in figures."""

    set: str
    environment: str
    split: str
    num_pairs: int
    num_scenes: int
    num_categories: int
    num_assets: int
    image_size: tuple[int, int]
    acceptance: float | None
    """Pairs among candidates, 0..1; None for an imported set, which nobody drew."""
    cells: tuple[Cell, ...]
    """What became of each operation; none for an imported set."""
    tallies: tuple[Tally, ...]


def composition_of(folder: Path, usage: Usage) -> Composition:
    """The composition of the set in `folder`, from its manifest and the records in its shards.

    `usage` is told of every sample on the way: the records are read once.
    """
    table = read_manifest(folder)
    rejections = Counter[str]()
    imported = False
    for path in shard_paths(folder):
        for sample in read_samples(path):
            usage.add(sample)
            rejections.update(dict(sample.rejections))
            imported |= "origin" in sample.provenance
    first = table.iloc[0]
    aside = Tally("Given up", ranked(rejections)) if imported else Tally("Left aside", ranked(left_aside(rejections)))
    return Composition(
        set=folder.name,
        environment=str(first["environment"]),
        split=str(first["split"]),
        num_pairs=len(table),
        num_scenes=table["scene_id"].nunique(),
        num_categories=table["target_category"].nunique(),
        num_assets=table["target_asset"].nunique(),
        image_size=(int(first["image_width"]), int(first["image_height"])),
        acceptance=None if imported else len(table) / (len(table) + sum(failures(rejections).values())),
        cells=() if imported else cells_of(Counter(table["operation"].map(str)), rejections),
        tallies=(*_edits(table), *_places(table), *([aside] if aside.counts else [])),
    )


def evenness(counts: Iterable[int]) -> float | None:
    """Entropy of the counts over that of as many equal ones: 1 is even, towards 0 one value has all. None of one value.

    Unlike the largest count over the mean, it notices values that hardly occur, and means the same for two values as for
    twenty. Values that do not occur at all are not known here: how many do stands beside it.
    """
    some = [count for count in counts if count]
    if len(some) < 2:
        return None
    shares = [count / sum(some) for count in some]
    return -sum(share * math.log(share) for share in shares) / math.log(len(some))


def _edits(table: pd.DataFrame) -> Iterator[Tally]:
    """What is asked for, and of what."""
    counts = Counter(table["operation"].map(str))
    yield _spread("Operations", {name: counts[name] for name in OPERATIONS if name in counts})
    for operation in OPERATIONS:
        rows = table[table["operation"] == operation]
        if rows.empty:
            continue
        directions = Counter(str(name).replace("_", " ") for name in rows["direction"])
        yield _spread(f"{operation}: {_QUESTIONS.get(operation, 'which way')}", dict(sorted(directions.items())))
        said = Counter[str]()
        for amount, direction in sorted(zip(rows["amount"].map(float), rows["direction"].map(str), strict=True)):
            if words := amount_in_words(operation, direction, amount):
                said[words] += 1
        if said:
            yield _spread(f"{operation}: how much", said)
    yield _most("Categories of targets", table["target_category"].dropna())


def _places(table: pd.DataFrame) -> Iterator[Tally]:
    """Where it is done."""
    # Tabletops are in no home.
    indoors = table[table["home"].notna()]
    homes = list(indoors["home"].map(str))
    rooms = [f"{home}, {room}" for home, room in zip(homes, indoors["room"].map(str), strict=True)]
    # Boxes of imported sets are no models.
    supports = [name for name in table["support_asset"].map(str) if name]
    for title, names in (("Homes", homes), ("Rooms", rooms), ("Supports", supports)):
        if names:
            yield _most(title, names)


def _most(title: str, names: Iterable[str]) -> Tally:
    """The names that occur most, and the others in one line."""
    counts = Counter(names)
    first, rest = ranked(counts)[:_MOST_NAMES], ranked(counts)[_MOST_NAMES:]
    others = ((f"{len(rest)} more", sum(count for _, count in rest)),) if rest else ()
    return Tally(title, (*first, *others), len(counts), evenness(counts.values()))


def _spread(title: str, counts: Mapping[str, int]) -> Tally:
    return Tally(title, tuple(counts.items()), len(counts), evenness(counts.values()))
