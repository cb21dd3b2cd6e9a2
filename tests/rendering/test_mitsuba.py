from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.rendering.base import BACKGROUND, FIRST_THING, SUPPORT
from dagster_gsi.rendering.lights import environment
from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.rendering.mitsuba import MitsubaView, open_view, use_threads
from tests.toy_assets import TABLE_SIZE, toy_scene, toy_thing, write_exr, write_toy_catalogue

if TYPE_CHECKING:
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Scene

_SIZE = 48


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("assets") / "toy")


@pytest.fixture(scope="module")
def scene(catalogue: Catalogue) -> Scene:
    return toy_scene(catalogue, _SIZE)


@pytest.fixture(scope="module")
def view(scene: Scene, catalogue: Catalogue) -> MitsubaView:
    return _open(scene, catalogue)


def _open(scene: Scene, catalogue: Catalogue, variant: str = "auto") -> MitsubaView:
    return open_view(scene, catalogue, variant=best_variant(variant), samples_per_pixel=4, seed=7)


def _moved(scene: Scene, name: str, by_3: tuple[float, float, float]) -> Scene:
    thing = scene.find(name)
    pose_wo = Pose(thing.pose_wo.rotation_33, thing.pose_wo.translation_3 + by_3)
    return scene.with_thing(replace(thing, pose_wo=pose_wo))


