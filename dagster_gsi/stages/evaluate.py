"""Score one editor's pictures under all protocols: `data/scores/<editor>.parquet`."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dagster_gsi.detectors import DetectorName, DetectorsParams, check_detector, gather_recordings, open_detector
from dagster_gsi.evaluation.case import read_case
from dagster_gsi.evaluation.rows import Evaluator, Protocol
from dagster_gsi.evaluation.statistics import ALL, stamped, summarise
from dagster_gsi.evaluation.table import MAX_UNMEASURED, Row, frame_of, unmeasured, write_scores
from dagster_gsi.judges import JudgeName, JudgesParams, open_judge
from dagster_gsi.progress import progress
from dagster_gsi.samples.shards import read_samples, read_shard, set_folder, shard_paths
from dagster_gsi.stages.base import Params, Report, Stage
from dagster_gsi.stages.compute import ComputeParams, run_tasks
from dagster_gsi.stages.edited import folder_of, read_failures
from dagster_gsi.stages.workers import count_one
from dagster_gsi.tracking.mlflow import tracked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from dagster_gsi.evaluation.case import Case
    from dagster_gsi.samples.sample import Sample

_EXPERIMENT = "evaluate"
# Parts that a shard's samples are dealt into, so that a set of few shards still keeps several cores busy.
_PARTS = 4
# Pictures that are in memory, and before the judge, at once: as many questions as an endpoint likes to have, and less
# than 100 MB at 512 pixels.
_AT_ONCE = 16
# Reasons of unmeasured pictures that an error tells; they repeat each other.
_TOLD = 3


class EvaluateParams(Params):
    """What is scored and how."""

    sets: tuple[str, ...]
    """Sets made here or imported, by name."""
    protocols: tuple[Protocol, ...] = Field(min_length=1)
    detector: DetectorName
    judge: JudgeName
    limit: int = Field(default=0, ge=0)
    """Samples of each set that are scored, from its beginning; 0 is all. Figures of fewer are stamped with it."""
    resamples: int = Field(ge=100)
    """Bootstrap samples behind the intervals in the report of the stage."""
    seed: int
    """Of the bootstrap."""
    workers: int = Field(ge=0)
    """Processes; 0 is one a core, and one for a detector that loads a model. Not a parameter of the scores."""
    detectors: DetectorsParams
    judges: JudgesParams
    compute: ComputeParams = ComputeParams()

    unwatched: ClassVar[frozenset[str]] = frozenset({"workers", "compute"})


@dataclass(frozen=True, slots=True)
class Part:
    """Some samples of a shard: those among its first `count` whose number leaves `remainder` when divided by `_PARTS`."""

    shard: Path
    count: int
    remainder: int
    edits: Path
    editor: str
    params: EvaluateParams
    root: Path


def run(params: EvaluateParams, root: Path, editor: str) -> Report:
    """Score the editor `editor` on all sets; a set without pictures of it is an error that says how to make them.

    A run that leaves too many pictures unmeasured, because the judge or the detector failed, is a SystemExit.
    """
    started = time.monotonic()
    parts, ids = _dealt(params, root, editor)
    check_detector(params.detector, params.detectors, root, ids, editor=editor)
    # Every process would load the model again, onto the same GPU.
    workers = params.workers or (1 if params.detector == "detany3d" else 0)
    settings = params.model_dump(mode="json", exclude={"detectors", "judges", "compute"})
    rows: list[Row] = []
    used: Counter[str] = Counter()
    with (
        tracked(root, _EXPERIMENT, name=f"evaluate {editor}", params=settings, tags={"editor": editor}) as tracker,
        progress(f"evaluate {editor}", len(ids), "pictures") as advance,
    ):
        tasks = [(part,) for part in parts]
        for scored, usage in run_tasks(
            score_part, tasks, root=root, compute=params.compute, workers=workers, advance=advance
        ):
            rows += scored
            used.update(usage)
        gather_recordings(params.detectors, root, editor=editor)
        scores = frame_of(rows)
        _check_coverage(scores, editor)
        write_scores(root / "data/scores" / f"{editor}.parquet", rows)
        metrics = _metrics(scores, params)
        tracker.log(metrics, step=0)
    seconds = time.monotonic() - started
    log: dict[str, float | str] = {"seconds": seconds, "seconds_per_picture": seconds / max(len(ids), 1)}
    log |= {f"judge_{name}": value for name, value in used.items()}
    if tracker.run_id is not None:
        log["mlflow_run_id"] = tracker.run_id
    return Report(metrics=metrics, log=log)


def score_part(part: Part) -> tuple[list[Row], dict[str, float]]:
    """The rows of a part, and what its judgements cost. Runs in a process of its own."""
    import cv2
    import torch

    # The pool has a process a core already.
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    evaluator = _evaluator(part.params.model_dump_json(), part.root, part.editor)
    before = evaluator.judge.usage()
    rows: list[Row] = []
    for cases in batched(_cases(part), _AT_ONCE):
        rows += evaluator.rows(cases, part.editor)
        for _ in cases:
            count_one()
    spent = {name: value - before.get(name, 0.0) for name, value in evaluator.judge.usage().items()}
    return [replace(row, limited=bool(part.params.limit) or None) for row in rows], spent


@lru_cache(maxsize=1)
def _evaluator(params_json: str, root: Path, editor: str) -> Evaluator:
    """Opened once a process: a detector may be a loaded model."""
    params = EvaluateParams.model_validate_json(params_json)
    detector = open_detector(params.detector, params.detectors, root, editor=editor)
    return Evaluator(detector, open_judge(params.judge, params.judges, root), params.protocols)


def _dealt(params: EvaluateParams, root: Path, editor: str) -> tuple[list[Part], list[str]]:
    """The work in parts, and the ids of all samples in it."""
    parts: list[Part] = []
    ids: list[str] = []
    for name in params.sets:
        edits = folder_of(root, editor) / name
        if not edits.is_dir():
            raise ValueError(f"{edits} is missing: run `gsi edit {editor}`, or `dvc repro`")
        left = params.limit or None
        own: list[Sample] = []
        for shard in shard_paths(set_folder(root, name)):
            some = list(islice(read_samples(shard), left))
            parts += [Part(shard, len(some), r, edits, editor, params, root) for r in range(min(_PARTS, len(some)))]
            own += some
            left = None if left is None else left - len(some)
        if "strict" in params.protocols:
            _refuse_unseen_views(name, own)
        ids += [sample.id for sample in own]
    return parts, ids


def _refuse_unseen_views(name: str, samples: Sequence[Sample]) -> None:
    """Refuse at once a set of which the strict protocol would leave too much unmeasured after all the work."""
    unseen = [s for s in samples if s.edit.target is None and s.provenance.get("geometry") == "boxes"]
    if len(unseen) > MAX_UNMEASURED * len(samples):
        raise ValueError(
            f"params.yaml, evaluate: {len(unseen)} of {len(samples)} samples of {name} change the view, and the set is made "
            "from boxes: the protocol `strict` finds the camera by the depth of the source, which is not known there. Set "
            "evaluate.protocols to [official], which compares with the true pictures, or import the set without the files "
            f"of these edits, such as {unseen[0].id}.json"
        )


def _cases(part: Part) -> Iterator[Case]:
    failures = read_failures(part.edits.parent)
    for index, (sample, pictures) in enumerate(read_shard(part.shard)):
        if index == part.count:
            return
        if index % _PARTS == part.remainder:
            yield read_case(sample, pictures, part.edits / f"{sample.id}.png", failures.get(sample.id))


def batched(cases: Iterable[Case], size: int) -> Iterator[list[Case]]:
    """Lists of at most `size`."""
    batch: list[Case] = []
    for case in cases:
        batch.append(case)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _check_coverage(scores: pd.DataFrame, editor: str) -> None:
    """End the run if more than a hundredth of a set has no figure because the judge or the detector failed."""
    for (name, protocol), group in scores.groupby(["set", "protocol"]):
        lacking = group[unmeasured(group)]
        if len(lacking) > MAX_UNMEASURED * len(group):
            reasons = Counter(lacking["reason"]).most_common(_TOLD)
            told = "\n".join(f"  {count} x {reason}" for reason, count in reasons)
            raise SystemExit(
                f"{editor}, {name}, {protocol}: {len(lacking)} of {len(group)} pictures could not be measured, more than "
                f"{MAX_UNMEASURED:.0%}. No scores were written; what was answered is kept, so start again when the cause "
                f"is gone. The reasons:\n{told}"
            )


def _metrics(scores: pd.DataFrame, params: EvaluateParams) -> dict[str, float]:
    """Means as `set/protocol/operation/FIGURE`, with their interval; and how many samples have each status."""
    scores = stamped(scores)
    metrics: dict[str, float] = {}
    for row in summarise(scores, resamples=params.resamples, seed=params.seed).to_dict("records"):
        name = f"{row['set']}/{row['protocol']}/{row['operation']}/{row['figure'].upper()}"
        metrics[name] = round(row["mean"], 4)
        if row["operation"] == ALL:
            metrics[f"{name}_low"], metrics[f"{name}_high"] = round(row["low"], 4), round(row["high"], 4)
    for key, count in (scores["set"] + "/" + scores["protocol"] + "/count/" + scores["status"]).value_counts().items():
        metrics[str(key)] = float(count)
    return metrics


STAGE = Stage("evaluate", EvaluateParams, run, sections=("detectors", "judges", "compute"))
