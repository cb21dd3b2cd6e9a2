"""Level areas that things can stand on, found by casting rays downwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.picture import Caster, Rays
from dagster_gsi.scenes.catalogue import Surface

if TYPE_CHECKING:
    from dagster_gsi.scenes.mesh import Mesh

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_STEP = 0.01
"""Metres between rays."""
_LEVEL = 0.003
"""Metres that one surface's heights may differ by."""
_HEADROOM = 0.35
_MARGIN = 0.01
"""Metres by which outlines are shrunk, so that nothing stands on the very edge."""
_MIN_AREA = 0.15
# Above this share of its convex hull an area is convex but for rounded or ragged edges.
_CONVEX = 0.93
_MAX_LAYERS = 12
# Of the rays that leave 10 cm above a surface, 20 degrees upwards: inside drawers and machines none gets out, on an open
# shelf those towards the front do.
_MIN_OPEN = 0.15


def surfaces(mesh: Mesh, min_area: float = _MIN_AREA) -> tuple[Surface, ...]:
    """Surfaces of at least `min_area` square metres, the topmost first."""
    low_3, high_3 = mesh.points().min(axis=0).astype(np.float64), mesh.points().max(axis=0).astype(np.float64)
    xs = np.arange(low_3[0] + _STEP / 2, high_3[0], _STEP)
    ys = np.arange(low_3[1] + _STEP / 2, high_3[1], _STEP)
    caster = Caster(mesh)
    found = [
        surface
        for height, mask_XY in _levels(caster, xs, ys, high_3[2], min_area)
        if (surface := _surface(height, mask_XY, xs, ys, min_area)) is not None and _is_seen(caster, surface)
    ]
    return tuple(sorted(found, key=lambda surface: -surface.height))


def _is_seen(caster: Caster, surface: Surface) -> bool:
    """Whether a camera beside the model can see things that stand there."""
    corners_C2 = np.array(surface.outline)
    spots_S2 = np.concatenate([corners_C2.mean(axis=0)[None], (corners_C2 + corners_C2.mean(axis=0)) / 2])
    azimuths_A = np.arange(16) * np.pi / 8
    directions_A3 = np.stack([np.cos(azimuths_A), np.sin(azimuths_A), np.full(16, np.tan(np.radians(20.0)))], axis=1)
    directions_A3 /= np.linalg.norm(directions_A3, axis=1, keepdims=True)
    origins_S3 = np.column_stack([spots_S2, np.full(len(spots_S2), surface.height + 0.1)])
    hits = caster.hits(Rays(np.repeat(origins_S3, 16, axis=0), np.tile(directions_A3, (len(spots_S2), 1))))
    return float((hits.face_N < 0).mean()) >= _MIN_OPEN


def _levels(caster: Caster, xs: Floats, ys: Floats, top: float, min_area: float) -> list[tuple[float, Mask]]:
    """Heights and where they are free, from layer upon layer of rays that go on below what they met."""
    grid_N2 = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1).reshape(-1, 2)
    above_N, start_N = np.full(len(grid_N2), np.inf), np.full(len(grid_N2), top + 1.0)
    heights: list[Floats] = []
    for _ in range(_MAX_LAYERS):
        origins_N3 = np.column_stack([grid_N2, start_N])
        hits = caster.hits(Rays(origins_N3, np.tile([0.0, 0.0, -1.0], (len(grid_N2), 1))))
        if not (hits.face_N >= 0).any():
            break
        height_N = np.where(hits.face_N >= 0, start_N - hits.distance_N, -np.inf)
        free_N = (hits.normals_N3[:, 2] > 0.99) & (above_N - height_N >= _HEADROOM)
        heights.append(np.where(free_N, height_N, np.nan))
        above_N = np.where(hits.face_N >= 0, height_N, above_N)
        start_N = np.where(hits.face_N >= 0, height_N - 1e-4, start_N)
    return _grouped(np.array(heights), (len(xs), len(ys)), min_area)


def _grouped(heights_LN: Floats, shape: tuple[int, int], min_area: float) -> list[tuple[float, Mask]]:
    """Masks of the heights that many rays share, most first; a ray counts once."""
    left_LN = heights_LN.copy()
    least = min_area / _STEP**2 / 4
    groups: list[tuple[float, Mask]] = []
    while True:
        values = left_LN[np.isfinite(left_LN)]
        if len(values) < least:
            return groups
        counts = np.bincount(np.floor((values - values.min()) / (_LEVEL / 2)).astype(np.int64))
        peak = values.min() + (int(counts.argmax()) + 0.5) * _LEVEL / 2
        near_LN = np.abs(left_LN - peak) <= _LEVEL
        if near_LN.sum() < least:
            return groups
        groups.append((float(np.median(left_LN[near_LN])), near_LN.any(axis=0).reshape(shape)))
        left_LN[near_LN] = np.nan


def _surface(height: float, mask_XY: Mask, xs: Floats, ys: Floats, min_area: float) -> Surface | None:
    from scipy import ndimage
    from shapely import MultiPoint, Polygon, box

    labels_XY, count = ndimage.label(mask_XY)
    if not count:
        return None
    area_XY = labels_XY == 1 + int(np.bincount(labels_XY.ravel())[1:].argmax())
    points_N2 = np.column_stack([xs[np.nonzero(area_XY)[0]], ys[np.nonzero(area_XY)[1]]])
    hull = MultiPoint(points_N2).convex_hull.buffer(_STEP / 2, join_style="mitre")
    if area_XY.sum() * _STEP**2 < _CONVEX * hull.area:
        (left, right), (front, back) = _largest_rectangle(area_XY)
        hull = box(xs[left] - _STEP / 2, ys[front] - _STEP / 2, xs[right] + _STEP / 2, ys[back] + _STEP / 2)
    outline = hull.buffer(-_MARGIN, join_style="mitre").simplify(_STEP / 2)
    if not isinstance(outline, Polygon) or outline.is_empty or outline.area < min_area:
        return None
    ring = outline.exterior if outline.exterior.is_ccw else outline.exterior.reverse()
    corners = tuple((round(x, 4), round(y, 4)) for x, y in list(ring.coords)[:-1])
    return Surface(height=round(height, 4), outline=corners)


def _largest_rectangle(mask_XY: Mask) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last column and row of the largest rectangle inside the mask, row by row with a stack of bars."""
    best, found = 0, ((0, 0), (0, 0))
    bars_X = np.zeros(mask_XY.shape[0] + 1, dtype=np.int64)
    for row in range(mask_XY.shape[1]):
        bars_X[:-1] = np.where(mask_XY[:, row], bars_X[:-1] + 1, 0)
        stack: list[int] = []
        for column in range(len(bars_X)):
            while stack and bars_X[stack[-1]] >= bars_X[column]:
                bar = int(bars_X[stack.pop()])
                first = stack[-1] + 1 if stack else 0
                if bar * (column - first) > best:
                    best, found = bar * (column - first), ((first, column - 1), (row - bar + 1, row))
            stack.append(column)
    return found
