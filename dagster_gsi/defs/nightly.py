"""The night watch over judges, hosted models and the environment."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_gsi.defs.evaluation import scores
from dagster_gsi.defs.resources import DvcPipeline
from dagster_gsi.pipeline import dvc, project
from dagster_gsi.pipeline.nightly import Comparison, append_night, compare, last_two, read_nights, rerun


@dg.asset(
    group_name="operations",
    kinds={"dvc", "python"},
    deps=[dg.AssetDep(scores, partition_mapping=dg.AllPartitionMapping())],
    check_specs=[
        dg.AssetCheckSpec(
            "steady",
            asset="nightly",
            description="No figure moved since the night before without a cause that is known.",
        )
    ],
    pool="cores",
)
def nightly(
    context: dg.AssetExecutionContext, pipeline: DvcPipeline
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Every editor run and scored from nothing although nothing changed; one line an editor in `logs/nightly.jsonl`."""
    root = Path(pipeline.root)
    night = context.run.tags.get("gsi/night", datetime.now(UTC).isoformat(timespec="seconds"))
    failures: dict[str, str] = {}
    for editor in project.instances(root, "edit") or ():
        try:
            append_night(root, rerun(root, editor, night, context.log.info))
        except dvc.StageError as error:
            failures[editor] = str(error)
    nights = read_nights(root)
    comparisons = [
        compare(before, last)
        for editor in project.instances(root, "edit") or ()
        for before, last in (last_two(nights, editor),)
        if last is not None and last.night == night
    ]
    metadata: dict[str, Any] = {
        "night": night,
        "editors": len(comparisons),
        "nights_on_record": len({n.night for n in nights}),
    }
    yield dg.AssetCheckResult(
        check_name="steady",
        passed=not failures and all(comparison.is_steady for comparison in comparisons),
        metadata=_told(comparisons, failures),
    )
    if failures:
        raise dg.Failure(f"could not evaluate {', '.join(failures)}", metadata=dict(failures), allow_retries=False)
    yield dg.MaterializeResult(metadata=metadata)


def _told(comparisons: list[Comparison], failures: dict[str, str]) -> dict[str, Any]:
    """What moved and why, by editor."""
    told: dict[str, Any] = {f"{editor}: failed": text for editor, text in failures.items()}
    for comparison in comparisons:
        state = "as before" if not comparison.moved else "with a cause" if comparison.causes else "without a cause"
        lines = [*(f"- {line}" for line in comparison.moved), *(f"- because {line}" for line in comparison.causes)]
        told[comparison.editor] = dg.MetadataValue.md("\n".join([state, "", *lines]))
    return told
