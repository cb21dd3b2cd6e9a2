"""Runs in MLflow: curves and the page of a run. Data and models stay with DVC; a run is tagged with their versions."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ADDRESS = "http://127.0.0.1:5000"
"""Where `make ui` serves the pages of runs."""


class Run:
    """An open MLflow run."""

    def __init__(self, run_id: str) -> None:
        self.run_id: str | None = run_id

    def log(self, metrics: Mapping[str, float], *, step: int) -> None:
        import mlflow

        mlflow.log_metrics(dict(metrics), step=step)


@contextmanager
def tracked(
    root: Path, experiment: str, *, name: str, params: Mapping[str, object], tags: Mapping[str, str]
) -> Iterator[Run]:
    """Open one MLflow run for one run of a stage; it fails with the block and ends with it.

    `MLFLOW_TRACKING_URI` says where, `mlflow.db` and `mlartifacts/` in the project's root without it.
    """
    import mlflow

    mlflow.set_tracking_uri(tracking_uri(root))
    if mlflow.get_experiment_by_name(experiment) is None:
        place = None if "MLFLOW_TRACKING_URI" in os.environ else (root / "mlartifacts").as_uri()
        mlflow.create_experiment(experiment, artifact_location=place)
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=name, tags={**provenance(root), **tags}) as run:
        mlflow.log_params(dict(params))
        yield Run(run.info.run_id)


def tracking_uri(root: Path) -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root / 'mlflow.db'}"


def run_url(run_id: str) -> str:
    """The page of a run in the UI that `make ui` serves."""
    return f"{ADDRESS}/#/runs/{run_id}"


def provenance(root: Path) -> dict[str, str]:
    """Tags that say what a run was made from: the Git commit, the DVC stage, and DVC's hashes of the data."""
    tags = {}
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    if commit.returncode == 0:
        tags["git_commit"] = commit.stdout.strip()
    if "DVC_STAGE" in os.environ:
        tags["dvc_stage"] = os.environ["DVC_STAGE"]
    lock = root / "dvc.lock"
    stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"] if lock.is_file() else {}
    for stage in stages.values():
        for out in stage.get("outs", ()):
            if out["path"].startswith("data/gsi_"):
                tags[f"version/{out['path']}"] = out["md5"]
    return tags
