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

CEILING, FLOORS = "oracle", ("identity", "shuffled")
"""Kinds of editors that measure the protocol instead of competing: the true target; the untouched source and true targets
of other requests.
"""
REFERENCES = (CEILING, *FLOORS)

LEAST_OF_CEILING = {"ic": 97.0, "sa": 93.0}
"""What the true target must have: the detector may miss one answer in forty, and err a little where it finds it."""
MOST_OF_FLOORS = 3.0
"""What the floors may have in IC: chance agrees with a request now and then."""

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
        return self.kind in REFERENCES


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
    """What the references say of the protocol on one set."""

    lines: tuple[Line, ...]
    """Of the references that were run, the ceiling first."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Kinds of references that were not run."""
        return tuple(kind for kind in REFERENCES if kind not in {line.model.kind for line in self.lines})

    @property
    def holds(self) -> bool | None:
        """None unless all references were run."""
        return None if self.missing else all(_is_as_it_must(line) for line in self.lines)


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
    measured_by: tuple[str, ...]
    """Which detector and judge looked at which models' pictures, and what the judgements cost, a sentence each."""


def models_of(kinds: Mapping[str, str]) -> tuple[Model, ...]:
    """The models in the order of the parameters, competitors before references."""
    models, colour = [], 0
    for name, kind in kinds.items():
        if kind in REFERENCES:
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
            own = [row for row in rows if (row["set"], row["protocol"]) == (name, protocol)]
            panels.append(Panel(name, protocol, groups, _proof(groups[0]), counts, _measured_by(own)))
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


def _measured_by(rows: Sequence[Record]) -> tuple[str, ...]:
    by_pair: dict[tuple[str, str], list[Record]] = {}
    for row in rows:
        if isinstance(row["detector"], str) and isinstance(row["judge"], str):
            by_pair.setdefault((row["detector"], row["judge"]), []).append(row)
    return tuple(
        f"{', '.join(sorted({row['model'] for row in some}))}: detector {detector}, judge {judge}{_cost(some)}."
        for (detector, judge), some in sorted(by_pair.items())
    )


def _cost(rows: Sequence[Record]) -> str:
    """Tokens and money of the judgements, as far as they were counted."""
    prompt, completion, cost = (
        sum(value for row in rows if isinstance(value := row[f"judge_{name}"], (int, float)) and not math.isnan(value))
        for name in ("prompt_tokens", "completion_tokens", "cost")
    )
    if not prompt + completion:
        return ""
    return f", {prompt:,.0f} tokens read and {completion:,.0f} written" + (f" at a cost of {cost:.2f}" if cost else "")


def _proof(overall: Group) -> Proof:
    lines = [line for line in overall.lines if line.model.is_reference]
    return Proof(tuple(sorted(lines, key=lambda line: REFERENCES.index(line.model.kind))))


def _is_as_it_must(line: Line) -> bool:
    """Whether a reference has what the protocol must give it; a figure without a value has nothing."""
    means = {name: found.mean for name, found in line.figures.items() if found is not None}
    if line.model.kind == CEILING:
        return all(means.get(name, 0.0) >= least for name, least in LEAST_OF_CEILING.items())
    return means.get("ic", 100.0) <= MOST_OF_FLOORS
