"""How much an edit asks for, as tables and cards say it."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import Motion, View
from dagster_gsi.samples.manifest import amount_in_words, direction_and_amount, in_degrees


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Move("mug", "left", 0.15), "15 cm"),
        (Place("mug", "book", "left", 0.2), "20 cm"),
        (Receptacle("mug", "table", "centre", (0.0, 0.0)), ""),
        (Rotate("mug", float(-np.radians(45))), "45°"),
        (Scale("mug", 1.25), "× 1.25"),
        (Scale("mug", 0.8), "× 0.8"),
        (Remove("mug", "leftmost"), ""),
        (View("tilt_up", float(np.radians(12))), "12°"),
        (View("move_up", 0.3), "30 cm"),
    ],
)
def test_every_operation_has_its_unit(edit: Operation, words: str) -> None:
    assert amount_in_words(edit.name, *direction_and_amount(edit)) == words


@pytest.mark.parametrize("motion", get_args(Motion))
def test_views_are_told_in_degrees_where_they_are_made_in_radians(motion: Motion) -> None:
    assert in_degrees("view", motion) is motion.startswith(("turn", "tilt"))
    assert not in_degrees("move", motion)
