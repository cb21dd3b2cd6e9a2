"""What must hold of results that are there: asked by Dagster's asset checks."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from dagster_gsi.evaluation.table import MAX_UNMEASURED
from dagster_gsi.pipeline import project
from dagster_gsi.samples.manifest import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

_ORDER = ("oracle", "warp", "identity")
"""Kinds of editors from best to worst: the truth, the classical baseline, the untouched picture."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether something holds, and what was found."""

    holds: bool
    lines: tuple[str, ...]


def coverage(root: Path) -> Finding:
    """Every sample of every evaluated set has a score of every editor, and hardly any is unjudged."""
    certified: dict[str, int] = json.loads((root / "data/gates/gsi_syn.json").read_text(encoding="utf-8"))["sets"]
    lines, holds = [], True
    for editor in _evaluated(root):
        counts: dict[str, Counter[str]] = {}
        for name, value in _metrics(root, editor).items():
            if "/count/" in name:
                part, _, status = name.partition("/count/")
                counts.setdefault(part, Counter())[status] += int(value)
        for part, found in counts.items():
            name = part.partition("/")[0]
            asked = certified[name] if name in certified else _imported(root, name)
            lacking = found["unjudged"] + found["undetected"]
            is_whole = found.total() == asked and lacking <= MAX_UNMEASURED * asked
            holds &= is_whole
            states = ", ".join(f"{count} {status}" for status, count in sorted(found.items()))
            lines.append(f"{editor}, {part}: {found.total()} of {asked} ({states})")
        holds &= bool(counts)
    return Finding(holds and bool(lines), tuple(lines) or ("nothing is evaluated yet",))


def ranking(root: Path) -> Finding:
    """The truth beats the classical baseline, which beats the untouched picture, in the average of every set.

    A protocol that ranks them otherwise measures something else. Only the first one, which the report follows, must
    hold; the published one has known defects and is shown beside it.
    """
    params = project.read_params(root)
    kinds = {name: settings["kind"] for name, settings in params["edit"]["editors"].items()}
    leading = params["evaluate"]["protocols"][0]
    editors = sorted((e for e in _evaluated(root) if kinds[e] in _ORDER), key=lambda e: _ORDER.index(kinds[e]))
    averages = {editor: _averages(_metrics(root, editor)) for editor in editors}
    lines, held = [], []
    for part in sorted({part for found in averages.values() for part in found}):
        found = [(editor, averages[editor].get(part, float("nan"))) for editor in editors]
        if part.endswith(f"/{leading}"):
            held.append(all(better > worse for (_, better), (_, worse) in pairwise(found)))
        lines.append(f"{part}: " + ", ".join(f"{editor} {average:.1f}" for editor, average in found))
    return Finding(bool(held) and all(held), tuple(lines) or ("nothing is evaluated yet",))


def page(root: Path) -> Finding:
    """The report is a whole HTML file."""
    path = root / "reports/report.html"
    if not path.is_file():
        return Finding(holds=False, lines=(f"{path} is missing",))
    size = path.stat().st_size
    is_whole = path.read_bytes().rstrip().endswith(b"</html>")
    return Finding(is_whole, (f"{size / 1e6:.2f} MB{'' if is_whole else ', and cut off'}",))


def _imported(root: Path, name: str) -> int:
    """How many samples an imported set has, which no certificate counts."""
    folder = root / "data/official" / name
    return len(read_manifest(folder)) if folder.is_dir() else 0


def _evaluated(root: Path) -> list[str]:
    editors = project.instances(root, "evaluate") or ()
    return [editor for editor in editors if project.report_path(root, f"evaluate@{editor}").is_file()]


def _metrics(root: Path, editor: str) -> dict[str, float]:
    return project.read_records(root, f"evaluate@{editor}").metrics


def _averages(metrics: dict[str, float]) -> dict[str, float]:
    """Average over all operations by set and protocol."""
    ending = "/all/AVG"
    return {name.removesuffix(ending): value for name, value in metrics.items() if name.endswith(ending)}
