"""The gate issues its certificate for good data only, and says which rows are bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dagster_gsi.stages.gate_syn import CERTIFICATE, GateSynParams, run
from tests.samples_by_hand import write_set

PARAMS = GateSynParams(
    min_pairs=8,
    min_share=0.2,
    min_visible=0.5,
    mask_fraction=(0.01, 0.5),
    min_pixel_change=5.0,
    min_look_change=0.1,
    num_things=(2, 10),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_set(tmp_path, "toy-test", 8)
    write_set(tmp_path, "toy-train", 8, split="train")
    return tmp_path


def spoil(root: Path, column: str, value: Any, rows: slice = slice(2, 3)) -> None:
    path = root / "data/gsi_syn/toy-test/manifest.parquet"
    table = pd.read_parquet(path)
    table.loc[table.index[rows], column] = value
    table.to_parquet(path, index=False)


def complaint(root: Path, params: GateSynParams = PARAMS) -> str:
    with pytest.raises(SystemExit) as error:
        run(params, root)
    assert not (root / CERTIFICATE).exists()
    return str(error.value)


def test_good_data_are_certified_with_their_counts(root: Path) -> None:
    report = run(PARAMS, root)
    certificate = json.loads((root / CERTIFICATE).read_text(encoding="utf-8"))
    assert certificate["sets"] == {"toy-test": 8, "toy-train": 8}
    assert report.metrics == {"expectations": certificate["expectations"], "sets": 2, "samples": 16}


def test_bad_data_take_an_earlier_certificate_away(root: Path) -> None:
    run(PARAMS, root)
    spoil(root, "pixel_change", 0.5)
    text = complaint(root)
    assert "pixel_change: expect_column_values_to_be_between" in text
    assert "1 rows break it, such as toy-test-2 with 0.5" in text


def test_everything_that_is_wrong_is_named(root: Path) -> None:
    spoil(root, "instruction_en", "Move the {target} left.")
    spoil(root, "instruction_zh", "no Chinese")
    spoil(root, "code", "CM")
    spoil(root, "sample_id", "toy-test-3")
    spoil(root, "target_asset", None)
    spoil(root, "visible_before", 0.1)
    spoil(root, "amount", 9.0)
    spoil(root, "split", "train")
    spoil(root, "visible_after", 0.7, slice(7, 8))
    text = complaint(root, PARAMS.model_copy(update={"min_pairs": 9, "min_share": 0.3}))
    for line in (
        "instruction_en: expect_column_values_to_not_match_regex",
        "instruction_zh: expect_column_values_to_match_regex",
        "operation, code: expect_column_pair_values_to_be_in_set",
        "sample_id: expect_column_values_to_be_unique",
        "target_asset: expect_column_values_to_not_be_null",
        "visible_before: expect_column_values_to_be_between",
        "amount: expect_column_values_to_be_between",
        "splits: expect_column_values_to_be_between",
        "such as toy-test-7 with 0.7",
        "pairs: expect_column_values_to_be_between",
        "such as toy-test/move, toy-test/rotate, toy-test/scale with 0.25",
        "toy-test: manifest and shards differ, such as in toy-test-2, toy-test-3",
    ):
        assert line in text


def test_no_data_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no set.*gsi synthesize"):
        run(PARAMS, tmp_path)
