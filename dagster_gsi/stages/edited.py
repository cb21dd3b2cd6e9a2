"""What an editor leaves behind: `data/edits/<editor>/<set>/<sample_id>.png`, and why the pictures that lack were not made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dagster_gsi.files import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FAILURES = "failures.json"


def folder_of(root: Path, editor: str) -> Path:
    """All pictures of one editor."""
    return root / "data/edits" / editor


def write_failures(folder: Path, failures: Mapping[str, str]) -> None:
    """Record the reasons, by sample id, beside an editor's pictures."""
    write_text(folder / _FAILURES, json.dumps(failures, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_failures(folder: Path) -> dict[str, str]:
    """The recorded reasons; an editor whose pictures came from elsewhere has none."""
    path = folder / _FAILURES
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete {folder} and run `dvc repro`") from error
