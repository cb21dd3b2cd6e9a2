from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dagster_gsi.evaluation.comparison import Comparison, Difference, paired_difference, scores_of
from dagster_gsi.evaluation.statistics import ALL
from dagster_gsi.evaluation.table import FIGURES, Row, frame_of, write_scores
from dagster_gsi.operations import OPERATIONS

BASE = Row(
    model="a", set="table-test", sample="s0", scene="c0", environment="table", operation="move", code="CM",
    protocol="strict", instruction="Move it.", status="scored", reason="It moved.",
)  # fmt: skip


def rows(values: list[float | None], *, per_scene: int = 2, operation: str = "move") -> list[Row]:
    """A row a value, which is its SA; the first `per_scene` share a scene, and so on."""
    return [
        replace(BASE, sample=f"{operation}-{k}", scene=f"c{k // per_scene}", operation=operation, sa=value)
        for k, value in enumerate(values)
    ]


def compared(first: list[Row], second: list[Row]) -> Comparison:
    return paired_difference(frame_of(first), frame_of(second), resamples=2000, seed=0)


def of(found: Comparison, figure: str, operation: str = ALL) -> Difference:
    (difference,) = [d for d in found.differences if (d.figure, d.operation) == (figure, operation)]
    return difference


def test_equal_models_differ_by_nothing_for_sure() -> None:
    same = rows([10.0, 90.0, 0.0, 100.0, 35.5, 60.0])
    for difference in compared(same, same).differences:
        assert (difference.mean, difference.low, difference.high) == (0.0, 0.0, 0.0)
        assert not difference.excludes_zero


def test_a_constant_shift_has_an_interval_without_width_however_samples_differ() -> None:
    first = [0.0, 80.0, 20.0, 64.0, 8.0, 40.0]
    found = of(compared(rows(first), rows([value + 8 for value in first])), "sa")
    assert (found.first, found.second) == (np.mean(first), np.mean(first) + 8)
    assert (found.mean, found.low, found.high) == (8.0, 8.0, 8.0)
    assert found.excludes_zero


def test_the_difference_is_the_second_minus_the_first() -> None:
    better, worse = rows([80.0, 90.0, 70.0, 80.0]), rows([10.0, 20.0, 0.0, 10.0])
    assert of(compared(better, worse), "sa").mean == -70.0
    assert of(compared(worse, better), "sa").mean == 70.0


def test_one_scene_says_nothing_of_others() -> None:
    found = of(compared(rows([0.0, 10.0], per_scene=9), rows([40.0, 70.0], per_scene=9)), "sa")
    assert (found.mean, found.low, found.high, found.scenes) == (50.0, -100.0, 100.0, 1)
    assert not found.excludes_zero


def test_two_scenes_by_hand() -> None:
    """Scene means of 0 and 20: resamples have means of 0, 10 and 20, a quarter, a half and a quarter of the time.

    Their percentiles are 0 and 20, which Student's t for two clusters stretches by 12.706 / 1.960 * sqrt(2) = 9.168.
    """
    found = of(compared(rows([0.0, 0.0, 0.0, 0.0]), rows([0.0, 0.0, 20.0, 20.0])), "sa")
    assert (found.low, found.high) == pytest.approx((10 - 91.68, 10 + 90.0), abs=0.02)


def test_pairs_are_matched_by_sample_whatever_their_order() -> None:
    first, second = rows([0.0, 10.0, 20.0, 30.0]), rows([5.0, 15.0, 25.0, 35.0])
    shuffled = frame_of(second).iloc[[2, 0, 3, 1]]
    found = paired_difference(frame_of(first), shuffled, resamples=500, seed=0)
    assert (of(found, "sa").low, of(found, "sa").high) == (5.0, 5.0)


def test_pairing_is_sharper_than_two_means_apart() -> None:
    """Samples are of very different difficulty, which both models share."""
    rng = np.random.default_rng(3)
    hard = rng.uniform(0, 90, 60)
    found = of(compared(rows(list(hard)), rows(list(hard + rng.normal(4, 2, 60)))), "sa")
    assert found.excludes_zero
    assert found.high is not None
    assert found.low is not None
    assert found.high - found.low < 2.0


