"""Bodies that models of our own are put together from: boxes, turned bodies and flat outlines.

Frame of a model: +z up, front to -y; lengths are centimetres, as one would write them on a drawing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.obj import MISSING, ObjModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dagster_gsi.assets.obj import Paint
    from dagster_gsi.scenes.mesh import Material

Floats = NDArray[np.float64]

_SEGMENTS = 32
"""Sides of a turned body: their normals are smoothed, so that only the outline shows them."""


@dataclass(frozen=True, slots=True)
class Solid:
    """Triangles of one colour."""

    triangles_F33: Floats
    paint: str
    uv_F32: Floats | None = None
    """Where each corner is in the paint's picture; None where it has none."""

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Solid:
        return replace(self, triangles_F33=self.triangles_F33 + np.array([x, y, z]))

    def scaled(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Solid:
        return replace(self, triangles_F33=self.triangles_F33 * np.array([x, y, z]))

    def turned(self, axis: str, degrees: float) -> Solid:
        """Rotated about `x`, `y` or `z` through the origin, by the right-hand rule."""
        first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turn_33 = np.eye(3)
        turn_33[first, first], turn_33[first, second] = cos, -sin
        turn_33[second, first], turn_33[second, second] = sin, cos
        return replace(self, triangles_F33=self.triangles_F33 @ turn_33.T)


def box(width: float, depth: float, height: float, paint: str, *, bevel: float = 0.0) -> Solid:
    """A box on the ground with its middle at the origin; its upright edges may be bevelled."""
    x, y = width / 2, depth / 2
    if bevel == 0.0:
        return _cube(paint).scaled(width, depth, height)
    ring_N2 = np.array(
        [(x - bevel, -y), (x, bevel - y), (x, y - bevel), (x - bevel, y)]
        + [(bevel - x, y), (-x, y - bevel), (-x, bevel - y), (bevel - x, -y)]
    )
    return prism(ring_N2, height, paint)


def _cube(paint: str) -> Solid:
    """One centimetre a side, with the whole picture on each side."""
    square_42 = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    quads = []
    for axis in range(3):
        across, upwards = ((1, 2), (0, 2), (0, 1))[axis]
        for side in (0.0, 1.0):
            corner_43 = np.zeros((4, 3))
            corner_43[:, axis], corner_43[:, across], corner_43[:, upwards] = side, square_42[:, 0], square_42[:, 1]
            outwards = (side > 0.5) != (axis == 1)
            quads.append((corner_43, square_42) if outwards else (corner_43[::-1], square_42[::-1]))
    corners = np.array([quad for quad, _ in quads]) - np.array([0.5, 0.5, 0.0])
    uv = np.array([places for _, places in quads])
    return Solid(_halved(corners), paint, _halved(uv))


def _halved(quads_Q4K: Floats) -> Floats:
    """Two triangles of each quad."""
    return quads_Q4K[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3, quads_Q4K.shape[2])


def prism(outline_N2: Floats, height: float, paint: str) -> Solid:
    """A star-shaped outline, counter-clockwise from above, drawn up from the ground."""
    low_N3, high_N3 = (np.column_stack([outline_N2, np.full(len(outline_N2), z)]) for z in (0.0, height))
    middles_23 = np.array([low_N3.mean(axis=0), high_N3.mean(axis=0)])
    ends = [np.tile(middle_3, (len(outline_N2), 1)) for middle_3 in middles_23]
    return _skin([ends[0], low_N3, high_N3, ends[1]], paint)


def lathe(profile: Sequence[tuple[float, float]], paint: str, *, segments: int = _SEGMENTS) -> Solid:
    """A body of revolution about the z axis from (radius, height); with the outside to the right of the way.

    It is closed where the way begins and ends at radius 0. The conversion drops the faces without area there.
    """
    angles_N = np.arange(segments) * 2 * np.pi / segments
    circle_N2 = np.column_stack([np.cos(angles_N), np.sin(angles_N)])
    return _skin([np.column_stack([radius * circle_N2, np.full(segments, z)]) for radius, z in profile], paint)


def ellipsoid(width: float, depth: float, height: float, paint: str) -> Solid:
    """Around the origin."""
    latitudes = np.linspace(-np.pi / 2, np.pi / 2, 13)
    ball = lathe([(float(np.cos(angle)), float(np.sin(angle))) for angle in latitudes], paint, segments=24)
    return ball.scaled(width / 2, depth / 2, height / 2)


def _skin(rings: Sequence[Floats], paint: str) -> Solid:
    """Faces between each ring of points and the next, which has as many."""
    faces = [
        _halved(np.stack([below_N3, np.roll(below_N3, -1, axis=0), np.roll(above_N3, -1, axis=0), above_N3], axis=1))
        for below_N3, above_N3 in pairwise(rings)
    ]
    return Solid(np.concatenate(faces), paint)


def as_model(solids: Sequence[Solid], paints: Mapping[str, Paint | Material]) -> ObjModel:
    """The solids as one model. Normals are left to the conversion."""
    positions_V3 = np.concatenate([solid.triangles_F33.reshape(-1, 3) for solid in solids])
    uv_V2 = np.concatenate(
        [
            np.zeros((3 * len(solid.triangles_F33), 2)) if solid.uv_F32 is None else solid.uv_F32.reshape(-1, 2)
            for solid in solids
        ]
    )
    index_F3 = np.arange(len(positions_V3), dtype=np.int64).reshape(-1, 3)
    names = np.concatenate([np.full(len(solid.triangles_F33), solid.paint) for solid in solids])
    return ObjModel(
        positions_V3=positions_V3,
        texture_T2=uv_V2,
        normals_N3=np.zeros((0, 3)),
        corners_F33=np.stack([index_F3, index_F3, np.full_like(index_F3, MISSING)], axis=2),
        material_F=names,
        group_F=names,
        paints=paints,
    )
