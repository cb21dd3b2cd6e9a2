"""Asset checks: what must hold of results that are there."""

from pathlib import Path

import dagster as dg

from dagster_gsi.defs.evaluation import report, scores
from dagster_gsi.defs.resources import DvcPipeline
from dagster_gsi.pipeline import checks


@dg.asset_check(asset=scores, blocking=True)
def coverage(pipeline: DvcPipeline) -> dg.AssetCheckResult:
    """Every sample has a score of every editor that is evaluated, and hardly any is unjudged."""
    return _result(checks.coverage(Path(pipeline.root)))


@dg.asset_check(asset=scores)
def oracle_beats_warp_beats_identity(pipeline: DvcPipeline) -> dg.AssetCheckResult:
    """The truth is best and the untouched picture worst, among those that are evaluated: the protocol's own proof."""
    return _result(checks.ranking(Path(pipeline.root)))


@dg.asset_check(asset=report)
def is_whole(pipeline: DvcPipeline) -> dg.AssetCheckResult:
    """The report is there, to its last tag."""
    return _result(checks.page(Path(pipeline.root)))


def _result(finding: checks.Finding) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=finding.holds, metadata={"found": "\n".join(finding.lines)})
