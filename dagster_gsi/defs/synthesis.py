"""GSI-Syn and its gate."""

from collections.abc import Iterator

import dagster as dg

from dagster_gsi.defs.resources import DvcPipeline, stage_partitions
from dagster_gsi.pipeline import dvc


@dg.asset(
    group_name="synthesis",
    kinds={"dvc", "python"},
    partitions_def=stage_partitions("synthesize"),
    pool="cores",
    metadata={"dvc_stage": "synthesize"},
)
def gsi_syn(context: dg.AssetExecutionContext, pipeline: DvcPipeline) -> dg.MaterializeResult[None]:
    """Pictures before and after a spatial edit, with the instruction and all that is true of both; one set a partition.

    WebDataset shards and a manifest in `data/gsi_syn/<set>`.
    """
    return pipeline.materialize(context)


@dg.asset(
    group_name="synthesis",
    kinds={"dvc", "python"},
    deps=[gsi_syn],
    check_specs=[
        dg.AssetCheckSpec(
            "expectations",
            asset="gsi_syn_certificate",
            blocking=True,
            description="Great Expectations over the manifests of all sets.",
        )
    ],
    metadata={"dvc_stage": "gate_syn"},
)
def gsi_syn_certificate(
    context: dg.AssetExecutionContext, pipeline: DvcPipeline
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Says that GSI-Syn met its expectations: `data/gates/gsi_syn.json` exists only then, and edits depend on it."""
    try:
        result = pipeline.materialize(context)
    except dvc.StaleError:
        raise
    except dvc.StageError as error:
        yield dg.AssetCheckResult(passed=False, check_name="expectations", metadata={"broken": str(error)})
        raise
    held = dg.AssetCheckResult(passed=True, check_name="expectations", metadata=dict(result.metadata or {}))
    yield result._replace(check_results=[held])
