"""One stage from the command line: what `dvc.yaml` calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dagster_gsi.pipeline.project import headline, instances, read_params, write_records
from dagster_gsi.stages import STAGES
from dagster_gsi.stages.base import did_you_mean, load_params

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run_stage(root: Path, name: str, key: str | None, overrides: Mapping[str, int]) -> None:
    """Validate the parameters, run, write the records and print the figures.

    `overrides` take the place of keys of the stage's section for this run: DVC then sees that its output is another one.
    """
    stage = STAGES[name]
    keys = instances(root, name)
    if keys is not None and key not in keys:
        wrong = "which one?" if key is None else f"there is no {key!r};"
        raise ValueError(f"gsi {name}: {wrong} {did_you_mean(key or '', keys)}")
    document = read_params(root)
    params = load_params(stage, {**document, name: {**document.get(name, {}), **overrides}} if overrides else document)
    started = time.monotonic()
    report = stage.run(params, root) if key is None else stage.run(params, root, key)
    address = name if key is None else f"{name}@{key}"
    write_records(root, address, report, time.monotonic() - started)
    print(f"{address}: {headline(report.metrics)}")
    if overrides:
        changed = ", ".join(f"{key} {value}" for key, value in overrides.items())
        print(f"{address}: made with {changed} instead of what params.yaml says; `dvc repro {address}` makes it anew")
