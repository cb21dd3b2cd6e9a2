"""Symmetry, surfaces and stability of shapes whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dagster_gsi.assets.stability import settled, shortest_rotation, stands
from dagster_gsi.assets.surfaces import surfaces
from dagster_gsi.assets.symmetry import symmetry
from dagster_gsi.scenes.mesh import Material, Mesh, Part

trimesh = pytest.importorskip("trimesh")
GREY = Material(np.full(3, 0.5, dtype=np.float32), opacity=1.0, roughness=0.5, metallic=0.0, texture=None)


def mesh(*solids: object, material: Material = GREY, uv: bool = False) -> Mesh:
    """A mesh of trimesh solids, flat-shaded. With `uv`, the texture is laid over (x, y)."""
    parts = []
    for solid in solids:
        corners_F33: NDArray[np.float32] = solid.triangles.astype(np.float32)  # type: ignore[attr-defined]
        positions_V3 = corners_F33.reshape(-1, 3)
        parts.append(
            Part(
                positions_V3=positions_V3,
                normals_V3=np.repeat(solid.face_normals, 3, axis=0).astype(np.float32),  # type: ignore[attr-defined]
                uv_V2=positions_V3[:, :2] + 0.5 if uv else None,
                faces_F3=np.arange(len(positions_V3), dtype=np.uint32).reshape(-1, 3),
                material=material,
            )
        )
    return Mesh(tuple(parts))


def box(size: tuple[float, float, float], at: tuple[float, float, float]) -> object:
    """A box by its size and the middle of its base."""
    solid = trimesh.creation.box(size)
    solid.apply_translation(np.array(at) + [0, 0, size[2] / 2])
    return solid


def prism(sides: int) -> object:
    solid = trimesh.creation.cylinder(radius=0.1, height=0.2, sections=sides)
    solid.apply_translation([0, 0, 0.1])
    return solid


@pytest.mark.parametrize(
    ("shape", "order"),
    [
        (mesh(prism(96)), 0),
        (mesh(prism(3)), 3),
        (mesh(box((0.2, 0.2, 0.1), (0, 0, 0))), 4),
        (mesh(box((0.2, 0.1, 0.1), (0, 0, 0))), 2),
        (mesh(prism(6)), 6),
        (mesh(box((0.2, 0.2, 0.1), (0, 0, 0)), box((0.02, 0.1, 0.1), (0.1, 0, 0.1))), 1),
    ],
    ids=["cylinder", "triangle", "square", "oblong", "hexagon", "with a fin"],
)
def test_symmetry_is_the_number_of_turns_that_look_the_same(shape: Mesh, order: int) -> None:
    assert symmetry(shape) == order


def test_a_picture_on_a_cylinder_breaks_its_symmetry() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::16] = stripes[:, 1::16] = stripes[:, 2::16] = 255
    material = Material(np.ones(3, dtype=np.float32), 1.0, 0.5, 0.0, Image.fromarray(stripes))
    assert symmetry(mesh(prism(96), material=material, uv=True)) in {1, 2}


def test_a_table_offers_its_top_less_a_centimetre() -> None:
    legs = [box((0.05, 0.05, 0.7), (x, y, 0)) for x in (-0.5, 0.5) for y in (-0.3, 0.3)]
    (surface,) = surfaces(mesh(box((1.2, 0.8, 0.03), (0, 0, 0.7)), *legs))
    assert surface.height == pytest.approx(0.73, abs=1e-3)
    corners = np.array(surface.outline)
    assert np.abs(corners) == pytest.approx(np.tile([0.59, 0.39], (4, 1)), abs=0.006)
    turns = [
        np.cross([*(b - a), 0], [*(c - b), 0])[2]
        for a, b, c in zip(corners, np.roll(corners, -1, 0), np.roll(corners, -2, 0), strict=True)
    ]
    assert min(turns) > 0


def test_shelves_count_where_there_is_room_above_and_the_top_comes_first() -> None:
    boards = [box((0.8, 0.4, 0.02), (0, 0, height)) for height in (0.1, 0.6, 0.8)]
    found = surfaces(mesh(*boards))
    assert [surface.height for surface in found] == pytest.approx([0.82, 0.12], abs=1e-3)


def test_an_angled_desk_offers_a_rectangle_inside_it() -> None:
    found = surfaces(mesh(box((1.4, 0.6, 0.03), (0, 0, 0.7)), box((0.6, 0.6, 0.03), (-0.4, -0.6, 0.7))))
    assert len(found) == 1
    area = np.ptp(np.array(found[0].outline), axis=0).prod()
    assert area == pytest.approx(1.38 * 0.58, rel=0.03)


def test_a_small_stool_is_no_support() -> None:
    assert surfaces(mesh(box((0.3, 0.3, 0.45), (0, 0, 0)))) == ()


def test_a_box_stands_and_a_top_heavy_one_falls_and_can_be_laid_down() -> None:
    tilted = trimesh.creation.box((0.05, 0.05, 0.3))
    tilted.apply_transform(trimesh.transformations.rotation_matrix(np.radians(30), [1, 0, 0]))
    tilted.apply_translation([0, 0, -tilted.bounds[0, 2]])
    assert stands(mesh(box((0.05, 0.05, 0.1), (0, 0, 0))))
    assert not stands(mesh(tilted))
    lying = settled(mesh(tilted))
    assert stands(lying)
    assert np.ptp(lying.points()[:, 2]) == pytest.approx(0.05, abs=1e-3)
    assert lying.points()[:, 2].min() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("goal", [(0, 0, 1), (0, 0.6, -0.8), (1, 0, 0), (0, 0, -1), (-1, 0, 0), (2e-6, 0, -1)])
def test_the_shortest_rotation_takes_one_direction_to_the_other(goal: tuple[float, float, float]) -> None:
    for start in ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.6, 0.0, 0.8)):
        turn_33 = shortest_rotation(np.array(start), np.array(goal, dtype=float))
        assert turn_33 @ start == pytest.approx(goal, abs=1e-9)
        assert np.linalg.det(turn_33) == pytest.approx(1)
