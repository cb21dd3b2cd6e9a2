from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.judges.base import Request
from dagster_gsi.judges.perceptual import Perceptual

RNG = np.random.default_rng(0)
TABLE = np.full((200, 200, 3), (170, 140, 100), dtype=np.uint8)
PATTERN = np.kron(RNG.integers(0, 256, (10, 10, 3)), np.ones((4, 4, 1))).astype(np.uint8)
MASK = np.zeros((200, 200), dtype=bool)
MASK[60:100, 40:80] = True


def with_pattern(left: int, top: int, pattern: np.ndarray = PATTERN) -> np.ndarray:
    picture = TABLE.copy()
    picture[top : top + 40, left : left + 40] = pattern
    return picture


def frame(left: int, top: int) -> np.ndarray:
    return np.array([left, top, left + 40, top + 40], dtype=np.float64)


MOVED = Request(
    sample_id="a",
    operation="move",
    instruction="Move it.",
    source_HW3=with_pattern(40, 60),
    edited_HW3=with_pattern(120, 100),
    mask_HW=MASK,
    others_HW=np.zeros_like(MASK),
    before_4=frame(40, 60),
    after_4=frame(120, 100),
)


def score(request: Request) -> float:
    (verdict,) = Perceptual().judge([request])
    assert verdict.score is not None
    return verdict.score


def test_a_thing_that_only_moved_keeps_its_full_score() -> None:
    assert score(MOVED) == pytest.approx(10.0, abs=1e-6)


def test_the_more_another_pattern_shows_through_the_lower_the_score() -> None:
    other = RNG.integers(0, 256, PATTERN.shape)
    mixes = [np.rint(PATTERN * (1 - part) + other * part).astype(np.uint8) for part in (0.0, 0.2, 0.5, 1.0)]
    scores = [score(replace(MOVED, edited_HW3=with_pattern(120, 100, mix))) for mix in mixes]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 5


def test_half_a_turn_in_the_picture_costs_a_turned_thing_little_and_a_moved_one_much() -> None:
    upside_down = replace(MOVED, edited_HW3=with_pattern(120, 100, PATTERN[::-1, ::-1]))
    assert score(replace(upside_down, operation="rotate")) > score(upside_down) + 2


def test_a_hole_that_looks_like_its_surroundings_beats_one_that_does_not() -> None:
    request = replace(MOVED, operation="remove", after_4=None)
    assert score(replace(request, edited_HW3=TABLE)) > score(replace(request, edited_HW3=with_pattern(40, 60))) + 2


def test_a_target_that_was_not_found_scores_nothing() -> None:
    assert score(replace(MOVED, after_4=None)) == 0.0


def test_a_changed_view_is_judged_as_a_whole_picture_without_a_target() -> None:
    nothing = np.zeros_like(MASK)
    view = replace(MOVED, operation="view", mask_HW=nothing, before_4=None, after_4=None)
    assert score(replace(view, edited_HW3=view.source_HW3)) == pytest.approx(10.0, abs=1e-6)
    noise = RNG.integers(0, 256, view.source_HW3.shape).astype(np.uint8)
    assert score(replace(view, edited_HW3=noise)) < 2


def test_verdicts_come_in_the_order_of_their_requests() -> None:
    requests = [MOVED, replace(MOVED, after_4=None), replace(MOVED, operation="rotate")]
    assert Perceptual().judge(requests) == [Perceptual().judge([request])[0] for request in requests]
    assert Perceptual().judge([]) == []
