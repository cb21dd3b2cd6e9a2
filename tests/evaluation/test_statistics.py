from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.evaluation.statistics import ALL, estimate, summarise
from dagster_gsi.evaluation.table import Row, frame_of

BASE = Row(
    model="warp", set="table-test", sample="a", scene="s", environment="table", operation="move", code="CM",
    protocol="strict", instruction="Move it.", status="scored", reason="It moved.",
)  # fmt: skip


def test_equal_values_have_an_interval_without_width() -> None:
    found = estimate(np.full(6, 40.0), list("aabbcc"), resamples=200, rng=np.random.default_rng(0))
    assert (found.mean, found.low, found.high, found.count) == (40.0, 40.0, 40.0, 6)


def test_copies_of_a_picture_do_not_narrow_the_interval() -> None:
    values = np.array([0.0, 100.0, 0.0, 100.0, 100.0, 0.0])
    alone = estimate(values, list("abcdef"), resamples=2000, rng=np.random.default_rng(0))
    tenfold = estimate(
        np.repeat(values, 10), list(np.repeat(list("abcdef"), 10)), resamples=2000, rng=np.random.default_rng(0)
    )
    assert tenfold.low == pytest.approx(alone.low)
    assert tenfold.high == pytest.approx(alone.high)


def test_the_interval_of_a_large_sample_is_that_of_the_normal_law() -> None:
    values = np.random.default_rng(1).normal(50, 10, 400)
    found = estimate(values, [str(k) for k in range(400)], resamples=4000, rng=np.random.default_rng(0))
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.06)


def test_no_value_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="no value"):
        estimate(np.zeros(0), [], resamples=100, rng=np.random.default_rng(0))


def test_a_summary_has_every_operation_and_all_of_them_and_leaves_nulls_out() -> None:
    rows = [
        replace(BASE, sample="a", ic=100.0, ac=80.0),
        replace(BASE, sample="b", scene="t", ic=0.0, ac=None, status="unjudged"),
        replace(BASE, sample="c", scene="t", operation="remove", ic=50.0, ac=20.0),
    ]
    table = summarise(frame_of(rows), resamples=200, seed=0).set_index(["operation", "figure"])
    assert table.loc[("move", "ic"), "mean"] == 50.0
    assert table.loc[("remove", "ic"), "mean"] == 50.0
    assert table.loc[(ALL, "ic"), "count"] == 3
    assert table.loc[(ALL, "ac"), "mean"] == 50.0
    assert table.loc[(ALL, "ac"), "count"] == 2


def test_another_model_in_the_table_changes_no_figure_of_the_first() -> None:
    rows = [replace(BASE, sample=str(k), scene=str(k // 2), ic=float(k % 3)) for k in range(12)]
    alone = summarise(frame_of(rows), resamples=300, seed=5)
    both = summarise(frame_of([*rows, *(replace(row, model="a-first") for row in rows)]), resamples=300, seed=5)
    assert both[both["model"] == "warp"].reset_index(drop=True).equals(alone)


def test_one_cluster_says_nothing_of_others() -> None:
    found = estimate(np.array([40.0, 60.0]), ["a", "a"], resamples=200, rng=np.random.default_rng(0))
    assert (found.mean, found.low, found.high) == (50.0, 0.0, 100.0)


def test_an_interval_stays_within_what_is_possible() -> None:
    found = estimate(np.array([0.0, 0.0, 100.0]), list("abc"), resamples=500, rng=np.random.default_rng(0))
    assert (found.low, found.high) == (0.0, 100.0)


@pytest.mark.slow
@pytest.mark.parametrize(("num_clusters", "least"), [(8, 0.92), (16, 0.93), (60, 0.935)])
def test_intervals_hold_the_truth_as_often_as_they_say(num_clusters: int, least: float) -> None:
    """Paired differences of a binary figure: 25 % better, 10 % worse, correlated within clusters of 1 to 4 samples."""
    rng = np.random.default_rng(num_clusters)
    runs, held = 1500, 0
    for _ in range(runs):
        member_N = np.repeat(np.arange(num_clusters), rng.integers(1, 5, num_clusters))
        shared_C = rng.normal(size=num_clusters)
        value_N = np.sqrt(0.3) * shared_C[member_N] + np.sqrt(0.7) * rng.normal(size=len(member_N))
        # The normal quantiles of 0.10 and 0.75: a mean difference of 15.
        values_N = np.where(value_N < -1.28155, -100.0, np.where(value_N > 0.67449, 100.0, 0.0))
        found = estimate(values_N, [str(k) for k in member_N], resamples=500, rng=rng, possible=(-100.0, 100.0))
        held += found.low <= 15.0 <= found.high
    assert least <= held / runs <= 0.97
