"""A home looked over: where one can stand in it, and what could be seen from there of things on its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.homes.home import counted
from dagster_gsi.homes.partition import partition
from dagster_gsi.homes.plan import lived_in
from dagster_gsi.homes.viewpoints import viewpoints

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Home, Level, Piece
    from dagster_gsi.homes.partition import Partition
    from dagster_gsi.homes.viewpoints import Views

# What people put small things on.
_TABLES = frozenset({
    "cabinet", "coffee table", "desk", "dishwasher", "dresser", "kitchen cabinet", "nightstand", "piano", "shelf", "sink",
    "stove", "table", "TV stand", "washbasin", "washing machine",
})  # fmt: skip
# Metres above the floor: higher tops are not seen onto, lower ones are trays and bases.
_TOPS = (0.2, 1.2)
# Metres that the back of a desk or the tap of a sink rises above its top; what rises more is a bookcase around a shelf.
_HIGHEST_BACK = 0.35
# A stand-in is a cube of so many metres; from one to the next, it is so far.
_SIDE, _APART = 0.12, 0.3
# Of a picture: only the field of view and the aspect matter.
_PICTURE = 512


@dataclass(frozen=True, slots=True, eq=False)
class LevelViews:
    """What was found on a level."""

    level: Level
    floor: Partition
    stand_ins: tuple[Box, ...]
    views: tuple[Views, ...]
    """One for each room of `floor`."""


def survey(home: Home, *, count: int, seed: int) -> tuple[LevelViews, ...]:
    """Choose up to `count` views a room on every level that is lived in, of stand-ins for things on tables."""
    found = []
    for storey, level in enumerate(lived_in(home)):
        floor = partition(home, level.id)
        pieces = [piece for piece in home.furniture if piece.level == level.id and piece.visible]
        cubes = tuple(stand_ins(pieces, level.elevation))
        blockers = [piece.box for piece in pieces]
        views = tuple(
            viewpoints(
                room, home, cubes, blockers, np.random.default_rng([seed, storey, k]), image_size=_PICTURE, count=count
            )
            for k, room in enumerate(floor.rooms)
        )
        found.append(LevelViews(level, floor, cubes, views))
    return tuple(found)


def stand_ins(pieces: Sequence[Piece], floor_height: float) -> list[Box]:
    """Cubes in rows on tables, counters and the like, where nothing else is in their place."""
    cubes: list[Box] = []
    for piece in pieces:
        if piece.category not in _TABLES or piece.top is None or piece.box.pose_wb.tilt > 0:
            continue
        height = piece.base + piece.top
        if not _TOPS[0] <= height - floor_height <= _TOPS[1] or piece.height - height > _HIGHEST_BACK:
            continue
        others = [other.box for other in pieces if other is not piece and _reaches(other, height)]
        for cube in _cubes_on(piece, height):
            # Where cabinets are drawn into each other, so would be the cubes on them.
            probes_N3 = np.concatenate([cube.corners_83(), cube.centre_3[None]])
            if not any(other.contains(probes_N3).any() for other in (*others, *cubes)):
                cubes.append(cube)
    return cubes


def _cubes_on(piece: Piece, height: float) -> Iterator[Box]:
    across_N, along_N = (_row(float(length)) for length in piece.box.size_3[:2])
    for x in across_N:
        for y in along_N:
            middle_3 = piece.box.pose_wb.apply(np.array([[x, y, 0.0]]))[0]
            middle_3[2] = height + _SIDE / 2
            yield Box(Pose.upright(piece.box.pose_wb.yaw, middle_3), np.full(3, _SIDE))


def figures(found: Sequence[LevelViews]) -> tuple[str, str]:
    """Two lines for people: about the floor, and about the views."""
    return _about_floor([level.floor for level in found]), _about_views([v for level in found for v in level.views])


def _about_floor(floors: Sequence[Partition]) -> str:
    rooms = [room for floor in floors for room in floor.rooms]
    alone = [room for room in rooms if len(room.parts) == 1]
    points = sum(len(room.points_N2) for room in alone)
    agreeing = sum(room.agreement * len(room.points_N2) for room in alone)
    said = f"{counted(len(rooms), 'place')} to stand in"
    if alone:
        said += f": {len(alone)} in one room of the plan each, with {100 * agreeing / points:.1f} % of their points"
    said += "".join(f"; {room.name} are one, no wall divides them" for floor in floors for room in floor.open_plan)
    missed = sum(len(floor.missed) for floor in floors)
    return said + (f"; {counted(missed, 'room')} without a place to stand in" if missed else "")


def _about_views(views: Sequence[Views]) -> str:
    tried, good = sum(len(each.candidates) for each in views), sum(each.good for each in views)
    chosen, seeing = sum(len(each.picked) for each in views), sum(bool(each.picked) for each in views)
    return f"{counted(chosen, 'view')} chosen of {good:,} good ones among {tried:,}, in {seeing} of {counted(len(views), 'place')}"


def _reaches(piece: Piece, height: float) -> bool:
    return piece.base < height + _SIDE and piece.height > height + 1e-6


def _row(length: float) -> Array:
    """Places along a side, evenly about its middle, as many as have room."""
    count = int((length - _SIDE) / _APART + 1e-9) + 1 if length >= _SIDE else 0
    return np.asarray((np.arange(count) - (count - 1) / 2) * _APART)
