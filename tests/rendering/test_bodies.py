from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.rendering.bodies import box_projected, covered, in_world, model_parts
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.mesh import Material, Part
from tests.toy_assets import TABLE, TABLE_SIZE, toy_thing, write_toy_catalogue


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("assets") / "toy")


def _triangle(material: Material) -> Part:
    return Part(
        positions_V3=np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.float32),
        normals_V3=np.tile(np.array([0, 0, 1], dtype=np.float32), (3, 1)),
        uv_V2=None,
        faces_F3=np.array([[0, 1, 2]], dtype=np.uint32),
        material=material,
    )


def _material(**changes: object) -> Material:
    plain = Material(np.full(3, 0.5, dtype=np.float32), opacity=1.0, roughness=0.5, metallic=0.0, texture=None)
    return replace(plain, **changes)  # type: ignore[arg-type]  # names and values come from the tests below


def test_a_thing_fills_its_box_in_the_world(catalogue: Catalogue) -> None:
    thing = replace(toy_thing(catalogue, "red-box", (0.3, -0.2, 0.7), yaw=0.4), scale=1.5)
    positions_V3, normals_V3 = in_world(model_parts(catalogue.model_path("red-box"))[0], thing)
    in_box_V3 = thing.box.pose_wb.inverse().apply(positions_V3.astype(np.float64))
    assert np.allclose(np.abs(in_box_V3), thing.box.size_3 / 2, atol=1e-6)
    assert np.allclose(np.linalg.norm(normals_V3, axis=1), 1.0, atol=1e-6)


def test_normals_turn_with_the_thing_and_do_not_grow(catalogue: Catalogue) -> None:
    part = _triangle(_material())
    thing = replace(toy_thing(catalogue, "red-box", (0.0, 0.0, 0.0)), scale=2.0)
    tipped_33 = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    _, normals_V3 = in_world(part, replace(thing, pose_wo=Pose(tipped_33, np.zeros(3))))
    assert np.allclose(normals_V3, [0.0, -1.0, 0.0])


def test_parts_of_equal_material_are_joined(catalogue: Catalogue) -> None:
    cup, handle = model_parts(catalogue.model_path("yellow-mug"))
    assert not np.allclose(cup.material.colour_3, handle.material.colour_3)
    assert len(model_parts(catalogue.model_path(TABLE))) == 1


def test_a_level_top_gets_coordinates_in_metres_over_the_tile() -> None:
    part = box_projected(_triangle(_material()))
    assert part.uv_V2 is not None
    assert np.allclose(part.uv_V2 * 0.9, part.positions_V3[:, :2])


def test_the_boards_of_a_table_run_along_its_longer_side() -> None:
    long_in_y = _triangle(_material())
    long_in_y = replace(long_in_y, positions_V3=long_in_y.positions_V3 * np.array([1, 2, 1], dtype=np.float32))
    part = box_projected(long_in_y)
    assert part.uv_V2 is not None
    assert np.allclose(part.uv_V2 * 0.9, part.positions_V3[:, [1, 0]])


def test_a_texture_covers_plain_colours_and_spares_metal_glass_and_pictures(catalogue: Catalogue) -> None:
    wood = Image.new("RGB", (4, 4), (120, 80, 40))
    own = Image.new("RGB", (2, 2))
    materials = [_material(), _material(metallic=1.0), _material(opacity=0.3), _material(texture=own)]
    results = covered(tuple(_triangle(material) for material in materials), wood)
    assert [part.material.texture for part in results] == [wood, None, None, own]
    assert np.array_equal(results[0].material.colour_3, np.ones(3))


def test_covering_leaves_the_shape_as_it_is(catalogue: Catalogue) -> None:
    (table,) = covered(model_parts(catalogue.model_path(TABLE)), Image.new("RGB", (1, 1)))
    assert np.allclose(np.ptp(table.positions_V3, axis=0), TABLE_SIZE, atol=1e-6)
    edges_F23 = table.positions_V3[table.faces_F3][:, 1:] - table.positions_V3[table.faces_F3][:, :1]
    facing_F3 = np.cross(edges_F23[:, 0], edges_F23[:, 1])
    assert (np.einsum("fi,fi->f", facing_F3, table.normals_V3[table.faces_F3[:, 0]]) > 0).all()