def test_samples_of_one_model_only_are_counted_and_left_out() -> None:
    found = compared(rows([0.0, 0.0, 0.0, 0.0]), rows([10.0, 10.0]))
    assert (found.samples, found.scenes, found.only_first, found.only_second) == (2, 1, 2, 0)
    assert of(found, "sa").first == 0.0
    assert of(found, "sa").samples == 2


def test_unjudged_samples_are_left_out_of_their_figure_and_counted() -> None:
    first, second = rows([0.0, 10.0, 20.0, 30.0]), rows([10.0, 20.0, 30.0, 40.0])
    second[1] = replace(second[1], status="unjudged", ac=None, avg=None)
    first[2] = replace(first[2], status="unjudged", ac=None, avg=None)
    found = compared(first, second)
    assert [(of(found, name).samples, of(found, name).unjudged) for name in FIGURES] == [
        (4, 0), (4, 0), (2, 2), (4, 0), (2, 2),
    ]  # fmt: skip
    assert of(found, "sa").mean == 10.0


def test_a_figure_nobody_has_is_empty_and_not_zero() -> None:
    none = rows([None, None, None])
    found = of(compared(none, rows([1.0, 2.0, 3.0])), "sa")
    assert (found.mean, found.low, found.high, found.samples, found.unjudged) == (None, None, None, 0, 3)
    assert not found.excludes_zero


def test_each_operation_stands_beside_all_of_them_in_the_order_of_the_reports() -> None:
    first = [*rows([0.0, 0.0], operation="remove"), *rows([0.0, 0.0], operation="move")]
    second = [*rows([30.0, 30.0], operation="remove"), *rows([10.0, 10.0], operation="move")]
    found = compared(first, second)
    names = list(dict.fromkeys(difference.operation for difference in found.differences))
    assert names == [ALL, *(name for name in OPERATIONS if name in {"move", "remove"})]
    assert [of(found, "sa", name).mean for name in (ALL, "move", "remove")] == [20.0, 10.0, 30.0]


def test_the_same_seed_gives_the_same_interval() -> None:
    rng = np.random.default_rng(0)
    first, second = rows(list(rng.uniform(0, 99, 20))), rows(list(rng.uniform(0, 99, 20)))
    assert compared(first, second) == compared(first, second)


def test_models_without_a_common_sample_and_tables_of_two_protocols_are_refused() -> None:
    with pytest.raises(ValueError, match="no sample in common: one has 2, the other 3"):
        compared(rows([0.0, 0.0]), rows([0.0, 0.0, 0.0], operation="scale"))
    twice = [*rows([0.0]), replace(rows([0.0])[0], protocol="official")]
    with pytest.raises(ValueError, match="two rows of the sample 'move-0': compare one set under one protocol"):
        compared(twice, rows([0.0]))


def test_a_large_set_is_compared_in_seconds() -> None:
    """3,000 samples of 1,000 scenes with 1,000 resamples a figure: a loop over resamples would take minutes."""
    rng = np.random.default_rng(0)
    first, second = (frame_of(rows(list(rng.uniform(0, 99, 3000)), per_scene=3)) for _ in range(2))
    started = time.perf_counter()
    paired_difference(first, second, resamples=1000, seed=0)
    assert time.perf_counter() - started < 5.0


def test_scores_are_found_by_names_that_exist_and_near_ones_are_offered(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"data/scores holds no scores: run `gsi evaluate MODEL`"):
        scores_of(tmp_path, "warp", "strict")
    for model in ("warp", "my-model"):
        write_scores(tmp_path / f"data/scores/{model}.parquet", [replace(row, model=model) for row in rows([0.0, 1.0])])
    found: pd.DataFrame = scores_of(tmp_path, "warp", "strict")
    assert list(found["model"]) == ["warp", "warp"]
    with pytest.raises(ValueError, match=r"no scores of 'wrap' in .*; the nearest names are: warp"):
        scores_of(tmp_path, "wrap", "strict")
    with pytest.raises(ValueError, match=r"no scores of '\.\./scores/warp' in"):
        scores_of(tmp_path, "../scores/warp", "strict")
    with pytest.raises(ValueError, match=r"warp.parquet has no rows of the protocol 'official'; .*: strict"):
        scores_of(tmp_path, "warp", "official")
