"""What in a home does not make sense, said in sentences.

Homes are drawn by hand, and many oddities are meant: a roof is a box outside every room, a sink lies in its cabinet. So
nothing here is fatal; it is for people to read, and for those who place objects to know what to leave alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dagster_gsi.homes.furniture import THINNEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Home, Piece

Kind = Literal["licence", "outline", "unnamed", "size", "outside", "wall", "overlap", "floating", "opening"]

# A side of less than half a millimetre is no side; the thinnest that is drawn on purpose, a slope's, has one.
_NO_LENGTH = 5e-4
# Less in each other than this is touching: authors align things by eye.
_TOUCHING = 0.02
# Of a piece's ground: less of it in all rooms together, and it stands outside; more on both sides of a wall, through it.
_INDOORS, _EACH_SIDE, _MOSTLY = 0.1, 0.1, 0.5
# Of the smaller of two boxes: less is the play of boxes around round and open things.
_SHARED = 0.35
# What is no higher above something than this stands on it; what is no farther from a wall or ceiling hangs there.
_RESTING, _HANGING = 0.03, 0.08
# Whose boxes are in each other where people tidied up.
_SEATS = {"chair", "stool", "bench", "armchair"}
_PUSHED_UNDER = {"table", "desk", "coffee table", "piano", "sofa"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not make sense."""

    kind: Kind
    sentence: str


def findings(home: Home) -> tuple[Finding, ...]:
    """Everything that was found, the home's own matters first, then rooms, openings and furniture."""
    bodies = [_Body(piece) for piece in home.furniture if piece.visible]
    ground = {level.id: _Ground(home, level.id) for level in home.levels}
    return (*_about_home(home), *_about_rooms(home), *_about_openings(home), *_about_furniture(home, bodies, ground))


def counts(found: tuple[Finding, ...]) -> str:
    """How many of each kind, in a few words."""
    number = Counter(finding.kind for finding in found)
    return ", ".join(f"{count} {kind}" for kind, count in number.items()) or "none"


def footprint_N2(piece: Piece) -> Array:
    """The ground that a piece covers, counter-clockwise: four corners, or up to eight where it is tipped."""
    from shapely import MultiPoint
    from shapely.geometry.polygon import orient

    if piece.box.pose_wb.tilt == 0.0:
        return piece.box.footprint_42()
    hull = MultiPoint(piece.box.corners_83()[:, :2]).convex_hull
    # A thin one that stands on its edge covers a line.
    ground = hull if hull.geom_type == "Polygon" else hull.buffer(THINNEST, quad_segs=1)
    return np.array(orient(ground).exterior.coords[:-1])


class _Body:
    """A piece with its ground as a polygon."""

    def __init__(self, piece: Piece) -> None:
        from shapely import Polygon

        self.piece = piece
        self.ground: Any = Polygon(footprint_N2(piece))
        self.low, self.high = piece.base, piece.height

    def overlaps(self, other: _Body) -> float:
        """Metres by which both are at the same height; below zero they are apart."""
        return min(self.high, other.high) - max(self.low, other.low)


class _Ground:
    """Rooms and walls of a level as polygons."""

    def __init__(self, home: Home, level: str) -> None:
        from shapely import Polygon, make_valid, union_all

        self.level = home.level(level)
        self.rooms: Any = union_all([make_valid(Polygon(r.outline_N2)) for r in home.floors if r.level == level])
        self.walls = [
            (wall, make_valid(Polygon(wall.outline_N2())))
            for wall in home.walls
            if wall.level == level and wall.length > 0 and wall.thickness > 0
        ]
        self.openings = [_Body(opening.piece) for opening in home.openings if opening.piece.level == level]

    def in_opening(self, body: _Body) -> bool:
        """Whether a piece stands on a sill or in a doorway."""
        return any(o.overlaps(body) > 0 and o.ground.intersects(body.ground) for o in self.openings)

    def solid(self, outline: Any, body: _Body) -> Any:
        """The ground plan of a wall where a piece is: plants stand in front of panes, in the wall's thickness."""
        from shapely import union_all

        tall = body.high - body.low
        return outline.difference(union_all([o.ground for o in self.openings if o.overlaps(body) > _MOSTLY * tall]))


def _about_home(home: Home) -> Iterator[Finding]:
    if not home.licence:
        yield Finding("licence", "The home does not say under which licence it may be passed on.")
    if not home.floors:
        yield Finding("outline", "The home has no rooms: draw them in Sweet Home 3D (Plan, Create rooms).")
    for wall in home.walls:
        if wall.length < _NO_LENGTH or wall.thickness < _NO_LENGTH:
            x, y = wall.start_2
            what = "length" if wall.length < _NO_LENGTH else "thickness"
            yield Finding("size", f"The wall {wall.id} at ({x:.1f}, {y:.1f}){_where(home, wall.level)} has no {what}.")


