"""Edited pictures, their scores and the report."""

import dagster as dg

from dagster_gsi.defs.resources import DvcPipeline, stage_partitions
from dagster_gsi.defs.synthesis import gsi_syn, gsi_syn_certificate

editors = stage_partitions("edit")


@dg.asset(
    group_name="evaluation",
    kinds={"dvc", "python"},
    partitions_def=editors,
    deps=[gsi_syn_certificate, dg.AssetDep(gsi_syn, partition_mapping=dg.AllPartitionMapping())],
    pool="cores",
    metadata={"dvc_stage": "edit"},
)
def edits(context: dg.AssetExecutionContext, pipeline: DvcPipeline) -> dg.MaterializeResult[None]:
    """What each editor made of the requests of the test sets: `data/edits/<editor>/<set>/<sample_id>.png`."""
    return pipeline.materialize(context)


@dg.asset(
    group_name="evaluation",
    kinds={"dvc", "mlflow"},
    partitions_def=editors,
    deps=[edits, dg.AssetDep(gsi_syn, partition_mapping=dg.AllPartitionMapping())],
    pool="cores",
    metadata={"dvc_stage": "evaluate"},
)
def scores(context: dg.AssetExecutionContext, pipeline: DvcPipeline) -> dg.MaterializeResult[None]:
    """One row an edited picture and protocol with every intermediate figure: `data/scores/<editor>.parquet`."""
    return pipeline.materialize(context)


@dg.asset(
    group_name="evaluation",
    kinds={"dvc", "html"},
    deps=[
        gsi_syn,
        dg.AssetDep(edits, partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(scores, partition_mapping=dg.AllPartitionMapping()),
    ],
    metadata={"dvc_stage": "report"},
)
def report(context: dg.AssetExecutionContext, pipeline: DvcPipeline) -> dg.MaterializeResult[None]:
    """Tables, figures with intervals, a gallery and where everything came from, in one file: `reports/report.html`."""
    return pipeline.materialize(context)
