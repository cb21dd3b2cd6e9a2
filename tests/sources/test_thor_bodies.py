"""AI2-THOR's objects and views as ours: boxes out of corners, what carries what, what a picture shows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.rendering.base import FIRST_THING, SUPPORT
from dagster_gsi.scenes.scene import Scene, Words
from dagster_gsi.sources.thor_bodies import box_of, read_bodies
from dagster_gsi.sources.thor_scene import (
    furniture_under,
    geometry_of,
    may_be_edited,
    parent_of,
    read_state,
    reconstruct,
    seen,
)
from dagster_gsi.sources.thor_views import View, choose_views, dispersed, go
from dagster_gsi.sources.thor_words import words_of
from dagster_gsi.synthesis.rejection import Rejection
from tests.thor_by_hand import Item, StandIn, kitchen

FRONT = View(np.array([0.25, -1.1, 0.9]), yaw=0, horizon=30)


def looking(items: list[Item]) -> tuple[StandIn, Scene]:
    controller = StandIn({"FloorPlan1": lambda: items})
    controller.reset("FloorPlan1")
    event = go(FRONT, controller)
    assert not isinstance(event, Rejection)
    scene = reconstruct(read_state(event), controller)
    assert isinstance(scene, Scene)
    return controller, scene


@pytest.mark.parametrize("seed", range(5))
def test_a_box_is_found_whatever_the_order_of_its_corners(seed: int) -> None:
    rng = np.random.default_rng(seed)
    box = Box(Pose.upright(rng.uniform(-0.7, 0.7), rng.uniform(-3, 3, size=3)), rng.uniform(0.02, 1.0, size=3))
    found = box_of(rng.permutation(box.corners_83()).astype(np.float32).astype(np.float64), np.array([1.0, 0.0, 0.0]))
    assert found is not None
    assert found.pose_wb.is_close(box.pose_wb, atol=1e-4)
    assert found.size_3 == pytest.approx(box.size_3, abs=1e-5)


def test_a_models_own_axes_may_lie_and_the_box_stands_all_the_same() -> None:
    box = Box(Pose.upright(0.2, np.zeros(3)), np.array([0.3, 0.2, 0.1]))
    # To the right of the model is up in the room, as in models that were made lying.
    found = box_of(box.corners_83(), np.array([0.0, 0.0, 1.0]))
    assert found is not None
    assert found.pose_wb.tilt == pytest.approx(0.0)
    assert sorted(found.size_3[:2]) == pytest.approx([0.2, 0.3])
    assert found.size_3[2] == pytest.approx(0.1)


def test_flat_things_have_no_box_of_their_own() -> None:
    assert box_of(np.zeros((8, 3)), np.array([1.0, 0.0, 0.0])) is None
    entry = metadata_of("Mug_1")
    entry["objectOrientedBoundingBox"] = {"cornerPoints": [[0, 0, 0]] * 8}
    body = read_bodies({"objects": [entry]})["Mug_1"]
    assert body.box.pose_wb.yaw == 0.0  # the one along the axes


def metadata_of(name: str) -> dict:
    event = StandIn({"FloorPlan1": kitchen}).reset("FloorPlan1")
    (entry,) = (entry for entry in event.metadata["objects"] if entry["name"] == name)
    return entry


def test_metadata_that_lack_a_key_are_an_error_that_names_it() -> None:
    entry = metadata_of("Mug_1")
    del entry["parentReceptacles"]
    with pytest.raises(ValueError, match=r"Mug\|-00\.25.*'parentReceptacles'.*install the version"):
        read_bodies({"objects": [entry]})


def test_a_view_is_a_scene_of_boxes() -> None:
    _, scene = looking(kitchen())
    assert [support.name for support in scene.supports] == ["Table_1", "Side_1"]
    assert {thing.name: thing.on for thing in scene.things} == {
        "Mug_1": "Table_1",
        "Book_1": "Table_1",
        "Statue_1": "Table_1",
        "Cup_1": "Table_1",
        "Cup_2": "Table_1",
        "Vase_1": "Side_1",
    }
    mug, table = scene.find("Mug_1"), scene.support("Table_1")
    assert mug.category == Words("mug", "马克杯")
    assert mug.size_3 == pytest.approx([0.10, 0.14, 0.12])  # width, depth, height
    assert mug.pose_wo.translation_3 == pytest.approx([-0.25, -0.15, 0.75])
    assert np.degrees(mug.pose_wo.yaw) == pytest.approx(-20)
    assert table.height == pytest.approx(0.75)
    # The places that the simulator offers are a centimetre within the top of 1.4 x 0.9 m.
    assert table.polygon().bounds == pytest.approx((-0.69, -0.44, 0.69, 0.44))
    assert table.polygon().exterior.is_ccw
    assert scene.fixtures == ()  # the floor is part of the building


def test_pictures_masks_and_depth_agree_with_the_scene() -> None:
    """Our projection of the boxes meets the stand-in's, which knows nothing of ours."""
    controller, scene = looking(kitchen())
    event = controller.step("Pass")
    state = read_state(event)
    geometry = geometry_of(state, scene)
    for index, thing in enumerate(scene.things):
        rows, columns = np.nonzero(geometry.ids_HW == FIRST_THING + index)
        left, top, right, bottom = thing.box.picture(scene.camera)
        assert (columns.min() + 0.5 >= left, columns.max() + 0.5 <= right) == (True, True)
        assert (rows.min() + 0.5 >= top, rows.max() + 0.5 <= bottom) == (True, True)
        # Every pixel of it, taken back into the room, lies on its box.
        points_N3 = scene.camera.unproject(
            np.stack([columns, rows], axis=1) + 0.5, geometry.depth_HW[rows, columns].astype(float)
        )
        local_N3 = np.abs(thing.box.pose_wb.inverse().apply(points_N3)) / (thing.box.size_3 / 2)
        assert local_N3.max(axis=1) == pytest.approx(1.0, abs=1e-4)
    tops = geometry.ids_HW == SUPPORT
    assert tops.any()
    assert geometry.depth_HW.dtype == np.float32


