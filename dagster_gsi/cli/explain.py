"""`gsi explain`: why one picture passed or failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.reporting.explain import explain as draw
from dagster_gsi.reporting.readings import plain

if TYPE_CHECKING:
    from pathlib import Path


def explain(root: Path, model: str, sample: str, protocol: str, out: Path | None) -> None:
    """Write the picture, print where it is, the verdict and the sentence."""
    found = draw(root, model, sample, protocol=protocol, out=out)
    print(found.path)
    print(f"{found.verdict}: {plain(found.sentence)}")
    if found.limited:
        print(f"{model} was scored with --limit: this is one of some samples, not of the whole set.")
