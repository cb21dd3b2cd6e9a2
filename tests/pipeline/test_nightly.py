"""The night watch tells drift from change."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_gsi.pipeline import dvc
from dagster_gsi.pipeline.nightly import (
    TOLERANCE,
    Comparison,
    Night,
    append_night,
    compare,
    last_two,
    read_nights,
    rerun,
)


def night(date: str, figures: dict[str, float], causes: dict[str, str] | None = None) -> Night:
    return Night(night=date, editor="warp", figures=figures, causes=causes or {"package torch": "2.13.0"})


def test_a_figure_that_moves_without_a_cause_is_named_with_both_values() -> None:
    found = compare(
        night("1", {"strict/ic": 40.0, "strict/sa": 30.0}), night("2", {"strict/ic": 35.5, "strict/sa": 30.0})
    )
    assert found == Comparison("warp", ("strict/ic: 40 became 35.5",), ())
    assert not found.is_steady


def test_a_figure_that_moves_with_a_cause_passes_and_the_cause_is_named() -> None:
    after = night("2", {"strict/ic": 35.5}, {"package torch": "2.14.0"})
    found = compare(night("1", {"strict/ic": 40.0}), after)
    assert found.causes == ("package torch: 2.13.0 became 2.14.0",)
    assert found.moved
    assert found.is_steady


@pytest.mark.parametrize(("change", "moved"), [(TOLERANCE, False), (-TOLERANCE, False), (TOLERANCE + 1e-9, True)])
def test_what_stays_within_the_tolerance_has_not_moved(change: float, moved: bool) -> None:
    found = compare(night("1", {"ic": 0.0}), night("2", {"ic": change}))
    assert bool(found.moved) == moved


def test_a_figure_that_vanishes_or_is_not_a_number_has_moved() -> None:
    assert compare(night("1", {"ic": 1.0}), night("2", {})).moved == ("ic: 1 became absent",)
    assert compare(night("1", {"ic": 1.0}), night("2", {"ic": float("nan")})).moved == ("ic: 1 became nan",)


def test_a_first_night_is_steady() -> None:
    assert compare(None, night("1", {"ic": 1.0})).is_steady


def test_nights_are_kept_in_order_and_by_editor(tmp_path: Path) -> None:
    own = [night(date, {"ic": float(date)}) for date in "123"]
    for record in (own[0], own[1].model_copy(update={"editor": "oracle"}), own[2]):
        append_night(tmp_path, record)
    assert last_two(read_nights(tmp_path), "warp") == (own[0], own[2])
    assert last_two(read_nights(tmp_path), "nobody") == (None, None)


def test_a_drifting_model_is_noticed_and_a_failing_one_leaves_its_pictures(made_project: Path) -> None:
    pictures = made_project / "data/edits/warp/pictures.txt"
    said: list[str] = []
    first = rerun(made_project, "warp", "1", said.append)
    (made_project / "weather.txt").write_text("rain", encoding="utf-8")
    drifted = compare(first, rerun(made_project, "warp", "2", said.append))
    assert drifted == Comparison("warp", ("table-test/strict/all/AVG: 50 became 40",), ())
    assert "rain" in pictures.read_text(encoding="utf-8")
    (made_project / "weather.txt").write_text("storm", encoding="utf-8")
    with pytest.raises(dvc.StageError, match="the model is not answering"):
        rerun(made_project, "warp", "3", said.append)
    assert "rain" in pictures.read_text(encoding="utf-8")
