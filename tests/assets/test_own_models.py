"""Solids of known shape, and the models that are made of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dagster_gsi.assets.convert import Budget, Shape, convert
from dagster_gsi.assets.own_models import own_model
from dagster_gsi.assets.solids import Solid, as_model, box, ellipsoid, lathe, prism
from dagster_gsi.scenes.mesh import Mesh

SQUARE_42 = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])


def volume(solid: Solid) -> float:
    """By the divergence theorem: right only where the surface is closed and every face looks outwards."""
    first_F3, second_F3, third_F3 = (solid.triangles_F33[:, corner] for corner in range(3))
    return float((np.cross(first_F3, second_F3) * third_F3).sum() / 6)


def converted(name: str) -> Mesh:
    model, listing = own_model(name)
    return convert(model, Shape(listing.size_3, listing.rotation_33), Budget())


@pytest.mark.parametrize(
    ("solid", "expected"),
    [
        (box(2, 3, 4, "red"), 24.0),
        (box(2, 3, 4, "red", bevel=0.5), 4 * (6 - 4 * 0.125)),
        (prism(SQUARE_42, 5, "red"), 20.0),
        # A regular polygon of 4 sides in a circle of radius 2 has an area of 8; a cone has a third of its prism.
        (lathe([(0, 0), (2, 0), (2, 3), (0, 3)], "red", segments=4), 24.0),
        (lathe([(0, 0), (2, 0), (0, 3)], "red", segments=4), 8.0),
        (box(2, 3, 4, "red").turned("x", 30).turned("y", -70).turned("z", 10).moved(x=5, z=-3), 24.0),
        (box(2, 3, 4, "red").scaled(2, 1, 0.5), 24.0),
    ],
    ids=["box", "bevelled box", "prism", "cylinder", "cone", "turned box", "scaled box"],
)
def test_solids_are_closed_and_face_outwards(solid: Solid, expected: float) -> None:
    assert volume(solid) == pytest.approx(expected)


def test_an_ellipsoid_fills_its_box_and_nearly_its_volume() -> None:
    solid = ellipsoid(2, 4, 6, "red")
    assert np.ptp(solid.triangles_F33.reshape(-1, 3), axis=0) == pytest.approx([2, 4, 6])
    assert volume(solid) == pytest.approx(4 / 3 * np.pi * 1 * 2 * 3, rel=0.04)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [("x", (1, -3, 2)), ("y", (3, 2, -1)), ("z", (-2, 1, 3))],
    ids=["about x", "about y", "about z"],
)
def test_a_quarter_turn_follows_the_right_hand(axis: str, expected: tuple[float, float, float]) -> None:
    point = Solid(np.full((1, 3, 3), [1.0, 2.0, 3.0]), "red")
    assert point.turned(axis, 90).triangles_F33[0, 0] == pytest.approx(expected)


def test_solids_with_and_without_pictures_become_one_model() -> None:
    plain, pictured = lathe([(0, 0), (1, 0), (0, 1)], "red", segments=4), box(1, 1, 1, "grain")
    model = as_model([plain, pictured], {})
    assert model.material_F.tolist() == ["red"] * len(plain.triangles_F33) + ["grain"] * 12
    corners_F33: NDArray[np.float64] = model.positions_V3[model.corners_F33[..., 0]]
    assert np.array_equal(corners_F33, np.concatenate([plain.triangles_F33, pictured.triangles_F33]))
    # Each side of the box shows the whole picture.
    assert model.texture_T2[model.corners_F33[-12:, :, 1]].sum(axis=(0, 1)) == pytest.approx([18, 18])


def test_a_block_is_a_metre_each_way_and_stands_on_the_origin() -> None:
    points_V3 = converted("block-wood").points()
    assert points_V3.min(axis=0) == pytest.approx([-0.5, -0.5, 0.0])
    assert points_V3.max(axis=0) == pytest.approx([0.5, 0.5, 1.0])


def test_the_front_of_a_mirror_shows_silver_and_its_frame_is_around_it() -> None:
    mesh = converted("mirror-oak")
    silver = next(part for part in mesh.parts if part.material.metallic == 1.0)
    low_3, high_3 = silver.positions_V3.min(axis=0), silver.positions_V3.max(axis=0)
    assert high_3 - low_3 == pytest.approx([0.54, 0.006, 0.84], abs=1e-6)
    assert np.ptp(mesh.points(), axis=0) == pytest.approx([0.60, 0.03, 0.90], abs=1e-6)


def test_the_same_model_is_made_each_time() -> None:
    first, again = (own_model("block-wood")[0].paints["grain"] for _ in range(2))
    assert first.texture.tobytes() == again.texture.tobytes()  # type: ignore[union-attr]


def test_an_unknown_model_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="no model own/spaceship; there are block-white, block-wood"):
        own_model("spaceship")
