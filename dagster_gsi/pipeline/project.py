"""The project's files as every entry knows them: parameters, instances of stages, records of runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from dagster_gsi.files import write_text
from dagster_gsi.stages.base import Report, did_you_mean

PARAMS = "params.yaml"
_COUNTS = ("pairs", "scenes", "sets", "samples", "expectations", "pictures", "failures")
"""Counts that stages report, in the order in which they are told."""
_UNWATCHED = ("compute",)
"""Sections that say how stages work and not what they make: `dvc.yaml` does not have them."""
_OVERALL = re.compile(r"/all/AVG$|/avg$")


def find_root() -> Path:
    """The nearest folder, from here upwards, that holds `params.yaml` and `dvc.yaml`."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PARAMS).is_file() and (folder / "dvc.yaml").is_file():
            return folder
    raise ValueError(f"no params.yaml and dvc.yaml in {here} or above it: change to the project's folder")


def read_params(root: Path) -> dict[str, Any]:
    """The sections of `params.yaml`, not yet validated by their stages."""
    path = root / PARAMS
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    known = _sections(root)
    if not isinstance(document, dict):
        raise ValueError(f"{path} holds no sections; it needs: {', '.join(known)}")
    for section in document:
        if section not in known:
            raise ValueError(f"params.yaml, {section}: unknown section; {did_you_mean(str(section), known)}")
    return document


def instances(root: Path, stage: str) -> tuple[str, ...] | None:
    """Keys of a stage that `dvc.yaml` runs once per entry of a section (`foreach`); None for a single stage."""
    declared = _declared(root)[stage]
    if "foreach" not in declared:
        return None
    section = declared["foreach"].removeprefix("${").removesuffix("}")
    entries: Any = read_params(root)
    for step in section.split("."):
        if not isinstance(entries, dict) or step not in entries:
            raise ValueError(f"params.yaml has no {section}, which says how often {stage} runs")
        entries = entries[step]
    if not isinstance(entries, dict) or not entries:
        raise ValueError(f"params.yaml, {section} must be names with settings")
    return tuple(map(str, entries))


def addresses(root: Path) -> tuple[str, ...]:
    """Every stage and instance as DVC names them, in the order of the chain: `edit@warp`, `report`."""
    return tuple(
        stage if key is None else f"{stage}@{key}"
        for stage in _declared(root)
        for key in (instances(root, stage) or (None,))
    )


def _sections(root: Path) -> list[str]:
    """The stages, and the sections that stages read besides their own."""
    stages = _declared(root)
    watched = [key for stage in stages.values() for key in stage.get("do", stage).get("params", ())]
    return list(dict.fromkeys([*stages, *(key.split(".")[0] for key in watched), *_UNWATCHED]))


def _declared(root: Path) -> dict[str, Any]:
    """The stages of `dvc.yaml`."""
    stages: dict[str, Any] = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return stages


def report_path(root: Path, address: str) -> Path:
    return root / "reports" / f"{address.replace('@', '-')}.json"


def log_path(root: Path, address: str) -> Path:
    return root / "logs" / f"{address.replace('@', '-')}.json"


def write_records(root: Path, address: str, report: Report, seconds: float) -> None:
    """Write the report that DVC compares and the log that it does not know."""
    _write_json(report_path(root, address), report.metrics)
    log = {**report.log, "seconds": round(seconds, 2)}
    _write_json(log_path(root, address), {"log": log, "preview": report.preview})


def read_records(root: Path, address: str) -> Report:
    """What the last run of a stage left; the log may be missing where the outputs were pulled or checked out."""
    path = report_path(root, address)
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({error}): run `dvc repro --force {address}`") from None
    log = log_path(root, address)
    notes = json.loads(log.read_text(encoding="utf-8")) if log.is_file() else {"log": {}, "preview": None}
    return Report(metrics=metrics, **notes)


def headline(metrics: dict[str, float]) -> str:
    """The few figures that say how a stage went; all of them are in its report."""
    counts = [f"{name} {metrics[name]:g}" for name in _COUNTS if name in metrics]
    # `set/protocol/operation/AVG` of an editor, `set/editor/avg` in the report.
    averages = {
        re.sub(r"(/all)?/avg$", "", name, flags=re.IGNORECASE): name for name in metrics if _OVERALL.search(name)
    }
    return ", ".join([*counts, *(f"{name} {metrics[key]:.1f}" for name, key in averages.items())])


def _write_json(path: Path, document: object) -> None:
    write_text(path, json.dumps(document, indent=2, sort_keys=True) + "\n")
