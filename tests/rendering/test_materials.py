from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.rendering.materials import PLASTER, alpha, colours
from dagster_gsi.rendering.raycast import Cut


def test_a_plain_colour_is_a_picture_of_one_pixel() -> None:
    assert np.array_equal(colours(PLASTER), PLASTER.colour_3.reshape(1, 1, 3))


def test_a_texture_is_made_linear_and_multiplied_by_the_colour() -> None:
    material = replace(
        PLASTER, colour_3=np.array([1.0, 0.5, 0.0], dtype=np.float32), texture=Image.new("RGB", (2, 1), (255, 255, 255))
    )
    assert np.allclose(colours(material), np.broadcast_to([1.0, 0.5, 0.0], (1, 2, 3)))


def test_pictures_without_holes_have_no_alpha() -> None:
    assert alpha(PLASTER) is None
    assert alpha(replace(PLASTER, texture=Image.new("RGB", (2, 2)))) is None
    assert alpha(replace(PLASTER, texture=Image.new("RGBA", (2, 2), (9, 9, 9, 255)))) is None


def test_alpha_is_cut_at_a_half() -> None:
    picture = Image.fromarray(np.array([[[0, 0, 0, 127], [0, 0, 0, 128]]], dtype=np.uint8))
    assert np.array_equal(alpha(replace(PLASTER, texture=picture)), [[0.0, 1.0]])


@pytest.mark.parametrize(
    ("weights", "is_hole"),
    # Texture coordinates (0.1, 0.9) top left, (0.9, 0.9) top right, (0.1, 0.1) bottom left of a 2 x 2 picture.
    [((0.0, 0.0), True), ((1.0, 0.0), False), ((0.0, 1.0), False)],
)
def test_holes_are_found_where_the_picture_has_them(weights: tuple[float, float], is_hole: bool) -> None:
    corners = np.array([[[0.1, 0.9], [0.9, 0.9], [0.1, 0.1]]], dtype=np.float32)
    cut = Cut(corners, np.array([[0.0, 1.0], [1.0, 1.0]], dtype=np.float32))
    triangle_N = np.zeros(1, dtype=np.uint32)
    assert cut.is_hole(triangle_N, np.array([weights], dtype=np.float32)) == [is_hole]


def test_pictures_with_holes_repeat() -> None:
    cut = Cut(np.full((1, 3, 2), [3.1, -1.1], dtype=np.float32), np.array([[0.0, 1.0], [1.0, 1.0]], dtype=np.float32))
    # (3.1, -1.1) is (0.1, 0.9) again: the top left.
    assert cut.is_hole(np.zeros(1, dtype=np.uint32), np.full((1, 2), 0.3, dtype=np.float32)) == [True]
