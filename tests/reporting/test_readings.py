from __future__ import annotations

import pandas as pd
import pytest

from dagster_gsi.reporting.readings import measured, motion_in_words, number, plain, record_of, verdict_of

STILL = dict.fromkeys(("found_turn", "found_tilt", "found_forward", "found_sideways", "found_up"), 0.0)


def test_nulls_of_every_kind_are_none() -> None:
    row = {"a": float("nan"), "b": pd.NA, "c": None, "d": 0.0, "e": False, "f": ""}
    assert record_of(row) == {"a": None, "b": None, "c": None, "d": 0.0, "e": False, "f": ""}


@pytest.mark.parametrize(
    ("status", "ic", "word"),
    [
        ("scored", 100.0, "complies"),
        ("scored", 0.0, "fails"),
        ("missing", 0.0, "missing"),
        ("unjudged", 100.0, "unjudged"),
    ],
)
def test_a_verdict_is_a_word(status: str, ic: float, word: str) -> None:
    assert verdict_of({"status": status, "ic": ic}) == word


def test_a_file_s_text_cannot_steer_a_terminal() -> None:
    assert plain("It moved\x1b[2J\x07\nby 3 cm, 杯子.") == "It moved [2J  by 3 cm, 杯子."


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.0, "0"), (100.0, "100"), (99.96, "100.0"), (12.34, "12.3")]
)
def test_figures_have_one_decimal(value: float | None, text: str) -> None:
    assert number(value) == text


def test_errors_and_tolerances_are_told_in_units_of_people() -> None:
    record = dict.fromkeys(
        ("position_error", "angle_error", "factor_error", "tolerance", "normalised_error", "present", "confidence",
         "others_lost", "gate", "appearance", "locality", "locality_ssim", "height_error", "side", "region",
         "found_region"),
    )  # fmt: skip
    move = {**record, "operation": "move", "position_error": 0.038, "tolerance": 0.03, "normalised_error": 1.27}
    assert measured(move) == [
        ("off the asked place", "3.8 cm"), ("allowed", "3.0 cm"), ("error / tolerance", "1.27"),
    ]  # fmt: skip
    turn = {**record, "operation": "rotate", "position_error": 0.0, "angle_error": 12.0, "tolerance": 22.5}
    assert measured(turn) == [
        ("off the asked place", "0.0 cm"), ("off the asked heading", "12.0 °"), ("allowed", "22.5 °"),
    ]  # fmt: skip
    gone = {**record, "operation": "remove", "present": False, "others_lost": 1, "gate": True}
    assert measured(gone) == [("target", "not found"), ("other things lost", "1"), ("gate", "passed")]


def test_motions_are_told_in_words() -> None:
    record = {**STILL, "found_turn": -15.2, "found_tilt": 0.2, "found_forward": 0.2, "found_up": -0.1}
    assert motion_in_words(record, "found") == "turned 15 degrees right, moved 20 cm forward, moved 10 cm down"
    assert motion_in_words(STILL, "found") == "stayed where it was"
    assert motion_in_words({"asked_turn": None}, "asked") is None
