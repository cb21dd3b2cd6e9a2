"""Physics agrees with what anyone would expect of boxes and cans on a table."""

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.physics.world import World
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Scene, Support
from tests.toy_assets import TABLE_SIZE, toy_scene, write_toy_catalogue

HEIGHT = TABLE_SIZE[2]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("physics") / "assets")


@pytest.fixture(scope="module")
def scene(catalogue: Catalogue) -> Scene:
    return toy_scene(catalogue)


def _poses(scene: Scene) -> dict[str, Pose]:
    return {thing.name: thing.pose_wo for thing in scene.things}


def test_what_stands_stays(scene: Scene, catalogue: Catalogue) -> None:
    after = World(scene, catalogue).rest(_poses(scene), seconds=0.6)
    for name, pose in _poses(scene).items():
        assert np.linalg.norm(after[name].translation_3 - pose.translation_3) < 0.001
        assert after[name].tilt < np.radians(0.3)


def test_what_hangs_over_the_edge_falls_to_the_floor(scene: Scene, catalogue: Catalogue) -> None:
    name = scene.things[0].name
    beyond = Pose.upright(0.0, np.array([TABLE_SIZE[0] / 2 + 0.05, 0.0, HEIGHT]))
    after = World(scene, catalogue).rest({**_poses(scene), name: beyond}, seconds=1.2)
    assert after[name].translation_3[2] < 0.3


def test_a_tall_can_on_its_rim_topples(scene: Scene, catalogue: Catalogue) -> None:
    name = next(thing.name for thing in scene.things if thing.asset == "green-cylinder")
    lean = np.radians(50)
    leaning_33 = np.array([[np.cos(lean), 0, np.sin(lean)], [0, 1, 0], [-np.sin(lean), 0, np.cos(lean)]])
    pose = Pose(leaning_33, scene.find(name).pose_wo.translation_3 + [0, 0, 0.05])
    assert World(scene, catalogue).rest({**_poses(scene), name: pose}, seconds=1.0)[name].tilt > np.radians(80)


def test_overlap_is_reported_with_both_names_and_its_depth(scene: Scene, catalogue: Catalogue) -> None:
    box, can = (next(t for t in scene.things if t.asset == asset) for asset in ("red-box", "green-cylinder"))
    middle_3 = np.array([0.0, 0.0, HEIGHT])
    # Box half width 0.1 along x, can radius 0.05: centres 0.13 apart overlap by 2 cm.
    poses = {**_poses(scene), box.name: Pose.upright(0, middle_3), can.name: Pose.upright(0, middle_3 + [0.13, 0, 0])}
    overlaps = World(scene, catalogue).overlaps(poses)
    assert {(o.first, o.second) for o in overlaps} in ({(box.name, can.name)}, {(can.name, box.name)})
    assert max(o.depth for o in overlaps) == pytest.approx(0.02, abs=0.002)


def test_things_that_stand_apart_do_not_overlap(scene: Scene, catalogue: Catalogue) -> None:
    assert World(scene, catalogue).overlaps(_poses(scene)) == ()


def test_a_scaled_thing_is_as_large_in_physics(scene: Scene, catalogue: Catalogue) -> None:
    box, can = (next(t for t in scene.things if t.asset == asset) for asset in ("red-box", "green-cylinder"))
    middle_3 = np.array([0.0, 0.0, HEIGHT])
    poses = {box.name: Pose.upright(0, middle_3), can.name: Pose.upright(0, middle_3 + [0.2, 0, 0])}
    pair = replace(scene, things=(box, can))
    assert World(pair, catalogue).overlaps(poses) == ()
    doubled = pair.with_thing(replace(scene.find(box.name), scale=2.0))
    assert World(doubled, catalogue).overlaps(poses) != ()


def test_the_same_state_comes_to_rest_the_same_way(scene: Scene, catalogue: Catalogue) -> None:
    world = World(scene, catalogue)
    first, again = (world.rest(_poses(scene), seconds=0.2) for _ in range(2))
    fresh = World(scene, catalogue).rest(_poses(scene), seconds=0.2)
    for name in first:
        assert first[name].is_close(again[name], atol=0.0)
        assert first[name].is_close(fresh[name], atol=0.0)


def test_things_rest_on_every_top_and_fall_between_them(scene: Scene, catalogue: Catalogue) -> None:
    """A desk of half the table's size, 0.36 m high, 1.5 m to the left of it."""
    table = scene.supports[0]
    at_3 = np.array([-1.5, 0.0, 0.0])
    body = replace(table.body, name="desk", on="desk", pose_wo=Pose.upright(0.4, at_3))
    two = replace(scene, supports=(table, Support(body, HEIGHT / 2, table.outline_N2 / 2)))
    on_desk, between = (
        Pose.upright(0.0, np.array([-1.5, 0.1, HEIGHT / 2])),
        Pose.upright(0.0, np.array([-0.9, 0.0, HEIGHT])),
    )
    after = World(two, catalogue).rest({**_poses(scene), "red-box": on_desk, "yellow-mug": between}, seconds=1.0)
    assert np.linalg.norm(after["red-box"].translation_3 - on_desk.translation_3) < 0.001
    assert after["yellow-mug"].translation_3[2] < 0.2
    for name in ("green-cylinder", "blue-wedge"):
        assert np.linalg.norm(after[name].translation_3 - scene.find(name).pose_wo.translation_3) < 0.001
    # Without the desk there is nothing under the box.
    alone = World(scene, catalogue).rest({**_poses(scene), "red-box": on_desk}, seconds=1.0)
    assert alone["red-box"].translation_3[2] < HEIGHT / 2 - 0.2


def test_a_top_ends_where_its_outline_does(scene: Scene, catalogue: Catalogue) -> None:
    """Of the table its right half: the things on the left fall, those on the right stay."""
    table = scene.supports[0]
    half = replace(table, outline_N2=np.array([[0.0, -0.4], [0.6, -0.4], [0.6, 0.4], [0.0, 0.4]]))
    after = World(replace(scene, supports=(half,)), catalogue).rest(_poses(scene), seconds=0.6)
    fallen = {name for name, pose in after.items() if pose.translation_3[2] < HEIGHT - 0.2}
    assert fallen == {"red-box", "yellow-mug"}


def test_a_support_and_a_thing_may_have_one_name(scene: Scene, catalogue: Catalogue) -> None:
    table = scene.supports[0]
    same = replace(scene, supports=(replace(table, body=replace(table.body, name="red-box")),))
    after = World(same, catalogue).rest(_poses(scene), seconds=0.2)
    assert np.linalg.norm(after["red-box"].translation_3 - scene.find("red-box").pose_wo.translation_3) < 0.001
