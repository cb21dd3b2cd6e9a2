"""The floor that is free to stand on, as points of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.wireframe import edges_N23
from dagster_gsi.homes.joints import joined_outlines

if TYPE_CHECKING:
    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Home

# Metres above the floor between which things are in a body's way: one steps onto a carpet and goes under a lamp.
_STEP, _HEAD = 0.05, 1.6
# Of a distance in metres: points of the grid lie on round numbers, and so do the sides of most walls.
_EXACT = 1e-6


def free_floor(home: Home, level: str, *, spacing: float = 0.1, clearance: float = 0.2) -> Array:
    """Points (N, 2) of a grid, on multiples of `spacing`, in the rooms of a level that have a floor.

    They are at least `clearance` away from walls, whose doors count as closed, and from furniture.
    """
    from shapely import contains_xy, distance, points, prepare

    floor, barriers = _floor(home, level), _barriers(home, level)
    if floor.is_empty:
        return np.zeros((0, 2))
    low_x, low_y, high_x, high_y = (bound / spacing for bound in floor.bounds)
    steps_x, steps_y = (np.arange(np.ceil(a), np.floor(b) + 1) for a, b in ((low_x, high_x), (low_y, high_y)))
    grid_N2 = np.stack(np.meshgrid(steps_x, steps_y), axis=-1).reshape(-1, 2) * spacing
    prepare(floor)
    inside_N2 = grid_N2[contains_xy(floor, grid_N2)]
    if barriers.is_empty:
        return inside_N2
    return np.asarray(inside_N2[distance(points(inside_N2), barriers) >= clearance - _EXACT])


def ground_between(box: Box, low: float, high: float) -> Array:
    """Corners (N, 2) of the ground under the part of a box between two heights, around it; none where it has no part."""
    from shapely import MultiPoint

    start_N3, end_N3 = edges_N23(box).transpose(1, 0, 2)
    corners_N3 = box.corners_83()
    found = [corners_N3[(corners_N3[:, 2] >= low) & (corners_N3[:, 2] <= high)]]
    for height in (low, high):
        above_N, below_N = start_N3[:, 2] - height, end_N3[:, 2] - height
        cut_N = above_N * below_N < 0
        share_N1 = (above_N[cut_N] / (above_N[cut_N] - below_N[cut_N]))[:, None]
        found.append(start_N3[cut_N] + share_N1 * (end_N3[cut_N] - start_N3[cut_N]))
    hull = MultiPoint(np.concatenate(found)[:, :2]).convex_hull
    ring = hull.exterior if hull.geom_type == "Polygon" else hull
    return np.asarray(ring.coords) if not hull.is_empty else np.zeros((0, 2))


def _floor(home: Home, level: str) -> Any:
    from shapely import Polygon, make_valid, union_all

    return union_all([make_valid(Polygon(room.outline_N2)) for room in home.floors if room.level == level])


def _barriers(home: Home, level: str) -> Any:
    """Walls, doors that are in none, and furniture, where a body would meet them: from all levels, as a staircase is."""
    from shapely import Polygon, convex_hull, make_valid, multipoints, union_all

    storey = home.level(level)
    low, high = storey.elevation + _STEP, storey.elevation + _HEAD
    walls = [wall for wall in home.walls if wall.level == level]
    outlines = joined_outlines(walls)
    tops = {wall.id: max(wall.top(0.0), wall.top(wall.length)) for wall in walls}
    grounds = [make_valid(Polygon(outlines[w.id])) for w in walls if w.base < high and tops[w.id] > low]
    pieces = [*home.furniture, *(opening.piece for opening in home.openings if opening.wall is None)]
    grounds += [
        convex_hull(multipoints(ground_between(piece.box, low, high)))
        for piece in pieces
        if piece.visible and piece.base < high and piece.height > low
    ]
    return union_all(grounds)
