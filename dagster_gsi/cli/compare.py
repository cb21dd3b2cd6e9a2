"""`gsi compare`: two models on the same samples."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dagster_gsi.evaluation.comparison import Comparison, nearest, paired_difference, scores_of
from dagster_gsi.evaluation.statistics import ALL
from dagster_gsi.evaluation.table import FIGURES
from dagster_gsi.files import write_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from dagster_gsi.evaluation.comparison import Difference

# Another seed then moves the ends of an interval by about 1 % of its width.
_RESAMPLES = 4_000
_SEED = 0
_MARK = "*"
# Below this many scenes the intervals hold the truth less often than they say: see `estimate`.
_FEW = 8


def compare(root: Path, first: str, second: str, protocol: str, only: str | None, out: Path | None) -> None:
    """Print a table a set, or of the set `only`; the same as JSON into `out`."""
    if first == second:
        raise ValueError(f"{first!r} is compared with itself: name two models")
    tables = [scores_of(root, model, protocol) for model in (first, second)]
    sets = sorted(set(tables[0]["set"]) & set(tables[1]["set"]))
    if not sets:
        raise ValueError(f"{first} and {second} were not scored on a common set")
    if only is not None and only not in sets:
        raise ValueError(f"{first} and {second} were not both scored on the set {only!r}; {nearest(only, sets)}")
    console = Console()
    documents = {}
    for name in sets if only is None else [only]:
        one, other = (table[table["set"] == name] for table in tables)
        found = paired_difference(one, other, resamples=_RESAMPLES, seed=_SEED)
        notes = _notes(found, one, other, first, second)
        limited = any(table["limited"].fillna(value=False).any() for table in (one, other))
        shown = f"{name}:first {found.samples}" if limited else name
        console.print(_table(found, f"{shown}, {protocol}: {second} minus {first}", first, second))
        console.print("\n".join(notes), soft_wrap=True, highlight=False, markup=False)
        names = {"first": first, "second": second, "protocol": protocol, "limited": limited}
        documents[name] = {**names, **asdict(found), "notes": notes}
    if out is not None:
        write_text(out, json.dumps(documents, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        print(out)


def _table(found: Comparison, title: str, first: str, second: str) -> Table:
    table = Table(title=Text(title), title_justify="left")
    for heading in ("", "", first, second, "difference", "95 % interval"):
        table.add_column(Text(heading), justify="right" if heading else "left", no_wrap=True)
    table.add_column("")
    by_operation: dict[str, list[Difference]] = {}
    for difference in found.differences:
        by_operation.setdefault(difference.operation, []).append(difference)
    for operation, differences in by_operation.items():
        most = max(differences, key=lambda difference: difference.samples)
        name = "all operations" if operation == ALL else operation
        margin = [name, _counted(most.samples, "sample"), _counted(most.scenes, "scene"), *[""] * len(differences)]
        for line, difference in zip(margin, differences, strict=False):
            table.add_row(
                Text(line),
                "mean" if difference.figure == FIGURES[-1] else difference.figure.upper(),
                *_cells(difference),
                style="bold" if difference.excludes_zero else "",
                end_section=difference is differences[-1],
            )
    return table


def _cells(difference: Difference) -> tuple[str, str, str, str, str]:
    left_out = f"{difference.unjudged} left out" if difference.unjudged else ""
    if difference.mean is None or difference.low is None or difference.high is None:
        return "-", "-", "-", "-", left_out
    return (
        f"{difference.first:.1f}",
        f"{difference.second:.1f}",
        f"{difference.mean:+.1f}",
        f"{difference.low:+.1f} to {difference.high:+.1f}",
        " ".join(filter(None, [_MARK if difference.excludes_zero else "", left_out])),
    )


def _notes(found: Comparison, one: pd.DataFrame, other: pd.DataFrame, first: str, second: str) -> list[str]:
    """What has to be known to read the table, as lines."""
    number = f"{_counted(found.samples, 'sample')} of {_counted(found.scenes, 'scene')}, each scored for both"
    notes = [f"{number}. {_MARK}: the interval excludes 0."]
    for count, has, lacks in ((found.only_first, first, second), (found.only_second, second, first)):
        if count:
            notes.append(f"Left out: {_counted(count, 'sample')} that {has} has and {lacks} has no row of.")
    if any(difference.unjudged for difference in found.differences):
        notes.append(
            "Left out: samples of which one of the two has no value, because a judge failed or by the protocol."
        )
    scenes = [difference.scenes for difference in found.differences if difference.scenes]
    if min(scenes, default=_FEW) < _FEW:
        notes.append(
            f"Intervals of fewer than {_FEW} scenes are too narrow; that of one scene is all that is possible."
        )
    for model, table in ((first, one), (second, other)):
        if table["limited"].fillna(value=False).any():
            notes.append(f"{model} was scored with --limit: these are not the figures of the whole set.")
    for column in ("detector", "judge"):
        names = [" and ".join(sorted(set(table[column].dropna()))) or "none" for table in (one, other)]
        if names[0] != names[1]:
            notes.append(
                f"Not like with like: the {column} was {names[0]} for {first} and {names[1]} for {second}. "
                "Score both anew with the same one."
            )
    return notes


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
