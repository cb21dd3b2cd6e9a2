"""What a set is made of: its edits, its things, and what was given up on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_gsi.operations import OPERATIONS
from dagster_gsi.samples.manifest import read_manifest
from dagster_gsi.samples.shards import read_samples, shard_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

# What fits beside the other lists; the rest is counted in one line.
_MOST_CATEGORIES = 16


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts under a heading, in the order they are shown."""

    title: str
    counts: tuple[tuple[str, int], ...]

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
    """Samples among all draws of scenes and edits, 0..1; None for an imported set, which nobody drew."""
    tallies: tuple[Tally, ...]


def composition_of(folder: Path) -> Composition:
    """The composition of the set in `folder`, from its manifest and the records in its shards."""
    table = read_manifest(folder)
    rejections = Counter[str]()
    imported = False
    for path in shard_paths(folder):
        for sample in read_samples(path):
            rejections.update(dict(sample.rejections))
            imported |= "origin" in sample.provenance
    rejected = sum(rejections.values())
    first = table.iloc[0]
    return Composition(
        set=folder.name,
        environment=str(first["environment"]),
        split=str(first["split"]),
        num_pairs=len(table),
        num_scenes=table["scene_id"].nunique(),
        num_categories=table["target_category"].nunique(),
        num_assets=table["target_asset"].nunique(),
        image_size=(int(first["image_width"]), int(first["image_height"])),
        acceptance=None if imported else len(table) / (len(table) + rejected),
        tallies=(
            _operations(table),
            *(tally for name in OPERATIONS if (table["operation"] == name).any() for tally in _asked(table, name)),
            _categories(table),
            Tally("Given up, by reason", tuple(sorted(rejections.items(), key=lambda item: (-item[1], item[0])))),
        ),
    )


def _operations(table: pd.DataFrame) -> Tally:
    counts = Counter(str(name) for name in table["operation"])
    return Tally("Operations", tuple((name, counts[name]) for name in OPERATIONS if name in counts))


def _asked(table: pd.DataFrame, operation: str) -> Iterator[Tally]:
    """How often each direction and each amount of one operation was asked for."""
    rows = table[table["operation"] == operation]
    directions = sorted(Counter(str(name).replace("_", " ") for name in rows["direction"]).items())
    which = {"remove": "which one", "receptacle": "where", "place": "which side"}.get(operation, "which way")
    yield Tally(f"{operation}: {which}", tuple(directions))
    if operation not in ("remove", "receptacle"):
        said = Counter[str]()
        for amount, direction in sorted(zip(rows["amount"].map(float), rows["direction"].map(str), strict=True)):
            said[_in_words(operation, direction, amount)] += 1
        yield Tally(f"{operation}: how much", tuple(said.items()))


def _in_words(operation: str, direction: str, amount: float) -> str:
    """An amount of the manifest: degrees for turns, metres for shifts, and factors."""
    if operation == "scale":
        return f"× {amount:g}"
    if operation == "rotate" or (operation == "view" and direction.startswith(("turn", "tilt"))):
        return f"{amount:.0f}°"
    return f"{amount * 100:.0f} cm"


def _categories(table: pd.DataFrame) -> Tally:
    counts = Counter(table["target_category"].dropna())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = ranked[_MOST_CATEGORIES:]
    others = ((f"{len(rest)} others", sum(count for _, count in rest)),) if rest else ()
    return Tally("Categories of targets", (*ranked[:_MOST_CATEGORIES], *others))
