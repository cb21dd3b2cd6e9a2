"""Where walls meet: ground plans whose corners are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.wall import Wall

# Walls that go on in nearly the same direction meet too far away, and need no corner.
_STRAIGHT_ON = np.radians(2.0)
# The corner of a sharp angle would become a spike: beyond this many thicknesses the ends stay square.
_LONGEST_SPIKE = 2.0


def joined_outlines(walls: Iterable[Wall]) -> dict[str, Array]:
    """Outline (N, 2) of each wall by its id, its left side first, with a mitre where it is joined to another."""
    by_id = {wall.id: wall for wall in walls}
    outlines = {}
    for wall in by_id.values():
        outline_N2 = wall.outline_N2()
        half = len(outline_N2) // 2
        for at_end in (False, True):
            other = by_id.get((wall.joined_end if at_end else wall.joined_start) or "")
            corners = _mitre(wall, other, at_end=at_end) if other is not None else None
            if corners is not None:
                # Left and right of somebody who leaves the wall here; its right is the outline's second half, backwards.
                left_2, right_2 = corners if at_end else corners[::-1]
                outline_N2[half - 1 if at_end else 0] = left_2
                outline_N2[half if at_end else -1] = right_2
        outlines[wall.id] = outline_N2
    return outlines


def _mitre(wall: Wall, other: Wall, *, at_end: bool) -> tuple[Array, Array] | None:
    """Where the sides of two joined walls meet: on the left and on the right of somebody who goes from one to the other."""
    place_2, leaving = _end(wall, at_end=at_end)
    ends = [end for end, key in ((False, other.joined_start), (True, other.joined_end)) if key == wall.id]
    if not ends or wall is other:
        return None
    near = min(ends, key=lambda end: float(np.linalg.norm(_end(other, at_end=end)[0] - place_2)))
    from_2, coming = _end(other, at_end=near)
    going = coming + np.pi
    if abs(np.sin(going - leaving)) < np.sin(_STRAIGHT_ON):
        return None
    corners = [
        _meeting(_aside(place_2, leaving, side * wall.thickness / 2), leaving,
                 _aside(from_2, going, side * other.thickness / 2), going)
        for side in (1.0, -1.0)
    ]  # fmt: skip
    longest = _LONGEST_SPIKE * max(wall.thickness, other.thickness)
    if any(float(np.linalg.norm(corner_2 - place_2)) > longest for corner_2 in corners):
        return None
    return corners[0], corners[1]


def _end(wall: Wall, *, at_end: bool) -> tuple[Array, float]:
    """One end of the middle line, and the direction in which the wall leaves there, in radians."""
    if at_end:
        return np.array(wall.end_2), wall.direction(wall.length)
    return np.array(wall.start_2), wall.direction(0.0) + np.pi


def _aside(point_2: Array, heading: float, left: float) -> Array:
    return point_2 + left * np.array([-np.sin(heading), np.cos(heading)])


def _meeting(first_2: Array, first: float, second_2: Array, second: float) -> Array:
    """Of two lines, each given by a point and a direction that is not the other's."""
    along_2, across_2 = np.array([np.cos(first), np.sin(first)]), np.array([-np.sin(second), np.cos(second)])
    return np.asarray(first_2 + along_2 * ((second_2 - first_2) @ across_2) / (along_2 @ across_2))
