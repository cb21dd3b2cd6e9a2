from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.rendering.bodies import box_projected, covered, in_world, merged, model_parts
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


def _outward(part: Part) -> bool:
    """Whether every triangle's own normal is on the side of those of its corners."""
    corners_F33 = part.positions_V3[part.faces_F3]
    facing_F3 = np.cross(corners_F33[:, 1] - corners_F33[:, 0], corners_F33[:, 2] - corners_F33[:, 0])
    return bool((np.einsum("fi,fi->f", facing_F3, part.normals_V3[part.faces_F3[:, 0]]) > 0).all())


def test_the_normals_of_what_is_stretched_turn_away_from_the_stretched_axis(catalogue: Catalogue) -> None:
    slope = replace(_triangle(_material()), normals_V3=np.full((3, 3), np.sqrt(1 / 3), dtype=np.float32))
    thing = replace(toy_thing(catalogue, "red-box", (0.0, 0.0, 0.0)), stretch_3=np.array([-2.0, 1.0, 1.0]))
    _, normals_V3 = in_world(slope, thing)
    # (1, 1, 1) over (-2, 1, 1), made one metre long.
    assert np.allclose(normals_V3, np.array([-0.5, 1.0, 1.0]) / 1.5, atol=1e-6)


def test_a_stretched_thing_fills_its_box(catalogue: Catalogue) -> None:
    thing = toy_thing(catalogue, "red-box", (0.3, -0.2, 0.7), yaw=0.4)
    stretch_3 = np.array([-1.5, 2.0, 0.5])
    thing = replace(thing, stretch_3=stretch_3, size_3=thing.size_3 * np.abs(stretch_3))
    positions_V3, _ = in_world(model_parts(catalogue.model_path("red-box"))[0], thing)
    in_box_V3 = thing.box.pose_wb.inverse().apply(positions_V3.astype(np.float64))
    assert np.allclose(np.abs(in_box_V3), thing.box.size_3 / 2, atol=1e-6)


def test_a_mirrored_part_is_the_mirror_image_and_still_faces_outwards(catalogue: Catalogue) -> None:
    (wedge,) = model_parts(catalogue.model_path("blue-wedge"))
    thing = replace(toy_thing(catalogue, "blue-wedge", (1.0, 2.0, 0.5)), stretch_3=np.array([-1.0, 1.0, 1.0]))
    (mirrored,) = merged([(wedge, thing)])
    assert np.allclose(mirrored.positions_V3, wedge.positions_V3 * [-1, 1, 1] + [1.0, 2.0, 0.5], atol=1e-6)
    assert np.allclose(mirrored.normals_V3, wedge.normals_V3 * [-1, 1, 1], atol=1e-6)
    assert _outward(wedge)
    assert _outward(mirrored)
    assert not _outward(replace(mirrored, faces_F3=wedge.faces_F3))


@pytest.mark.parametrize("stretch", [(2.0, 0.5, 1.0), (-2.0, 0.5, 1.0)])
def test_a_stretched_part_still_faces_outwards(catalogue: Catalogue, stretch: tuple[float, float, float]) -> None:
    (wedge,) = model_parts(catalogue.model_path("blue-wedge"))
    thing = replace(toy_thing(catalogue, "blue-wedge", (1.0, 2.0, 0.5), yaw=2.0), stretch_3=np.array(stretch))
    assert _outward(merged([(wedge, thing)])[0])


def test_joining_keeps_every_triangle_where_it_was(catalogue: Catalogue) -> None:
    (box,) = model_parts(catalogue.model_path("red-box"))
    cup, handle = model_parts(catalogue.model_path("yellow-mug"))
    places = [toy_thing(catalogue, "red-box", (x, 0.3, 0.0), yaw=x) for x in (0.0, 1.0, 2.0)]
    mug = replace(toy_thing(catalogue, "yellow-mug", (0.0, 0.0, 1.0)), stretch_3=np.array([-1.0, 1.0, 1.0]))
    parts = merged([(box, places[0]), (cup, mug), (box, places[1]), (handle, mug), (box, places[2])])
    assert [part.material for part in parts] == [box.material, cup.material, handle.material]
    expected = np.concatenate([in_world(box, place)[0][box.faces_F3] for place in places])
    np.testing.assert_array_equal(parts[0].positions_V3[parts[0].faces_F3], expected)
    assert parts[0].uv_V2 is not None
    assert box.uv_V2 is not None
    np.testing.assert_array_equal(parts[0].uv_V2[parts[0].faces_F3], np.tile(box.uv_V2[box.faces_F3], (3, 1, 1)))
    np.testing.assert_array_equal(parts[1].positions_V3, in_world(cup, mug)[0])
