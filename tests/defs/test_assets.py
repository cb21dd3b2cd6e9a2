"""The definitions at work, over a small project in which scripts play the stages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from dagster_gsi.defs.evaluation import edits, report, scores
from dagster_gsi.defs.jobs import ASSETS, every_night, full_refresh
from dagster_gsi.defs.nightly import nightly
from dagster_gsi.defs.resources import DvcPipeline
from dagster_gsi.defs.sensors import dvc_lock
from dagster_gsi.defs.synthesis import gsi_syn, gsi_syn_certificate
from dagster_gsi.pipeline import dvc

CHAIN = [gsi_syn, gsi_syn_certificate, edits, scores, report]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        yield instance


def materialize(
    asset: dg.AssetsDefinition, root: Path, instance: dg.DagsterInstance, partition: str | None = None
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [*CHAIN, nightly],
        selection=[asset],
        partition_key=partition,
        instance=instance,
        resources={"pipeline": DvcPipeline(root=str(root))},
        raise_on_error=False,
    )


def test_a_materialization_carries_figures_and_the_version_of_dvc(
    made_project: Path, instance: dg.DagsterInstance
) -> None:
    (event,) = materialize(gsi_syn, made_project, instance, "table-test").asset_materializations_for_node("gsi_syn")
    assert {name: value.value for name, value in event.metadata.items()} == {
        "pairs": 4,
        "seconds": 0.5,
        "was_current": True,
    }
    assert event.tags is not None
    assert event.tags["dagster/data_version"] == dvc.versions(made_project)["synthesize@table-test"]


def test_what_builds_on_stale_data_fails_and_names_it(toy_project: Path, instance: dg.DagsterInstance) -> None:
    result = materialize(edits, toy_project, instance, "warp")
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "not up to date: gate_syn, synthesize@table-test" in str(failure.step_failure_data.error)


def test_a_failing_gate_fails_its_blocking_check_and_leaves_no_certificate(
    made_project: Path, instance: dg.DagsterInstance
) -> None:
    params = made_project / "params.yaml"
    params.write_text(
        params.read_text(encoding="utf-8").replace("min_pairs: 1", "min_pairs: 9, fail: too few"), encoding="utf-8"
    )
    result = materialize(gsi_syn_certificate, made_project, instance)
    assert not result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.blocking) == ("expectations", False, True)
    assert "too few" in str(check.metadata["broken"].value)
    assert not (made_project / "data/gates/gsi_syn.json").exists()


def test_a_passing_gate_passes_its_check(made_project: Path, instance: dg.DagsterInstance) -> None:
    result = materialize(gsi_syn_certificate, made_project, instance)
    (check,) = result.get_asset_check_evaluations()
    assert (result.success, check.check_name, check.passed) == (True, "expectations", True)


def test_the_sensor_records_what_dvc_did_alone_and_only_once(made_project: Path, instance: dg.DagsterInstance) -> None:
    pipeline = {"pipeline": DvcPipeline(root=str(made_project))}

    def evaluate(cursor: str | None) -> dg.SensorResult:
        result = dvc_lock(dg.build_sensor_context(instance=instance, cursor=cursor, resources=pipeline))
        assert isinstance(result, dg.SensorResult)
        return result

    first = evaluate(None)
    recorded = {(event.asset_key, event.partition) for event in first.asset_events}
    assert recorded == {
        (ASSETS["synthesize"], "table-test"),
        (ASSETS["gate_syn"], None),
        (ASSETS["edit"], "warp"),
        (ASSETS["evaluate"], "warp"),
        (ASSETS["report"], None),
    }
    assert evaluate(first.cursor).asset_events == []
    # While a stage runs its report is away: it is recorded when it is back.
    report_file = made_project / "reports/edit-warp.json"
    text = report_file.read_bytes()
    report_file.unlink()
    meanwhile = evaluate(first.cursor)
    assert meanwhile.asset_events == []
    report_file.write_bytes(text)
    assert [event.asset_key for event in evaluate(meanwhile.cursor).asset_events] == [ASSETS["edit"]]
    # What a run of Dagster's own made is known, though the sensor has not seen it.
    materialize(gsi_syn, made_project, instance, "table-test")
    assert (ASSETS["synthesize"], "table-test") not in {(e.asset_key, e.partition) for e in evaluate(None).asset_events}


def test_a_full_refresh_records_every_stage(made_project: Path, instance: dg.DagsterInstance) -> None:
    result = full_refresh.execute_in_process(
        instance=instance, resources={"pipeline": DvcPipeline(root=str(made_project))}
    )
    assert result.success
    assert {key for key in ASSETS.values() if instance.get_latest_materialization_event(key)} == set(ASSETS.values())


def test_the_night_watch_fails_its_check_when_a_figure_moves_without_a_cause(
    made_project: Path, instance: dg.DagsterInstance
) -> None:
    (first,) = materialize(nightly, made_project, instance).get_asset_check_evaluations()
    assert first.passed
    record = json.loads((made_project / "logs/nightly.jsonl").read_text(encoding="utf-8"))
    assert (record["editor"], record["figures"]["table-test/strict/all/AVG"]) == ("warp", 50.0)
    assert record["causes"]["params.yaml evaluate"] == '{"protocols": ["strict"]}'
    (made_project / "weather.txt").write_text("rain", encoding="utf-8")
    (second,) = materialize(nightly, made_project, instance).get_asset_check_evaluations()
    assert not second.passed
    assert "without a cause\n\n- table-test/strict/all/AVG: 50 became 40" in str(second.metadata["warp"].value)


def test_the_schedule_names_each_night_and_waits_to_be_turned_on() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 22, 2, tzinfo=UTC))
    request = every_night(context)
    assert isinstance(request, dg.RunRequest)
    assert (request.run_key, request.tags["gsi/night"]) == ("2026-11-22T02:00:00+00:00",) * 2
    assert (every_night.cron_schedule, every_night.default_status) == ("0 2 * * *", dg.DefaultScheduleStatus.RUNNING)


def test_a_selection_by_text_is_understood() -> None:
    """The antlr that DVC asks for by default breaks Dagster's selections: see pyproject.toml."""
    selected = dg.AssetSelection.from_string("key:scores").resolve(CHAIN)
    assert selected == {dg.AssetKey("scores")}
