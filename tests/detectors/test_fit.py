"""The pictures are painted by the detector's own splats over a plain table: exact truth, and no renderer is needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dagster_gsi.detectors import fit
from dagster_gsi.detectors.base import Known, Query
from dagster_gsi.detectors.fit import Fit
from dagster_gsi.detectors.splats import splat
from dagster_gsi.detectors.stance import placed
from dagster_gsi.detectors.surface import surface_of
from dagster_gsi.geometry.pose import Pose, wrapped
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.rendering.base import FIRST_THING, Geometry
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Scene
from tests.toy_assets import toy_scene, write_toy_catalogue

SIZE = 160
TARGET = "red-box"
SUN_3 = np.array([-0.4, -0.5, 0.77])


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("toy"))


def painted(scene: Scene, catalogue: Catalogue) -> tuple[np.ndarray, Geometry]:
    """The things of `scene` in front of a striped table, lit from one side, and what is where."""
    camera = scene.camera
    origin, rays = camera.rays()
    reach = (scene.things[0].pose_wo.translation_3[2] - origin[2]) / np.minimum(rays[..., 2], -1e-3)
    depth = reach * (rays @ camera.pose_wc.rotation_33[:, 2])
    stripes = 0.55 + 0.1 * (np.floor((origin + reach[..., None] * rays)[..., 0] * 20) % 2)
    rgb = stripes[..., None] * np.array([1.0, 0.85, 0.6])
    ids = np.zeros(depth.shape, dtype=np.uint16)
    for index, thing in enumerate(scene.things):
        surface = surface_of(catalogue.model_path(thing.asset))
        world = thing.pose_wo.apply(surface.points_N3 * thing.scale)
        seen = splat(camera.pose_wc.inverse().apply(world), camera)
        rows, columns = np.divmod(seen.pixels_P, camera.width)
        front = seen.depths_P < depth[rows, columns] + 0.005
        rows, columns, points = rows[front], columns[front], seen.points_P[front]
        normals = surface.normals_N3[points] @ thing.pose_wo.rotation_33.T
        rgb[rows, columns] = surface.albedo_N3[points] ** 0.45 * (0.6 + 0.4 * np.maximum(normals @ SUN_3, 0))[:, None]
        ids[rows, columns] = FIRST_THING + index
        depth[rows, columns] = seen.depths_P[front]
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8), Geometry(ids, depth.astype(np.float32))


def known_of(scene: Scene, catalogue: Catalogue) -> Known:
    picture, geometry = painted(scene, catalogue)
    return Known(scene, picture, geometry, {t.name: FIRST_THING + k for k, t in enumerate(scene.things)})


def query(picture: np.ndarray, known: Known) -> Query:
    return Query(picture, known.scene.camera, "red box", TARGET, known)


@pytest.mark.parametrize(
    "placement",
    [(0.12, -0.05, 0.0, 0.0), (0.0, 0.0, np.radians(75), 0.0), (0.0, 0.0, 0.0, np.log(1.5)), (-0.1, -0.1, 0.0, 0.0)],
    ids=["moved", "turned", "grown", "moved-elsewhere"],
)
def test_a_thing_is_found_wherever_and_however_it_stands(placement: tuple[float, ...], catalogue: Catalogue) -> None:
    scene = toy_scene(catalogue, size=SIZE)
    known = known_of(scene, catalogue)
    wanted = placed(scene.find(TARGET), np.array(placement))
    picture, _ = painted(scene.with_thing(wanted), catalogue)
    (found,) = Fit(catalogue).detect(query(picture, known))
    assert np.linalg.norm(found.box.centre_3 - wanted.box.centre_3) < 0.015
    assert abs(wrapped(found.box.pose_wb.yaw - wanted.box.pose_wb.yaw)) < np.radians(6)
    assert found.box.size_3 / wanted.box.size_3 == pytest.approx(np.ones(3), abs=0.04)


def test_an_untouched_picture_gives_exactly_the_old_pose(catalogue: Catalogue) -> None:
    known = known_of(toy_scene(catalogue, size=SIZE), catalogue)
    (found,) = Fit(catalogue).detect(query(known.picture_HW3, known))
    assert found.box.pose_wb.is_close(known.scene.find(TARGET).box.pose_wb)
    assert found.confidence == 1.0


def test_noise_over_the_whole_picture_moves_nothing(catalogue: Catalogue) -> None:
    known = known_of(toy_scene(catalogue, size=SIZE), catalogue)
    noise = np.random.default_rng(0).normal(0, 8, known.picture_HW3.shape)
    noisy = np.clip(known.picture_HW3 + noise, 0, 255).astype(np.uint8)
    (found,) = Fit(catalogue).detect(query(noisy, known))
    assert np.linalg.norm(found.box.centre_3 - known.scene.find(TARGET).box.centre_3) < 0.01


@pytest.mark.parametrize("worse", ["blurred", "tinted", "noisy"])
def test_a_moved_thing_is_found_in_a_bad_picture(worse: str, catalogue: Catalogue) -> None:
    scene = toy_scene(catalogue, size=SIZE)
    wanted = placed(scene.find(TARGET), np.array([0.12, -0.05, 0.0, 0.0]))
    picture, _ = painted(scene.with_thing(wanted), catalogue)
    pixels = {
        "blurred": cv2.GaussianBlur(picture, (0, 0), 1.5),
        "tinted": picture * np.array([1.1, 1.0, 0.9]) + 5,
        "noisy": picture + np.random.default_rng(0).normal(0, 8, picture.shape),
    }[worse]
    (found,) = Fit(catalogue).detect(query(np.clip(pixels, 0, 255).astype(np.uint8), known_of(scene, catalogue)))
    assert np.linalg.norm(found.box.centre_3 - wanted.box.centre_3) < 0.03
    assert found.box.size_3 / wanted.box.size_3 == pytest.approx(np.ones(3), abs=0.08)


def test_a_thing_in_another_light_beside_one_that_is_gone_is_where_it_was(catalogue: Catalogue) -> None:
    scene = toy_scene(catalogue, size=SIZE)
    known = known_of(scene, catalogue)
    (other, *_) = (thing.name for thing in scene.things if thing.name != TARGET)
    picture, _ = painted(scene.without(other), catalogue)
    mask = known.geometry.ids_HW == known.instances[TARGET]
    picture[mask] = (picture * np.linspace(0.6, 1.0, SIZE)[:, None, None])[mask]
    (found,) = Fit(catalogue).detect(query(picture, known))
    assert np.linalg.norm(found.box.centre_3 - scene.find(TARGET).box.centre_3) < 0.01


def test_a_thing_that_is_gone_is_not_found(catalogue: Catalogue) -> None:
    scene = toy_scene(catalogue, size=SIZE)
    picture, _ = painted(scene.without(TARGET), catalogue)
    assert Fit(catalogue).detect(query(picture, known_of(scene, catalogue))) == ()


@pytest.fixture(scope="module")
def with_board(catalogue: Catalogue) -> Scene:
    """The toy scene with a board on its table, a hand's breadth above it, that shows only by what stands on it."""
    scene = toy_scene(catalogue, size=SIZE)
    table = scene.supports[0]
    body = replace(table.body, name="board", on="board", pose_wo=Pose.upright(0.0, np.array([0.2, 0.0, 0.1])))
    return replace(scene, supports=(table, replace(table, body=body, outline_N2=table.outline_N2 / 2)))


