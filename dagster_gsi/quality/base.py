"""Data gates: an expectation suite over a table, and a verdict that names what is wrong and where."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite

_SHOWN = 3
"""Rows named per broken expectation: enough to open one, few enough to read."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a table did."""

    expectations: int
    """Held against it."""
    failures: list[str] = field(default_factory=list)
    """One line per broken expectation: what was expected of which column, how many rows break it, and some of them."""

    @property
    def passed(self) -> bool:
        return not self.failures


def judge(table: pd.DataFrame, suite: ExpectationSuite, identity: str) -> Verdict:
    """Hold `suite` against every row of `table`; rows are named by their column `identity`."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
    # Great Expectations announces every metric it computes.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
    outcome = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": [identity]}
    )
    failures = [_explain(result, identity) for result in outcome.results if not result.success]
    return Verdict(len(suite.expectations), failures)


def _explain(result: Any, identity: str) -> str:
    configuration = result.expectation_config
    arguments = {k: v for k, v in configuration.kwargs.items() if k != "batch_id"}
    columns = [arguments.pop(k) for k in ("column", "column_A", "column_B") if k in arguments]
    expected = f"{', '.join(columns) or 'table'}: {configuration.type}({_listed(arguments)})"
    if raised := [e["exception_message"] for e in _exceptions(result.exception_info) if e.get("raised_exception")]:
        return f"{expected} could not be checked: {raised[0]}"
    if rows := result.result.get("unexpected_index_list"):
        names = ", ".join(str(row[identity]) for row in rows[:_SHOWN])
        values = ", ".join(repr(value) for value in result.result["partial_unexpected_list"][:_SHOWN])
        return f"{expected}: {len(rows)} rows break it, such as {names} with {values}"
    return f"{expected}: found {result.result.get('observed_value')}"


def _listed(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def _exceptions(information: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry, or one per metric: Great Expectations has both shapes."""
    return [information] if "raised_exception" in information else list(information.values())
