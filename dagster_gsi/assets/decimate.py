"""Fewer triangles for the same look, with texture coordinates kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.normals import WELD, face_normals

Floats = NDArray[np.float64]

# Parts of fewer faces are left as they are: there is nothing to gain.
_FEW = 64
# Twice the area of a triangle that is dropped, in square metres.
_SLIVER = 1e-9


def decimated(triangles_F33: Floats, uv_F32: Floats | None, share: float) -> tuple[Floats, Floats]:
    """About `share` of the triangles (F, 3, 3) with their texture coordinates (F, 3, 2; NaN where None is given)."""
    import fast_simplification

    flat_C3 = triangles_F33.reshape(-1, 3)
    keys = [np.round(flat_C3 / WELD)]
    if uv_F32 is not None:
        keys.append(np.round(uv_F32.reshape(-1, 2) * 1e4))
    _, first, index = np.unique(np.concatenate(keys, axis=1), axis=0, return_index=True, return_inverse=True)
    points_V3, faces_F3 = flat_C3[first], index.reshape(-1, 3)
    if len(faces_F3) < _FEW:
        return triangles_F33, np.full((len(triangles_F33), 3, 2), np.nan) if uv_F32 is None else uv_F32
    held_points, held_faces = _with_fins(points_V3, faces_F3)
    _, _, collapses = fast_simplification.simplify(
        held_points, held_faces, target_reduction=1.0 - share, agg=3, return_collapses=True
    )
    points_P3, _, mapping = fast_simplification.replay_simplification(held_points, held_faces, collapses)
    mapping_V = mapping[: len(points_V3)]
    counts_P1 = np.maximum(np.bincount(mapping_V, minlength=len(points_P3)), 1)[:, None]
    means_P3 = _sums(mapping_V, points_V3, len(points_P3)) / counts_P1
    # Where its equations are nearly singular, the simplifier throws points far away.
    spread_P = np.zeros(len(points_P3))
    np.maximum.at(spread_P, mapping_V, np.linalg.norm(points_V3 - means_P3[mapping_V], axis=1))
    astray_P = ~(np.linalg.norm(points_P3 - means_P3, axis=1) <= 1.5 * spread_P + WELD)
    points_P3 = np.where(astray_P[:, None], means_P3, points_P3)
    triangles_F33 = points_P3[mapping_V[faces_F3]]
    full_F = np.linalg.norm(face_normals(triangles_F33), axis=1) > _SLIVER
    if uv_F32 is None:
        return triangles_F33[full_F], np.full((int(full_F.sum()), 3, 2), np.nan)
    uv_P2 = _sums(mapping_V, uv_F32.reshape(-1, 2)[first], len(points_P3)) / counts_P1
    return triangles_F33[full_F], uv_P2[mapping_V[faces_F3[full_F]]]


def _sums(index_V: NDArray[np.int64], values_VK: Floats, count: int) -> Floats:
    """Sums of the values that share an index, (count, K)."""
    return np.stack([np.bincount(index_V, column, minlength=count) for column in values_VK.T], axis=1)


def _with_fins(points_V3: Floats, faces_F3: NDArray[np.intp]) -> tuple[Floats, NDArray[np.int64]]:
    """The mesh with a two-sided triangle standing on each open edge.

    The simplifier gives open edges no cost: it would pull in the corners of every sheet and tear the seams of textures.
    """
    edges_E2 = np.concatenate([faces_F3[:, [0, 1]], faces_F3[:, [1, 2]], faces_F3[:, [2, 0]]])
    owner_E = np.tile(np.arange(len(faces_F3)), 3)
    _, first, counts = np.unique(np.sort(edges_E2, axis=1), axis=0, return_index=True, return_counts=True)
    open_B = first[counts == 1]
    starts_B, ends_B = edges_E2[open_B].T
    normals_B3 = face_normals(points_V3[faces_F3[owner_E[open_B]]])
    normals_B3 /= np.maximum(np.linalg.norm(normals_B3, axis=1, keepdims=True), 1e-30)
    lengths_B1 = np.linalg.norm(points_V3[ends_B] - points_V3[starts_B], axis=1, keepdims=True)
    tips_B3 = (points_V3[starts_B] + points_V3[ends_B]) / 2 + lengths_B1 * normals_B3
    tips_B = len(points_V3) + np.arange(len(open_B))
    fins_G3 = np.concatenate([np.stack([starts_B, ends_B, tips_B], 1), np.stack([ends_B, starts_B, tips_B], 1)])
    return np.concatenate([points_V3, tips_B3]), np.concatenate([faces_F3, fins_G3]).astype(np.int64)