def _about_rooms(home: Home) -> Iterator[Finding]:
    from shapely import Polygon, make_valid
    from shapely.validation import explain_validity

    for number, room in enumerate(home.rooms, start=1):
        called = f"The room {room.name}" if room.name else f"Room {number} ({room.area:.1f} square metres)"
        called += _where(home, room.level)
        if not room.name and room.floor_visible:
            yield Finding("unnamed", f"{called} has no name.")
        outline = Polygon(room.outline_N2)
        if make_valid(outline).area < _TOUCHING**2:
            yield Finding("outline", f"{called} has no area.")
        elif not outline.is_valid:
            x, y = (float(n) for n in explain_validity(outline).partition("[")[2].strip("]").split()[:2])
            yield Finding(
                "outline", f"The outline of {called[0].lower()}{called[1:]} meets itself at ({x:.2f}, {y:.2f})."
            )


def _about_openings(home: Home) -> Iterator[Finding]:
    for opening in home.openings:
        if opening.wall is None and opening.piece.visible:
            yield Finding("opening", f"{_called(home, opening.piece)} is in no wall of its level.")


def _about_furniture(home: Home, bodies: list[_Body], ground: dict[str, _Ground]) -> Iterator[Finding]:
    for body in bodies:
        piece, called = body.piece, _called(home, body.piece)
        if float(piece.box.size_3.min()) < _NO_LENGTH:
            yield Finding("size", f"{called} has a side of no length.")
            continue
        level = ground[piece.level]
        inside = level.rooms.intersection(body.ground).area / body.ground.area
        if said := _in_wall(body, level):
            yield Finding("wall", f"{called} {said}.")
        elif not level.rooms.is_empty and inside < _INDOORS and not level.in_opening(body):
            yield Finding("outside", f"{called} stands outside every room.")
        if inside >= _INDOORS and (gap := _gap_below(body, bodies, level)) is not None:
            yield Finding("floating", f"{called} floats {100 * gap:.0f} cm above what is below it.")
    for first, second in combinations(bodies, 2):
        if (share := _shared(first, second)) > _SHARED:
            small, large = sorted((first, second), key=lambda body: float(body.piece.box.size_3.prod()))
            sentence = (
                f"{_called(home, small.piece)} lies by {100 * share:.0f} % in {_called(home, large.piece, 'the')}."
            )
            yield Finding("overlap", sentence)


def _in_wall(body: _Body, level: _Ground) -> str | None:
    """How a piece and a wall of its level are in each other's way, or None."""
    for wall, outline in level.walls:
        if not outline.intersects(body.ground):
            continue
        along, _ = wall.locate(body.piece.box.centre_3[:2])
        if min(body.high, wall.top(along)) - max(body.low, wall.base) < _TOUCHING:
            continue
        solid = level.solid(outline, body)
        if solid.intersection(body.ground).area < _EACH_SIDE * body.ground.area:
            continue
        rest = body.ground.difference(solid)
        parts = [part.area for part in getattr(rest, "geoms", [rest])]
        if sum(area > _EACH_SIDE * body.ground.area for area in parts) > 1:
            return f"goes through a wall ({wall.id})"
        if sum(parts) < _MOSTLY * body.ground.area:
            return f"stands in a wall ({wall.id})"
    return None


def _gap_below(body: _Body, bodies: list[_Body], level: _Ground) -> float | None:
    """Metres of air under a piece that nothing holds: no floor, furniture, wall or ceiling; None where something does."""
    floor = level.level.elevation
    gap = body.low - floor
    if gap <= _RESTING or level.level.elevation + level.level.height - body.high <= _HANGING:
        return None
    if any(
        wall.top(wall.locate(body.piece.box.centre_3[:2])[0]) > body.low and outline.distance(body.ground) <= _HANGING
        for wall, outline in level.walls
    ):
        return None
    for other in bodies:
        if other is body or other.low >= body.low or not other.ground.intersects(body.ground):
            continue
        # Something that is higher has it in its box, as a shelf has a book.
        if body.low - other.high <= _RESTING:
            return None
        gap = min(gap, body.low - other.high)
    return gap


def _shared(first: _Body, second: _Body) -> float:
    """Share of the smaller box that lies in the larger; 0 for pieces of one group, which belong together."""
    tall = first.overlaps(second)
    if tall < _TOUCHING or (first.piece.groups and first.piece.groups == second.piece.groups):
        return 0.0
    kinds = {first.piece.category, second.piece.category}
    if not first.ground.intersects(second.ground) or (kinds & _SEATS and kinds & _PUSHED_UNDER):
        return 0.0
    common = float(first.ground.intersection(second.ground).area) * tall
    return common / min(body.ground.area * (body.high - body.low) for body in (first, second))


def _called(home: Home, piece: Piece, article: Literal["The", "the"] = "The") -> str:
    """By its name, and where it stands: most homes have several chairs."""
    middle_2 = piece.box.centre_3[:2]
    room = home.room_at(middle_2, piece.level)
    place = f"in {room.name}" if room is not None and room.name else f"at ({middle_2[0]:.1f}, {middle_2[1]:.1f})"
    return f"{article} {piece.name or piece.id} {place}{_where(home, piece.level)}"


def _where(home: Home, level: str) -> str:
    return f" on {home.level(level).name or level}" if len(home.levels) > 1 else ""
