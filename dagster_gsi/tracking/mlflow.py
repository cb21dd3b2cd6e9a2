"""Runs in MLflow: curves and the page of a run. Data and models stay with DVC; a run is tagged with their versions."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mlflow import MlflowClient

ADDRESS = "http://127.0.0.1:5000"
"""Where `make ui` serves the pages of runs."""


class Run:
    """An open MLflow run."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self._client = client
        self.run_id: str | None = run_id

    def log(self, metrics: Mapping[str, float], *, step: int) -> None:
        from mlflow.entities import Metric

        assert self.run_id is not None
        now = int(time.time() * 1000)
        self._client.log_batch(self.run_id, [Metric(name, value, now, step) for name, value in metrics.items()])


@contextmanager
def tracked(
    root: Path, experiment: str, *, name: str, params: Mapping[str, object], tags: Mapping[str, str]
) -> Iterator[Run]:
    """Open one MLflow run for one run of a stage; it fails with the block and ends with it.

    `MLFLOW_TRACKING_URI` says where, `mlflow.db` and `mlartifacts/` in the project's root without it.
    """
    from mlflow import MlflowClient
    from mlflow.entities import Param

    # A client of its own: MLflow's global functions keep where they log in the environment of the whole process.
    client = MlflowClient(tracking_uri(root))
    run = client.create_run(_experiment(client, root, experiment), run_name=name, tags={**provenance(root), **tags})
    run_id = run.info.run_id
    try:
        client.log_batch(run_id, params=[Param(key, str(value)) for key, value in params.items()])
        yield Run(client, run_id)
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")


def _experiment(client: MlflowClient, root: Path, name: str) -> str:
    """The experiment's id; it is made at its first use."""
    if (found := client.get_experiment_by_name(name)) is not None:
        return str(found.experiment_id)
    place = None if "MLFLOW_TRACKING_URI" in os.environ else (root / "mlartifacts").as_uri()
    return str(client.create_experiment(name, artifact_location=place))


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
