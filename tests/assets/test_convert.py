from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.assets.convert import Budget, Shape, convert
from dagster_gsi.assets.decimate import decimated
from dagster_gsi.assets.gltf import to_glb
from dagster_gsi.assets.materials import as_material, srgb_to_linear
from dagster_gsi.assets.normals import creased_normals, face_normals, weld
from dagster_gsi.assets.obj import ObjModel, Paint, read_obj
from dagster_gsi.scenes.mesh import Material, Mesh, Part, load_mesh

CUBE = """v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 0 1
v 1 0 1
v 1 1 1
v 0 1 1
g box
usemtl {0}
f 1 4 3 2
f 5 6 7 8
f 1 2 6 5
f 2 3 7 6
f 3 4 8 7
f 4 1 5 8
"""
# A small pyramid of its own colour on the side that faces +z in the file, which is the front.
NOSE = "v 0.4 0.4 1\nv 0.6 0.4 1\nv 0.5 0.5 1.2\ng nose\nusemtl nose\nf 9 10 11\n"


def model(tmp_path: Path, text: str = CUBE.format("wood")) -> ObjModel:
    path = tmp_path / "model.obj"
    path.write_text(text)
    return read_obj(path)


def test_the_frame_is_metres_with_the_origin_at_the_middle_of_the_base(tmp_path: Path) -> None:
    points_N3 = convert(model(tmp_path), Shape((0.4, 0.2, 0.1)), Budget()).points()
    assert points_N3.min(axis=0) == pytest.approx([-0.2, -0.1, 0.0])
    assert points_N3.max(axis=0) == pytest.approx([0.2, 0.1, 0.1])


def test_the_front_of_the_file_faces_minus_y(tmp_path: Path) -> None:
    mesh = convert(model(tmp_path, CUBE.format("wood") + NOSE), Shape((1.0, 1.2, 1.0)), Budget())
    nose = min(mesh.parts, key=lambda part: len(part.faces_F3))
    assert nose.positions_V3[:, 1].min() == pytest.approx(-0.6)


def test_a_yaw_of_ninety_degrees_takes_minus_y_to_plus_x(tmp_path: Path) -> None:
    shape = Shape((1.0, 1.2, 1.0), yaw=np.pi / 2)
    mesh = convert(model(tmp_path, CUBE.format("wood") + NOSE), shape, Budget())
    nose = min(mesh.parts, key=lambda part: len(part.faces_F3))
    assert nose.positions_V3[:, 0].max() == pytest.approx(0.6)


def test_groups_cut_an_object_out_at_the_size_it_has_in_the_file(tmp_path: Path) -> None:
    whole = model(tmp_path, CUBE.format("wood") + NOSE)
    points_N3 = convert(whole, Shape((1.0, 1.2, 1.0), groups="^nose"), Budget()).points()
    assert np.ptp(points_N3, axis=0) == pytest.approx([0.2, 0.2, 0.1], abs=1e-6)
    assert points_N3[:, 2].min() == 0.0
    with pytest.raises(ValueError, match=r"'door' selects nothing; there are \['box', 'nose'\]"):
        convert(whole, Shape((1.0, 1.2, 1.0), groups="door"), Budget())


def test_a_face_drawn_twice_and_a_face_without_area_are_dropped(tmp_path: Path) -> None:
    doubled = CUBE.format("wood") + "f 1 2 3 4\nf 1 1 2\nf 1 2 2\n"
    mesh = convert(model(tmp_path, doubled), Shape((0.1, 0.1, 0.1)), Budget())
    assert sum(len(part.faces_F3) for part in mesh.parts) == 12


def test_a_box_keeps_sharp_edges(tmp_path: Path) -> None:
    (part,) = convert(model(tmp_path), Shape((0.1, 0.1, 0.1)), Budget()).parts
    assert len(part.positions_V3) == 24
    assert np.sort(np.abs(part.normals_V3), axis=1) == pytest.approx(np.tile([0, 0, 1], (24, 1)), abs=1e-6)


