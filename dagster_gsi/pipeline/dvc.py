"""The only module that starts DVC: bringing stages up to date, and what `dvc.lock` says of them."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dagster_gsi.pipeline.project import read_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from dagster_gsi.stages.base import Report

_GRACE_SECONDS = 10.0
"""For a stage to end its workers after it was asked to stop, before it is killed."""

_HINTS = ("To track the changes", "\tgit add", "To enable auto staging", "\tdvc config", "Use `dvc push`")
"""What DVC advises after every run: true, and in the way of what a stage says."""


class StageError(ValueError):
    """A stage that could not be brought up to date; the text says why, with what it said last if it ran."""


class StaleError(StageError):
    """A stage that was not run because it builds on others that are not up to date; the text names them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One stage that is up to date."""

    report: Report
    version: str
    """Hash of what the stage made."""
    was_current: bool
    """Whether nothing had to be done."""


def reproduce(root: Path, address: str, log: Callable[[str], None], *, force: bool = False) -> Outcome:
    """Bring one stage up to date, as `dvc repro --single-item` does, and read what it reported.

    With `force` it runs although nothing changed. A stage that builds on others which are not up to date raises
    StaleError: it would be made from old data.
    """
    changed = status(root, address)
    if stale := sorted(changed - {address}):
        raise StaleError(
            f"{address} builds on what is not up to date: {', '.join(stale)}. Materialize those first; "
            f"`dvc repro {address}` does all of it"
        )
    was_current = address not in changed and not force
    if was_current:
        log(f"{address} is up to date")
    else:
        _run(root, address, log, force=force)
    return Outcome(read_records(root, address), versions(root)[address], was_current)


def status(root: Path, address: str | None = None) -> set[str]:
    """Of `address` and the stages that it builds on, or of all stages, those that `dvc repro` would run now."""
    from dvc.exceptions import DvcException
    from dvc.lock import LockError
    from dvc.repo import Repo

    # Asked in this process: starting `dvc` takes a second, the answer a tenth.
    try:
        with Repo(str(root), _wait_for_lock=True) as repo:
            targets = [f"{root / 'dvc.yaml'}:{address}"] if address else None
            changed = repo.status(targets=targets, with_deps=address is not None)
    except LockError as error:
        raise StageError(f"another run is at work in {root}: wait until it has finished. {error}") from None
    except DvcException as error:
        raise StageError(f"DVC cannot tell what is up to date: {error}") from error
    # Seen from another folder than the project's, DVC puts the path of dvc.yaml before the name.
    return {name.rpartition(":")[2] for name in changed}


def versions(root: Path) -> dict[str, str]:
    """A hash of each stage's outputs by address, as `dvc.lock` has them."""
    return {address: _hash_of([out["md5"] for out in stage.get("outs", ())]) for address, stage in lock(root).items()}


def lock(root: Path) -> dict[str, dict[str, Any]]:
    """The stages of `dvc.lock` by address; none before the first run."""
    path = root / "dvc.lock"
    if not path.is_file():
        return {}
    try:
        stages: dict[str, dict[str, Any]] = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("stages", {})
    except yaml.YAMLError as error:
        raise ValueError(f"{path} cannot be read: {error}. Take it from Git: `git checkout dvc.lock`") from None
    return stages


def _run(root: Path, address: str, log: Callable[[str], None], *, force: bool) -> None:
    # DVC holds its lock only while it looks and records: waiting lets others look while a long stage runs.
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item", address]
    if force:
        command.append("--force")
    tail: list[str] = []
    # A session of its own: DVC does not pass signals on, so ending only DVC would leave the stage at work.
    with subprocess.Popen(
        command,
        cwd=root,
        env=_environment(),
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            for line in map(str.rstrip, process.stdout or ()):
                if line and not line.startswith(_HINTS):
                    log(line)
                    tail = [*tail[-19:], line]
        except BaseException:
            _end(process)
            raise
    if process.returncode != 0:
        said = "\n".join(tail)
        raise StageError(f"stage {address} failed with exit code {process.returncode}:\n{said}")


def _end(process: subprocess.Popen[str]) -> None:
    """End DVC and all that it started: DVC dies at once, the stage may need a moment for its workers."""
    deadline = time.monotonic() + _GRACE_SECONDS
    asked: int = signal.SIGTERM
    while _signal_group(process, asked):
        process.poll()
        asked = 0 if time.monotonic() < deadline else signal.SIGKILL
        time.sleep(0.05)


def _signal_group(process: subprocess.Popen[str], number: int) -> bool:
    """Send a signal, or look with 0; False once nobody is left in the group."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def _environment() -> dict[str, str]:
    """With this Python's programs first: stages are run as `gsi`."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _hash_of(hashes: list[str]) -> str:
    return hashes[0] if len(hashes) == 1 else hashlib.md5("".join(hashes).encode(), usedforsecurity=False).hexdigest()
