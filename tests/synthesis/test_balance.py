from __future__ import annotations

import numpy as np

from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.view import View
from dagster_gsi.synthesis.balance import Balance
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
LEFT, RIGHT, FAR = Move("book", "left", 0.1), Move("book", "right", 0.1), Move("mug-1", "left", 0.3)


def test_an_edit_counts_by_direction_amount_and_category_of_its_target() -> None:
    balance = Balance()
    balance.add(Rotate("mug-1", float(np.radians(-45))), SCENE)
    balance.add(Move("mug-2", "left", 0.15), SCENE)
    assert balance.counts == {
        ("rotate", "direction", "clockwise"): 1,
        ("rotate", "amount", "45.000"): 1,
        ("rotate", "category", "mug"): 1,
        ("move", "direction", "left"): 1,
        ("move", "amount", "0.150"): 1,
        ("move", "category", "mug"): 1,
    }


def test_a_change_of_view_has_no_category() -> None:
    balance = Balance()
    balance.add(View("move_up", 0.2), SCENE)
    assert set(balance.counts) == {("view", "direction", "move_up"), ("view", "amount", "0.200")}


def test_the_edit_whose_aspects_were_asked_for_least_comes_first() -> None:
    balance = Balance()
    balance.add(LEFT, SCENE)
    # Left 10 cm of the book has all three aspects, right 10 cm two (amount, book), left 30 cm of a mug one.
    assert balance.rarest_first([LEFT, RIGHT, FAR], SCENE) == [FAR, RIGHT, LEFT]
    balance.add(FAR, SCENE)
    # Now 4 (left twice, 10 cm, book), 2 (10 cm, book) and 4 (left twice, 30 cm, mug): equals stay as they were drawn.
    assert balance.rarest_first([LEFT, RIGHT, FAR], SCENE) == [RIGHT, LEFT, FAR]
    assert balance.rarest_first([FAR, LEFT, RIGHT], SCENE) == [RIGHT, FAR, LEFT]


def test_a_model_on_which_an_operation_shows_less_than_one_time_in_three_is_left_alone() -> None:
    balance, turn = Balance(), Rotate("mug-1", 1.0)
    tried = ""
    for shows in "--+----+":
        if balance.rarest_first([turn], SCENE):
            tried += shows
            balance.add(turn, SCENE) if shows == "+" else balance.add_unshown(turn, SCENE)
    assert tried == "--", "two in vain, and none that showed"
    balance = Balance()
    for shows in "+----":
        assert balance.rarest_first([turn], SCENE) == [turn]
        balance.add(turn, SCENE) if shows == "+" else balance.add_unshown(turn, SCENE)
    assert balance.rarest_first([turn, LEFT], SCENE) == [LEFT], "four in vain on one that showed"
    assert balance.rarest_first([Move("mug-1", "left", 0.1)], SCENE), "another operation on it may show"


def test_a_view_that_shows_nothing_new_is_asked_for_in_other_scenes() -> None:
    balance, up = Balance(), View("move_up", 0.2)
    for _ in range(9):
        balance.add_unshown(up, SCENE)
    assert balance.rarest_first([up], SCENE) == [up]


def test_operations_are_counted_apart() -> None:
    balance = Balance()
    for _ in range(3):
        balance.add(Place("book", "mug-1", "left", 0.1), SCENE)
    balance.add(Remove("mug-1", "leftmost"), SCENE)
    assert balance.rarest_first([LEFT, RIGHT], SCENE) == [LEFT, RIGHT]


def test_choosing_the_rarest_each_time_uses_all_directions_and_amounts_equally_often() -> None:
    edits = [Move(name, way, cm / 100) for name in ("book", "mug-1") for way in ("left", "away") for cm in (5, 10, 20)]  # type: ignore[arg-type]
    balance = Balance()
    for _ in range(24):
        balance.add(balance.rarest_first(edits, SCENE)[0], SCENE)
    assert {count for (_, aspect, _), count in balance.counts.items() if aspect == "direction"} == {12}
    assert {count for (_, aspect, _), count in balance.counts.items() if aspect == "amount"} == {8}
    assert {count for (_, aspect, _), count in balance.counts.items() if aspect == "category"} == {12}
