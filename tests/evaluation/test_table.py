from __future__ import annotations

from pathlib import Path

import pytest

from dagster_gsi.evaluation.table import COLUMNS, Row, read_scores, write_scores


def row(sample: str, **figures: object) -> Row:
    return Row(
        model="warp",
        set="table-test",
        sample=sample,
        scene=sample[:2],
        environment="table",
        operation="move",
        code="CM",
        protocol="strict",
        instruction="Move the mug 10 cm to the left.",
        status="scored",
        reason="It moved 10 cm.",
        **figures,  # type: ignore[arg-type]
    )


def test_rows_come_back_from_their_file_with_nulls_where_they_had_none(tmp_path: Path) -> None:
    write_scores(tmp_path / "warp.parquet", [row("b1"), row("a1", ic=100.0, others_lost=1, gate=True, ac=None)])
    frame = read_scores(tmp_path / "warp.parquet")
    assert tuple(frame.columns) == COLUMNS
    assert list(frame["sample"]) == ["a1", "b1"]
    assert list(frame["ic"]) == [100.0, 0.0]
    assert frame["ac"].isna().tolist() == [True, False]
    assert frame["others_lost"].isna().tolist() == [False, True]
    assert bool(frame["gate"][0]) is True


def test_the_same_rows_in_another_order_are_the_same_bytes(tmp_path: Path) -> None:
    rows = [row("a1"), row("b1", found_angle=3.5), row("c1", present=False)]
    write_scores(tmp_path / "one.parquet", rows)
    write_scores(tmp_path / "two.parquet", rows[::-1])
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_missing_and_a_damaged_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "warp.parquet"
    with pytest.raises(ValueError, match=r"warp\.parquet is missing"):
        read_scores(path)
    path.write_bytes(b"PAR1 but not really")
    with pytest.raises(ValueError, match=r"warp\.parquet is damaged"):
        read_scores(path)