def test_what_stands_on_a_plate_is_on_the_table_and_not_asked_of() -> None:
    plate = Item("Plate", "Plate_1", (0.2, 0.02, 0.2), (0.45, 0.75, -0.1), receptacle=True)
    egg = Item("Egg", "Egg_1", (0.06, 0.06, 0.06), (0.45, 0.77, -0.1))
    controller, scene = looking([*kitchen(), plate, egg])
    state = read_state(controller.step("Pass"))
    bodies = state.bodies
    assert parent_of(bodies["Egg_1"], state) is bodies["Plate_1"]
    assert furniture_under(bodies["Egg_1"], state) is bodies["Table_1"]
    assert scene.find("Egg_1").on == "Table_1"
    assert not may_be_edited(scene.find("Egg_1"), scene, state)
    assert not may_be_edited(scene.find("Plate_1"), scene, state)  # it would take the egg along, or leave it
    assert may_be_edited(scene.find("Mug_1"), scene, state)


def test_a_floor_that_is_named_too_carries_nothing() -> None:
    controller = StandIn({"FloorPlan1": kitchen})
    event = controller.reset("FloorPlan1")
    floor, table = event.items[0].id, event.items[1].id
    (entry,) = (entry for entry in event.metadata["objects"] if entry["name"] == "Mug_1")
    entry["parentReceptacles"] = [floor, table]
    state = read_state(event)
    # However thin floors are.
    assert parent_of(state.bodies["Mug_1"], state) is state.bodies["Table_1"]
    assert parent_of(state.bodies["Table_1"], state) is None


def test_what_stands_on_the_floor_is_a_fixture_and_hides_what_is_behind_it() -> None:
    chair = Item("Chair", "Chair_1", (0.04, 1.3, 0.04), (-0.01, 0.0, -0.6), pickupable=False, moveable=True)
    controller, scene = looking([*kitchen(), chair])
    assert [fixture.name for fixture in scene.fixtures] == ["Chair_1"]
    state = read_state(controller.step("Pass"))
    alone = read_state(looking(kitchen())[0].step("Pass"))
    mug = scene.find("Mug_1")
    assert seen(mug, alone, scene, "before")["visible_before"] == pytest.approx(1.0)
    assert seen(mug, state, scene, "before")["visible_before"] < 0.6


def test_an_empty_room_is_no_scene() -> None:
    controller = StandIn({"FloorPlan1": lambda: kitchen()[:3]})
    state = read_state(controller.reset("FloorPlan1"))
    assert reconstruct(state, controller) == Rejection("nothing stands on furniture")


@pytest.mark.parametrize(
    ("kind", "english"),
    [("CoffeeTable", "coffee table"), ("TVStand", "TV stand"), ("CD", "CD"), ("Mug", "mug"), ("Room3D", "room 3 d")],
)
def test_kinds_are_nouns(kind: str, english: str) -> None:
    assert words_of(kind).en == english


def test_dispersed_points_are_each_the_farthest_from_all_before() -> None:
    points_N2 = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0], [4, 0]])
    assert dispersed(points_N2, [0], 3) == [0, 4, 2]


def test_views_show_things_and_lie_apart() -> None:
    controller = StandIn({"FloorPlan1": kitchen})
    controller.reset("FloorPlan1")
    rejections: Counter[str] = Counter()
    views = choose_views(controller, 2, 0.004, np.random.default_rng(0), rejections)
    assert len(views) == 2
    assert all(view.num_things >= 2 for view in views)
    # One on each side of the table; nobody looks away from it.
    assert sorted(view.at_3[1] for view in views) == pytest.approx([-1.1, 1.1])
    assert rejections["view: shows too little"] > 0


def test_an_agent_that_ends_elsewhere_is_not_believed() -> None:
    controller = StandIn({"FloorPlan1": kitchen}, agent_slips=True)
    controller.reset("FloorPlan1")
    assert go(FRONT, controller) == Rejection("agent ends elsewhere")


def test_a_place_that_cannot_be_reached_is_refused() -> None:
    controller = StandIn({"FloorPlan1": kitchen})
    controller.reset("FloorPlan1")
    outcome = go(View(np.array([0.0, 0.0, 0.9]), yaw=0, horizon=0), controller)
    assert isinstance(outcome, Rejection)
    assert outcome.reason == "Teleport fails"
