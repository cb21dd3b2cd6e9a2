"""Candidates, draws and what is left aside, counted by hand."""

from __future__ import annotations

import pytest

from dagster_gsi.operations import OPERATIONS
from dagster_gsi.samples.acceptance import LEAST_ACCEPTANCE, Cell, cells_of, failures, left_aside

REASONS = {
    "scene: things toppled": 5,
    "thing: hidden before": 7,
    "rules: move: off the support": 40,
    "rules: move: collision": 60,
    "rules: view: no target": 1,
    "move: hidden after": 2,
    "move: no visible change": 4,
    "rotate: target does not rest": 9,
}
PAIRS = {"rotate": 3, "move": 6, "remove": 2}


def test_each_operation_has_what_failed_apart_from_what_its_rules_exclude() -> None:
    assert cells_of(PAIRS, REASONS) == (
        Cell("move", 6, (("no visible change", 4), ("hidden after", 2)), (("collision", 60), ("off the support", 40))),
        Cell("rotate", 3, (("target does not rest", 9),), ()),
        Cell("remove", 2, (), ()),
        Cell("view", 0, (), (("no target", 1),)),
    )


def test_acceptance_is_of_candidates_alone() -> None:
    move, rotate, remove, view = cells_of(PAIRS, REASONS)
    assert [cell.num_candidates for cell in (move, rotate, remove, view)] == [12, 12, 2, 0]
    assert [cell.acceptance for cell in (move, rotate, remove, view)] == [0.5, 0.25, 1.0, None]
    assert [cell.num_excluded for cell in (move, rotate, remove, view)] == [100, 0, 0, 1]
    assert [cell.is_low for cell in (move, rotate, remove, view)] == [False, True, False, False]


@pytest.mark.parametrize(("failed", "is_low"), [(7, False), (8, True)])
def test_three_in_ten_are_enough(failed: int, is_low: bool) -> None:
    assert LEAST_ACCEPTANCE == 0.3
    (cell,) = cells_of({"move": 3}, {"move: hidden after": failed})
    assert cell.is_low is is_low


def test_every_reason_is_told_once() -> None:
    excluded = {key for key in REASONS if key.startswith("rules: ")}
    assert failures(REASONS) == {
        "move: hidden after": 2,
        "move: no visible change": 4,
        "rotate: target does not rest": 9,
    }
    assert left_aside(REASONS) == {"scene: things toppled": 5, "thing: hidden before": 7}
    assert failures(REASONS).keys() | left_aside(REASONS).keys() | excluded == REASONS.keys()


def test_a_reason_may_hold_a_colon_or_the_name_of_an_operation() -> None:
    (cell,) = cells_of({}, {"move: move: twice": 1, "rules: move: rules: move: x": 2})
    assert (cell.failed, cell.excluded) == ((("move: twice", 1),), (("rules: move: x", 2),))


def test_cells_are_in_the_order_of_all_reports() -> None:
    assert [cell.operation for cell in cells_of(dict.fromkeys(reversed(OPERATIONS), 1), {})] == list(OPERATIONS)
