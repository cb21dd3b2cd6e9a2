"""Homes: walls with doors and windows, rooms, furniture, lights and cameras, as values.

Everything is in the world's frame: metres, +z up, the plan seen from above with +y upwards; angles are radians,
counter-clockwise from above. The frame of a piece of furniture is that of a thing in a scene: front to -y, +z up.
A home may have several levels (storeys) above each other; all heights are above the world's zero, not above the floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from dagster_gsi.geometry.camera import Camera

if TYPE_CHECKING:
    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.pose import Array, Pose
    from dagster_gsi.homes.wall import Wall

Colour = tuple[float, float, float]
"""sRGB in [0, 1], as authored."""


@dataclass(frozen=True, slots=True)
class Texture:
    """A picture that is repeated over a surface."""

    name: str
    picture: str | None
    """Its file in the home's archive, or in the library that the home was drawn with."""
    size: tuple[float, float]
    """Width and height in metres of one repetition."""


@dataclass(frozen=True, slots=True)
class Finish:
    """What a surface is painted or covered with; nothing of it where the home does not say."""

    colour: Colour | None = None
    texture: Texture | None = None
    shininess: float | None = None
    """From 0 (matt) to 1."""


@dataclass(frozen=True, slots=True)
class Level:
    """A storey."""

    id: str
    name: str
    elevation: float
    """Height of its floor in metres."""
    height: float
    """From its floor to its ceiling, in metres."""


@dataclass(frozen=True, slots=True, eq=False)
class RoomArea:
    """A part of a floor that the home's author drew an outline around."""

    id: str
    name: str
    """As written in the home; empty where it has none."""
    level: str
    outline_N2: Array
    """Corners as drawn, in either direction; nothing guarantees that it does not cross itself."""
    floor_height: float
    ceiling_height: float
    floor: Finish
    ceiling: Finish
    floor_visible: bool
    """Where it is not, the outline is that of a ceiling only, often above another room."""
    ceiling_visible: bool

    @property
    def area(self) -> float:
        """Square metres inside the outline."""
        x_N, y_N = self.outline_N2.T
        # Relative to a corner: far from the origin the products would cancel.
        x_N, y_N = x_N - x_N[0], y_N - y_N[0]
        return float(abs(x_N @ np.roll(y_N, -1) - y_N @ np.roll(x_N, -1)) / 2)

    def contains(self, point_2: Array) -> bool:
        """Whether a point of the plan lies inside the outline, by the even-odd rule."""
        x_N, y_N = (self.outline_N2 - point_2).T
        x_next_N, y_next_N = np.roll(x_N, -1), np.roll(y_N, -1)
        crosses_N = (y_N > 0) != (y_next_N > 0)
        rise_N = np.where(crosses_N, y_next_N - y_N, 1.0)
        return bool(np.count_nonzero(crosses_N & (x_N - y_N * (x_next_N - x_N) / rise_N > 0)) % 2)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A piece of furniture, as a box."""

    id: str
    name: str
    """As written in the home, in its author's language."""
    catalogue: str | None
    """Its model in the catalogue it was taken from: `eTeks#bed140x190`."""
    category: str | None
    """An English noun for what it is, where that is known: "bed"."""
    level: str
    box: Box
    mirrored: bool
    """Whether its model is mirrored from left to right before it is placed."""
    movable: bool
    visible: bool
    finish: Finish
    """What covers the whole piece, where the home changes it."""
    materials: tuple[tuple[str, Finish], ...]
    """What the home changes of single materials of the model, by their names."""
    model: str | None
    """File of the 3D model in the home's archive, or in the library that the home was drawn with."""
    model_rotation_33: tuple[tuple[float, float, float], ...] | None
    """To be applied to the model's points (y up) before its size is measured."""
    top: float | None
    """Metres above its base where something put onto it rests; None where nothing can be put onto it."""
    groups: tuple[str, ...] = ()
    """Names of the groups that it belongs to, the outermost first."""

    @property
    def base(self) -> float:
        """Height of its lowest point in metres."""
        return float(self.box.centre_3[2]) - self._half_height

    @property
    def height(self) -> float:
        """Height of its highest point in metres."""
        return float(self.box.centre_3[2]) + self._half_height

    @property
    def _half_height(self) -> float:
        return float(np.abs(self.box.pose_wb.rotation_33[2]) @ self.box.size_3) / 2


