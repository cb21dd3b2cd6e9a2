from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from dagster_gsi.judges.base import Request, Verdict
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
    assert score(replace(view, edited_HW3=noise)) < 0.1
    # Seen from a little further to the side: the same things at other places.
    assert score(replace(view, source_HW3=with_pattern(40, 60), edited_HW3=with_pattern(60, 70))) > 9


def test_verdicts_come_in_the_order_of_their_requests() -> None:
    requests = [MOVED, replace(MOVED, after_4=None), replace(MOVED, operation="rotate")]
    assert Perceptual().judge(requests) == [Perceptual().judge([request])[0] for request in requests]
    assert Perceptual().judge([]) == []


def test_a_wrong_frame_of_a_few_pixels_costs_next_to_nothing() -> None:
    off = replace(MOVED, after_4=frame(120, 100) + np.array([2.0, -2.0, 3.0, -1.0]))
    assert score(off) > 9


@pytest.mark.parametrize("operation", ["move", "place", "receptacle", "scale", "rotate"])
def test_the_more_a_thing_is_blurred_or_recoloured_the_lower_its_score(operation: str) -> None:
    request = replace(MOVED, operation=operation)
    blurred = [PATTERN, *(cv2.GaussianBlur(PATTERN, (0, 0), sigma) for sigma in (1.0, 2.0, 4.0))]
    scores = [score(replace(request, edited_HW3=with_pattern(120, 100, p))) for p in blurred]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 5
    pale = np.rint(PATTERN * 0.2 + np.array([150, 60, 60])).astype(np.uint8)
    pale_request = replace(request, source_HW3=with_pattern(40, 60, pale))
    tints = [
        pale,
        *(np.clip(pale.astype(int) + t * np.array([-1, 1, 0]), 0, 255).astype(np.uint8) for t in (10, 40, 90)),
    ]
    scores = [score(replace(pale_request, edited_HW3=with_pattern(120, 100, p))) for p in tints]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 5


def test_a_thing_scaled_down_is_not_blamed_for_the_detail_that_it_cannot_show() -> None:
    small = cv2.resize(PATTERN, (20, 20), interpolation=cv2.INTER_AREA)
    picture = TABLE.copy()
    picture[120:140, 130:150] = small
    halved = replace(MOVED, operation="scale", edited_HW3=picture, after_4=np.array([130.0, 120.0, 150.0, 140.0]))
    assert score(halved) > 8


def test_the_smoother_a_filling_is_than_its_surroundings_or_the_more_it_shows_of_the_thing_the_lower_its_score() -> (
    None
):
    wood, other_wood = (np.clip(TABLE + RNG.normal(0, 12, TABLE.shape), 0, 255).astype(np.uint8) for _ in range(2))
    source = np.where(MASK[..., None], with_pattern(40, 60), wood)
    request = replace(MOVED, operation="remove", source_HW3=source, after_4=None)
    smooth = [other_wood, *(cv2.GaussianBlur(other_wood, (0, 0), sigma) for sigma in (0.5, 1.0, 3.0)), TABLE]
    ghosts = [np.rint(other_wood * (1 - part) + source * part).astype(np.uint8) for part in (0.0, 0.2, 0.5, 1.0)]
    for fillings in (smooth, ghosts):
        scores = [score(replace(request, edited_HW3=np.where(MASK[..., None], f, wood))) for f in fillings]
        assert scores[0] > 9
        assert scores == sorted(scores, reverse=True)
        assert scores[-1] < 1


def test_a_hole_that_shows_both_surfaces_it_lies_on_is_a_good_one() -> None:
    scene = TABLE.copy()
    scene[:80] = (90, 110, 140)
    scene = np.clip(scene + RNG.normal(0, 5, scene.shape), 0, 255).astype(np.uint8)
    request = replace(MOVED, operation="remove", after_4=None)
    assert score(replace(request, source_HW3=scene, edited_HW3=scene)) > 9


def test_a_copy_of_a_thing_that_stands_elsewhere_does_not_pass_for_background() -> None:
    picture = with_pattern(40, 140)
    others = np.zeros_like(MASK)
    others[140:180, 40:80] = True
    picture[60:100, 40:80] = PATTERN
    request = replace(MOVED, operation="remove", edited_HW3=picture, others_HW=others, after_4=None)
    assert score(request) < 1


@pytest.mark.parametrize("operation", ["move", "scale", "rotate", "remove"])
@pytest.mark.parametrize("corner", [(0, 0), (160, 160)], ids=["first", "last"])
def test_things_at_the_edge_of_the_picture_or_of_one_pixel_are_judged(operation: str, corner: tuple[int, int]) -> None:
    left, top = corner
    for size in (1, 40):
        mask = np.zeros_like(MASK)
        mask[top : top + size, left : left + size] = True
        box = np.array([left, top, left + size, top + size], dtype=np.float64)
        edited = TABLE if operation == "remove" else with_pattern(left, top)
        request = replace(
            MOVED,
            operation=operation,
            source_HW3=with_pattern(left, top),
            edited_HW3=edited,
            mask_HW=mask,
            before_4=box,
            after_4=box,
        )
        assert 9 < score(request) <= 10


def test_a_hole_as_large_as_the_picture_is_judged_by_what_is_left_of_it() -> None:
    mask = np.ones_like(MASK)
    request = replace(MOVED, operation="remove", mask_HW=mask, after_4=None, edited_HW3=TABLE)
    (verdict,) = Perceptual().judge([request])
    assert verdict == Verdict(None, "Around the hole there is no picture to compare it with.")


@pytest.mark.parametrize("operation", ["move", "remove"])
def test_a_target_that_the_source_does_not_show_is_a_failure_and_no_number(operation: str) -> None:
    request = replace(MOVED, operation=operation, mask_HW=np.zeros_like(MASK))
    (verdict,) = Perceptual().judge([request])
    assert verdict.score is None
    assert "shows nothing of the target" in verdict.reason


@pytest.mark.parametrize("after", [[5.0, 5.0, 5.0, 9.0], [np.nan, 0.0, 9.0, 9.0], [9.0, 9.0, 1.0, 1.0]])
def test_a_frame_without_pixels_is_a_failure_and_no_number(after: list[float]) -> None:
    (verdict,) = Perceptual().judge([replace(MOVED, after_4=np.array(after))])
    assert verdict.score is None


def test_a_batch_gives_what_its_requests_give_alone() -> None:
    kinds = [replace(MOVED, operation=o) for o in ("move", "rotate", "remove", "view", "scale")]
    requests = [*kinds, replace(MOVED, after_4=None), *kinds * 4]
    together, alone = Perceptual().judge(requests), [Perceptual().judge([request])[0] for request in requests]
    assert [v.score for v in together] == pytest.approx([v.score for v in alone], rel=1e-4)
