from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.interchange.painted import instances_of, paint
from dagster_gsi.scenes.scene import Scene
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
INSTANCES = instances_of(SCENE)


def hull_HW(scene: Scene, name: str) -> np.ndarray:
    """Which pixel centres are inside the convex hull of the projected corners, by another route."""
    from shapely import MultiPoint, contains_xy

    pixels_82, _ = scene.camera.project(scene.find(name).box.corners_83())
    u_HW, v_HW = np.meshgrid(np.arange(scene.camera.width) + 0.5, np.arange(scene.camera.height) + 0.5)
    return np.asarray(contains_xy(MultiPoint(pixels_82).convex_hull, u_HW, v_HW))


@pytest.mark.parametrize("name", INSTANCES)
def test_a_thing_is_painted_where_its_box_is_seen(name: str) -> None:
    alone = replace(SCENE, things=(SCENE.find(name),))
    painted = paint(alone, INSTANCES, over=None)
    np.testing.assert_array_equal(painted.ids_HW == INSTANCES[name], hull_HW(alone, name))
    assert ((painted.depth_HW > 0) == (painted.ids_HW > 0)).all()


def test_the_painted_depth_lies_on_the_faces_of_the_box() -> None:
    camera = SCENE.camera
    painted = paint(SCENE, INSTANCES, over=None)
    for name, value in INSTANCES.items():
        v_N, u_N = np.nonzero(painted.ids_HW == value)
        points_N3 = camera.unproject(np.stack([u_N, v_N], axis=1) + 0.5, painted.depth_HW[v_N, u_N].astype(np.float64))
        box = SCENE.find(name).box
        reach_N3 = np.abs(box.pose_wb.inverse().apply(points_N3)) / (box.size_3 / 2)
        assert reach_N3.max(axis=1) == pytest.approx(1.0, abs=1e-5)
        # A nearer point on the same ray is outside: it is the face towards the camera.
        assert not box.contains(camera.pose_wc.translation_3 + (points_N3 - camera.pose_wc.translation_3) * 0.99).any()


def test_the_nearer_thing_hides_the_other_unless_that_is_painted_over() -> None:
    book = SCENE.find("book")
    away_3 = 0.15 * SCENE.camera.ahead_3
    behind = replace(book, name="mug-2", pose_wo=Pose(book.pose_wo.rotation_33, book.pose_wo.translation_3 + away_3))
    scene = replace(SCENE, things=(book, behind))
    plain = paint(scene, INSTANCES, over=None)
    over = paint(scene, INSTANCES, over="mug-2")
    np.testing.assert_array_equal(plain.ids_HW == INSTANCES["book"], hull_HW(scene, "book"))
    np.testing.assert_array_equal(over.ids_HW == INSTANCES["mug-2"], hull_HW(scene, "mug-2"))


def test_what_is_behind_the_camera_or_beside_the_picture_is_not_painted() -> None:
    eye_3 = SCENE.camera.pose_wc.translation_3
    for target_3 in (eye_3 - [0.0, 1.0, 0.0], eye_3 + [1.0, 0.1, 0.0]):
        away = Camera.look_at(eye_3, target_3, fov=0.8, width=128, height=96)
        painted = paint(replace(SCENE, camera=away), INSTANCES, over=None)
        assert not painted.ids_HW.any()
        assert not painted.depth_HW.any()
