"""The walls of a level as faces: cut at doors and windows, closed at corners, no face twice.

The level is thought of as slabs between the heights at which its walls change. In each slab the walls have one ground
plan, the union of theirs without the holes; its border, drawn upwards, are the faces, and where the plans of two slabs
differ there is a sill, a lintel or the top of a parapet. Walls whose top slopes are built to its higher end: they end under
a roof, and nobody sees what is above that.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.homes.joints import joined_outlines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.holes import Hole
    from dagster_gsi.homes.home import Home, Level
    from dagster_gsi.homes.sheets import Sheets
    from dagster_gsi.homes.wall import Wall

# Walls that end so little under the ceiling were meant to reach it.
_UNDER_CEILING = 0.05
# Corners nearer than this are one; gaps narrower than twice this were not meant.
_EXACT, _GAP = 1e-4, 2e-3
# Round walls turn by 5 degrees at each of their corners: these are not seen, sharper ones are.
_SMOOTH = np.cos(np.radians(15.0))
# Skirting boards: height and thickness in metres.
_BOARD, _BOARD_THICKNESS = 0.07, 0.012


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """A layer of a level in which all walls are upright."""

    low: float
    high: float
    plan: Any
    """Where walls are, as a shapely geometry."""


def ground(outline_N2: Array) -> Any:
    """The areas inside an outline, which may cross itself."""
    from shapely import Polygon, make_valid

    return make_valid(Polygon(outline_N2), method="structure", keep_collapsed=False)


def standing_walls(home: Home, level: Level, lowest: float = 0.0) -> list[tuple[Wall, float, Any]]:
    """Walls of a level that are at least so high, with their tops above its floor and their ground plans."""
    walls = [wall for wall in home.walls if wall.level == level.id and wall.length > 0 and wall.thickness > 0]
    outlines = joined_outlines(walls)
    found = []
    for wall in walls:
        top = max(wall.height_start, wall.height_end)
        top = level.height if top > level.height - _UNDER_CEILING else top
        if top > max(lowest, _EXACT):
            found.append((wall, top, ground(outlines[wall.id])))
    return found


def slabs(home: Home, level: Level, cuts: Sequence[Hole]) -> tuple[Slab, ...]:
    """From the floor to the ceiling."""
    walls = [
        (top, outline, [(cut, cut.cut(wall)) for cut in cuts if cut.goes_through(wall)])
        for wall, top, outline in standing_walls(home, level)
    ]
    heights = {0.0, *(top for top, _, _ in walls), *(height for cut in cuts for height in (cut.low, cut.high))}
    steps = sorted({round(height, 4) for height in heights if height <= level.height})
    return tuple(Slab(low, high, _plan(walls, (low + high) / 2)) for low, high in pairwise(steps))


def _plan(walls: Sequence[tuple[float, Any, Sequence[tuple[Hole, Any]]]], height: float) -> Any:
    """Ground plan at a height of walls, given by their tops, outlines and what holes take away of them."""
    from shapely import union_all

    left = []
    for top, outline, cuts in walls:
        if top > height:
            left.append(outline.difference(union_all([area for cut, area in cuts if cut.low < height < cut.high])))
    return closed(union_all(left), _GAP)


def closed(area: Any, gap: float) -> Any:
    """An area without gaps of up to twice that width, and without corners that are one."""
    from shapely import set_precision

    filled = area.buffer(gap, join_style="mitre").buffer(-gap, join_style="mitre")
    return set_precision(filled.simplify(_EXACT), _EXACT)


def add_walls(sheets: Sheets, layers: Sequence[Slab], ceiling: float) -> None:
    """Faces of the walls, sills, lintels and tops under the ceiling, and skirting boards along the floor."""
    for low, high, edge in _merged(layers):
        _add_face(sheets, "wall", edge, low, high)
    for below, above in pairwise(layers):
        sheets.area("wall", above.plan.difference(below.plan), below.high, up=False)
        sheets.area("wall", below.plan.difference(above.plan), below.high, up=True)
    if layers:
        if layers[-1].high < ceiling:
            sheets.area("wall", layers[-1].plan, layers[-1].high, up=True)
        lowest = next(slab for slab in layers if slab.high > _BOARD / 2).plan
        board = lowest.buffer(_BOARD_THICKNESS, join_style="mitre")
        for edge in _edges(board):
            _add_face(sheets, "frame", edge, 0.0, _BOARD)
        sheets.area("frame", board.difference(lowest), _BOARD, up=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Edge:
    """A piece of a plan's border with the walls on its left."""

    start_2: Array
    end_2: Array
    normals_22: Array
    """Outwards, at its start and its end: of a round wall, not at right angles."""
    along: float
    """Metres along the border from where it last had a corner, so that pictures run on around round walls."""


