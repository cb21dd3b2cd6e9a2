"""The tables and bars of the report: what `summarise` computed, arranged for reading."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster_gsi.evaluation.statistics import ALL, Estimate
from dagster_gsi.evaluation.table import FIGURES
from dagster_gsi.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Record = dict[str, Any]
"""One row of the scores or of their summary, by column."""

CEILING, FLOOR = "oracle", "identity"
"""Kinds of editors that measure the protocol instead of competing: the true target and the untouched source."""

# Far from what any model reaches, with room for what the detector misses on a set of real captures.
_LEAST_OF_CEILING = 90.0
_MOST_OF_FLOOR = 10.0

NUM_COLOURS = 6


@dataclass(frozen=True, slots=True)
class Model:
    """One column of every comparison."""

    name: str
    kind: str
    colour: str
    """CSS class: models that compete have a colour of their own, references are grey."""

    @property
    def is_reference(self) -> bool:
        return self.kind in (CEILING, FLOOR)


@dataclass(frozen=True, slots=True)
class Line:
    """One model's figures on one group of samples."""

    model: Model
    figures: Mapping[str, Estimate | None]
    """By name of the figure; None where nothing could be judged."""
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """All models on the samples of one operation, or on all."""

    operation: str
    code: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What the two references say of the protocol on one set."""

    ceiling: Line | None
    floor: Line | None

    @property
    def holds(self) -> bool | None:
        """None unless both references were run."""
        if self.ceiling is None or self.floor is None:
            return None
        high, low = self.ceiling.figures["ic"], self.floor.figures["ic"]
        return high is not None and low is not None and high.mean >= _LEAST_OF_CEILING and low.mean <= _MOST_OF_FLOOR


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything about one set under one protocol."""

    set: str
    protocol: str
    groups: tuple[Group, ...]
    """Over all operations first, then each."""
    proof: Proof
    unscored: tuple[tuple[str, str, str, int], ...]
    """(model, status, what follows, count) of what is not simply scored."""


def models_of(kinds: Mapping[str, str]) -> tuple[Model, ...]:
    """The models in the order of the parameters, competitors before references."""
    models, colour = [], 0
    for name, kind in kinds.items():
        if kind in (CEILING, FLOOR):
            models.append(Model(name, kind, f"ref-{kind}"))
        else:
            models.append(Model(name, kind, f"m{colour % NUM_COLOURS}"))
            colour += 1
    return tuple(sorted(models, key=lambda model: model.is_reference))


def panels_of(
    rows: Sequence[Record], summary: Sequence[Record], models: Sequence[Model], protocols: Sequence[str]
) -> tuple[Panel, ...]:
    """One panel a set and protocol, in the order of the names and of `protocols`."""
    panels = []
    for name in sorted({row["set"] for row in rows}):
        for protocol in protocols:
            some = [row for row in summary if (row["set"], row["protocol"]) == (name, protocol)]
            if not some:
                continue
            groups = tuple(
                Group(operation, code, lines)
                for operation, code in ((ALL, ""), *((o.name, o.code) for o in OPERATIONS.values()))
                if (lines := _lines([row for row in some if row["operation"] == operation], models))
            )
            unscored = Counter(
                (row["model"], row["status"], _effect(row))
                for row in rows
                if (row["set"], row["protocol"]) == (name, protocol) and row["status"] != "scored"
            )
            counts = tuple((*key, count) for key, count in sorted(unscored.items()))
            panels.append(Panel(name, protocol, groups, _proof(groups[0]), counts))
    return tuple(panels)


def _lines(summary: Sequence[Record], models: Sequence[Model]) -> tuple[Line, ...]:
    lines = []
    for model in models:
        found = {
            row["figure"]: Estimate(row["mean"], row["low"], row["high"], row["count"])
            for row in summary
            if row["model"] == model.name
        }
        if found:
            count = max(estimate.count for estimate in found.values())
            lines.append(Line(model, {figure: found.get(figure) for figure in FIGURES}, count))
    return tuple(lines)


def _effect(row: Record) -> str:
    """What a row without a full score does to the means."""
    if math.isnan(row["ic"]):
        return "left out of all means"
    return "left out of AC and Avg" if math.isnan(row["avg"]) else "counts 0"


def _proof(overall: Group) -> Proof:
    by_kind = {line.model.kind: line for line in overall.lines}
    return Proof(by_kind.get(CEILING), by_kind.get(FLOOR))