def _points(scene: Scene, depth_HW: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    camera = scene.camera
    v_HW, u_HW = np.mgrid[: camera.height, : camera.width] + 0.5
    return camera.unproject(np.stack([u_HW.ravel(), v_HW.ravel()], axis=1), depth_HW.ravel().astype(np.float64))


def _assert_pixels_lie_in_their_boxes(view: MitsubaView, state: Scene) -> None:
    geometry = view.trace(state)
    points_N3 = _points(state, geometry.depth_HW)
    boxes = {
        SUPPORT: state.supports[0].body.box,
        **{FIRST_THING + k: thing.box for k, thing in enumerate(state.things)},
    }
    assert set(np.unique(geometry.ids_HW)) == {BACKGROUND, *boxes}
    for value, box in boxes.items():
        here_N = geometry.ids_HW.ravel() == value
        # A tenth of a millimetre: positions and rays are 32-bit.
        grown = replace(box, size_3=box.size_3 + 2e-4)
        assert grown.contains(points_N3[here_N]).all()


def test_every_pixel_of_a_thing_lies_in_its_box(view: MitsubaView, scene: Scene) -> None:
    _assert_pixels_lie_in_their_boxes(view, scene)


def test_depth_is_measured_along_the_optical_axis(view: MitsubaView, scene: Scene) -> None:
    geometry = view.trace(scene)
    points_N3 = _points(scene, geometry.depth_HW)
    inside_N = (np.abs(points_N3[:, :2]) < np.array(TABLE_SIZE[:2]) / 2 - 0.01).all(axis=1) & (points_N3[:, 2] > 0.68)
    top_N = inside_N & (geometry.ids_HW.ravel() == SUPPORT)
    assert top_N.sum() > 300
    assert np.allclose(points_N3[top_N, 2], TABLE_SIZE[2], atol=1e-5)


@pytest.mark.parametrize("offset", [(0.0, 0.0), (5.0, -4.0)])
def test_trace_keeps_to_the_camera_wherever_its_principal_point_is(
    view: MitsubaView, scene: Scene, offset: tuple[float, float]
) -> None:
    camera = scene.camera
    off_centre = replace(camera, centre_x=camera.centre_x + offset[0], centre_y=camera.centre_y + offset[1])
    _assert_pixels_lie_in_their_boxes(view, replace(scene, camera=off_centre))


@pytest.mark.parametrize("offset", [(0.0, 0.0), (5.0, -4.0)])
def test_pictures_and_instance_maps_cover_each_other(
    scene: Scene, catalogue: Catalogue, offset: tuple[float, float]
) -> None:
    # With few samples, the colours of the sixty pixels are those of the noise.
    view = open_view(scene, catalogue, variant=best_variant("auto"), samples_per_pixel=64, seed=7)
    camera = scene.camera
    off_centre = replace(camera, centre_x=camera.centre_x + offset[0], centre_y=camera.centre_y + offset[1])
    frame = view.render(replace(scene, camera=off_centre))
    red_HW, green_HW, blue_HW = np.moveaxis(frame.rgb_HW3.astype(int), 2, 0)
    wedge_HW = frame.geometry.ids_HW == FIRST_THING + [thing.name for thing in scene.things].index("blue-wedge")
    bluish_HW = blue_HW > 1.5 * np.maximum(red_HW, green_HW)
    assert (wedge_HW & bluish_HW).sum() > 0.85 * (wedge_HW | bluish_HW).sum()


def test_a_moved_thing_is_traced_as_if_it_had_been_loaded_there(
    view: MitsubaView, scene: Scene, catalogue: Catalogue
) -> None:
    state = _moved(scene, "red-box", (0.1, 0.05, 0.0))
    edited, loaded = view.trace(state), _open(state, catalogue).trace(state)
    assert np.array_equal(edited.ids_HW, loaded.ids_HW)
    assert np.array_equal(edited.depth_HW, loaded.depth_HW)


def test_a_scaled_and_turned_thing_fills_its_new_box(view: MitsubaView, scene: Scene) -> None:
    box = scene.find("red-box")
    turn = Pose.about_z(0.6, at_3=box.pose_wo.translation_3)
    _assert_pixels_lie_in_their_boxes(view, scene.with_thing(replace(box, scale=1.4, pose_wo=turn @ box.pose_wo)))


def test_an_absent_thing_leaves_what_is_behind_it(view: MitsubaView, scene: Scene, catalogue: Catalogue) -> None:
    state = scene.without("blue-wedge")
    geometry = view.trace(state)
    assert FIRST_THING + 2 not in geometry.ids_HW
    assert np.array_equal(geometry.depth_HW, _open(state, catalogue).trace(state).depth_HW)


def test_an_absent_thing_casts_no_shadow(view: MitsubaView, scene: Scene) -> None:
    away = _moved(scene, "red-box", (0.0, -50.0, 0.0))
    gone, far = view.render(scene.without("red-box")).rgb_HW3, view.render(away).rgb_HW3
    assert np.abs(gone.astype(int) - far).mean() < 0.5


def test_what_an_edit_leaves_alone_looks_the_same(view: MitsubaView, scene: Scene) -> None:
    state = _moved(scene, "red-box", (0.04, 0.0, 0.0))
    before, after = view.render(scene), view.render(state)
    touched_HW = (before.geometry.ids_HW == FIRST_THING) | (after.geometry.ids_HW == FIRST_THING)
    columns, rows = np.flatnonzero(touched_HW.any(axis=0)), np.flatnonzero(touched_HW.any(axis=1))
    far_HW = np.ones_like(touched_HW)
    far_HW[rows[0] - 8 : rows[-1] + 9, max(columns[0] - 8, 0) : columns[-1] + 9] = False
    assert far_HW.mean() > 0.5
    change_N = np.abs(before.rgb_HW3.astype(int) - after.rgb_HW3).max(axis=-1)[far_HW]
    assert np.median(change_N) <= 1
    assert np.quantile(change_N, 0.98) <= 3


def test_the_loaded_scene_comes_back_to_the_byte_after_edits(view: MitsubaView, scene: Scene) -> None:
    first = view.render(scene).rgb_HW3
    view.render(_moved(scene, "green-cylinder", (-0.1, 0.0, 0.0)).without("blue-wedge"))
    # What is known of the loaded scene is kept; an equal state is traced anew.
    for state in (scene, replace(scene)):
        assert np.array_equal(view.render(state).rgb_HW3, first)


def test_a_picture_after_a_sketch_is_the_same_and_goes_on_from_what_the_sketch_found(
    scene: Scene, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = _open(scene, catalogue)
    straight = view.render(_moved(scene, "red-box", (0.05, 0.0, 0.0)))
    state = _moved(scene, "red-box", (0.05, 0.0, 0.0))
    sketch = view.sketch(state)
    traced: list[object] = []
    trace = MitsubaView._traced
    monkeypatch.setattr(MitsubaView, "_traced", lambda self, one: (traced.append(one), trace(self, one))[1])
    after = view.render(state)
    assert traced == [view._path]
    assert np.array_equal(after.rgb_HW3, straight.rgb_HW3)
    assert after.geometry is sketch.geometry


def test_a_sketch_shows_colours_and_no_shadows(view: MitsubaView, scene: Scene) -> None:
    sketch, picture = view.sketch(scene), view.render(scene)
    for name, channel in (("red-box", 0), ("green-cylinder", 1), ("blue-wedge", 2)):
        mask_HW = sketch.geometry.ids_HW == FIRST_THING + scene.index(name)
        assert np.median(sketch.rgb_HW3[mask_HW], axis=0).argmax() == channel
    without = scene.without("red-box")
    far_HW = ~binary_dilation(sketch.geometry.ids_HW == FIRST_THING + scene.index("red-box"), iterations=2)
    assert np.array_equal(view.sketch(without).rgb_HW3[far_HW], sketch.rgb_HW3[far_HW])
    brighter_N = view.render(without).rgb_HW3[far_HW].astype(int) - picture.rgb_HW3[far_HW]
    assert brighter_N.max() > 10  # where the box's shadow was


def test_an_edit_looks_the_same_whether_or_not_the_loaded_scene_was_rendered_before(
    view: MitsubaView, scene: Scene, catalogue: Catalogue
) -> None:
    state = scene.without("yellow-mug")
    view.render(scene)
    assert np.array_equal(_open(scene, catalogue).render(state).rgb_HW3, view.render(state).rgb_HW3)


def test_pictures_are_neither_murky_nor_burnt_out(view: MitsubaView, scene: Scene) -> None:
    picture_HW3 = view.render(scene).rgb_HW3
    assert 70 < picture_HW3.mean() < 190
    assert (picture_HW3 >= 252).all(axis=-1).mean() < 0.02
    assert (picture_HW3 <= 8).all(axis=-1).mean() < 0.05


def test_textures_stand_upright(scene: Scene, catalogue: Catalogue) -> None:
    # The box's picture has a white top left corner and a black bottom edge. A camera under its top sees the front alone.
    front = replace(toy_thing(catalogue, "red-box", (0.0, 0.0, 0.72)))
    camera = Camera.look_at(np.array([0, -0.6, 0.85]), np.array([0, 0, 0.8]), fov=0.5, width=_SIZE, height=_SIZE)
    state = replace(scene, things=(front,), camera=camera)
    frame = _open(state, catalogue).render(state)
    rows, columns = np.nonzero(frame.geometry.ids_HW == FIRST_THING)
    top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
    height, width = bottom - top, right - left
    picture_HW3 = frame.rgb_HW3.astype(int)
    white, plain = (picture_HW3[top + height // 6, left + width * part // 8] for part in (1, 6))
    assert white.min() > 120
    assert plain[0] > 2 * plain[1]
    assert picture_HW3[bottom - 1, left + width // 2].max() < 90


def test_rays_pass_through_the_holes_of_a_texture(scene: Scene, tmp_path: Path) -> None:
    catalogue = write_toy_catalogue(tmp_path / "toy")
    _write_fence(catalogue.root / "models" / "red-box.glb")
    fence = toy_thing(catalogue, "red-box", (0.0, 0.0, 0.72))
    camera = Camera.look_at(np.array([0, -0.6, 0.85]), np.array([0, 0, 0.8]), fov=0.3, width=_SIZE, height=_SIZE)
    state = replace(scene, things=(fence,), camera=camera)
    ids_HW = _open(state, catalogue).trace(state).ids_HW
    # The fence is 0.2 wide and 0.16 high and has holes in the left half of its picture.
    pixels_N2, _ = camera.project(
        np.array([[-0.05, 0.0, 0.8], [0.05, 0.0, 0.8], [-0.09, 0.0, 0.86], [0.09, 0.0, 0.86]])
    )
    columns, rows = pixels_N2.astype(int).T
    assert (ids_HW[rows, columns] == FIRST_THING).tolist() == [False, True, False, True]


def test_the_scalar_variant_traces_the_same(scene: Scene, catalogue: Catalogue) -> None:
    small = replace(scene, camera=scene.camera.resized(16, 16))
    expected = _open(small, catalogue).trace(small)
    found = _open(small, catalogue, "scalar_rgb").trace(small)
    assert np.array_equal(found.ids_HW, expected.ids_HW)
    assert np.allclose(found.depth_HW, expected.depth_HW, atol=1e-5)


def test_a_view_keeps_its_size(view: MitsubaView, scene: Scene) -> None:
    with pytest.raises(ValueError, match="keeps its size: 48 x 48, not 24 x 24"):
        view.trace(replace(scene, camera=scene.camera.resized(24, 24)))


def test_pixels_that_are_not_square_are_an_error(scene: Scene, catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="square pixels"):
        _open(replace(scene, camera=scene.camera.resized(48, 24)), catalogue)


@pytest.mark.parametrize("broken", ["models/oak-table.glb", "textures/floor-toy.jpg", "environments/toy.exr"])
def test_a_broken_file_is_named(scene: Scene, tmp_path: Path, broken: str) -> None:
    catalogue = write_toy_catalogue(tmp_path / "toy")
    (catalogue.root / broken).write_bytes(b"\x00" * 100)
    with pytest.raises(ValueError, match=broken):
        _open(scene, catalogue)


def test_a_missing_environment_is_named(scene: Scene, catalogue: Catalogue) -> None:
    lost = replace(scene, lighting=replace(scene.lighting, environment="lost"))
    with pytest.raises(ValueError, match=r"environments/lost\.exr"):
        _open(lost, catalogue)


def test_a_panorama_that_rings_gives_the_light_of_one_that_does_not(scene: Scene, tmp_path: Path) -> None:
    catalogue = write_toy_catalogue(tmp_path / "toy")
    sky_HW3 = np.ones((8, 16, 3), dtype=np.float32)
    sky_HW3[3, 4:8] = 0.0
    write_exr(catalogue.root / "environments" / "clean.exr", sky_HW3)
    sky_HW3[3, 4:8] = -500.0
    write_exr(catalogue.root / "environments" / "ringing.exr", sky_HW3)
    clean, ringing = (
        _open(state, catalogue).render(state).rgb_HW3
        for name in ("clean", "ringing")
        for state in [replace(scene, lighting=replace(scene.lighting, environment=name))]
    )
    assert np.array_equal(clean, ringing)


def test_a_panorama_that_is_seen_in_reflections_only_gives_the_same_light_from_fewer_pixels(tmp_path: Path) -> None:
    catalogue = write_toy_catalogue(tmp_path / "toy")
    path = catalogue.root / "environments" / "large.exr"
    sky_HW3 = np.random.default_rng(0).uniform(0.5, 1.0, (96, 192, 3)).astype(np.float32)
    write_exr(path, sky_HW3)
    lighting = toy_scene(catalogue, _SIZE).lighting
    seen, unseen = (np.array(environment(path, lighting, seen=seen)["bitmap"]) for seen in (True, False))
    assert seen.shape == (96, 192, 3)
    assert unseen.shape == (64, 128, 3)
    # Three pixels become two: the first has the first and half of the second.
    weights_3 = np.array([2, 1, 0]) / 3
    expected_3 = np.einsum("i,j,ijc->c", weights_3, weights_3, seen[:3, :3].astype(np.float64))
    assert unseen[0, 0] == pytest.approx(expected_3, rel=1e-5)
    assert unseen.mean(axis=(0, 1)) == pytest.approx(seen.mean(axis=(0, 1)), rel=1e-4)


_FRESH = """
import hashlib, sys
from pathlib import Path
from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.rendering.mitsuba import open_view, use_threads
from dagster_gsi.scenes.catalogue import Catalogue
from tests.toy_assets import TABLE_SIZE, toy_scene
catalogue = Catalogue(Path(sys.argv[1]))
scene = toy_scene(catalogue, 48)
variant = best_variant("auto")
use_threads(1)
view = open_view(scene, catalogue, variant=variant, samples_per_pixel=4, seed=7)
print(hashlib.sha256(view.render(scene).rgb_HW3.tobytes()).hexdigest())
"""


def test_bytes_depend_neither_on_the_process_nor_on_the_number_of_threads(
    view: MitsubaView, scene: Scene, catalogue: Catalogue
) -> None:
    use_threads(2)
    here = hashlib.sha256(view.render(scene).rgb_HW3.tobytes()).hexdigest()
    project = Path(__file__).parents[2]
    fresh = subprocess.run(
        [sys.executable, "-c", _FRESH, str(catalogue.root)], cwd=project, check=True, capture_output=True, text=True
    )
    assert fresh.stdout.split() == [here]


def _write_fence(path: Path) -> None:
    """An upright sheet in the place of the red box, with one hole in the left half of its texture."""
    import trimesh

    alpha = np.full((2, 2, 4), 200, dtype=np.uint8)
    alpha[:, 0, 3], alpha[:, 1, 3] = 0, 255
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.fromarray(alpha), roughnessFactor=0.8)
    # glTF is y up and faces +z.
    corners = np.array([[-0.1, 0, 0], [0.1, 0, 0], [0.1, 0.16, 0], [-0.1, 0.16, 0]])
    uv = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    sheet = trimesh.Trimesh(
        corners, [[0, 1, 2], [0, 2, 3]], visual=trimesh.visual.TextureVisuals(uv=uv, material=material), process=False
    )
    path.write_bytes(trimesh.Scene([sheet]).export(file_type="glb", include_normals=True))


def test_opening_a_scene_gives_back_the_memory_of_pictures_that_were_made_before(catalogue: Catalogue) -> None:
    if best_variant("auto") != "llvm_ad_rgb":
        pytest.skip("other variants have no pool on this side")
    large = toy_scene(catalogue, 256)
    _open(large, catalogue).render(large)
    held = _resident_bytes()
    _open(toy_scene(catalogue, _SIZE), catalogue)
    # The radiance of each sample alone: four floats, four samples a pixel.
    assert held - _resident_bytes() > 256**2 * 4 * 16


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
