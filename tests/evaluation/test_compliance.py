from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.evaluation.compliance import MEASURES
from dagster_gsi.evaluation.compliance.base import Measured, Outcome, accuracy, thing_in
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.scenes.scene import Scene, Thing
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
MUG = SCENE.find("mug-1")
RIGHT, AHEAD = SCENE.camera.right_3, SCENE.camera.ahead_3


def measured(edit: Operation, found: Thing | None, *, scene: Scene = SCENE, lost: tuple[str, ...] = ()) -> Measured:
    return MEASURES[edit.name](Outcome(scene, edit.apply(scene), edit, found, lost))


def shifted(right: float = 0.0, ahead: float = 0.0, turn: float = 0.0, factor: float = 1.0) -> Thing:
    pose = MUG.pose_wo
    turned = Pose.about_z(np.radians(turn), np.zeros(3)).rotation_33 @ pose.rotation_33
    at_3 = pose.translation_3 + right * RIGHT + ahead * AHEAD
    return replace(MUG, pose_wo=Pose(turned, at_3), scale=MUG.scale * factor)


def with_symmetry(symmetry: int) -> Scene:
    return SCENE.with_thing(replace(MUG, symmetry=symmetry))


EDITS = (
    Move("mug-1", "right", 0.15),
    Rotate("mug-1", float(np.radians(-90))),
    Scale("mug-1", 1.5),
    Remove("mug-1", "leftmost"),
)


def test_every_operation_is_measured() -> None:
    assert set(MEASURES) == set(OPERATIONS)
    assert {edit.name for edit in EDITS} == set(OPERATIONS)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_the_ideal_edit_complies_without_error_and_the_untouched_scene_does_not(edit: Operation) -> None:
    after = edit.apply(SCENE)
    ideal = measured(edit, after.find("mug-1") if after.has("mug-1") else None)
    assert ideal.complies
    assert ideal.normalised_error == pytest.approx(0.0, abs=1e-9)
    assert not measured(edit, MUG).complies


@pytest.mark.parametrize("edit", EDITS[:3], ids=lambda edit: edit.name)
def test_a_target_that_is_gone_never_complies_with_an_edit_that_keeps_it(edit: Operation) -> None:
    outcome = measured(edit, None)
    assert not outcome.complies
    assert "red mug was not found" in outcome.reason


# A quarter of 15 cm is 3.75 cm: 11.2 cm is 3.8 short and 11.3 cm is 3.7 short.
@pytest.mark.parametrize(
    ("right", "ahead", "complies"),
    [
        (0.112, 0, False),
        (0.113, 0, True),
        (0.187, 0, True),
        (0.188, 0, False),
        (0.15, 0.037, True),
        (0.15, 0.038, False),
        (-0.15, 0, False),
    ],
)
def test_a_move_of_15_cm_may_end_3_75_cm_from_where_it_should(right: float, ahead: float, complies: bool) -> None:
    outcome = measured(Move("mug-1", "right", 0.15), shifted(right, ahead))
    assert outcome.complies is complies
    assert outcome.figures["tolerance"] == pytest.approx(0.0375)
    assert outcome.figures["position_error"] == pytest.approx(np.hypot(right - 0.15, ahead))


@pytest.mark.parametrize(("ahead", "complies"), [(-0.021, True), (-0.019, False), (-0.079, True), (-0.081, False)])
def test_a_short_move_may_be_3_cm_off(ahead: float, complies: bool) -> None:
    assert measured(Move("mug-1", "toward", 0.05), shifted(ahead=ahead)).complies is complies


@pytest.mark.parametrize(("turn", "complies"), [(-68, True), (-67, False), (-112, True), (-113, False), (90, False)])
def test_a_turn_by_90_degrees_may_be_22_5_off_and_must_go_the_right_way(turn: float, complies: bool) -> None:
    assert measured(Rotate("mug-1", float(np.radians(-90))), shifted(turn=turn)).complies is complies


@pytest.mark.parametrize(
    ("turn", "complies"), [(120, True), (30, True), (-60, True), (14, False), (46, False), (0, False)]
)
def test_of_a_fourfold_thing_only_the_visible_turn_counts(turn: float, complies: bool) -> None:
    """120 degrees show as 30; a quarter of the asked 120 would let the untouched thing pass."""
    outcome = measured(Rotate("mug-1", float(np.radians(120))), shifted(turn=turn), scene=with_symmetry(4))
    assert outcome.complies is complies


@pytest.mark.parametrize("edit", EDITS[1:3], ids=lambda edit: edit.name)
def test_turning_and_scaling_leave_the_target_in_its_place(edit: Operation) -> None:
    ideal = edit.apply(SCENE).find("mug-1")
    for away, complies in ((0.049, True), (0.051, False)):
        pose = Pose(ideal.pose_wo.rotation_33, ideal.pose_wo.translation_3 + away * RIGHT)
        assert measured(edit, replace(ideal, pose_wo=pose)).complies is complies


@pytest.mark.parametrize(
    ("asked", "found", "complies"),
    [
        (1.5, 1.21, True),
        (1.5, 1.19, False),
        (1.5, 1.79, True),
        (1.5, 1.81, False),
        (0.75, 0.61, True),
        (0.75, 0.89, True),
        (0.75, 0.91, False),
        (1.3, 0.99, False),
    ],
)
def test_a_factor_may_be_a_fifth_off(asked: float, found: float, complies: bool) -> None:
    assert measured(Scale("mug-1", asked), shifted(factor=found)).complies is complies


def test_a_factor_on_the_wrong_side_of_1_fails_however_near() -> None:
    outcome = measured(Scale("mug-1", 1.2), shifted(factor=0.98))
    assert outcome.figures["factor_error"] < 0.2
    assert not outcome.complies
    assert "wrong way" in outcome.reason


def test_a_removal_that_takes_something_else_along_fails() -> None:
    outcome = measured(Remove("mug-1", "leftmost"), None, lost=("book",))
    assert not outcome.complies
    assert "thick book" in outcome.reason


def test_accuracy_falls_from_1_to_a_half_at_the_tolerance() -> None:
    assert accuracy(0.0) == 1.0
    assert accuracy(1.0) == 0.5
    assert accuracy(0.5) == pytest.approx(2**-0.25)
    assert accuracy(float("inf")) == 0.0


def test_a_thing_is_read_off_its_box() -> None:
    moved = shifted(0.1, -0.2, 30, 1.4)
    back = thing_in(moved.box, MUG)
    assert back.pose_wo.is_close(moved.pose_wo)
    assert back.scale == pytest.approx(1.4)