def test_a_thing_that_was_put_onto_another_top_is_found_there(with_board: Scene, catalogue: Catalogue) -> None:
    put = Receptacle(TARGET, "board", "right", (0.3, -0.1)).apply(with_board)
    wanted = put.find(TARGET)
    assert wanted.pose_wo.translation_3[2] == pytest.approx(with_board.find(TARGET).pose_wo.translation_3[2] + 0.1)
    (found,) = Fit(catalogue).detect(query(painted(put, catalogue)[0], known_of(with_board, catalogue)))
    assert np.linalg.norm(found.box.centre_3 - wanted.box.centre_3) < 0.015
    assert found.box.size_3 / wanted.box.size_3 == pytest.approx(np.ones(3), abs=0.04)


def test_a_thing_that_is_gone_is_not_found_on_another_top_either(with_board: Scene, catalogue: Catalogue) -> None:
    picture, _ = painted(with_board.without(TARGET), catalogue)
    assert Fit(catalogue).detect(query(picture, known_of(with_board, catalogue))) == ()


def test_what_moved_on_its_own_top_is_not_looked_for_on_others(
    with_board: Scene, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "on_other_tops", lambda *_: pytest.fail("other tops were searched"))
    wanted = placed(with_board.find(TARGET), np.array([0.12, -0.05, 0.0, 0.0]))
    picture, _ = painted(with_board.with_thing(wanted), catalogue)
    assert len(Fit(catalogue).detect(query(picture, known_of(with_board, catalogue)))) == 1


def test_the_same_question_has_the_same_answer(catalogue: Catalogue) -> None:
    scene = toy_scene(catalogue, size=96)
    known = known_of(scene, catalogue)
    picture, _ = painted(scene.with_thing(placed(scene.find(TARGET), np.array([0.1, 0, 0, 0]))), catalogue)
    first, second = (Fit(catalogue).detect(query(picture, known))[0] for _ in range(2))
    assert np.array_equal(first.box.corners_83(), second.box.corners_83())


def test_without_the_scene_before_the_question_is_refused(catalogue: Catalogue) -> None:
    known = known_of(toy_scene(catalogue, size=64), catalogue)
    with pytest.raises(ValueError, match="needs the scene before"):
        Fit(catalogue).detect(replace(query(known.picture_HW3, known), known=None))


def test_points_lie_on_the_outside_of_the_model(catalogue: Catalogue) -> None:
    path: Path = catalogue.model_path(TARGET)
    surface = surface_of(path)
    half = np.array(catalogue[TARGET].size) / 2
    offset = np.abs(surface.points_N3 - [0, 0, half[2]]) / half
    assert offset.max(axis=1) == pytest.approx(np.ones(len(offset)), abs=1e-3)
    # The underside is 16 % of the box; a viewer above the table sees at most its rim.
    assert (surface.normals_N3[:, 2] < -0.9).mean() < 0.12


def test_a_thing_of_which_the_source_shows_a_few_pixels_can_still_be_asked_for(catalogue: Catalogue) -> None:
    known = known_of(toy_scene(catalogue, size=SIZE), catalogue)
    ids = known.geometry.ids_HW.copy()
    value = known.instances[TARGET]
    rows, columns = np.nonzero(ids == value)
    ids[rows[3:], columns[3:]] = 0
    few = replace(known, geometry=Geometry(ids, known.geometry.depth_HW))
    repainted = known.picture_HW3.copy()
    repainted[rows, columns] = 255 - repainted[rows, columns]
    assert len(Fit(catalogue).detect(query(repainted, few))) <= 1
    ids[ids == value] = 0
    with pytest.raises(ValueError, match="not visible in the source"):
        Fit(catalogue).detect(query(repainted, few))
