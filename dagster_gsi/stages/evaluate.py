"""Score one editor's pictures under all protocols: `data/scores/<editor>.parquet`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from dagster_gsi.detectors.fit import Fit
from dagster_gsi.evaluation.case import read_case
from dagster_gsi.evaluation.rows import Evaluator, Protocol
from dagster_gsi.evaluation.statistics import ALL, summarise
from dagster_gsi.evaluation.table import Row, frame_of, write_scores
from dagster_gsi.judges.perceptual import Perceptual
from dagster_gsi.samples.shards import read_samples, read_shard, shard_paths
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.stages.base import Params, Report, Stage
from dagster_gsi.stages.progress import progress
from dagster_gsi.stages.workers import count_one, num_workers, run_pool
from dagster_gsi.tracking.mlflow import tracked

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_EXPERIMENT = "evaluate"
# Parts that a shard's samples are dealt into, so that a set of few shards still keeps several cores busy.
_PARTS = 4


class EvaluateParams(Params):
    """What is scored and how."""

    sets: tuple[str, ...]
    """Sets of GSI-Syn, by name."""
    protocols: tuple[Protocol, ...] = Field(min_length=1)
    detector: Literal["fit"]
    judge: Literal["perceptual"]
    resamples: int = Field(ge=100)
    """Bootstrap samples behind the intervals in the report of the stage."""
    seed: int
    """Of the bootstrap."""
    workers: int = Field(ge=0)
    """Processes; 0 is one a core. Not a parameter of the scores."""

    unwatched: ClassVar[frozenset[str]] = frozenset({"workers"})


def run(params: EvaluateParams, root: Path, editor: str) -> Report:
    """Score the editor `editor` on all sets; a set without pictures of it is an error that says how to make them."""
    started = time.monotonic()
    tasks, total = [], 0
    for name in params.sets:
        edits = root / "data/edits" / editor / name
        if not edits.is_dir():
            raise ValueError(f"{edits} is missing: run `gsi edit {editor}`, or `dvc repro`")
        for shard in shard_paths(root / "data/gsi_syn" / name):
            total += sum(1 for _ in read_samples(shard))
            tasks += [(shard, part, edits, editor, params.protocols, root) for part in range(_PARTS)]
    rows: list[Row] = []
    with (
        tracked(
            root, _EXPERIMENT, name=f"evaluate {editor}", params=params.model_dump(), tags={"editor": editor}
        ) as tracker,
        progress(f"evaluate {editor}", total, "pictures") as advance,
    ):
        for scored in run_pool(score_part, tasks, workers=num_workers(params.workers), advance=advance):
            rows += scored
        write_scores(root / "data/scores" / f"{editor}.parquet", rows)
        metrics = _metrics(frame_of(rows), params)
        tracker.log(metrics, step=0)
    seconds = time.monotonic() - started
    log: dict[str, float | str] = {"seconds": seconds, "seconds_per_picture": seconds / max(total, 1)}
    if tracker.run_id is not None:
        log["mlflow_run_id"] = tracker.run_id
    return Report(metrics=metrics, log=log)


def score_part(
    shard: Path, part: int, edits: Path, editor: str, protocols: tuple[Protocol, ...], root: Path
) -> list[Row]:
    """Every `_PARTS`-th sample of a shard, from the one numbered `part`. Runs in a process of its own."""
    import cv2
    import torch

    # The pool has a process a core already.
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    evaluator = Evaluator(Fit(Catalogue(root / "data/assets")), Perceptual(), protocols)
    failures = _failures(edits.parent)
    rows: list[Row] = []
    for index, (sample, pictures) in enumerate(read_shard(shard)):
        if index % _PARTS == part:
            case = read_case(sample, pictures, edits / f"{sample.id}.png", failures.get(sample.id))
            rows += evaluator.rows([case], editor)
            count_one()
    return rows


def _failures(folder: Path) -> dict[str, str]:
    path = folder / "failures.json"
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete {folder} and run `dvc repro`") from error


def _metrics(scores: pd.DataFrame, params: EvaluateParams) -> dict[str, float]:
    """Means as `set/protocol/operation/FIGURE`, with their interval; and how many samples have each status."""
    metrics: dict[str, float] = {}
    for row in summarise(scores, resamples=params.resamples, seed=params.seed).to_dict("records"):
        name = f"{row['set']}/{row['protocol']}/{row['operation']}/{row['figure'].upper()}"
        metrics[name] = round(row["mean"], 4)
        if row["operation"] == ALL:
            metrics[f"{name}_low"], metrics[f"{name}_high"] = round(row["low"], 4), round(row["high"], 4)
    for key, count in (scores["set"] + "/" + scores["protocol"] + "/count/" + scores["status"]).value_counts().items():
        metrics[str(key)] = float(count)
    return metrics


STAGE = Stage("evaluate", EvaluateParams, run)