def test_normals_are_smooth_below_the_crease_and_sharp_above_it() -> None:
    def roof(angle: float) -> tuple[np.ndarray, np.ndarray]:
        wing_3 = np.array([np.cos(angle), 0.0, np.sin(angle)])
        triangles_F33 = np.array([[[0, 0, 0], [0, 1, 0], [-1, 0, 0]], [[0, 0, 0], wing_3, [0, 1, 0]]], dtype=float)
        _, vertex = weld(triangles_F33.reshape(-1, 3), 1e-6)
        return triangles_F33, vertex.reshape(-1, 3)

    gentle, sharp = (creased_normals(*roof(np.radians(angle))) for angle in (40, 60))
    assert gentle[0, 0] == pytest.approx(gentle[1, 0])
    assert np.degrees(np.arccos(sharp[0, 0] @ sharp[1, 0])) == pytest.approx(60)


def test_colours_become_linear_and_shiny_metals_smooth_and_metallic() -> None:
    chrome = as_material("Chrome", Paint(diffuse=(0.1, 0.1, 0.1), specular=(1, 1, 1), shininess=200), 64)
    assert chrome.metallic == 1.0
    assert chrome.roughness == pytest.approx((2 / 202) ** 0.25, rel=1e-6)
    assert chrome.colour_3 == pytest.approx(srgb_to_linear(np.full(3, 0.6)), rel=1e-6)
    chalk = as_material("chalk", Paint(diffuse=(1, 1, 0), shininess=0), 64)
    assert (chalk.metallic, chalk.roughness, chalk.opacity) == (0.0, 1.0, 1.0)
    assert srgb_to_linear(np.array([0.0, 0.5, 1.0])) == pytest.approx([0, 0.21404, 1], abs=1e-5)


def test_writing_a_mesh_and_loading_it_gives_it_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    normals_V3 = rng.normal(size=(9, 3))
    normals_V3 /= np.linalg.norm(normals_V3, axis=1, keepdims=True)
    picture = Image.fromarray(rng.integers(0, 256, (8, 8, 4), dtype=np.uint8))
    parts = tuple(
        Part(
            positions_V3=rng.normal(size=(9, 3)).astype(np.float32),
            normals_V3=normals_V3.astype(np.float32),
            uv_V2=None if texture is None else rng.random((9, 2)).astype(np.float32),
            faces_F3=np.arange(9, dtype=np.uint32).reshape(3, 3),
            material=Material(np.array([1.0, 0.2, 0.0], dtype=np.float32), 0.6, 0.25, 1.0, texture),
        )
        for texture in (None, picture)
    )
    path = tmp_path / "mesh.glb"
    path.write_bytes(to_glb(Mesh(parts)))
    assert to_glb(Mesh(parts)) == path.read_bytes()
    for written, read in zip(parts, load_mesh(path).parts, strict=True):
        assert read.positions_V3 == pytest.approx(written.positions_V3)
        assert read.normals_V3 == pytest.approx(written.normals_V3, abs=1e-6)
        assert np.array_equal(read.faces_F3, written.faces_F3)
        assert read.material.colour_3 == pytest.approx(written.material.colour_3, abs=1 / 255)
        assert read.material.opacity == pytest.approx(0.6)
        assert (read.material.roughness, read.material.metallic) == (0.25, 1.0)
        assert (read.uv_V2 is None) == (written.uv_V2 is None)
    textured = load_mesh(path).parts[1]
    assert textured.uv_V2 == pytest.approx(parts[1].uv_V2, abs=1e-6)
    assert textured.material.texture is not None
    assert np.array_equal(np.asarray(textured.material.texture), np.asarray(picture))


def test_decimation_keeps_corners_open_edges_and_the_texture_in_place() -> None:
    steps = np.linspace(0.0, 1.0, 41)
    corners = [
        np.stack(np.meshgrid(steps[k : k + 40], steps[j : j + 40]), -1).reshape(-1, 2)
        for k, j in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    quads_Q42 = np.stack(corners, axis=1)
    uv_F32 = np.concatenate([quads_Q42[:, [0, 1, 2]], quads_Q42[:, [0, 2, 3]]])
    sheet_F33 = np.concatenate([uv_F32, np.zeros((*uv_F32.shape[:2], 1))], axis=2)
    fewer_F33, fewer_uv_F32 = decimated(sheet_F33, uv_F32, 0.2)
    assert len(fewer_F33) < 0.4 * len(sheet_F33)
    assert np.linalg.norm(face_normals(fewer_F33), axis=1).sum() / 2 == pytest.approx(1.0, abs=1e-3)
    assert np.abs(fewer_F33[..., :2] - fewer_uv_F32).mean() < 0.02
