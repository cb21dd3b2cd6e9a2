"""The stages, in the order of the chain. Their names are those in `dvc.yaml`; the Dagster assets carry them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.stages import edit, evaluate, gate_syn, report, synthesize

if TYPE_CHECKING:
    from dagster_gsi.stages.base import Stage

STAGES: dict[str, Stage] = {
    stage.name: stage for stage in (synthesize.STAGE, gate_syn.STAGE, edit.STAGE, evaluate.STAGE, report.STAGE)
}
