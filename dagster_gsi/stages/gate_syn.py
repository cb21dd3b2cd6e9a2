"""Issue a certificate for GSI-Syn, or fail and say why.

The certificate exists only if the data passed, and later stages depend on it: whatever starts them, nothing is built on
data that failed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import Field

from dagster_gsi.files import write_text
from dagster_gsi.quality.base import Verdict, judge
from dagster_gsi.quality.gsi_syn import Limits, missing_samples, operation_shares, sample_suite, share_suite
from dagster_gsi.samples.manifest import NAME, read_manifest
from dagster_gsi.stages.base import Params, Report, Stage

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

CERTIFICATE = "data/gates/gsi_syn.json"


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


def run(params: GateSynParams, root: Path) -> Report:
    """Hold the manifests of all sets to their expectations; SystemExit lists what they break, with rows."""
    certificate = root / CERTIFICATE
    certificate.unlink(missing_ok=True)
    table = _manifests(root / "data/gsi_syn")
    limits = Limits(**params.model_dump())
    shares = operation_shares(table)
    verdicts = (judge(table, sample_suite(limits), "sample_id"), judge(shares, share_suite(limits), "group"))
    verdict = Verdict(
        expectations=sum(v.expectations for v in verdicts),
        failures=[*(f for v in verdicts for f in v.failures), *missing_samples(table, root / "data/gsi_syn")],
    )
    if not verdict.passed:
        raise SystemExit("GSI-Syn failed its gate:\n" + "\n".join(f"  {line}" for line in verdict.failures))
    sets = {str(name): int(count) for name, count in table["set"].value_counts(sort=False).sort_index().items()}
    document = {"expectations": verdict.expectations, "sets": sets}
    write_text(certificate, json.dumps(document, indent=2, sort_keys=True) + "\n")
    return Report(metrics={"expectations": verdict.expectations, "sets": len(sets), "samples": len(table)})


def _manifests(folder: Path) -> pd.DataFrame:
    import pandas as pd

    folders = sorted(path.parent for path in folder.glob(f"*/{NAME}"))
    if not folders:
        raise ValueError(f"{folder} holds no set with a {NAME}: run `dvc repro` or `gsi synthesize SET` first")
    return pd.concat([read_manifest(path) for path in folders], ignore_index=True)


STAGE = Stage("gate_syn", GateSynParams, run)
