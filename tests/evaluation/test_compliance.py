from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest

from dagster_gsi.evaluation.compliance import MEASURES
from dagster_gsi.evaluation.compliance.base import Measured, Outcome, accuracy, thing_in
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.geometry.shift import Shift
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import View
from dagster_gsi.scenes.scene import Scene, Support, Thing
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
MUG = SCENE.find("mug-1")
RIGHT, AHEAD = SCENE.camera.right_3, SCENE.camera.ahead_3


def measured(
    edit: Operation,
    found: Thing | None,
    *,
    scene: Scene = SCENE,
    lost: tuple[str, ...] = (),
    reference: Thing | None = None,
    shift: Shift | None = None,
) -> Measured:
    viewpoint = None if shift is None else shift.of(scene.camera)
    return MEASURES[edit.name](Outcome(scene, edit.apply(scene), edit, found, lost, reference, viewpoint))


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
    Place("mug-1", "book", "right", 0.2),
    Receptacle("mug-1", "table", "farthest", (0.0, 0.3)),
)
VIEWS = (
    View("turn_left", float(np.radians(12))),
    View("tilt_down", float(np.radians(10))),
    View("move_forward", 0.1),
    View("move_left", 0.3),
    View("move_up", 0.2),
)


def test_every_operation_is_measured() -> None:
    assert set(MEASURES) == set(OPERATIONS)
    assert {edit.name for edit in (*EDITS, *VIEWS)} == set(OPERATIONS)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_the_ideal_edit_complies_without_error_and_the_untouched_scene_does_not(edit: Operation) -> None:
    after = edit.apply(SCENE)
    ideal = measured(edit, after.find("mug-1") if after.has("mug-1") else None)
    assert ideal.complies
    assert ideal.normalised_error == pytest.approx(0.0, abs=1e-9)
    assert not measured(edit, MUG).complies


@pytest.mark.parametrize("edit", [*EDITS[:3], *EDITS[4:]], ids=lambda edit: edit.name)
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


@pytest.mark.parametrize(
    ("up", "complies"), [(0.0, False), (0.149, False), (0.151, True), (0.249, True), (0.251, False)]
)
def test_a_move_upwards_is_measured_upwards(up: float, complies: bool) -> None:
    def raised(metres: float) -> Thing:
        return replace(MUG, pose_wo=Pose(MUG.pose_wo.rotation_33, MUG.pose_wo.translation_3 + [0.0, 0.0, metres]))

    # Published sets have such moves: their boxes say what is asked, whatever direction the operation names.
    outcome = Outcome(SCENE, SCENE.with_thing(raised(0.2)), Move("mug-1", "right", 0.2), raised(up))
    found = MEASURES["move"](outcome)
    assert found.complies is complies
    assert found.figures["position_error"] == pytest.approx(abs(up - 0.2))
    assert "asked was 20.0 cm up" in found.reason


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


# A quarter of 20 cm is 5 cm. The book is at (0, 0.2) and the camera looks along +y.
@pytest.mark.parametrize(
    ("right", "ahead", "complies"),
    [
        (0.20, 0.0, True),
        (0.151, 0.0, True),
        (0.149, 0.0, False),
        (0.249, 0.0, True),
        (0.251, 0.0, False),
        (0.20, 0.049, True),
        (0.20, 0.051, False),
        (-0.20, 0.0, False),
        (0.0, 0.20, False),
    ],
)
def test_a_placement_at_20_cm_may_be_5_cm_off(right: float, ahead: float, complies: bool) -> None:
    book_3 = SCENE.find("book").pose_wo.translation_3
    found = replace(MUG, pose_wo=Pose(MUG.pose_wo.rotation_33, book_3 + right * RIGHT + ahead * AHEAD))
    outcome = measured(Place("mug-1", "book", "right", 0.2), found)
    assert outcome.complies is complies
    assert outcome.figures["tolerance"] == pytest.approx(0.05)
    assert outcome.figures["position_error"] == pytest.approx(np.hypot(right - 0.2, ahead))


def test_a_placement_is_measured_from_where_the_reference_is() -> None:
    edit, book = Place("mug-1", "book", "right", 0.2), SCENE.find("book")
    moved = replace(book, pose_wo=Pose(book.pose_wo.rotation_33, book.pose_wo.translation_3 - 0.3 * RIGHT))
    ideal = edit.apply(SCENE).find("mug-1")
    along = replace(ideal, pose_wo=Pose(ideal.pose_wo.rotation_33, ideal.pose_wo.translation_3 - 0.3 * RIGHT))
    assert not measured(edit, ideal, reference=moved).complies
    assert measured(edit, along, reference=moved).normalised_error == pytest.approx(0.0, abs=1e-9)


def test_a_short_placement_on_the_wrong_side_fails_however_near() -> None:
    book_3 = SCENE.find("book").pose_wo.translation_3
    found = replace(MUG, pose_wo=Pose(MUG.pose_wo.rotation_33, book_3 - 0.005 * RIGHT))
    outcome = measured(Place("mug-1", "book", "right", 0.02), found)
    assert outcome.normalised_error < 1
    assert not outcome.complies
    assert "wrong side" in outcome.reason


# A square metre of table: a fifth of its extent is 20 cm, more than the 10 cm that are allowed at most.
TABLE = replace(SCENE.supports[0].body, size_3=np.array([1.0, 1.0, 0.7]), pose_wo=Pose.upright(0.0, np.zeros(3)))
ON_TABLE = replace(SCENE, supports=(Support.boxy(TABLE),))


