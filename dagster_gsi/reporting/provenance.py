"""Where the figures come from: code, data and parameters, without a clock. Equal inputs give equal text."""

from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

# What figures follow from. A commit of `dvc.lock` alone, which every run makes, does not change the page.
_CODE = ("dagster_gsi", "params.yaml", "dvc.yaml", "data/assets")
_PACKAGES = (
    "dagster-gsi", "mitsuba", "mitsuba-oidn", "mujoco", "opencv-python-headless", "numpy", "scipy", "scikit-image",
    "pillow", "torch", "diffusers", "transformers", "dagster", "dvc", "mlflow", "great-expectations",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything someone needs to make the page again."""

    commit: str
    data: tuple[tuple[str, str], ...]
    """(path, md5) of the stages' outputs as `dvc.lock` records them."""
    parameters: tuple[tuple[str, str], ...]
    """(key, value) that the stages ran with, as `dvc.lock` records them."""
    packages: tuple[tuple[str, str], ...]


def provenance_of(root: Path, *, own_stage: str) -> Provenance:
    """Read from Git, `dvc.lock` and the environment; `own_stage` is left out, because it is still running."""
    stages = {name: stage for name, stage in _locked_stages(root).items() if name.partition("@")[0] != own_stage}
    data = {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", ()) if "md5" in out}
    parameters: dict[str, Any] = {}
    for stage in stages.values():
        parameters.update(stage.get("params", {}).get("params.yaml", {}))
    return Provenance(
        commit=_commit(root),
        data=tuple(sorted(data.items())),
        parameters=tuple((key, _plain(value)) for key, value in sorted(_flat(parameters).items())),
        packages=(("python", platform.python_version()), *((name, _version(name)) for name in _PACKAGES)),
    )


def _locked_stages(root: Path) -> dict[str, dict[str, Any]]:
    path = root / "dvc.lock"
    if not path.exists():
        return {}
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return dict((document or {}).get("stages", {}))
    except (yaml.YAMLError, AttributeError) as error:
        raise ValueError(f"{path} is not a lock file ({error}): restore it from Git or delete it") from error


def _commit(root: Path) -> str:
    """The last commit of what the figures follow from, and whether it has been changed since."""
    try:
        commit = _git(root, "log", "-1", "--format=%H", "--", *_CODE)
        changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", *_CODE)
    except (OSError, subprocess.CalledProcessError):
        commit = changed = ""
    if not commit:
        return "not committed to Git"
    return f"{commit} and changes that are not committed" if changed else commit


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined by dots."""
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            flat.update(_flat(inner, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = inner
    return flat


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
