"""What a row of the scores says, in the words and units of people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dagster_gsi.geometry.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Mapping

Record = dict[str, Any]
"""One row of the scores by column; null is None."""

# The errors that operations are judged by: column, label, factor to the unit shown, unit.
_ERRORS = (
    ("position_error", "off the asked place", 100.0, "cm"),
    ("angle_error", "off the asked heading", 1.0, "°"),
    ("factor_error", "off the asked size", 100.0, "%"),
)
# Which of them `tolerance` is about, where it is not the place; a view has none of them.
_MAIN_ERROR = {"rotate": "angle_error", "scale": "factor_error", "view": None}


def record_of(row: Mapping[Any, Any]) -> Record:
    """A row of the table as plain values."""
    import pandas as pd

    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


def plain(text: str) -> str:
    """The text on one line without control signs: what a file says must not steer the terminal that shows it."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def verdict_of(record: Record) -> str:
    """complies, fails, or why there is no whole score."""
    if record["status"] != "scored":
        return str(record["status"])
    return "complies" if record["ic"] else "fails"


def motion_in_words(record: Record, which: str) -> str | None:
    """A camera's motion, `which` being found or asked: "turned 15 degrees left, moved 20 cm forward"; None if unknown."""
    if record[f"{which}_turn"] is None:
        return None
    turn, tilt = (math.radians(record[f"{which}_{name}"]) for name in ("turn", "tilt"))
    forward, sideways, up = (record[f"{which}_{name}"] for name in ("forward", "sideways", "up"))
    return Shift(turn, tilt, forward, sideways, up).in_words()


def measured(record: Record) -> list[tuple[str, str]]:
    """What the figures follow from, as labels and values for people; what a row does not have is left out."""
    main = _MAIN_ERROR.get(record["operation"], "position_error")
    lines = []
    for column, label, factor, unit in _ERRORS:
        if record[column] is not None:
            lines.append((label, f"{record[column] * factor:.1f} {unit}"))
        if column == main and record["tolerance"] is not None:
            lines.append(("allowed", f"{record['tolerance'] * factor:.1f} {unit}"))
    if record["height_error"] is not None:
        lines.append(("above what carries it", f"{record['height_error'] * 100:.1f} cm"))
    lines += [
        (label, str(record[column]))
        for label, column in (("asked side", "side"), ("asked region", "region"), ("found region", "found_region"))
        if record[column] is not None
    ]
    if record["normalised_error"] is not None:
        lines.append(("error / tolerance", f"{record['normalised_error']:.2f}"))
    if record["present"] is not None:
        lines.append(("target", "found" if record["present"] else "not found"))
    if record["confidence"] is not None:
        lines.append(("detector's confidence", f"{record['confidence']:.2f}"))
    if record["others_lost"] is not None:
        lines.append(("other things lost", f"{record['others_lost']}"))
    if record["gate"] is not None:
        lines.append(("gate", "passed" if record["gate"] else "not passed"))
    lines += [
        (label, f"{record[column]:.1f}")
        for label, column in (
            ("appearance (judge)", "appearance"),
            ("rest kept, by LPIPS", "locality"),
            ("rest kept, by SSIM", "locality_ssim"),
        )
        if record[column] is not None
    ]
    return lines


def number(value: float | None) -> str:
    """A figure from 0 to 100 with one decimal, unless it is one of the two."""
    return "-" if value is None else f"{value:.0f}" if value in (0, 100) else f"{value:.1f}"
