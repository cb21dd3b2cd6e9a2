"""The chain through Dagster and the chain by DVC are one: what either made, the other leaves alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_gsi.cli.demo import open_chain
from dagster_gsi.pipeline import dvc


def use_own_instance(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Dagster instance inside the toy project, with the settings of the real one."""
    home = root / ".dagster"
    home.mkdir()
    shutil.copy(Path(__file__).parents[2] / ".dagster/dagster.yaml", home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))


@pytest.fixture
def project(toy_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_own_instance(toy_project, monkeypatch)
    return toy_project


def repro(root: Path) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet"], cwd=root, check=True)


def test_what_dagster_made_dvc_leaves_alone_and_a_second_run_does_nothing(project: Path) -> None:
    with open_chain(project) as chain:
        assert [chain.bring_up_to_date(address) for address in chain.addresses] == [True] * 5
    assert dvc.status(project) == set()
    lock = (project / "dvc.lock").read_bytes()
    with open_chain(project) as chain:
        assert [chain.bring_up_to_date(address) for address in chain.addresses] == [False] * 5
        assert chain.num_runs == 0
    assert (project / "dvc.lock").read_bytes() == lock


def test_what_dvc_made_dagster_only_records_and_the_lock_is_the_same(
    made_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_own_instance(made_project, monkeypatch)
    lock = (made_project / "dvc.lock").read_bytes()
    with open_chain(made_project) as chain:
        assert [chain.bring_up_to_date(address) for address in chain.addresses] == [False] * 5
        assert chain.num_runs == 5
    assert (made_project / "dvc.lock").read_bytes() == lock


def test_a_stage_that_fails_ends_the_demo_with_its_own_words(project: Path) -> None:
    params = project / "params.yaml"
    params.write_text(
        params.read_text(encoding="utf-8").replace("seed: 1", "seed: 1\n  fail: no ideas"), encoding="utf-8"
    )
    with (
        open_chain(project) as chain,
        pytest.raises(SystemExit, match=r"(?s)stage synthesize@table-test failed.*no ideas"),
    ):
        chain.bring_up_to_date("synthesize@table-test")
