"""Symmetry about the vertical axis, measured by looking: a model is symmetric under a turn when it looks the same."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.picture import Caster, view_rays

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.scenes.mesh import Mesh

Floats = NDArray[np.float32]

# 24 views 15 degrees apart hold the turns by 360/n for n = 2, 3, 4, 6 and 8 exactly.
_VIEWS = 24
_SIDE = 96
# From above the rim and the inside are seen, from the side the wall: an instruction's camera stands between.
_ELEVATION = np.radians(30.0)
_ORDERS = (8, 6, 4, 3, 2)
# In steps of 15 degrees: what looks the same after all of these looks the same after any turn.
_ANY_TURN = (1, 3, 4, 5, 6, 8, 12)
# What the eye takes as the same: 15 of 255 levels of colour, a fifth of a clear surface, and 17 degrees of direction,
# half as much again as two neighbouring facets of a 24-sided pipe.
_COLOUR, _COVERAGE, _DIRECTION = 0.06, 0.2, 0.15
TOLERANCE = 0.013
"""Share of the seen pixels that may differ.

In the curated set, bodies of revolution differ by up to 0.0121 (a goblet's facets); the least difference that is meant
is 0.0140 (the handles of a filing cabinet, seen from front and back).
"""


def symmetry(mesh: Mesh) -> int:
    """Turns by 360/symmetry degrees look the same: 1 is none, 0 is every angle."""
    pictures = ring(mesh)
    return from_differences({step: turn_difference(pictures, step) for step in _ANY_TURN})


def from_differences(differences: Mapping[int, float]) -> int:
    """The symmetry that the differences after turns by `step` times 15 degrees show."""
    if max(differences.values()) <= TOLERANCE:
        return 0
    return next((order for order in _ORDERS if differences[_VIEWS // order] <= TOLERANCE), 1)


def ring(mesh: Mesh) -> Floats:
    """Pictures from a ring of cameras, (views, rows, columns, 7): sRGB colour, coverage, normal in camera axes."""
    caster = Caster(mesh)
    points_N3 = mesh.points().astype(np.float64)
    # The frame is that of the cylinder about the axis of turning, so that it is the same for every view.
    half = float(np.linalg.norm(points_N3[:, :2], axis=1).max()) / np.sqrt(2.0)
    low_3 = np.array([-half, -half, points_N3[:, 2].min()])
    high_3 = np.array([half, half, points_N3[:, 2].max()])
    return np.stack([_view(caster, low_3, high_3, 2 * np.pi * k / _VIEWS) for k in range(_VIEWS)])


def _view(caster: Caster, low_3: NDArray[np.float64], high_3: NDArray[np.float64], azimuth: float) -> Floats:
    picture = caster.picture(view_rays(low_3, high_3, azimuth, _ELEVATION, _SIDE))
    cos, sin = np.cos(azimuth), np.sin(azimuth)
    # Turned back by the azimuth, so that a direction is told as the camera sees it.
    turned_N3 = picture.normals_N3 @ np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    colour_N3 = np.clip(picture.colour_N3, 0.0, 1.0) ** (1 / 2.2)
    layers = np.concatenate([colour_N3, picture.coverage_N[:, None], turned_N3], axis=1)
    return layers.reshape(_SIDE, _SIDE, 7).astype(np.float32)


def turn_difference(pictures_VHW7: Floats, step: int) -> float:
    """Share of the pixels showing the model that look different after a turn by `step` times 15 degrees.

    A pixel is the same when any of the nine around its place is: edges fall differently on the grid.
    """
    turned_VHW7 = np.roll(pictures_VHW7, -step, axis=0)
    seen_VHW = (pictures_VHW7[..., 3] > 0) | (turned_VHW7[..., 3] > 0)
    view, row, column = np.nonzero(seen_VHW)
    for down, across in sorted(product((-1, 0, 1), repeat=2), key=lambda shift: shift != (0, 0)):
        # The picture's margin is empty, so that what leaves it on one side may come back on the other.
        there = turned_VHW7[view, (row + down) % _SIDE, (column + across) % _SIDE]
        differs = _gap(pictures_VHW7[view, row, column], there) > 1.0
        view, row, column = view[differs], row[differs], column[differs]
    return len(view) / int(seen_VHW.sum())


def _gap(first: Floats, second: Floats) -> Floats:
    """The largest of the differences in colour, coverage and direction, each in units of what the eye lets pass."""
    gap = np.abs(first - second)
    direction = np.linalg.norm(gap[..., 4:], axis=-1) / (2 * _DIRECTION)
    worst: Floats = np.maximum(np.maximum(gap[..., :3].max(axis=-1) / _COLOUR, gap[..., 3] / _COVERAGE), direction)
    return worst