def _merged(layers: Sequence[Slab]) -> Iterator[tuple[float, float, _Edge]]:
    """Faces of all slabs, from which height to which, one where the same edge goes on in the next slab."""
    growing: dict[tuple[float, ...], tuple[float, float, _Edge]] = {}
    for slab in layers:
        here: dict[tuple[float, ...], tuple[float, float, _Edge]] = {}
        for edge in _edges(slab.plan):
            numbers_N = np.concatenate([edge.start_2, edge.end_2, edge.normals_22.ravel(), [edge.along]])
            key = tuple((numbers_N.round(4) + 0.0).tolist())
            low = growing.pop(key)[0] if key in growing else slab.low
            here[key] = (low, slab.high, edge)
        yield from growing.values()
        growing = here
    yield from growing.values()


def _edges(plan: Any) -> Iterator[_Edge]:
    from shapely import get_parts
    from shapely.geometry.polygon import orient

    for piece in get_parts(plan):
        if piece.geom_type == "Polygon" and not piece.is_empty:
            outline = orient(piece)
            for ring in (outline.exterior, *outline.interiors):
                yield from _edges_of_ring(np.asarray(ring.coords)[:-1])


def _edges_of_ring(points_N2: Array) -> Iterator[_Edge]:
    steps_N2 = np.roll(points_N2, -1, axis=0) - points_N2
    lengths_N = np.linalg.norm(steps_N2, axis=1)
    along_N2 = steps_N2 / lengths_N[:, None]
    outwards_N2 = np.stack([along_N2[:, 1], -along_N2[:, 0]], axis=1)
    # Whether the border goes on smoothly from the edge before.
    smooth_N = (along_N2 * np.roll(along_N2, 1, axis=0)).sum(axis=1) > _SMOOTH
    mean_N2 = outwards_N2 + np.roll(outwards_N2, 1, axis=0)
    at_start_N2 = np.where(smooth_N[:, None], mean_N2, outwards_N2)
    at_end_N2 = np.where(np.roll(smooth_N, -1)[:, None], np.roll(mean_N2, -1, axis=0), outwards_N2)
    first = int(np.argmin(smooth_N))
    along = 0.0
    for k in np.roll(np.arange(len(points_N2)), -first):
        if not smooth_N[k] or k == first:
            along = float(points_N2[k] @ along_N2[k])
        normals_22 = np.stack([at_start_N2[k], at_end_N2[k]])
        normals_22 = normals_22 / np.linalg.norm(normals_22, axis=1, keepdims=True)
        yield _Edge(points_N2[k], points_N2[(k + 1) % len(points_N2)], normals_22, along)
        along += float(lengths_N[k])


def _add_face(sheets: Sheets, role: str, edge: _Edge, low: float, high: float) -> None:
    left_2, right_2 = edge.start_2, edge.end_2
    along = np.array([edge.along, edge.along + float(np.linalg.norm(right_2 - left_2))])
    corners_43 = np.array([[*left_2, low], [*right_2, low], [*right_2, high], [*left_2, high]])
    uv_42 = np.array([[along[0], low], [along[1], low], [along[1], high], [along[0], high]])
    normals_43 = np.column_stack([edge.normals_22[[0, 1, 1, 0]], np.zeros(4)])
    sheets.quad(role, corners_43, uv_42, normals_43)
