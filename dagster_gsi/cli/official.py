"""`gsi evaluate official`: a set on disk under the published protocol."""

from __future__ import annotations

import gc
import math
from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dagster_gsi.evaluation.official_run import Run
from dagster_gsi.interchange.official_results import (
    PROBLEMS,
    SUMMARY,
    statistics,
    write_problems,
    write_results,
    write_summary,
)
from dagster_gsi.progress import progress

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.evaluation.official_run import Inputs, Outcome

# As many reasons as can be read at a glance; problems.json has all.
_REASONS = 5


def evaluate_official(inputs: Inputs, *, name: str, model: str, out: Path, limit: int | None) -> None:
    """Write the published evaluator's files into `out` and print the figures."""
    # Of torch's objects nothing is ever garbage: to look through them while it loads, and again at the end, would cost
    # more than two samples do.
    gc.disable()
    import cv2
    import torch

    gc.freeze()
    gc.enable()
    # Pictures are small: more threads would cost processor time and save little of anybody's.
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out} is a file: name a folder")
    run = Run(inputs, limit)
    with progress(f"evaluate {model} on {name}", len(run.samples), "samples") as advance:
        outcome = run.evaluate(advance)
    write_problems(out, outcome.problems)
    if not outcome.figures:
        reasons = "\n".join(_left_out(outcome))
        raise ValueError(
            f"none of {outcome.asked} samples could be scored ({out / PROBLEMS} says why of each):\n{reasons}"
        )
    write_results(out, outcome.figures)
    found = outcome.summary
    means = {
        "ic": found.instruction_compliance,
        "sa": found.spatial_accuracy,
        "ssim": found.locality_ssim,
        "lpips": found.locality_lpips,
        "ac": found.appearance,
        "average": found.average,
    }
    write_summary(out, name, model, means, limit)
    _say(outcome, f"{model} on {name}, official protocol, kind {inputs.kind}", out, limit)


def _say(outcome: Outcome, title: str, out: Path, limit: int | None) -> None:
    console = Console()
    if limit is not None:
        title += f", ONLY THE FIRST {limit} SAMPLES"
    console.print(_table(outcome, title))
    left_out = outcome.asked - len(outcome.figures)
    doubtful = len({problem.sample for problem in outcome.problems if problem.state == "scored"})
    lines = [f"{len(outcome.figures)} samples are in these figures, {left_out} are not; {doubtful} have a remark."]
    lines += _left_out(outcome)
    lines.append(f"All reasons and remarks: {out / PROBLEMS}. Figures: {out / SUMMARY}.")
    console.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)


def _left_out(outcome: Outcome) -> list[str]:
    """Reasons of samples that are not in the figures, one line each, the first few."""
    lost = [problem for problem in outcome.problems if problem.state == "left out"]
    lines = [f"  {problem.sample}: {problem.reason}" for problem in lost[:_REASONS]]
    return [*lines, f"  and {len(lost) - _REASONS} more"] if len(lost) > _REASONS else lines


def _table(outcome: Outcome, title: str) -> Table:
    """The aggregate, and below it what the three modes print for each operation."""
    table = Table(title=Text(title), title_justify="left")
    for heading in ("", "samples", "IC", "SA", "EL", "SSIM", "AC", "mean"):
        table.add_column(heading, justify="right" if heading else "left")
    found = outcome.summary
    row = (
        found.instruction_compliance,
        found.spatial_accuracy,
        found.locality_lpips,
        found.locality_ssim,
        found.appearance,
        found.average,
    )
    table.add_row("all, judged", str(len(outcome.figures)), *map(_figure, row), end_section=True)
    stats = statistics(list(outcome.figures.values()))
    counts = Counter(figures.operation for figures in outcome.figures.values())
    for operation, count in sorted(counts.items()):
        table.add_row(
            f"{operation}, not judged",
            str(count),
            _figure(100 * stats["instruction-compliance"]["operation_success_rate"][operation]["rate"]),
            _figure(100 * stats["spatial-accuracy"]["operation_mean_score"][operation]),
            _figure(100 - 100 * stats["edit-locality"]["operation_mean_lpips"][operation]),
            _figure(100 * stats["edit-locality"]["operation_mean_ssim"][operation]),
        )
    return table


def _figure(value: float) -> str:
    return "nan" if math.isnan(value) else f"{value:.3f}"
