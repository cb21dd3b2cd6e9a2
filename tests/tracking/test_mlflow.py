"""Real MLflow on SQLite. Making its tables takes seconds, so one test asks everything."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dagster_gsi.tracking.mlflow import run_url, tracked, tracking_uri


def test_a_run_holds_parameters_figures_and_where_its_data_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("DVC_STAGE", "evaluate@warp")
    lock = "stages:\n  synthesize@t:\n    cmd: x\n    outs:\n    - path: data/gsi_syn/t\n      md5: abc.dir\n"
    (tmp_path / "dvc.lock").write_text(lock, encoding="utf-8")
    git = ["git", "-c", "user.name=toy", "-c", "user.email=toy@example.org"]
    for command in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "toy"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True)

    with tracked(tmp_path, "toy", name="warp", params={"seed": 3}, tags={"editor": "warp"}) as run:
        run.log({"ic": 40.0}, step=0)
        run.log({"ic": 41.5}, step=1)
    with pytest.raises(KeyboardInterrupt), tracked(tmp_path, "toy", name="lost", params={}, tags={}) as failed:
        raise KeyboardInterrupt

    client = mlflow.MlflowClient(tracking_uri(tmp_path))
    assert run.run_id is not None
    found = client.get_run(run.run_id)
    assert (found.info.run_name, found.info.status) == ("warp", "FINISHED")
    assert found.data.params == {"seed": "3"}
    assert [(point.step, point.value) for point in client.get_metric_history(run.run_id, "ic")] == [
        (0, 40.0),
        (1, 41.5),
    ]
    tags = {name: value for name, value in found.data.tags.items() if not name.startswith("mlflow.")}
    assert tags == {
        "editor": "warp",
        "dvc_stage": "evaluate@warp",
        "git_commit": head.stdout.strip(),
        "version/data/gsi_syn/t": "abc.dir",
    }
    assert found.info.artifact_uri.startswith((tmp_path / "mlartifacts").as_uri())
    assert failed.run_id is not None
    assert client.get_run(failed.run_id).info.status == "FAILED"
    assert run_url(run.run_id).endswith(run.run_id)
