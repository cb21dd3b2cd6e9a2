"""What a model found in pairs: one row each, and shares of sets."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from dagster_gsi.files import replacing
from dagster_gsi.judges.chat_answer import PlainText

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.quality.inspector_params import InspectorParams

QUESTIONS = ("plausible", "unambiguous", "matches")
_COVERAGE = 0.99
"""Of the pairs of a set, those that must have been judged: the rest may be refusals, not a broken endpoint."""
_SHOWN = 3
"""Pairs and reasons named in a failure: enough to open one, few enough to read."""


class PairAnswer(BaseModel):
    """What a model may answer. Words instead of true or false, and further keys, are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    plausible: bool
    """Nothing floats, nothing cuts into another thing, nothing is broken, in both pictures."""
    unambiguous: bool
    """One thing in the source is meant, and can be recognised."""
    matches: bool
    """The change is the one that was asked for."""
    reason: PlainText


@dataclass(frozen=True, slots=True)
class Inspection:
    """One row: a pair, who looked at it, and what was found. Without an answer the three findings are null."""

    sample_id: str
    set: str
    operation: str
    model: str
    prompt: str
    """The version of the prompt."""
    asked: str
    """SHA-256 of all that the answer depends on, and the name of the file that keeps it."""
    plausible: bool | None
    unambiguous: bool | None
    matches: bool | None
    reason: str
    """The model's, or why there is no answer."""
    said: str | None
    """The whole text that the answer was read from."""
    prompt_tokens: int
    completion_tokens: int

    @property
    def is_judged(self) -> bool:
        return self.plausible is not None

    @property
    def is_faultless(self) -> bool:
        """Whether all findings are good; what was not judged is not faultless."""
        return bool(self.plausible and self.unambiguous and self.matches)

    @property
    def faults(self) -> str:
        return ", ".join(f"not {question}" for question in QUESTIONS if getattr(self, question) is False)


def by_set(inspections: Sequence[Inspection]) -> dict[str, list[Inspection]]:
    sets: dict[str, list[Inspection]] = {}
    for inspection in inspections:
        sets.setdefault(inspection.set, []).append(inspection)
    return sets


def shares(inspections: Sequence[Inspection]) -> dict[str, float]:
    """`pairs` and, as parts of them, those judged, with each good finding, and with all three: a pair that was not judged
    has none.
    """
    total = len(inspections)
    counts = {
        "judged": sum(i.is_judged for i in inspections),
        **{question: sum(getattr(i, question) is True for i in inspections) for question in QUESTIONS},
        "faultless": sum(i.is_faultless for i in inspections),
    }
    return {"pairs": total, **{name: round(count / total, 4) for name, count in counts.items()}}


def failures(inspections: Sequence[Inspection], params: InspectorParams) -> list[str]:
    """One line for each set that was not judged well enough or that has too many faults, and what to do about the former."""
    lines: list[str] = []
    is_covered = True
    for name, part in by_set(inspections).items():
        unjudged = [i for i in part if not i.is_judged]
        if len(part) - len(unjudged) < _COVERAGE * len(part):
            is_covered = False
            reasons = Counter(i.reason for i in unjudged).most_common(_SHOWN)
            told = "; ".join(f"{count} x {reason}" for reason, count in reasons)
            lines.append(
                f"{name}: {len(unjudged)} of {len(part)} pairs were not judged, more than {1 - _COVERAGE:.0%}: {told}"
            )
        elif (faultless := sum(i.is_faultless for i in part)) / len(part) < params.least_share:
            faulty = [i for i in part if i.is_judged and not i.is_faultless]
            told = "; ".join(f"{i.sample_id} ({i.faults}: {i.reason})" for i in faulty[:_SHOWN])
            lines.append(
                f"{name}: {params.model} finds no fault in {faultless} of {len(part)} pairs, less than "
                f"{params.section}.least_share ({params.least_share:g}), but does in {len(faulty)}, such as {told}"
            )
    return lines if is_covered else [*lines, _remedy(params)]


def write_inspections(path: Path, inspections: Sequence[Inspection]) -> None:
    """As parquet; the columns have their types also where there is no row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"prompt_tokens": pa.int64(), "completion_tokens": pa.int64(), **dict.fromkeys(QUESTIONS, pa.bool_())}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in Inspection.__dataclass_fields__])
    with replacing(path) as partial:
        pq.write_table(pa.Table.from_pylist([asdict(i) for i in inspections], schema=schema), partial)


def _remedy(params: InspectorParams) -> str:
    return (
        f"See that params.yaml, {params.section}, names a server that answers (url: {params.url}), a model that it serves "
        f"(model: {params.model}) and the variable that holds its key (key_env: {params.key_env}), and start again: what "
        f"was answered is kept. Or set {params.section} to null to do without"
    )