@dataclass(frozen=True, slots=True)
class Sash:
    """The leaf of a door or window that turns, as the plan shows it."""

    hinge_2: tuple[float, float]
    width: float
    """Metres from the hinge to the other edge."""
    closed: float
    """Direction from the hinge in which the closed leaf lies, in radians from +x."""
    turn: float
    """Radians by which it opens, counter-clockwise from above."""

    def edge(self, share: float) -> tuple[float, float]:
        """Where its outer edge is when it is open by `share`, from 0 to 1."""
        angle = self.closed + share * self.turn
        x, y = self.hinge_2
        return x + self.width * float(np.cos(angle)), y + self.width * float(np.sin(angle))


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """A door, a window or an open passage: a box that cuts through a wall."""

    piece: Piece
    kind: Literal["door", "window"]
    """A door reaches down to the floor and is high enough to walk through, whether it has a leaf or not."""
    wall: str | None
    """Id of the wall that it is in, where there is one."""
    along: float | None
    """Metres on the wall's middle line from the wall's start to the middle of the opening."""
    sashes: tuple[Sash, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A sphere that shines."""

    position: tuple[float, float, float]
    colour: Colour
    diameter: float | None
    """Metres; None where the home does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """A lamp."""

    piece: Piece
    power: float
    """From 0 (off) to 1, as set in the home."""
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StoredCamera:
    """A view that the home's author kept."""

    name: str
    pose_wc: Pose
    """OpenCV axes: x right, y down, z forward."""
    fov: float
    """Horizontal field of view in radians."""

    def camera(self, width: int, height: int) -> Camera:
        """The view on a picture of so many pixels."""
        focal = width / 2 / float(np.tan(self.fov / 2))
        return Camera(self.pose_wc, focal, focal, width / 2, height / 2, width, height)


@dataclass(frozen=True, eq=False)
class Home:
    """All that is known of a home."""

    name: str
    """The name of its file without the suffix."""
    source: str
    """The file it was read from."""
    licence: str
    """As its author wrote it; empty where nothing is said."""
    author: str
    copyright: str
    levels: tuple[Level, ...]
    """At least one, in the order of the file."""
    walls: tuple[Wall, ...]
    rooms: tuple[RoomArea, ...]
    openings: tuple[Opening, ...]
    pieces: tuple[Piece, ...]
    """Furniture that is neither a door, a window nor a lamp."""
    lights: tuple[Light, ...]
    cameras: tuple[StoredCamera, ...]

    @cached_property
    def furniture(self) -> tuple[Piece, ...]:
        """Pieces and lamps: all that stands, lies or hangs in it."""
        return (*self.pieces, *(light.piece for light in self.lights))

    @cached_property
    def floors(self) -> tuple[RoomArea, ...]:
        """The rooms that one can stand in."""
        return tuple(room for room in self.rooms if room.floor_visible)

    @property
    def area(self) -> float:
        """Square metres of all rooms that have a floor."""
        return sum(room.area for room in self.floors)

    def level(self, key: str) -> Level:
        """The level of that id."""
        return next(level for level in self.levels if level.id == key)

    def wall(self, key: str) -> Wall:
        """The wall of that id."""
        return next(wall for wall in self.walls if wall.id == key)

    def room_at(self, point_2: Array, level: str) -> RoomArea | None:
        """The smallest room of a level around a point of the plan: rooms may be drawn inside others."""
        around = [room for room in self.floors if room.level == level and room.contains(point_2)]
        return min(around, key=lambda room: room.area, default=None)


def counted(count: int, noun: str) -> str:
    """So many of something, for people: "1 room", "3 rooms"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
