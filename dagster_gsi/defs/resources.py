"""How an asset is materialized: its DVC stage is reproduced, and what the stage recorded becomes metadata."""

from pathlib import Path
from typing import Any

import dagster as dg

from dagster_gsi.pipeline import dvc, project
from dagster_gsi.pipeline.preview import as_markdown
from dagster_gsi.tracking.mlflow import run_url

ROOT = Path(__file__).parents[2]


class DvcPipeline(dg.ConfigurableResource[None]):
    """Materializes an asset by reproducing the DVC stage named in its `dvc_stage` metadata."""

    root: str = str(ROOT)
    echo: bool = False
    """Print what DVC and the stage say besides logging it: for a run that somebody watches on a terminal."""

    def materialize(self, context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Bring the asset's stage up to date; one that fails, or would build on old data, raises StageError."""
        stage = context.assets_def.metadata_by_key[context.asset_key]["dvc_stage"]
        address = f"{stage}@{context.partition_key}" if context.has_partition_key else stage
        outcome = self.reproduce(address, context.log)
        return dg.MaterializeResult(
            metadata=metadata_of(outcome, Path(self.root)), data_version=dg.DataVersion(outcome.version)
        )

    def reproduce(self, address: str, log: dg.DagsterLogManager) -> dvc.Outcome:
        """Bring any stage up to date, and let the run's log tell what it says."""

        def say(line: str) -> None:
            log.info(line)
            if self.echo:
                print(line, flush=True)

        return dvc.reproduce(Path(self.root), address, say)


def metadata_of(outcome: dvc.Outcome, root: Path) -> dict[str, Any]:
    """Figures, timings, the MLflow run and a picture, as the UI shows them."""
    report = outcome.report
    metadata: dict[str, Any] = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in {**report.metrics, **report.log}.items()
    }
    if run_id := report.log.get("mlflow_run_id"):
        metadata["mlflow_run"] = dg.MetadataValue.url(run_url(str(run_id)))
    if report.preview and (picture := as_markdown(root / report.preview)):
        metadata["preview"] = dg.MetadataValue.md(picture)
    return {**metadata, "was_current": outcome.was_current}


def stage_partitions(stage: str) -> dg.StaticPartitionsDefinition:
    """One partition an instance of the stage."""
    return dg.StaticPartitionsDefinition(list(project.instances(ROOT, stage) or ()))


@dg.definitions
def resources() -> dg.Definitions:
    # A step only waits for DVC: a process of its own would cost three seconds and gain nothing.
    return dg.Definitions(resources={"pipeline": DvcPipeline()}, executor=dg.in_process_executor)
