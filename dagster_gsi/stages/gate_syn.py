"""Issue a certificate for GSI-Syn, or fail and say why.

The certificate exists only if the data passed, and later stages depend on it: whatever starts them, nothing is built on
data that failed. Where a model looks at pairs, its verdicts are kept beside the certificate, whatever they are.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dagster_gsi.files import write_text
from dagster_gsi.progress import progress
from dagster_gsi.quality.base import judge
from dagster_gsi.quality.gsi_syn import Limits, missing_samples, operation_shares, sample_suite, share_suite
from dagster_gsi.quality.inspection import Inspection, by_set, failures, shares, write_inspections
from dagster_gsi.quality.inspector import Inspector, open_inspector
from dagster_gsi.quality.inspector_pairs import chosen, read_pairs
from dagster_gsi.quality.inspector_params import InspectorParams
from dagster_gsi.quality.separation import Usage, faults
from dagster_gsi.samples.manifest import NAME, read_manifest
from dagster_gsi.scenes.catalogue import ASSETS, Catalogue
from dagster_gsi.stages.base import Params, Report, Stage

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

CERTIFICATE = "data/gates/gsi_syn.json"
INSPECTIONS = "data/gates/gsi_syn_inspections.parquet"
"""What a model found, one row a pair; no rows where none is asked."""


class GateSynParams(Params):
    """What every set of GSI-Syn must satisfy."""

    min_pairs: int = Field(ge=1)
    """Samples in every set."""
    min_share: float = Field(ge=0, le=1)
    """Of each operation in a set."""
    min_visible: float = Field(gt=0, le=1)
    """Part of the target's outline that nothing hides, before and, unless it was removed, after."""
    mask_fraction: tuple[float, float]
    """Least and most of the picture that the target may cover before the edit."""
    min_pixel_change: float = Field(ge=0)
    """Mean absolute change inside the masks, of 255."""
    min_look_change: float = Field(ge=0)
    """LPIPS inside the masks."""
    num_things: tuple[int, int]
    """Fewest and most things in a scene."""
    mllm: InspectorParams | None = None
    """A vision-language model that looks at pairs after all else has passed; null asks none."""


def run(params: GateSynParams, root: Path) -> Report:
    """Hold all sets to their expectations, then show pairs to a model where one is set; SystemExit lists what they break,
    with rows.
    """
    for earlier in (CERTIFICATE, INSPECTIONS):
        (root / earlier).unlink(missing_ok=True)
    # A missing key is known before the work.
    inspector = None if params.mllm is None else open_inspector(params.mllm, root)
    folder = root / "data/gsi_syn"
    table = _manifests(folder)
    usage = Usage(Catalogue(root / ASSETS))
    expectations = _meet_expectations(params, table, folder, usage)
    sets = {str(name): int(count) for name, count in table["set"].value_counts(sort=False).sort_index().items()}
    certificate: dict[str, Any] = {
        "expectations": expectations,
        "sets": sets,
        "shows": {line.kind: asdict(line.counts) for line in usage.lines()},
    }
    report = Report(metrics={"expectations": expectations, "sets": len(sets), "samples": len(table)})
    if inspector is None:
        write_inspections(root / INSPECTIONS, [])
    else:
        inspections = _inspect(inspector, table, folder)
        # Also where the pairs fail: people will want to see which and why.
        write_inspections(root / INSPECTIONS, inspections)
        _demand(failures(inspections, inspector.params))
        found = {name: shares(part) for name, part in by_set(inspections).items()}
        certificate["mllm"] = {**inspector.identity, "sets": found}
        report.metrics.update({f"mllm/{name}/{key}": share for name, of in found.items() for key, share in of.items()})
        report.log.update({f"mllm_{name}": value for name, value in inspector.usage().items()})
    write_text(root / CERTIFICATE, json.dumps(certificate, indent=2, sort_keys=True) + "\n")
    return report


def _meet_expectations(params: GateSynParams, table: pd.DataFrame, folder: Path, usage: Usage) -> int:
    """The number of expectations that the sets meet, all of them; `usage` is told what they show."""
    limits = Limits(**params.model_dump(exclude={"mllm"}))
    shares_of_operations = operation_shares(table)
    verdicts = (
        judge(table, sample_suite(limits), "sample_id"),
        judge(shares_of_operations, share_suite(limits), "group"),
    )
    strays = missing_samples(table, folder, usage)
    apart = usage.lines()
    _demand([*(f for v in verdicts for f in v.failures), *strays, *faults(apart)])
    return sum(verdict.expectations for verdict in verdicts) + sum(line.must_be_apart for line in apart)


def _inspect(inspector: Inspector, table: pd.DataFrame, folder: Path) -> list[Inspection]:
    """What the model finds in the pairs that it is shown, set by set."""
    shown = {str(name): chosen(part["sample_id"], inspector.params.sample) for name, part in table.groupby("set")}
    pairs = chain.from_iterable(read_pairs(folder / name, ids) for name, ids in shown.items())
    with progress("gate_syn mllm", sum(map(len, shown.values())), "pairs") as advance:
        return inspector.inspect(pairs, advance)


def _demand(broken: list[str]) -> None:
    if broken:
        raise SystemExit("GSI-Syn failed its gate:\n" + "\n".join(f"  {line}" for line in broken))


def _manifests(folder: Path) -> pd.DataFrame:
    import pandas as pd

    folders = sorted(path.parent for path in folder.glob(f"*/{NAME}"))
    if not folders:
        raise ValueError(f"{folder} holds no set with a {NAME}: run `dvc repro` or `gsi synthesize SET` first")
    return pd.concat([read_manifest(path) for path in folders], ignore_index=True)


STAGE = Stage("gate_syn", GateSynParams, run)
