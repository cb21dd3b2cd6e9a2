"""What can be started as a whole, and what starts by itself."""

from pathlib import Path

import dagster as dg

from dagster_gsi.defs.evaluation import editors, edits, report, scores
from dagster_gsi.defs.nightly import nightly
from dagster_gsi.defs.resources import DvcPipeline, metadata_of
from dagster_gsi.defs.synthesis import gsi_syn, gsi_syn_certificate
from dagster_gsi.pipeline import dvc, project

ASSETS: dict[str, dg.AssetKey] = {
    asset.metadata_by_key[asset.key]["dvc_stage"]: asset.key
    for asset in (gsi_syn, gsi_syn_certificate, edits, scores, report)
}
"""The asset of each stage."""
DATA_VERSION = "dagster/data_version"
"""Dagster's tag for the version of what an asset holds: here DVC's hash."""


def materialization(address: str, outcome: dvc.Outcome, root: Path) -> dg.AssetMaterialization:
    """What Dagster records of a stage that is up to date without a run of its asset."""
    stage, _, partition = address.partition("@")
    return dg.AssetMaterialization(
        ASSETS[stage],
        partition=partition or None,
        metadata=metadata_of(outcome, root),
        tags={DATA_VERSION: outcome.version},
    )


@dg.op
def refresh(context: dg.OpExecutionContext, pipeline: DvcPipeline) -> None:
    """Bring every stage up to date in the order of the chain, and record each as materialized.

    An asset job would hold assets of one kind of partitions only; the chain has sets and editors.
    """
    root = Path(pipeline.root)
    for address in project.addresses(root):
        context.log_event(materialization(address, pipeline.reproduce(address, context.log), root))


@dg.job
def full_refresh() -> None:
    """The whole chain, from 3D models to the report."""
    refresh()


evaluate = dg.define_asset_job(
    "evaluate",
    selection=dg.AssetSelection.assets(edits, scores),
    partitions_def=editors,
    description="Run and score one editor (a partition) or several (a backfill).",
)

nightly_evaluation = dg.define_asset_job(
    "nightly_evaluation",
    selection=dg.AssetSelection.assets(nightly),
    description="Run and score every editor from nothing, and compare with the night before.",
)


@dg.schedule(job=nightly_evaluation, cron_schedule="0 2 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Two o'clock, wherever the UI is served. Turn it off in the UI where an editor is a hosted model that costs money."""
    night = context.scheduled_execution_time.isoformat()
    return dg.RunRequest(run_key=night, tags={"gsi/night": night})
