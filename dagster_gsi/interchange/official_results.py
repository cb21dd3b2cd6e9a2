"""The files that the published evaluator and its aggregate write, key by key, and one of ours beside them.

`problems.json` holds what those leave unsaid: samples that are not in the figures, and samples whose figures are
doubtful, each with the reason.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from dagster_gsi.files import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PROBLEMS = "problems.json"
SUMMARY = "EVAL_output_summary.json"

State = Literal["left out", "scored", "ignored"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the three modes print for one sample."""

    operation: str
    compliance: float
    accuracy: float
    ssim: float
    lpips: float
    mse: float


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to know about a sample, or about a file that belongs to none."""

    sample: str
    state: State
    reason: str


def write_results(out: Path, samples: Mapping[str, Figures]) -> None:
    """The results and the statistics of each mode."""
    results: dict[str, dict[str, dict[str, Any]]] = {
        "instruction-compliance": {
            k: {"operation": s.operation, "compliance": s.compliance} for k, s in samples.items()
        },
        "spatial-accuracy": {k: {"operation": s.operation, "edit_score": s.accuracy} for k, s in samples.items()},
        "edit-locality": {
            k: {"operation": s.operation, "ssim": s.ssim, "lpips": s.lpips, "mse": s.mse} for k, s in samples.items()
        },
    }
    for mode, rows in results.items():
        _write(out / f"{mode}_eval_results.json", rows)
        _write(out / f"{mode}_eval_stats.json", statistics(list(samples.values()))[mode])


def statistics(samples: Sequence[Figures]) -> dict[str, dict[str, Any]]:
    """What is printed at the end of each mode: means over all samples and over those of each operation."""
    operations = {sample.operation: [s for s in samples if s.operation == sample.operation] for sample in samples}

    def by_operation(figure: Callable[[Figures], float]) -> dict[str, float]:
        return {operation: mean(figure, of) for operation, of in operations.items()}

    def mean(figure: Callable[[Figures], float], of: Sequence[Figures]) -> float:
        return sum(figure(one) for one in of) / len(of) if of else 0.0

    rates = by_operation(lambda one: one.compliance)
    return {
        "instruction-compliance": {
            "operation_success_rate": {o: {"rate": rate, "count": len(operations[o])} for o, rate in rates.items()},
            "overall_success_rate": mean(lambda one: one.compliance, samples),
            "overall_total_count": len(samples),
        },
        "spatial-accuracy": {
            "operation_mean_score": by_operation(lambda one: one.accuracy),
            "overall_mean_score": mean(lambda one: one.accuracy, samples),
        },
        "edit-locality": {
            "operation_mean_ssim": by_operation(lambda one: one.ssim),
            "operation_mean_lpips": by_operation(lambda one: one.lpips),
            "overall_mean_ssim": mean(lambda one: one.ssim, samples),
            "overall_mean_lpips": mean(lambda one: one.lpips, samples),
        },
    }


def write_summary(out: Path, dataset: str, model: str, means: Mapping[str, float], limit: int | None) -> None:
    """The aggregate; `means` has ic, sa, ssim, lpips, ac and average. A limit is stamped beside what it touched."""
    leaf: dict[str, Any] = {
        "instruction_compliance": means["ic"],
        "spatial_accuracy": means["sa"],
        "edit_locality": {"ssim": means["ssim"], "lpips": means["lpips"]},
        "ac": means["ac"],
        "average": means["average"],
    }
    if limit is not None:
        leaf["limit"] = limit
    _write(out / SUMMARY, {dataset: {model: leaf}})


def write_problems(out: Path, problems: Sequence[Problem]) -> None:
    """Ours: one entry a problem, in the order of the samples."""
    _write(out / PROBLEMS, [asdict(problem) for problem in problems])


def _write(path: Path, document: Any) -> None:
    # A nan is written as NaN, as there.
    write_text(path, json.dumps(document, indent=4, ensure_ascii=False) + "\n")
