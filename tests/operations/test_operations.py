"""Each edit does what it says to its target and leaves everything else alone."""

from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.geometry.pose import rotation_angle
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move, direction_3
from dagster_gsi.operations.remove import Remove, rank
from dagster_gsi.operations.rotate import Rotate, looks_turned
from dagster_gsi.operations.scale import Scale
from dagster_gsi.samples.codec import edit_from_document, edit_to_document
from dagster_gsi.scenes.scene import Scene
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
NAMES = frozenset(thing.name for thing in SCENE.things)


@pytest.mark.parametrize("direction", ["left", "right", "toward", "away"])
def test_a_move_shifts_its_target_along_the_ground_by_its_distance(direction: str) -> None:
    after = Move("book", direction, 0.15).apply(SCENE)  # type: ignore[arg-type]
    shift_3 = after.find("book").pose_wo.translation_3 - SCENE.find("book").pose_wo.translation_3
    np.testing.assert_allclose(shift_3, 0.15 * direction_3(direction, SCENE.camera))  # type: ignore[arg-type]
    assert shift_3[2] == 0
    np.testing.assert_array_equal(after.find("book").pose_wo.rotation_33, SCENE.find("book").pose_wo.rotation_33)
    assert after.find("mug-1") is SCENE.find("mug-1")


def test_left_is_left_and_away_is_up_in_the_picture() -> None:
    def pixel(scene: Scene) -> np.ndarray:
        return scene.camera.project(scene.find("book").pose_wo.translation_3[None])[0][0]

    start_2 = pixel(SCENE)
    assert pixel(Move("book", "left", 0.1).apply(SCENE))[0] < start_2[0] - 1
    assert pixel(Move("book", "away", 0.1).apply(SCENE))[1] < start_2[1] - 1


def test_moving_left_and_then_right_changes_nothing() -> None:
    back = Move("book", "right", 0.2).apply(Move("book", "left", 0.2).apply(SCENE))
    assert back.find("book").pose_wo.is_close(SCENE.find("book").pose_wo, atol=1e-12)


@pytest.mark.parametrize("degrees", [-90, -30, 45, 180])
def test_a_rotation_turns_its_target_on_the_spot(degrees: int) -> None:
    before, after = SCENE.find("book"), Rotate("book", np.radians(degrees)).apply(SCENE).find("book")
    np.testing.assert_allclose(after.centre_3, before.centre_3, atol=1e-12)
    angle = rotation_angle(before.pose_wo.rotation_33, after.pose_wo.rotation_33)
    assert angle == pytest.approx(np.radians(abs(degrees)))


@pytest.mark.parametrize(
    ("degrees", "symmetry", "visible"),
    [(90, 1, True), (90, 2, True), (180, 2, False), (90, 4, False), (45, 4, True), (120, 3, False), (60, 0, False)],
)
def test_a_turn_is_visible_unless_the_symmetry_undoes_it(degrees: int, symmetry: int, visible: bool) -> None:
    assert looks_turned(np.radians(degrees), symmetry) is visible


def test_scaling_keeps_the_base_on_the_support_and_multiplies_every_length() -> None:
    before, after = SCENE.find("book"), Scale("book", 1.5).apply(SCENE).find("book")
    np.testing.assert_allclose(after.box.size_3, before.box.size_3 * 1.5)
    assert after.box.corners_83()[:, 2].min() == pytest.approx(before.box.corners_83()[:, 2].min())


def test_a_removal_takes_away_its_target_only() -> None:
    after = Remove("mug-1", "leftmost").apply(SCENE)
    assert {thing.name for thing in after.things} == {"mug-2", "book"}


def test_the_extremes_are_those_of_the_picture() -> None:
    # mug-1 stands 30 cm to the left and 10 cm nearer to the camera, see scenes_by_hand.
    first, second = SCENE.find("mug-1"), SCENE.find("mug-2")
    assert rank(first, "leftmost", SCENE) > rank(second, "leftmost", SCENE)
    assert rank(second, "rightmost", SCENE) > rank(first, "rightmost", SCENE)
    assert rank(first, "nearest", SCENE) > rank(second, "nearest", SCENE)


def test_a_removal_is_only_drawn_among_several_of_a_kind_and_with_a_margin() -> None:
    drawn = {Remove.sample(SCENE, NAMES, np.random.default_rng(seed)) for seed in range(60)}
    # Along the depth the two mugs are about 9 cm apart, across 30 cm: all four extremes are clear.
    assert drawn == {
        Remove("mug-1", "leftmost"),
        Remove("mug-2", "rightmost"),
        Remove("mug-1", "nearest"),
        Remove("mug-2", "farthest"),
    }
    assert Remove.sample(SCENE.without("mug-1"), NAMES, np.random.default_rng(0)) is None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_sampling_is_a_function_of_the_seed(operation: type[Operation]) -> None:
    first, again = (
        [operation.sample(SCENE, NAMES, np.random.default_rng([7, draw])) for draw in range(20)] for _ in range(2)
    )
    assert first == again
    assert any(first)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_only_the_given_targets_are_drawn(operation: type[Operation]) -> None:
    drawn = [operation.sample(SCENE, {"mug-1"}, np.random.default_rng(seed)) for seed in range(20)]
    assert {edit.target for edit in drawn if edit} == {"mug-1"}
    assert operation.sample(SCENE, set(), np.random.default_rng(0)) is None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_edit_survives_being_written_and_read(operation: type[Operation]) -> None:
    edits = [operation.sample(SCENE, NAMES, np.random.default_rng(seed)) for seed in range(20)]
    for edit in filter(None, edits):
        assert edit_from_document(edit_to_document(edit)) == edit


def test_an_unknown_operation_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'swap'.*move, rotate, scale, remove"):
        edit_from_document({"operation": "swap", "target": "mug"})


def test_a_missing_target_names_what_is_there() -> None:
    with pytest.raises(KeyError, match="mug-1, mug-2, book"):
        Rotate("lamp", 1.0).apply(SCENE)


def test_no_module_of_operations_is_left_out_of_the_tuple() -> None:
    folder = Path(__file__).parents[2] / "dagster_gsi/operations"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__", "base", "language"} == set(OPERATIONS)
