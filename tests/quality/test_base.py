"""Real Great Expectations over small tables."""

from __future__ import annotations

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

from dagster_gsi.quality.base import Verdict, judge

TABLE = pd.DataFrame({"name": ["a", "b", "c"], "area": [0.1, 0.9, 0.7], "code": ["x", "y", "x"]})
BETWEEN = gxe.ExpectColumnValuesToBeBetween(column="area", min_value=0.05, max_value=0.6)


def suite(*expectations: gxe.Expectation) -> gx.ExpectationSuite:
    return gx.ExpectationSuite(name="toy", expectations=list(expectations))


def test_a_table_that_meets_everything_passes() -> None:
    assert judge(TABLE[:1], suite(BETWEEN), "name") == Verdict(expectations=1)


def test_rows_that_break_an_expectation_are_named_with_their_values() -> None:
    verdict = judge(TABLE, suite(BETWEEN, gxe.ExpectColumnValuesToBeUnique(column="name")), "name")
    assert verdict.expectations == 2
    (line,) = verdict.failures
    assert line.startswith("area: expect_column_values_to_be_between(min_value=0.05, max_value=0.6): ")
    assert line.endswith("2 rows break it, such as b, c with 0.9, 0.7")


def test_a_table_that_is_too_short_says_how_long_it_is() -> None:
    verdict = judge(TABLE, suite(gxe.ExpectTableRowCountToBeBetween(min_value=5)), "name")
    assert verdict.failures == ["table: expect_table_row_count_to_be_between(min_value=5): found 3"]


def test_a_missing_column_is_a_failure_that_names_it() -> None:
    verdict = judge(TABLE.drop(columns="area"), suite(BETWEEN), "name")
    assert len(verdict.failures) == 1
    assert "could not be checked" in verdict.failures[0]
    assert '"area"' in verdict.failures[0]
