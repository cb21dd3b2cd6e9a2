"""`gsi doctor`: what this machine has and lacks."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from dagster_gsi.rendering.llvm import find_llvm, gpu_is_usable

if TYPE_CHECKING:
    from pathlib import Path

Line = tuple[str, str, str]

_PACKAGES = ("mitsuba", "mujoco", "torch", "diffusers", "dagster", "dvc", "mlflow", "great-expectations")
_NEEDED_GB = 5.0
"""For the default profile, its copies in the DVC cache, and room to work."""


def examine(root: Path) -> None:
    """Print one line a thing; a lack comes with its remedy."""
    table = Table("", "found", "remedy", title="gsi doctor")
    for row in (
        _python(),
        *map(_package, _PACKAGES),
        _llvm(),
        _gpu(),
        _cores(),
        _disk(root),
        _assets(root),
        _git(root),
    ):
        table.add_row(*row)
    Console().print(table)


def _python() -> Line:
    return "Python", f"{platform.python_version()} on {platform.machine()}", ""


def _package(name: str) -> Line:
    try:
        return name, version(name), ""
    except PackageNotFoundError:
        return name, "missing", "make setup"


def _llvm() -> Line:
    path = find_llvm()
    remedy = "apt-get install libllvm19 or make llvm; until then rendering is ten times slower"
    return "LLVM", str(path or "not found"), "" if path else remedy


def _gpu() -> Line:
    return "GPU for rendering", "yes" if gpu_is_usable() else "none", ""


def _cores() -> Line:
    return "cores for workers", str(len(os.sched_getaffinity(0))), ""


def _disk(root: Path) -> Line:
    free = shutil.disk_usage(root).free / 1e9
    remedy = "" if free > _NEEDED_GB else "free some space; `dvc gc --workspace` drops old versions"
    used = sum(_size(root / name) for name in (".dvc/cache", ".cache", "data", "mlartifacts")) / 1e9
    return "disk", f"{free:.1f} GB free, {used:.1f} GB used by the project", remedy


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _assets(root: Path) -> Line:
    count = len(list((root / "data/assets/models").glob("*.glb")))
    return "3D models", str(count), "" if count else "git checkout -- data/assets, or gsi assets build"


def _git(root: Path) -> Line:
    found = shutil.which("git") is not None and (root / ".git").exists()
    return "Git", "yes" if found else "no repository", "" if found else "DVC needs a Git repository: git init"
