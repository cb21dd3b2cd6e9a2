"""Symmetry about the vertical axis, measured by looking: a model is symmetric under a turn when it looks the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.picture import Caster, view_rays

if TYPE_CHECKING:
    from dagster_gsi.scenes.mesh import Mesh

Floats = NDArray[np.float64]

# 48 views 7.5 degrees apart hold the turns by 360/n for n = 2, 3, 4, 6 and 8 exactly.
_VIEWS = 48
_SIDE = 96
# From above the rim and the inside are seen, from the side the wall: an instruction's camera stands between.
_ELEVATION = np.radians(30.0)
_ORDERS = (8, 6, 4, 3, 2)
# Measured over the curated set: bodies of revolution differ by at most 0.014 (facets and sampling), the least
# asymmetric models that people would turn (a plain mug, whose handle is all) by 0.03 and more.
TOLERANCE = 0.02


def symmetry(mesh: Mesh, tolerance: float = TOLERANCE) -> int:
    """Turns by 360/symmetry degrees look the same: 1 is none, 0 is every angle."""
    differences = turn_differences(mesh)
    if differences[1:].max() <= tolerance:
        return 0
    for order in _ORDERS:
        if differences[_VIEWS // order] <= tolerance:
            return order
    return 1


def turn_differences(mesh: Mesh) -> Floats:
    """How different the model looks after a turn by k * 7.5 degrees, in [0, 1], for k = 0 to 24, (25,).

    The mean over all views, and over the pixels that show the model in either, of the larger of the differences in
    colour, outline and surface direction as the camera sees it.
    """
    pictures = ring(mesh)
    return np.array([_difference(pictures, np.roll(pictures, -step, axis=0)) for step in range(_VIEWS // 2 + 1)])


def ring(mesh: Mesh) -> Floats:
    """Pictures from a ring of cameras, (views, pixels, 7): sRGB colour, coverage, normal in camera axes."""
    caster = Caster(mesh)
    points_N3 = mesh.points().astype(np.float64)
    # The frame is that of the cylinder about the axis of turning, so that it is the same for every view.
    radius = float(np.linalg.norm(points_N3[:, :2], axis=1).max())
    low_3 = np.array([-radius, -radius, points_N3[:, 2].min()]) * [2**-0.5, 2**-0.5, 1.0]
    high_3 = np.array([radius, radius, points_N3[:, 2].max()]) * [2**-0.5, 2**-0.5, 1.0]
    views = [_view(caster, low_3, high_3, 2 * np.pi * k / _VIEWS) for k in range(_VIEWS)]
    return np.stack(views)


def _view(caster: Caster, low_3: Floats, high_3: Floats, azimuth: float) -> Floats:
    picture = caster.picture(view_rays(low_3, high_3, azimuth, _ELEVATION, _SIDE))
    cos, sin = np.cos(azimuth), np.sin(azimuth)
    # Turned back by the azimuth, so that a direction is told as the camera sees it.
    turned_N3 = picture.normals_N3 @ np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    colour_N3 = np.clip(picture.colour_N3, 0.0, 1.0) ** (1 / 2.2)
    return np.concatenate([colour_N3, picture.coverage_N[:, None], turned_N3], axis=1)


def _difference(first_VN7: Floats, second_VN7: Floats) -> float:
    seen_VN = (first_VN7[..., 3] > 0) | (second_VN7[..., 3] > 0)
    gap_VN7 = np.abs(first_VN7 - second_VN7)
    # Half the distance of two directions is 1 when they are opposite.
    direction_VN = np.linalg.norm(gap_VN7[..., 4:], axis=-1) / 2
    colour_VN = gap_VN7[..., :3].max(axis=-1)
    worst_VN = np.maximum(np.maximum(colour_VN, gap_VN7[..., 3]), direction_VN)
    return float(worst_VN[seen_VN].mean())
