"""Profiles: the keys of `params.yaml` that another size of the chain changes. `params.yaml` stays the only truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from dagster_gsi.files import replacing
from dagster_gsi.stages.base import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def show_profile(root: Path, name: str | None) -> None:
    for profile in [name] if name else names(root):
        path = _path(root, profile)
        print(f"{profile}: {path.read_text(encoding='utf-8').splitlines()[0].removeprefix('#').strip()}")
        for key, value in _leaves(_read(path)):
            print(f"  {key}: {value}")


def use_profile(root: Path, name: str) -> list[str]:
    """Write the profile's values into `params.yaml`, comments kept, and print each; returns the keys that changed."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.preserve_quotes = True
    writer.width = 120
    writer.indent(mapping=2, sequence=4, offset=2)
    path = root / "params.yaml"
    document = writer.load(path.read_text(encoding="utf-8"))
    changes = lay_over(document, root, name)
    for key, before, after in changes:
        print(f"params.yaml, {key}: {before} becomes {after}")
    if changes:
        with replacing(path) as partial:
            writer.dump(document, partial)
        print("go back with: git checkout params.yaml")
    return [key for key, _, _ in changes]


def lay_over(document: dict[str, Any], root: Path, name: str) -> list[tuple[str, Any, Any]]:
    """Set the profile's values in `document`, which is `params.yaml`; returns key, value before and after of each change.

    A profile that names a section that is not there raises ValueError with file and key.
    """
    changes = []
    for key, value in _leaves(_read(_path(root, name))):
        *parents, last = key.split(".")
        section = document
        for parent in parents:
            if parent not in section:
                raise ValueError(f"profiles/{name}.yaml, {key}: params.yaml has no {parent!r}")
            section = section[parent]
        if section.get(last) != value:
            changes.append((key, section.get(last), value))
            section[last] = value
    return changes


def names(root: Path) -> list[str]:
    return sorted(path.stem for path in (root / "profiles").glob("*.yaml"))


def _path(root: Path, name: str) -> Path:
    if name not in names(root):
        raise ValueError(f"there is no profile {name!r}; {did_you_mean(name, names(root))}")
    return root / "profiles" / f"{name}.yaml"


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _leaves(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
