"""Shading normals: smooth across gentle edges, sharp across creases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Wider than the 45 degrees between the sides of an eight-sided pipe, narrower than the 90 degrees of a box.
CREASE = np.radians(50.0)


WELD = 1e-5
"""Metres within which points are one: a tenth of what a pixel sees of a small object."""


def weld(points_N3: Floats, tolerance: float) -> tuple[Floats, Ints]:
    """Points that fall in one cell of `tolerance` metres become one: the distinct points and each point's index."""
    _, first, index = np.unique(
        np.round(points_N3 / tolerance).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    return points_N3[first], index.reshape(-1)


def face_normals(triangles_F33: Floats) -> Floats:
    """Normals whose length is twice the face's area, (F, 3)."""
    return np.cross(triangles_F33[:, 1] - triangles_F33[:, 0], triangles_F33[:, 2] - triangles_F33[:, 0])


def creased_normals(triangles_F33: Floats, vertex_F3: Ints, crease: float = CREASE) -> Floats:
    """A unit normal for each corner: the area-weighted mean over the faces at its vertex that meet its own face at
    less than `crease` radians, (F, 3, 3). `vertex_F3` names the welded vertex of each corner.
    """
    areas_F3 = face_normals(triangles_F33)
    units_F3 = areas_F3 / np.maximum(np.linalg.norm(areas_F3, axis=1, keepdims=True), 1e-30)
    order = np.argsort(vertex_F3.reshape(-1), kind="stable")
    counts_V = np.bincount(vertex_F3.reshape(-1))
    starts_V = np.concatenate([[0], np.cumsum(counts_V)[:-1]])
    # Every corner is paired with every corner of its vertex, itself included.
    partners_C = counts_V[vertex_F3.reshape(-1)]
    corner_P = np.repeat(np.arange(vertex_F3.size), partners_C)
    within_P = np.arange(len(corner_P)) - np.repeat(np.cumsum(partners_C) - partners_C, partners_C)
    other_P = order[np.repeat(starts_V[vertex_F3.reshape(-1)], partners_C) + within_P]
    gentle_P = np.einsum("pk,pk->p", units_F3[corner_P // 3], units_F3[other_P // 3]) >= np.cos(crease)
    sums_C3 = np.stack(
        [
            np.bincount(corner_P[gentle_P], areas_F3[other_P[gentle_P] // 3, axis], minlength=vertex_F3.size)
            for axis in range(3)
        ],
        axis=1,
    )
    lengths_C1 = np.linalg.norm(sums_C3, axis=1, keepdims=True)
    own_C3 = np.repeat(units_F3, 3, axis=0)
    return np.where(lengths_C1 > 1e-30, sums_C3 / np.maximum(lengths_C1, 1e-30), own_C3).reshape(-1, 3, 3)
