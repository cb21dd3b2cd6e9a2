"""Rooms as one finds them by walking: free floor that hangs together, held against the rooms of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.homes.floor import free_floor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Home, RoomArea

SPACING = 0.1
"""Metres between points of free floor."""
# Neighbours are those at the sides and at the corners of a point. Fewer than these points, itself among them, are a strand
# that is one point wide: nobody passes there.
_REACH, _NEIGHBOURS = 1.5, 5
# Square metres: on less, one can hardly turn around.
_SMALLEST = 0.2
# Of a cluster's points: a room with less of them is an edge that the author drew a little off, no room of its own.
_PART = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class FloorRoom:
    """Free floor that hangs together."""

    level: str
    points_N2: Array
    room: RoomArea | None
    """The plan's room that most of its points are in."""
    agreement: float
    """Share of its points that are in that room."""
    parts: tuple[RoomArea, ...]
    """The plan's rooms that it reaches into, the one with most of its points first. Nothing divides them in the plan, as
    nothing does an open kitchen and the living room.
    """

    @property
    def name(self) -> str:
        """The names of its rooms."""
        return " + ".join(part.name or "unnamed" for part in self.parts) or "unnamed"

    @property
    def area(self) -> float:
        """Square metres that its points stand for."""
        return len(self.points_N2) * SPACING**2


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """The free floor of a level, taken apart."""

    rooms: tuple[FloorRoom, ...]
    """The largest first."""
    missed: tuple[RoomArea, ...]
    """Rooms of the plan in which there is no place to stand."""
    strays: int
    """Points in gaps where nobody could stand."""

    @property
    def points(self) -> int:
        """Points in all rooms."""
        return sum(len(room.points_N2) for room in self.rooms)

    @property
    def agreement(self) -> float:
        """Share of all points that are in the plan's room of their cluster; 1 where there are none."""
        agreeing = sum(room.agreement * len(room.points_N2) for room in self.rooms)
        return agreeing / self.points if self.points else 1.0

    @property
    def open_plan(self) -> tuple[FloorRoom, ...]:
        """Those that reach into several rooms of the plan."""
        return tuple(room for room in self.rooms if len(room.parts) > 1)

    @property
    def divided(self) -> tuple[RoomArea, ...]:
        """Rooms of the plan that furniture or walls divide into several."""
        first = [room.room for room in self.rooms if room.room is not None]
        return tuple({room.id: room for room in first if first.count(room) > 1}.values())


def rooms_of(home: Home, level: str) -> tuple[FloorRoom, ...]:
    """The rooms of a level by its free floor, the largest first."""
    return partition(home, level).rooms


def partition(home: Home, level: str) -> Partition:
    """Take the free floor of a level apart by density (DBSCAN) and say which room of the plan each part is."""
    from sklearn.cluster import DBSCAN

    plan = [room for room in home.floors if room.level == level]
    points_N2 = free_floor(home, level, spacing=SPACING)
    if not len(points_N2):
        return Partition((), tuple(plan), 0)
    # In steps of the grid, which are whole numbers: what is a neighbour is then no matter of rounding.
    steps_N2 = np.round(points_N2 / SPACING)
    label_N = DBSCAN(eps=_REACH, min_samples=_NEIGHBOURS).fit_predict(steps_N2)
    index_N = _rooms_at(plan, points_N2)
    clusters = [np.flatnonzero(label_N == label) for label in range(label_N.max() + 1)]
    rooms = [
        _floor_room(level, plan, points_N2[members_K], index_N[members_K])
        for members_K in clusters
        if len(members_K) * SPACING**2 >= _SMALLEST
    ]
    rooms.sort(key=lambda room: -len(room.points_N2))
    entered = {part.id for room in rooms for part in room.parts}
    strays = len(points_N2) - sum(len(room.points_N2) for room in rooms)
    return Partition(tuple(rooms), tuple(room for room in plan if room.id not in entered), strays)


def _floor_room(level: str, plan: list[RoomArea], points_K2: Array, index_K: NDArray[np.int64]) -> FloorRoom:
    count_R = np.bincount(index_K[index_K >= 0], minlength=len(plan))
    # Of rooms with equally many, the first of the plan.
    order = sorted(range(len(plan)), key=lambda k: -count_R[k])
    parts = tuple(plan[k] for k in order if count_R[k] >= _PART * len(points_K2))
    agreement = float(count_R[order[0]]) / len(points_K2)
    return FloorRoom(level, points_K2, parts[0] if parts else None, agreement, parts)


def _rooms_at(plan: list[RoomArea], points_N2: Array) -> NDArray[np.int64]:
    """The smallest room around each point, as `Home.room_at` has it for one; -1 outside all."""
    index_N = np.full(len(points_N2), -1)
    # The first of equally large ones comes last, and stays.
    for k in sorted(range(len(plan)), key=lambda k: (-plan[k].area, -k)):
        index_N[_inside(plan[k].outline_N2, points_N2)] = k
    return index_N


def _inside(outline_C2: Array, points_N2: Array) -> NDArray[np.bool_]:
    """`RoomArea.contains` for many points: it tells on which side of a border a point on it is."""
    x_NC, y_NC = (outline_C2 - points_N2[:, None]).transpose(2, 0, 1)
    x_next_NC, y_next_NC = np.roll(x_NC, -1, axis=1), np.roll(y_NC, -1, axis=1)
    crosses_NC = (y_NC > 0) != (y_next_NC > 0)
    rise_NC = np.where(crosses_NC, y_next_NC - y_NC, 1.0)
    right_NC = x_NC - y_NC * (x_next_NC - x_NC) / rise_NC > 0
    return np.asarray(np.count_nonzero(crosses_NC & right_NC, axis=1) % 2 == 1)
