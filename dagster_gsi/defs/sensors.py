"""What happened to the data without Dagster."""

import json
from pathlib import Path

import dagster as dg

from dagster_gsi.defs.jobs import DATA_VERSION, materialization
from dagster_gsi.defs.resources import DvcPipeline
from dagster_gsi.pipeline import dvc, project


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def dvc_lock(context: dg.SensorEvaluationContext, pipeline: DvcPipeline) -> dg.SensorResult:
    """Record what `dvc repro`, `dvc pull` or `git checkout` changed in `dvc.lock`."""
    root = Path(pipeline.root)
    before, now = json.loads(context.cursor or "{}"), dvc.versions(root)
    # A report is missing while its stage runs, or where outputs were not pulled: that stage is looked at next time.
    there = {
        address: now[address] for address in project.addresses(root) if address in now and _has_report(root, address)
    }
    events: list[dg.AssetMaterialization] = []
    for address, version in there.items():
        if before.get(address) != version:
            outcome = dvc.Outcome(project.read_records(root, address), version, was_current=True)
            event = materialization(address, outcome, root)
            if not _is_known(context.instance, event):
                events.append(event)
    return dg.SensorResult(asset_events=events, cursor=json.dumps(there))


def _has_report(root: Path, address: str) -> bool:
    return project.report_path(root, address).is_file()


def _is_known(instance: dg.DagsterInstance, event: dg.AssetMaterialization) -> bool:
    """Whether Dagster's last record of the asset has this version already, as after a run of its own."""
    wanted = dg.AssetRecordsFilter(event.asset_key, asset_partitions=[event.partition] if event.partition else None)
    records = instance.fetch_materializations(wanted, limit=1).records
    last = records[0].asset_materialization if records else None
    return last is not None and (last.tags or {}).get(DATA_VERSION) == (event.tags or {})[DATA_VERSION]
