from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_gsi import telemetry

telemetry.switch_off()
# A shell that starts the tests in the background ignores Ctrl-C for them, and what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def toy_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Git and DVC project with the stages of the chain, each played by a script of a few lines."""
    root = tmp_path_factory.mktemp("template") / "project"
    shutil.copytree(Path(__file__).parent / "toy_project", root)
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text("[core]\n    analytics = false\n    check_update = false\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    (root / ".gitignore").write_text("/data/\n/logs/\n/reports/\n/.cache/\n", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def made_template(toy_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy project after `dvc repro`."""
    root = Path(shutil.copytree(toy_template, tmp_path_factory.mktemp("made") / "project"))
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet"], cwd=root, check=True)
    return root


@pytest.fixture
def made_project(made_template: Path, tmp_path: Path) -> Path:
    """A fresh copy of the toy project with everything made."""
    return Path(shutil.copytree(made_template, tmp_path / "project"))


@pytest.fixture
def toy_project(toy_template: Path, tmp_path: Path) -> Path:
    """A fresh copy of the toy project: one set, one editor, nothing made yet."""
    return Path(shutil.copytree(toy_template, tmp_path / "project"))
