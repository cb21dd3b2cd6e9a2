from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.rendering.room import surroundings
from dagster_gsi.scenes.scene import Scene
from tests.toy_assets import toy_scene, write_toy_catalogue


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return toy_scene(write_toy_catalogue(tmp_path_factory.mktemp("assets") / "toy"))


def test_everything_faces_the_support(scene: Scene) -> None:
    middle_3 = np.array([0.0, 0.0, 1.0])
    for rectangle in surroundings(scene.room, scene):
        assert rectangle.normal_3() @ (middle_3 - rectangle.corner_3) > 0


def test_walls_stand_where_the_room_says_as_the_camera_sees_it(scene: Scene) -> None:
    room, camera = scene.room, scene.camera
    _, back, left, right, _ = surroundings(scene.room, scene)
    assert np.allclose(back.corners_43() @ camera.ahead_3, room.depth)
    assert room.side < 0
    assert np.allclose(left.corners_43() @ camera.right_3, room.side)
    assert (right.corners_43() @ camera.right_3 > 0).all()
    assert (left.texture, right.texture) == (room.wall, None)


def test_the_side_wall_changes_sides_with_its_sign(scene: Scene) -> None:
    mirrored = replace(scene, room=replace(scene.room, side=-scene.room.side))
    _, _, left, right, _ = surroundings(mirrored.room, mirrored)
    assert np.allclose(right.corners_43() @ scene.camera.right_3, -scene.room.side)
    assert (left.texture, right.texture) == (None, scene.room.wall)


def test_the_room_turns_with_the_camera(scene: Scene) -> None:
    eye_3 = scene.camera.pose_wc.translation_3
    turned = Camera.look_at(
        np.array([-eye_3[1], eye_3[0], eye_3[2]]), np.array([0.0, 0.0, 0.74]), fov=0.9, width=64, height=64
    )
    quarter_33 = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    for before, after in zip(
        surroundings(scene.room, scene), surroundings(scene.room, replace(scene, camera=turned)), strict=True
    ):
        assert np.allclose(before.corners_43() @ quarter_33.T, after.corners_43())


def test_the_camera_is_inside(scene: Scene) -> None:
    eye_3 = scene.camera.pose_wc.translation_3
    for rectangle in surroundings(scene.room, scene):
        assert rectangle.normal_3() @ (eye_3 - rectangle.corner_3) > 0


def test_textures_keep_their_scale_on_walls_of_any_size(scene: Scene) -> None:
    for rectangle in surroundings(scene.room, scene):
        metres_4 = np.linalg.norm(rectangle.corners_43() - rectangle.corner_3, axis=1)
        tiles_4 = np.linalg.norm(rectangle.uv_42(), axis=1)
        assert np.allclose(metres_4, 1.6 * tiles_4)