def put(x: float, y: float, z: float = 0.7) -> Thing:
    return replace(MUG, pose_wo=Pose(MUG.pose_wo.rotation_33, np.array([x, y, z])))


@pytest.mark.parametrize(
    ("x", "y", "z", "complies", "words"),
    [
        (0.0, 0.33, 0.7, True, ()),
        (0.0, 0.31, 0.7, False, ()),
        (0.0, 0.42, 0.749, True, ()),
        (0.0, 0.42, 0.751, False, ("above what it should stand on",)),
        (0.0, 0.42, 0.649, False, ("below what it should stand on",)),
        (0.0, 0.48, 0.7, True, ()),
        (0.0, 0.505, 0.7, False, ("not over the table",)),
        (0.0, 0.0, 0.7, False, ("nearer to the centre",)),
        (0.0, -0.39, 0.7, False, ("nearer to the nearest edge",)),
        (-0.39, 0.0, 0.7, False, ("nearer to the left edge",)),
    ],
)
def test_the_far_edge_of_a_table_is_within_10_cm_of_the_asked_place_on_its_top(
    x: float, y: float, z: float, complies: bool, words: tuple[str, ...]
) -> None:
    outcome = measured(Receptacle("mug-1", "table", "farthest", (0.0, 0.42)), put(x, y, z), scene=ON_TABLE)
    assert outcome.complies is complies
    assert all(word in outcome.reason for word in words)


@pytest.mark.parametrize(("x", "complies"), [(0.099, True), (0.101, False)])
def test_a_place_on_a_large_support_may_be_a_hands_breadth_off(x: float, complies: bool) -> None:
    outcome = measured(Receptacle("mug-1", "table", "farthest", (0.0, 0.42)), put(x, 0.42), scene=ON_TABLE)
    assert outcome.complies is complies
    assert outcome.figures["tolerance"] == pytest.approx(0.10)
    assert outcome.normalised_error == pytest.approx(x / 0.10)


@pytest.mark.parametrize(("x", "complies"), [(0.059, True), (0.061, False)])
def test_a_place_on_a_small_support_may_be_a_fifth_of_its_extent_off(x: float, complies: bool) -> None:
    """0.45 m by 0.2 m: the root of the area is 30 cm, a fifth of that is 6 cm."""
    scene = replace(SCENE, supports=(Support.boxy(replace(TABLE, size_3=np.array([0.45, 0.2, 0.7]))),))
    outcome = measured(Receptacle("mug-1", "table", "centre", (0.0, 0.0)), put(x, 0.0), scene=scene)
    assert outcome.figures["tolerance"] == pytest.approx(0.06)
    assert outcome.complies is complies


def shift_of(edit: View, factor: float, **more: float) -> Shift:
    return Shift(*(factor * np.array(astuple(edit.shift)) + np.array(astuple(Shift(**more)))))


@pytest.mark.parametrize("edit", VIEWS, ids=lambda edit: edit.motion)
def test_the_asked_view_complies_without_error_and_the_old_and_the_opposite_one_do_not(edit: View) -> None:
    ideal = measured(edit, None, shift=edit.shift)
    assert ideal.complies
    assert ideal.normalised_error == pytest.approx(0.0, abs=1e-6)
    assert not measured(edit, None, shift=Shift()).complies
    assert not measured(edit, None, shift=shift_of(edit, -1.0)).complies


def test_a_view_of_another_scene_does_not_comply() -> None:
    outcome = measured(VIEWS[0], None)
    assert not outcome.complies
    assert outcome.normalised_error == float("inf")
    assert "not show the scene" in outcome.reason


@pytest.mark.parametrize(
    ("degrees", "forward", "complies"),
    [(7.1, 0.0, True), (6.9, 0.0, False), (16.9, 0.0, True), (17.1, 0.0, False), (12, 0.049, True), (12, 0.051, False)],
)
def test_a_turn_of_the_view_by_12_degrees_may_be_5_off_and_move_by_5_cm(
    degrees: float, forward: float, complies: bool
) -> None:
    outcome = measured(VIEWS[0], None, shift=Shift(turn=float(np.radians(degrees)), forward=forward))
    assert outcome.complies is complies
    assert outcome.figures["tolerance"] == pytest.approx(5.0)
    assert outcome.figures["found_turn"] == pytest.approx(degrees)
    assert outcome.figures["asked_turn"] == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("factor", "tilt", "complies"),
    [(0.76, 0.0, True), (0.74, 0.0, False), (1.24, 0.0, True), (1.26, 0.0, False), (1, 4.9, True), (1, 5.1, False)],
)
def test_a_move_of_the_view_by_30_cm_may_be_a_quarter_off_and_turn_by_5_degrees(
    factor: float, tilt: float, complies: bool
) -> None:
    outcome = measured(VIEWS[3], None, shift=shift_of(VIEWS[3], factor, tilt=float(np.radians(tilt))))
    assert outcome.complies is complies
    assert outcome.figures["tolerance"] == pytest.approx(0.075)


def test_what_is_asked_is_read_off_the_true_state() -> None:
    """A set from elsewhere may have boxes that are not quite what the words say: 15 cm asked, 20 cm in the boxes."""
    edit, truth = Move("mug-1", "right", 0.15), Move("mug-1", "right", 0.20).apply(SCENE)
    outcome = MEASURES["move"](Outcome(SCENE, truth, edit, truth.find("mug-1")))
    assert outcome.normalised_error == pytest.approx(0.0, abs=1e-9)
    assert outcome.figures["asked_right"] == pytest.approx(0.20)


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
