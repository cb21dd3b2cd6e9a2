"""Each edit does what it says to its target and leaves everything else alone."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from dagster_gsi.geometry.pose import Pose, rotation_angle
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move, direction_3
from dagster_gsi.operations.place import Place, Side
from dagster_gsi.operations.receptacle import Receptacle, Region, region_point_2
from dagster_gsi.operations.remove import Remove, rank
from dagster_gsi.operations.rotate import Rotate, looks_turned
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import Motion, View, is_turn
from dagster_gsi.samples.codec import edit_from_document, edit_to_document
from dagster_gsi.scenes.scene import Scene, Support, Thing
from tests.scenes_by_hand import thing, two_mugs_and_a_book

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
    # A placement needs a second thing that is seen, and a view has no target.
    expected = {Place: set[str | None](), View: {None}}.get(operation, {"mug-1"})
    assert {edit.target for edit in drawn if edit} == expected
    assert operation.sample(SCENE, set(), np.random.default_rng(0)) is None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_edit_survives_being_written_and_read(operation: type[Operation]) -> None:
    edits = [operation.sample(SCENE, NAMES, np.random.default_rng(seed)) for seed in range(20)]
    for edit in filter(None, edits):
        assert edit_from_document(edit_to_document(edit)) == edit


def test_an_unknown_operation_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'swap'.*move, place, receptacle, rotate, scale, remove, view"):
        edit_from_document({"operation": "swap", "target": "mug"})


def test_a_missing_target_names_what_is_there() -> None:
    with pytest.raises(KeyError, match="mug-1, mug-2, book"):
        Rotate("lamp", 1.0).apply(SCENE)


def test_no_module_of_operations_is_left_out_of_the_tuple() -> None:
    folder = Path(__file__).parents[2] / "dagster_gsi/operations"
    others = {"__init__", "base", "language", "phrasings"}
    assert {path.stem for path in folder.glob("*.py")} - others == set(OPERATIONS)


@pytest.mark.parametrize(
    ("side", "x", "y"), [("left", -0.25, 0.0), ("right", 0.25, 0.0), ("front", 0.0, -0.25), ("behind", 0.0, 0.25)]
)
def test_a_placement_is_from_centre_to_centre_in_the_axes_of_the_camera(side: Side, x: float, y: float) -> None:
    """The camera looks along +y: in front is -y."""
    after = Place("mug-1", "book", side, 0.25).apply(SCENE)
    before, placed = SCENE.find("mug-1"), after.find("mug-1")
    np.testing.assert_allclose(placed.pose_wo.translation_3, [0.0 + x, 0.2 + y, 0.7], atol=1e-12)
    np.testing.assert_array_equal(placed.pose_wo.rotation_33, before.pose_wo.rotation_33)
    assert after.find("book") is SCENE.find("book")
    assert after.camera is SCENE.camera


def test_a_placement_on_one_side_and_its_mirror_image_are_on_opposite_sides_of_the_reference() -> None:
    left, right = (Place("mug-1", "book", side, 0.3).apply(SCENE).find("mug-1").centre_3 for side in ("left", "right"))
    np.testing.assert_allclose((left + right)[:2] / 2, SCENE.find("book").centre_3[:2], atol=1e-12)


def test_drawn_placements_leave_room_between_the_two_and_move_the_target_visibly() -> None:
    for seed in range(200):
        edit = Place.sample(SCENE, NAMES, np.random.default_rng(seed))
        if edit is None:
            continue
        assert edit.target != edit.reference
        after = edit.apply(SCENE)
        moved = np.linalg.norm(after.find(edit.target).centre_3 - SCENE.find(edit.target).centre_3)
        assert moved >= max(0.05, 0.5 * edit.distance)
        assert not after.find(edit.reference).box.contains(after.find(edit.target).box.corners_83()).any()


@pytest.mark.parametrize(
    ("region", "x", "y"),
    [("centre", 0, 0), ("nearest", 0, -1), ("farthest", 0, 1), ("left", -1, 0), ("right", 1, 0)],
)
def test_regions_are_named_as_the_camera_sees_them(region: Region, x: int, y: int) -> None:
    """A table that is square with the camera, 1.2 m wide and 0.8 m deep, about the origin."""
    square = replace(SCENE.supports[0].body, pose_wo=Pose.upright(0.0, np.array([0.0, 0.0, 0.0])))
    np.testing.assert_allclose(region_point_2(square, region, SCENE), [0.6 * x, 0.4 * y], atol=1e-12)
    turned = replace(square, pose_wo=Pose.upright(np.pi / 2, np.array([0.0, 0.0, 0.0])))
    np.testing.assert_allclose(region_point_2(turned, region, SCENE), [0.4 * x, 0.6 * y], atol=1e-12)


def test_drawn_receptacle_placements_keep_the_whole_target_over_the_support() -> None:
    for seed in range(100):
        edit = Receptacle.sample(SCENE, NAMES, np.random.default_rng(seed))
        assert edit is not None
        placed = edit.apply(SCENE).find(edit.target)
        local_83 = SCENE.supports[0].body.pose_wo.inverse().apply(placed.box.corners_83())
        assert (np.abs(local_83[:, :2]) <= SCENE.supports[0].body.size_3[:2] / 2).all()
        assert np.linalg.norm(placed.centre_3 - SCENE.find(edit.target).centre_3) >= 0.15


def test_a_target_put_onto_a_thing_stands_on_its_top_and_one_put_onto_the_support_keeps_its_height() -> None:
    on_book = Receptacle("mug-1", "book", "centre", (0.0, 0.2)).apply(SCENE)
    np.testing.assert_allclose(on_book.find("mug-1").pose_wo.translation_3, [0.0, 0.2, 0.74])
    on_table = Receptacle("mug-1", "table", "centre", (0.1, 0.05)).apply(SCENE)
    np.testing.assert_allclose(on_table.find("mug-1").pose_wo.translation_3, [0.1, 0.05, 0.7])
    assert on_table.find("book") is SCENE.find("book")
    assert on_table.find("mug-2") is SCENE.find("mug-2")


def _two_tables(low_category: str = "stool", *, fixtures: tuple[Thing, ...] = ()) -> Scene:
    """The table of the scene, and 1.5 m to its right, just in the picture, a stool 0.4 m high that stands 0.1 m above the
    floor.
    """
    at_3 = np.array([1.5, 0.0, 0.1])
    body = replace(thing("low", low_category, "low one", (0.6, 0.5, 0.4), 0.0, 0.0), on="low")
    low = Support.boxy(replace(body, pose_wo=Pose.upright(0.0, at_3)))
    camera = SCENE.camera.look_at(np.array([0.0, -1.2, 1.5]), np.array([0.0, 0.0, 0.75]), fov=1.6, width=128, height=96)
    return replace(SCENE, supports=(*SCENE.supports, low), fixtures=fixtures, camera=camera)


def _receptacles(scene: Scene, targets: frozenset[str]) -> set[str]:
    drawn = [Receptacle.sample(scene, targets, np.random.default_rng(seed)) for seed in range(60)]
    return {edit.receptacle for edit in drawn if edit is not None}


def test_a_target_put_onto_another_support_stands_on_its_top_and_belongs_to_it() -> None:
    scene = _two_tables()
    after = Receptacle("book", "low", "left", (1.3, 0.0)).apply(scene)
    np.testing.assert_allclose(after.find("book").pose_wo.translation_3, [1.3, 0.0, 0.5])
    assert after.support_of(after.find("book")).name == "low"
    np.testing.assert_array_equal(after.find("book").pose_wo.rotation_33, scene.find("book").pose_wo.rotation_33)
    assert after.find("mug-1") is scene.find("mug-1")
    # And back, to the height of the table.
    back = Receptacle("book", "table", "centre", (0.0, 0.2)).apply(after)
    np.testing.assert_allclose(back.find("book").pose_wo.translation_3, [0.0, 0.2, 0.7])
    assert back.find("book").on == "table"


def test_another_support_is_drawn_where_its_top_is_seen_and_its_own_always() -> None:
    scene = _two_tables()
    assert _receptacles(scene, NAMES) == {"table"}
    assert _receptacles(scene, NAMES | {"low"}) == {"table", "low"}


def test_no_support_is_drawn_whose_noun_means_something_else_too() -> None:
    both = NAMES | {"low"}
    assert _receptacles(_two_tables("table"), both) == set()
    stool = thing("stool-2", "stool", "tall stool", (0.3, 0.3, 0.6), 0.0, 0.6)
    assert _receptacles(_two_tables(fixtures=(stool,)), both) == {"table"}
    aside = thing("stool-2", "stool", "tall stool", (0.3, 0.3, 0.6), 3.0, 0.0)
    assert _receptacles(_two_tables(fixtures=(aside,)), both) == {"table", "low"}
    # Boxes are furniture in some homes, and things in others.
    assert _receptacles(_two_tables("mug"), both) == {"table"}
    # "The stool" may be a bar stool, or a toy one.
    bar_stool = thing("bar", "bar stool", "tall seat", (0.3, 0.3, 0.6), 0.0, 0.6)
    assert _receptacles(_two_tables(fixtures=(bar_stool,)), both) == {"table"}
    assert _receptacles(
        _two_tables().with_thing(thing("mug-2", "toy", "toy stool", (0.1, 0.1, 0.1), 0.2, 0.1)), both
    ) == {"table"}


def test_drawn_placements_onto_another_support_keep_the_whole_target_over_it() -> None:
    scene = _two_tables()
    low = scene.support("low").body
    drawn = [Receptacle.sample(scene, NAMES | {"low"}, np.random.default_rng(seed)) for seed in range(80)]
    onto_low = [edit for edit in drawn if edit is not None and edit.receptacle == "low"]
    assert {edit.region for edit in onto_low} == {"centre", "nearest", "farthest", "left", "right"}
    for edit in onto_low:
        local_83 = low.pose_wo.inverse().apply(edit.apply(scene).find(edit.target).box.corners_83())
        assert (np.abs(local_83[:, :2]) <= low.size_3[:2] / 2).all()
        assert local_83[:, 2].min() == pytest.approx(0.4)


def test_a_thing_is_placed_beside_one_on_the_same_support_only() -> None:
    scene = _two_tables()
    split = scene.with_thing(replace(scene.find("book"), on="low"))
    drawn = [Place.sample(split, NAMES, np.random.default_rng(seed)) for seed in range(60)]
    pairs = {(edit.target, edit.reference) for edit in drawn if edit is not None}
    assert pairs == {("mug-1", "mug-2"), ("mug-2", "mug-1")}
    alone = split.with_thing(replace(split.find("mug-2"), on="low")).without("book")
    assert Place.sample(alone, NAMES, np.random.default_rng(0)) is None


def test_what_furniture_is_called_too_is_not_removed_by_its_kind_alone() -> None:
    assert Remove.sample(SCENE, NAMES, np.random.default_rng(0)) is not None
    furnished = _two_tables("mug")
    assert Remove.sample(furnished, NAMES, np.random.default_rng(0)) is None


@pytest.mark.parametrize("motion", get_args(Motion))
def test_a_change_of_view_moves_nothing_but_the_camera_and_is_undone_by_its_opposite(motion: Motion) -> None:
    amount = float(np.radians(15)) if is_turn(motion) else 0.2
    edit = View(motion, amount)
    after = edit.apply(SCENE)
    assert all(first is second for first, second in zip(after.things, SCENE.things, strict=True))
    assert after.supports is SCENE.supports
    ways = {"left": "right", "right": "left", "up": "down", "down": "up", "forward": "back", "back": "forward"}
    kind, _, way = motion.partition("_")
    back = View(f"{kind}_{ways[way]}", amount).apply(after)  # type: ignore[arg-type]
    assert back.camera.pose_wc.is_close(SCENE.camera.pose_wc, atol=1e-12)
    angle = rotation_angle(SCENE.camera.pose_wc.rotation_33, after.camera.pose_wc.rotation_33)
    metres = np.linalg.norm(after.camera.pose_wc.translation_3 - SCENE.camera.pose_wc.translation_3)
    assert (angle, metres) == pytest.approx((amount, 0.0) if is_turn(motion) else (0.0, amount), abs=1e-9)


@pytest.mark.parametrize(
    ("motion", "axis", "sign"),
    [("turn_left", 0, 1), ("turn_right", 0, -1), ("tilt_up", 1, 1), ("tilt_down", 1, -1), ("move_left", 0, 1)]
    + [("move_right", 0, -1), ("move_up", 1, 1), ("move_down", 1, -1), ("move_forward", 1, 1), ("move_back", 1, -1)],
)
def test_what_is_looked_at_goes_the_other_way_in_the_picture(motion: Motion, axis: int, sign: int) -> None:
    """A thing in the middle goes right when the camera turns or moves left, and down when it looks or goes up or near."""
    edit = View(motion, 0.2)
    at_3 = SCENE.camera.unproject(np.array([[64.0, 48.0]]), np.array([1.4]))
    seen_2 = edit.apply(SCENE).camera.project(at_3)[0][0] - [64.0, 48.0]
    assert sign * seen_2[axis] > 5
    assert seen_2[1 - axis] == pytest.approx(0.0, abs=2.0)


def test_horizontal_moves_of_the_camera_keep_its_height() -> None:
    for motion in ("move_left", "move_right", "move_forward", "move_back"):
        after = View(motion, 0.3).apply(SCENE)  # type: ignore[arg-type]
        assert after.camera.pose_wc.translation_3[2] == pytest.approx(1.5, abs=1e-12)
