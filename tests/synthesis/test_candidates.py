"""Edits are refused for the reason that anybody would give, before anything is rendered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import View
from dagster_gsi.rendering.base import Frame, Geometry
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Interior, Scene
from dagster_gsi.synthesis.candidates import Candidate, Limits, blocked, examine, look_at, misplaced
from dagster_gsi.synthesis.rejection import Rejection
from tests.synthesis.rooms_by_hand import DESK_HEIGHT, PaintedView, cabinet, painted, two_tops
from tests.toy_assets import TABLE, toy_scene, write_toy_catalogue

LIMITS = Limits(visible=0.5, mask_fraction=0.001, pixel_change=1.0, look_change=0.0)
INTERIOR = Interior("Studio", "Kitchen", "shell-studio-ground", "floor-toy", "wall-toy")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("candidates") / "assets")


@pytest.fixture(scope="module")
def scene(catalogue: Catalogue) -> Scene:
    return toy_scene(catalogue)


@pytest.fixture(scope="module")
def tops(catalogue: Catalogue) -> Scene:
    return two_tops(catalogue)


def _reason(edit: Operation, scene: Scene, catalogue: Catalogue) -> str | None:
    rejection = misplaced(edit, scene, catalogue)
    return None if rejection is None else rejection.reason


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Move("red-box", "right", 0.1), None),
        (Move("red-box", "left", 0.4), "off the support"),
        (Move("green-cylinder", "left", 0.4), "collision"),
        (Scale("red-box", 1.3), None),
        (Scale("yellow-mug", 7.0), "off the support"),
        (Place("yellow-mug", "red-box", "front", 0.12), "collision"),
        (Place("yellow-mug", "red-box", "front", 0.25), None),
        (Receptacle("blue-wedge", TABLE, "centre", (0.0, 0.0)), None),
        (Receptacle("blue-wedge", TABLE, "centre", (-0.25, 0.12)), "collision"),
        (Receptacle("blue-wedge", TABLE, "right", (0.58, 0.0)), "off the support"),
        (Remove("red-box", "leftmost"), None),
        (View("turn_left", 0.2), None),
    ],
)
def test_outlines_alone_tell_most_of_what_cannot_be(
    edit: Operation, reason: str | None, scene: Scene, catalogue: Catalogue
) -> None:
    assert _reason(edit, scene, catalogue) == reason


def test_what_would_leave_the_picture_is_refused(scene: Scene, catalogue: Catalogue) -> None:
    near = replace(
        scene,
        camera=scene.camera.look_at(
            np.array([0.2, -0.9, 1.3]), np.array([0.2, 0.15, 0.75]), fov=0.6, width=64, height=64
        ),
    )
    assert _reason(Move("blue-wedge", "toward", 0.12), near, catalogue) == "out of the picture"
    # The target is put where the picture shows it; the table's left edge is not shown.
    assert _reason(Receptacle("blue-wedge", TABLE, "left", (0.2, 0.0)), near, catalogue) == "edge out of the picture"


def test_a_move_that_looks_like_another_is_refused(scene: Scene, catalogue: Catalogue) -> None:
    flat = scene.camera.look_at(np.array([0.0, -3.0, 0.9]), np.array([0.9, 0.0, 0.75]), fov=0.8, width=64, height=64)
    assert _reason(Move("green-cylinder", "toward", 0.15), replace(scene, camera=flat), catalogue) == (
        "direction unclear in the picture"
    )


def test_things_on_another_top_are_no_collision_and_things_on_the_new_one_are(
    tops: Scene, catalogue: Catalogue
) -> None:
    x, y = tops.support("desk").body.centre_3[:2]
    onto_desk = Receptacle("green-cylinder", "desk", "centre", (float(x), float(y)))
    assert _reason(onto_desk, tops, catalogue) is None
    taken = onto_desk.apply(tops)
    assert _reason(Receptacle("yellow-mug", "desk", "centre", (float(x), float(y))), taken, catalogue) == "collision"
    # It left its place on the table.
    place_2 = tops.find("green-cylinder").pose_wo.translation_3[:2]
    back = Receptacle("yellow-mug", TABLE, "right", (float(place_2[0]), float(place_2[1])))
    assert _reason(back, tops, catalogue) == "collision"
    assert _reason(back, taken, catalogue) is None


def test_the_new_top_is_the_one_that_must_hold_the_whole_target(tops: Scene, catalogue: Catalogue) -> None:
    x, y = tops.support("desk").body.centre_3[:2]
    # The desk is 0.6 m wide; the table under the same offset would reach twice as far.
    over_the_edge = Receptacle("green-cylinder", "desk", "right", (float(x) + 0.29, float(y)))
    assert _reason(over_the_edge, tops, catalogue) == "off the support"


@pytest.mark.parametrize(
    ("bottom", "edit", "reason"),
    [
        (1.2, Scale("red-box", 2.0), None),  # ends at 0.72 + 0.32 = 1.04 m
        (1.0, Scale("red-box", 2.0), "furniture in the way"),
        (1.0, Move("red-box", "right", 0.1), None),  # 0.88 m high, under it
        (0.8, Move("red-box", "right", 0.1), "furniture in the way"),
        (0.8, Receptacle("blue-wedge", TABLE, "right", (0.4, 0.0)), None),  # beside it
        (0.3, Receptacle("blue-wedge", TABLE, "right", (0.4, 0.0)), None),
        (0.39, Move("red-box", "right", 0.1), None),  # under the table: it ends at 0.71 m
    ],
)
def test_nothing_grows_or_moves_into_furniture(
    bottom: float, edit: Operation, reason: str | None, scene: Scene, catalogue: Catalogue
) -> None:
    under = replace(scene, fixtures=(cabinet(catalogue, bottom),))
    assert _reason(edit, under, catalogue) == reason


def test_a_target_goes_onto_a_lower_top_unless_something_hangs_over_it(tops: Scene, catalogue: Catalogue) -> None:
    x, y = (float(value) for value in tops.support("desk").body.centre_3[:2])
    edit = Receptacle("green-cylinder", "desk", "centre", (x, y))  # 0.18 m high, so up to 0.54 m
    for bottom, reason in ((DESK_HEIGHT + 0.2, None), (DESK_HEIGHT + 0.1, "furniture in the way")):
        shelf = replace(cabinet(catalogue, bottom), pose_wo=Pose.upright(0.0, np.array([x, y, bottom])))
        assert _reason(edit, replace(tops, fixtures=(shelf,)), catalogue) == reason


@pytest.mark.parametrize(("share", "distance", "is_blocked"), [(0.2, 0.3, True), (0.05, 0.3, False), (0.2, 0.6, False)])
def test_nobody_takes_a_picture_with_a_cupboard_right_in_front(share: float, distance: float, is_blocked: bool) -> None:
    depth_HW = np.full((20, 20), 2.0, dtype=np.float32)
    depth_HW.ravel()[: int(400 * share)] = distance
    depth_HW[-1, -1] = 0.0  # the sky is no wall
    rejection = blocked(Geometry(np.zeros((20, 20), dtype=np.uint16), depth_HW))
    assert (rejection == Rejection("too near to something")) is is_blocked


def test_a_view_into_the_open_is_not_blocked() -> None:
    nothing = Geometry(np.zeros((8, 8), dtype=np.uint16), np.zeros((8, 8), dtype=np.float32))
    assert blocked(nothing) is None


def test_a_change_of_view_shows_the_scene_or_says_what_is_wrong(scene: Scene, catalogue: Catalogue) -> None:
    view = PaintedView()
    seen, _ = look_at(scene, painted(scene), catalogue, LIMITS)
    assert len(seen) >= 2
    small = examine(View("move_up", 0.1), scene, seen, view, catalogue, LIMITS)
    assert isinstance(small, Candidate)
    assert set(small.figures) == {"visible_before", "visible_after", "mask_fraction_before", "mask_fraction_after"}
    assert small.figures["visible_before"] == pytest.approx(np.mean([one["visible_before"] for one in seen.values()]))
    away = examine(View("turn_left", np.radians(80)), scene, seen, view, catalogue, LIMITS)
    assert away == Rejection("scene out of view")
    close = examine(View("move_up", 0.1), scene, seen, PaintedView(floor_depth=0.1), catalogue, LIMITS)
    assert close == Rejection("too near to something")


@pytest.mark.parametrize(
    ("open_rows", "on_a_table", "in_a_home"), [(2, True, True), (8, False, True), (20, False, False)]
)
def test_homes_have_windows_and_made_up_rooms_have_none(
    open_rows: int, on_a_table: bool, in_a_home: bool, scene: Scene, catalogue: Catalogue
) -> None:
    """Of 64 rows so many show nothing: 3 %, 12 % and 31 % of the picture."""

    class OpenAbove(PaintedView):
        def trace(self, state: Scene) -> Geometry:
            geometry = painted(state)
            geometry.depth_HW[:open_rows] = 0.0
            return geometry

    seen, _ = look_at(scene, painted(scene), catalogue, LIMITS)
    for room, is_fine in ((scene.room, on_a_table), (INTERIOR, in_a_home)):
        found = examine(View("move_up", 0.1), replace(scene, room=room), seen, OpenAbove(), catalogue, LIMITS)
        assert isinstance(found, Candidate) is is_fine
        if not is_fine:
            assert found == Rejection("looks out of the room")


def test_a_target_put_onto_another_top_rests_there_at_its_height(tops: Scene, catalogue: Catalogue) -> None:
    seen, _ = look_at(tops, painted(tops), catalogue, LIMITS)
    x, y = (float(value) for value in tops.support("desk").body.centre_3[:2])
    found = examine(
        Receptacle("green-cylinder", "desk", "centre", (x, y)), tops, seen, PaintedView(), catalogue, LIMITS
    )
    assert isinstance(found, Candidate)
    placed = found.after.find("green-cylinder")
    np.testing.assert_allclose(placed.pose_wo.translation_3, [x, y, DESK_HEIGHT])
    assert found.after.support_of(placed) is tops.support("desk")


def test_an_edit_that_a_sketch_does_not_show_is_refused_before_a_picture_is_made(
    scene: Scene, catalogue: Catalogue
) -> None:
    """Painted things look the same from all sides."""

    class NoPictures(PaintedView):
        def render(self, state: Scene) -> Frame:
            raise AssertionError(f"a picture of {state} was asked for")

        def sketch(self, state: Scene) -> Frame:
            return super().render(state)

    seen, _ = look_at(scene, painted(scene), catalogue, LIMITS)
    turned = examine(Rotate("yellow-mug", np.pi), scene, seen, NoPictures(), catalogue, LIMITS)
    assert turned == Rejection("no visible change")
    assert isinstance(examine(Remove("yellow-mug", None), scene, seen, NoPictures(), catalogue, LIMITS), Candidate)
