"""Scenes are values: changing one makes another and leaves the first alone."""

from dataclasses import replace

import numpy as np
import pytest
from shapely import Polygon

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.samples.codec import scene_from_document, scene_to_document
from dagster_gsi.scenes.scene import Support, Words
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()


def test_replacing_a_thing_changes_only_that_thing() -> None:
    grown = SCENE.with_thing(replace(SCENE.find("book"), scale=2.0))
    assert (grown.find("book").scale, SCENE.find("book").scale) == (2.0, 1.0)
    assert grown.find("mug-1") is SCENE.find("mug-1")


def test_the_box_of_a_thing_stands_on_its_origin() -> None:
    box = replace(SCENE.find("book"), scale=2.0).box
    np.testing.assert_allclose(box.size_3, [0.4, 0.3, 0.08])
    np.testing.assert_allclose(box.centre_3, [0.0, 0.2, 0.74])


def test_things_of_a_category_are_found_and_gone_things_are_gone() -> None:
    assert [thing.name for thing in SCENE.of_category("mug")] == ["mug-1", "mug-2"]
    assert not SCENE.without("mug-1").has("mug-1")


def test_removing_what_is_not_there_names_what_is() -> None:
    with pytest.raises(KeyError, match="mug-1, mug-2, book"):
        SCENE.without("vase")


def test_a_scene_survives_being_written_and_read() -> None:
    document = scene_to_document(SCENE)
    assert scene_to_document(scene_from_document(document)) == document
    assert scene_from_document(document).camera.matrix_33.tolist() == SCENE.camera.matrix_33.tolist()


def _shelf(name: str = "shelf", *, x: float = 2.0, z: float = 0.5) -> Support:
    body = replace(SCENE.supports[0].body, name=name, on=name, pose_wo=Pose.upright(np.pi / 2, np.array([x, 1.0, z])))
    return Support(replace(body, category=Words(name, name)), 0.3, np.array([[0, 0], [0.4, 0], [0.4, 0.2], [0, 0.2]]))


def test_a_stretched_model_is_stretched_in_its_own_frame_before_it_is_turned() -> None:
    chair = replace(
        SCENE.find("book"), stretch_3=np.array([-2.0, 1.0, 3.0]), pose_wo=Pose.upright(np.pi / 2, np.array([1.0, 0, 0]))
    )
    # (x, y, z) becomes (-2x, y, 3z), and then (-y, -2x, 3z) beside (1, 0, 0).
    points_23 = np.array([[0.1, 0.2, 0.3], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(chair.in_world(points_23), [[0.8, -0.2, 0.9], [1.0, 0.0, 3.0]], atol=1e-12)
    twice = replace(chair, scale=2.0)
    np.testing.assert_allclose(twice.in_world(points_23), [[0.6, -0.4, 1.8], [1.0, 0.0, 6.0]], atol=1e-12)


def test_the_top_of_a_support_is_where_its_body_stands() -> None:
    shelf = _shelf()
    assert shelf.height == pytest.approx(0.8)
    assert shelf.name == "shelf"
    # A quarter turn takes (0.4, 0.2) to (-0.2, 0.4) beside (2, 1).
    assert shelf.polygon().equals(Polygon([(2, 1), (2, 1.4), (1.8, 1.4), (1.8, 1)]))


def test_a_boxy_support_has_the_top_of_its_box() -> None:
    grown = Support.boxy(replace(SCENE.supports[0].body, scale=1.5, pose_wo=Pose.identity()))
    assert grown.height == pytest.approx(1.05)
    np.testing.assert_allclose(grown.outline_N2, [[-0.9, -0.6], [0.9, -0.6], [0.9, 0.6], [-0.9, 0.6]])


def test_things_know_their_support_and_furniture_is_supports_and_fixtures() -> None:
    shelf, chair = _shelf(), replace(SCENE.find("book"), name="chair", category=Words("chair", "椅子"))
    room = replace(SCENE, supports=(*SCENE.supports, shelf), fixtures=(chair, replace(chair, name="chair-2")))
    moved = room.with_thing(replace(room.find("book"), on="shelf"))
    assert moved.support_of(moved.find("book")) is shelf
    assert moved.support_of(moved.find("mug-1")) is SCENE.supports[0]
    assert [one.name for one in room.furniture] == ["table", "shelf", "chair", "chair-2"]
    assert room.of_category("chair") == ()
    assert (room.has_support("shelf"), room.has_support("chair"), room.has_support("book")) == (True, False, False)


def test_a_missing_support_names_those_that_are_there() -> None:
    room = replace(SCENE, supports=(*SCENE.supports, _shelf()))
    with pytest.raises(KeyError, match="no support 'desk' in this scene; it has: table, shelf"):
        room.support("desk")
