"""Drift: every night each editor is run and scored again although nothing changed, and compared with the night before.

A figure that moved has a cause if an input of the stages, a parameter or a package changed too. Without one, something
that nobody records moved it: a hosted model, a judge, a driver, the machine.
"""

from __future__ import annotations

import json
import platform
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from dagster_gsi.pipeline import dvc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

RECORDS = "logs/nightly.jsonl"
TOLERANCE = 0.5
"""Of figures that run from 0 to 100: finer than any set resolves, coarser than another processor's rounding."""

_PACKAGES = ("diffusers", "mitsuba", "numpy", "opencv-python-headless", "scikit-image", "torch", "transformers")
"""Packages that pictures or scores are computed with."""


class Night(BaseModel):
    """What one editor scored in one night, and all that is known to have decided it."""

    model_config = ConfigDict(frozen=True)

    night: str
    editor: str
    figures: dict[str, float]
    causes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One editor's night beside its last one."""

    editor: str
    moved: tuple[str, ...]
    """Figures that moved more than the tolerance: name, from, to."""
    causes: tuple[str, ...]
    """What changed that could have moved them: name, from, to."""

    @property
    def is_steady(self) -> bool:
        return not self.moved or bool(self.causes)


def compare(before: Night | None, after: Night, tolerance: float = TOLERANCE) -> Comparison:
    """Which figures moved and which causes changed; a first night has nothing to be compared with."""
    if before is None:
        return Comparison(after.editor, (), ())
    moved = [
        f"{name}: {_shown(before.figures.get(name))} became {_shown(after.figures.get(name))}"
        for name in sorted(before.figures.keys() | after.figures.keys())
        if _moved(before.figures.get(name), after.figures.get(name), tolerance)
    ]
    causes = [
        f"{name}: {before.causes.get(name, 'absent')} became {after.causes.get(name, 'absent')}"
        for name in sorted(before.causes.keys() | after.causes.keys())
        if before.causes.get(name) != after.causes.get(name)
    ]
    return Comparison(after.editor, tuple(moved), tuple(causes))


def rerun(root: Path, editor: str, night: str, log: Callable[[str], None]) -> Night:
    """Edit and score again from nothing; a failure raises StageError and leaves the editor's pictures as they were."""
    with _set_aside(root / "data/edits" / editor, root / ".cache/nightly" / editor):
        dvc.reproduce(root, f"edit@{editor}", log, force=True)
    outcome = dvc.reproduce(root, f"evaluate@{editor}", log, force=True)
    return Night(night=night, editor=editor, figures=outcome.report.metrics, causes=causes(root, editor))


def causes(root: Path, editor: str) -> dict[str, str]:
    """Hashes of code and data, parameters, and versions: all that the editor's figures should follow from."""
    stages = dvc.lock(root)
    found = {f"package {name}": version(name) for name in _PACKAGES}
    found["python"] = platform.python_version()
    found["machine"] = platform.machine()
    # The pictures are what may drift: they are no cause of it.
    drifting = {out["path"] for out in stages[f"edit@{editor}"]["outs"]}
    for address in (f"edit@{editor}", f"evaluate@{editor}"):
        for dependency in stages[address].get("deps", ()):
            if dependency["path"] not in drifting:
                found[dependency["path"]] = dependency["md5"]
        for file, values in stages[address].get("params", {}).items():
            found.update({f"{file} {key}": json.dumps(value, sort_keys=True) for key, value in values.items()})
    return found


def read_nights(root: Path) -> list[Night]:
    """All records, oldest first."""
    path = root / RECORDS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    try:
        return [Night.model_validate_json(line) for line in lines]
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}. Remove the line or the file") from None


def append_night(root: Path, night: Night) -> None:
    path = root / RECORDS
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(night.model_dump(), sort_keys=True) + "\n")


def last_two(nights: Iterable[Night], editor: str) -> tuple[Night | None, Night | None]:
    """The night before the last and the last night of one editor."""
    own = [night for night in nights if night.editor == editor]
    return (own[-2] if len(own) > 1 else None, own[-1] if own else None)


def _moved(before: float | None, after: float | None, tolerance: float) -> bool:
    if before is None or after is None:
        return True
    return not abs(after - before) <= tolerance


def _shown(figure: float | None) -> str:
    return "absent" if figure is None else f"{figure:g}"


@contextmanager
def _set_aside(folder: Path, aside: Path) -> Iterator[None]:
    """Do the block without `folder`, and put it back if the block fails."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rename(aside)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if aside.exists():
            aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
