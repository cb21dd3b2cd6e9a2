from __future__ import annotations

import math

import pytest

from dagster_gsi.interchange.official_prompts import extreme_of, operation_of, reads_as, region_of, side_of, view_of
from dagster_gsi.operations.view import View


@pytest.mark.parametrize(
    ("prompt", "view"),
    [
        ("Move the camera forward by 0.1 meters.", View("move_forward", 0.1)),
        ("Move the camera backward by 0.3 meters.", View("move_back", 0.3)),
        ("Move the camera 25 cm to the left.", View("move_left", 0.25)),
        ("Rotate the camera 15 degrees to the left.", View("turn_left", math.radians(15))),
        ("Rotate the camera 30 degrees to the right.", View("turn_right", math.radians(30))),
        ("Look up by 15 degrees.", View("tilt_up", math.radians(15))),
        ("Look down by 30 degrees.", View("tilt_down", math.radians(30))),
        ("Look the camera 77 degrees to the left.", View("turn_left", math.radians(77))),
    ],
)
def test_a_view_change_is_read_with_its_amount(prompt: str, view: View) -> None:
    assert operation_of(prompt) == "view"
    found = view_of(prompt)
    assert found.motion == view.motion
    assert found.amount == pytest.approx(view.amount)


@pytest.mark.parametrize(
    "prompt", ["Look around.", "Rotate the camera to the left.", "Move the camera by 0.2 meters.", "Look 0 degrees up."]
)
def test_a_view_change_that_names_no_motion_says_so(prompt: str) -> None:
    with pytest.raises(ValueError, match="motion"):
        view_of(prompt)


def test_a_tilt_is_not_a_move_and_a_roll_is_no_motion() -> None:
    with pytest.raises(ValueError, match="no camera makes"):
        view_of("Rotate the camera 15 degrees forward.")


@pytest.mark.parametrize(
    ("prompt", "side"),
    [
        (
            "Move the Mug's center to the right of the Bowl's center by 10 centimeters, relative to the camera view.",
            "right",
        ),
        (
            "Move the Mug's center in front of the Bowl's center by 10 centimeters, relative to the camera view.",
            "front",
        ),
        ("Move the Mug's center behind the Bowl's center by 10 centimeters, relative to the camera view.", "behind"),
        ("Move the mug 30 centimeters to the behind, referencing the table.", None),
        ("Move the mug 30 centimeters to the left, referencing the table.", None),
    ],
)
def test_a_side_is_one_of_another_thing(prompt: str, side: str | None) -> None:
    assert side_of(prompt) == side


@pytest.mark.parametrize(
    ("prompt", "region"),
    [
        ("Move the Mug to the center of the CoffeeTable.", "centre"),
        ("Move the Mug to the edge nearest to the camera of the Desk.", "nearest"),
        ("Move the Mug to the edge farthest from the camera of the Desk.", "farthest"),
        ("Move the Mug to the leftmost edge of the Shelf.", "left"),
        ("Move the Mug 10 cm to the left.", None),
    ],
)
def test_a_region_is_part_of_a_support(prompt: str, region: str | None) -> None:
    assert region_of(prompt) == region


@pytest.mark.parametrize(
    ("prompt", "extreme"),
    [
        ("Remove the Apple at the closest position to the camera.", "nearest"),
        ("Remove the Apple at the farthest position from the camera.", "farthest"),
        ("Remove the leftest chair, while keeping other objects unchanged.", "leftmost"),
        ("Please remove the rightmost mug from the scene.", "rightmost"),
        ("Remove the highest book.", None),
    ],
)
def test_an_extreme_is_read_in_the_generators_own_words(prompt: str, extreme: str | None) -> None:
    assert extreme_of(prompt) == extreme


def test_a_word_that_the_evaluator_does_not_know_is_read_as_nothing() -> None:
    assert reads_as("Push the mug away.", "move")
    assert not reads_as("Slide the mug away.", "move")
    assert not reads_as("Pull the mug 10 cm toward the camera.", "move")
