"""What happened to the data without Dagster."""

import json

import dagster as dg

from dagster_gsi.defs.jobs import ASSETS
from dagster_gsi.defs.resources import ROOT, metadata_of
from dagster_gsi.pipeline import dvc, project

_VERSION = "dagster/data_version"


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def dvc_lock(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Record what `dvc repro`, `dvc pull` or `git checkout` changed in `dvc.lock`."""
    before, now = json.loads(context.cursor or "{}"), dvc.versions(ROOT)
    events: list[dg.AssetMaterialization] = []
    for address in project.addresses(ROOT):
        if address in now and before.get(address) != now[address]:
            event = _materialization(address, now[address])
            if not _is_known(context.instance, event):
                events.append(event)
    return dg.SensorResult(asset_events=events, cursor=json.dumps(now))


def _materialization(address: str, version: str) -> dg.AssetMaterialization:
    stage, _, partition = address.partition("@")
    outcome = dvc.Outcome(project.read_records(ROOT, address), version, was_current=True)
    return dg.AssetMaterialization(
        ASSETS[stage], partition=partition or None, metadata=metadata_of(outcome, ROOT), tags={_VERSION: version}
    )


def _is_known(instance: dg.DagsterInstance, event: dg.AssetMaterialization) -> bool:
    """Whether Dagster's last record of the asset has this version already, as after a run of its own."""
    wanted = dg.AssetRecordsFilter(event.asset_key, asset_partitions=[event.partition] if event.partition else None)
    records = instance.fetch_materializations(wanted, limit=1).records
    last = records[0].asset_materialization if records else None
    return last is not None and bool(last.tags) and last.tags.get(_VERSION) == (event.tags or {})[_VERSION]
