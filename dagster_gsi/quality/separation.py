"""Whether training and test sets keep apart: what the pictures of each show, counted while their samples are read.

Homes, objects, what carries them and how they are arranged belong to one split each. Other furniture, textures and
environments may be in both: nothing is asked of them, and there are too few. A model counts by the file that it was made
of, so that a recoloured twin does not pass for another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from dagster_gsi.samples.sample import SPLITS
from dagster_gsi.scenes.scene import Interior

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dagster_gsi.samples.sample import Sample
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Scene, Support

Kind = Literal["homes", "arrangements", "objects", "supports", "furniture", "textures", "environments"]
KINDS: dict[Kind, bool] = {
    "homes": True,
    "arrangements": True,
    "objects": True,
    "supports": True,
    "furniture": False,
    "textures": False,
    "environments": False,
}
"""In the order of tables, each with whether train and test must keep apart in it.

Supports carry things before or after the edit; furniture does not. An arrangement is what stands on one support, and where.
"""
_MODELS: frozenset[Kind] = frozenset({"objects", "supports", "furniture"})
_Uses = set[tuple[str, str]]
"""Splits and sets that show one."""
_SHOWN = 3
"""Shared things named per kind: enough to look, few enough to read."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many different ones the training sets show, the test sets, and both."""

    train: int
    test: int
    shared: int


@dataclass(frozen=True, slots=True)
class Shared:
    """One that both splits show."""

    name: str
    """For models, the file and what was made of it."""
    category: str
    """Of models in the catalogue, else empty."""
    sets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What the sets share of one kind."""

    kind: Kind
    must_be_apart: bool
    counts: Counts
    files: Counts | None
    """Of the files that models were made of; None for what is no model."""
    shared: tuple[Shared, ...]

    @property
    def is_fault(self) -> bool:
        return self.must_be_apart and bool(self.shared)


@dataclass(slots=True)
class Usage:
    """What is shown, kind by kind, with the splits and sets that show it."""

    catalogue: Catalogue
    """Read when there is a model to look up. Models that it lacks are files of their own."""
    _shown: defaultdict[Kind, defaultdict[str, _Uses]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def add(self, sample: Sample) -> None:
        """Count what a sample shows. Of one whose pictures were made elsewhere, nothing is known."""
        if "origin" in sample.provenance:
            return
        for kind, name in _in_pictures(sample.before, sample.after):
            self._shown[kind][name].add((sample.split, sample.set))

    def lines(self) -> tuple[Line, ...]:
        """One a kind that any sample shows."""
        return tuple(self._line(kind) for kind in KINDS if self._shown[kind])

    def _line(self, kind: Kind) -> Line:
        shown, is_model = self._shown[kind], kind in _MODELS
        files: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(shown):
            files[self._source(name) if is_model else name].append(name)
        uses = {file: _Uses().union(*(shown[name] for name in names)) for file, names in files.items()}
        shared = tuple(
            Shared(
                name=f"{file} ({', '.join(files[file])})" if is_model else file,
                category=self._category(files[file][0]) if is_model else "",
                sets=tuple(sorted({name for _, name in some})),
            )
            for file, some in sorted(uses.items())
            if _splits_of(some).issuperset(SPLITS)
        )
        return Line(kind, KINDS[kind], _counts(shown.values()), _counts(uses.values()) if is_model else None, shared)

    def _source(self, asset: str) -> str:
        return self.catalogue[asset].source if asset in self.catalogue.cards else asset

    def _category(self, asset: str) -> str:
        return self.catalogue[asset].category_en if asset in self.catalogue.cards else ""


def faults(lines: Sequence[Line]) -> list[str]:
    """One line for each kind in which train and test must keep apart and do not."""
    return [
        f"{line.kind}: training and test sets share {len(line.shared)}, such as "
        + "; ".join(f"{one.name} in {', '.join(one.sets)}" for one in line.shared[:_SHOWN])
        + ": make these sets again (`dvc repro`), or take one of them out of synthesize.sets in params.yaml"
        for line in lines
        if line.is_fault
    ]


def _in_pictures(before: Scene, after: Scene) -> Iterator[tuple[Kind, str]]:
    """Everything that the two pictures show, by kind. Edits move things, also onto other supports."""
    carrying = {thing.on for scene in (before, after) for thing in scene.things}
    for thing in before.things:
        yield "objects", thing.asset
    for support in before.supports:
        yield ("supports" if support.name in carrying else "furniture"), support.body.asset
        if any(thing.on == support.name for thing in before.things):
            yield "arrangements", _arrangement(support, before)
        if support.texture is not None:
            yield "textures", support.texture
    for fixture in before.fixtures:
        yield "furniture", fixture.asset
    if isinstance(before.room, Interior):
        yield "homes", before.room.home
    yield "textures", before.room.floor
    yield "textures", before.room.wall
    yield "environments", before.lighting.environment


def _arrangement(support: Support, scene: Scene) -> str:
    """What stands on the support and where, in whole centimetres of its frame."""
    things = [thing for thing in scene.things if thing.on == support.name]
    places_N3 = support.body.pose_wo.inverse().apply(np.array([thing.pose_wo.translation_3 for thing in things]))
    places_cm_N3 = np.rint(100 * places_N3).astype(int)
    on_it = sorted(f"{thing.asset} at {x}, {y}" for thing, (x, y, _) in zip(things, places_cm_N3, strict=True))
    return f"{support.body.asset} with {'; '.join(on_it)}"


def _counts(uses_of_each: Iterable[_Uses]) -> Counts:
    splits = [_splits_of(uses) for uses in uses_of_each]
    train, test = (sum(name in some for some in splits) for name in SPLITS)
    return Counts(train, test, sum(some.issuperset(SPLITS) for some in splits))


def _splits_of(uses: _Uses) -> set[str]:
    return {split for split, _ in uses}
