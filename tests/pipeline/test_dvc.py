"""DVC itself in a small project: what runs, what is left alone, what is refused, what is ended."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from dagster_gsi.pipeline import dvc

SET, GATE = "synthesize@table-test", "gate_syn"


def quiet(line: str) -> None:
    del line


def change(root: Path, old: str, new: str) -> None:
    params = root / "params.yaml"
    text = params.read_text(encoding="utf-8")
    assert old in text
    params.write_text(text.replace(old, new), encoding="utf-8")


def test_a_stage_runs_once_and_again_when_its_parameters_change(toy_project: Path) -> None:
    first = dvc.reproduce(toy_project, SET, quiet)
    assert (first.was_current, first.report.metrics, first.report.log) == (False, {"pairs": 4.0}, {"seconds": 0.5})
    lock = (toy_project / "dvc.lock").read_bytes()
    again = dvc.reproduce(toy_project, SET, quiet)
    assert (again.was_current, again.version) == (True, first.version)
    assert (toy_project / "dvc.lock").read_bytes() == lock
    change(toy_project, "seed: 1", "seed: 2")
    changed = dvc.reproduce(toy_project, SET, quiet)
    assert not changed.was_current
    assert changed.version != first.version


def test_a_stage_that_builds_on_stale_data_is_refused_by_name(toy_project: Path) -> None:
    with pytest.raises(dvc.StaleError, match=f"{GATE} builds on what is not up to date: {SET}"):
        dvc.reproduce(toy_project, GATE, quiet)
    assert not (toy_project / "data").exists()


def test_force_runs_what_is_up_to_date(toy_project: Path) -> None:
    dvc.reproduce(toy_project, SET, quiet)
    made = toy_project / "data/gsi_syn/table-test/set.txt"
    before = made.stat().st_mtime_ns
    forced = dvc.reproduce(toy_project, SET, quiet, force=True)
    assert not forced.was_current
    assert made.stat().st_mtime_ns > before


def test_a_stage_that_fails_tells_what_it_said(toy_project: Path) -> None:
    change(toy_project, "seed: 1", "seed: 1\n  fail: no more ideas")
    with pytest.raises(dvc.StageError, match=f"stage {SET} failed with exit code (.|\n)*no more ideas"):
        dvc.reproduce(toy_project, SET, quiet)
    assert SET not in dvc.versions(toy_project)


def test_an_interruption_ends_the_stage_and_not_only_dvc(toy_project: Path) -> None:
    change(toy_project, "seed: 1", "seed: 1\n  sleep: true")

    def interrupt(line: str) -> None:
        if line == "sleeping":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dvc.reproduce(toy_project, SET, interrupt)
    pid = int((toy_project / "pid").read_text(encoding="utf-8"))
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody has asked about yet does not."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (ProcessLookupError, FileNotFoundError):
        return False
    return "State:\tZ" not in status


def test_a_damaged_lock_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_text("stages: {", encoding="utf-8")
    with pytest.raises(ValueError, match=r"(?s)dvc\.lock cannot be read.*git checkout"):
        dvc.versions(tmp_path)


def test_a_project_that_never_ran_has_no_versions(tmp_path: Path) -> None:
    assert dvc.versions(tmp_path) == {}


def test_what_another_run_is_writing_is_not_looked_at(made_project: Path) -> None:
    out = str(made_project / "data/gates/gsi_syn.json")
    lock = {"write": {out: {"pid": os.getppid(), "cmd": "dvc repro"}}}
    (made_project / ".dvc/tmp/rwlock").write_text(json.dumps(lock), encoding="utf-8")
    with pytest.raises(dvc.StageError, match=r"another run is at work in .*: wait until it has finished"):
        dvc.reproduce(made_project, GATE, quiet)
