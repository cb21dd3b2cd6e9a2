"""What became of the candidates of a set, read from the reasons that its samples carry.

Four kinds of keys are counted in `Sample.rejections`. `OP: why` is a candidate, an edit that was tried and failed in
physics or in the picture. `rules: OP: why` is a draw that the rules of the operation exclude before anything is tried: no
candidate. `scene: why` is a scene that was given up, and `thing: why` one that no edit was asked of.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_gsi.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where most candidates fail, a set is made of the few places where nothing was in the way.
LEAST_ACCEPTANCE = 0.3
_RULES = "rules"
_NO_CANDIDATES = (_RULES, "scene", "thing")

Reasons = tuple[tuple[str, int], ...]
"""Reasons with how often each was given, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one operation in one set."""

    operation: str
    pairs: int
    failed: Reasons
    """Candidates that were tried in vain."""
    excluded: Reasons
    """Draws that no rule allows."""

    @property
    def num_candidates(self) -> int:
        return self.pairs + sum(count for _, count in self.failed)

    @property
    def num_excluded(self) -> int:
        return sum(count for _, count in self.excluded)

    @property
    def acceptance(self) -> float | None:
        """Pairs among candidates, 0..1; None if there were no candidates."""
        return self.pairs / self.num_candidates if self.num_candidates else None

    @property
    def is_low(self) -> bool:
        return self.acceptance is not None and self.acceptance < LEAST_ACCEPTANCE


def cells_of(pairs: Mapping[str, int], rejections: Mapping[str, int]) -> tuple[Cell, ...]:
    """One cell for each operation that was drawn, in the order of all reports; `pairs` is their number by operation."""
    failed = {name: Counter[str]() for name in OPERATIONS}
    excluded = {name: Counter[str]() for name in OPERATIONS}
    for key, count in rejections.items():
        if operation := _operation_of(key):
            why = key.partition(f"{operation}: ")[2]
            (excluded if _kind_of(key) == _RULES else failed)[operation][why] += count
    return tuple(
        Cell(name, pairs.get(name, 0), ranked(failed[name]), ranked(excluded[name]))
        for name in OPERATIONS
        if pairs.get(name) or failed[name] or excluded[name]
    )


def failures(rejections: Mapping[str, int]) -> dict[str, int]:
    """The reasons that candidates failed for."""
    return {key: count for key, count in rejections.items() if _kind_of(key) not in _NO_CANDIDATES}


def left_aside(rejections: Mapping[str, int]) -> dict[str, int]:
    """The reasons that are no operation's: of scenes that were given up, and of things that were passed over."""
    return {key: count for key, count in rejections.items() if _operation_of(key) is None}


def ranked(counts: Mapping[str, int]) -> Reasons:
    """The most frequent first, and equals by their names."""
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _kind_of(key: str) -> str:
    return key.partition(": ")[0]


def _operation_of(key: str) -> str | None:
    """The operation that the reason is about, if it is about one."""
    name = _kind_of(key.removeprefix(f"{_RULES}: "))
    return name if name in OPERATIONS else None
