"""The holes that doors, windows and passages make in walls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dagster_gsi.geometry.pose import Pose

if TYPE_CHECKING:
    from dagster_gsi.homes.home import Home, Level, Opening
    from dagster_gsi.homes.wall import Wall

# What is drawn through walls without a leaf or a pane.
_PASSAGE = re.compile(r"frame|hatch|passage|archway|opening", re.IGNORECASE)
# Doors that are windows: what one sees through.
_GLAZED = re.compile(r"window|glass|glazed|french|patio", re.IGNORECASE)
# Metres by which a hole is longer through its wall than the wall is thick, so that no skin is left.
_BEYOND = 1e-3
# Holes lower or narrower than this are no holes.
_SMALLEST = 0.02
# Two walls that run beside or behind each other within this angle are cut together.
_PARALLEL = np.radians(20.0)


@dataclass(frozen=True, slots=True, eq=False)
class Hole:
    """An upright box through a wall, in the frame of a level whose floor is at z = 0."""

    opening: Opening
    wall: Wall
    pose: Pose
    """From the hole's frame: its origin on the floor in the wall's middle, x along the wall as the opening has it."""
    width: float
    low: float
    high: float
    """Heights of its lower and upper edge."""
    inside: Literal["nothing", "door", "window"]

    def cut(self, wall: Wall) -> Any:
        """What of a wall's ground plan it takes away."""
        from shapely import Polygon

        # Round walls are thicker along a straight hole, by the rise of their arc.
        rise = wall.radius - np.sqrt(max(wall.radius**2 - self.width**2 / 4, 0.0)) if wall.sweep else 0.0
        # Another wall may lie beside this one's middle line.
        aside = 0.0 if wall is self.wall else abs(wall.locate(self.pose.translation_3[:2])[1])
        half = np.array([self.width / 2, wall.thickness / 2 + rise + aside + _BEYOND, 0.0])
        corners_43 = self.pose.apply(np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * half)
        return Polygon(corners_43[:, :2])

    def goes_through(self, wall: Wall) -> bool:
        """Its own wall, and others that cover the hole and run the same way."""
        if wall is self.wall:
            return True
        along, aside = wall.locate(self.pose.translation_3[:2])
        turn = abs((self.pose.yaw - wall.direction(along) + np.pi / 2) % np.pi - np.pi / 2)
        near = -self.width / 2 < along < wall.length + self.width / 2
        return bool(turn < _PARALLEL and near and abs(aside) < (self.wall.thickness + wall.thickness) / 2)


def holes(home: Home, level: Level) -> tuple[Hole, ...]:
    """All holes in the walls of a level, in the home's order."""
    found = (_hole(home, level, o) for o in home.openings if o.piece.level == level.id and o.piece.visible)
    return tuple(hole for hole in found if hole is not None)


def _hole(home: Home, level: Level, opening: Opening) -> Hole | None:
    if opening.wall is None or opening.along is None:
        return None
    wall, box = home.wall(opening.wall), opening.piece.box
    heading = wall.direction(opening.along)
    if float(np.cos(heading - box.pose_wb.yaw)) < 0:
        heading += np.pi
    left_2 = np.array([-np.sin(wall.direction(opening.along)), np.cos(wall.direction(opening.along))])
    # Boxes hang over on one side; the hole is in the wall's middle.
    middle_2 = box.centre_3[:2] - left_2 * wall.locate(box.centre_3[:2])[1]
    low = max(opening.piece.base - level.elevation, 0.0)
    high = min(opening.piece.height - level.elevation, wall.top(opening.along) - level.elevation, level.height)
    if high - low < _SMALLEST or box.size_3[0] < _SMALLEST:
        return None
    # Nobody steps over a sill of a millimetre.
    low = 0.0 if low < _SMALLEST else low
    pose = Pose.upright(heading, np.array([*middle_2, 0.0]))
    return Hole(opening, wall, pose, float(box.size_3[0]), low, high, _inside(opening))


def _inside(opening: Opening) -> Literal["nothing", "door", "window"]:
    words = f"{(opening.piece.catalogue or '').rpartition('#')[2]} {opening.piece.name}"
    if not opening.sashes and _PASSAGE.search(words):
        return "nothing"
    return "window" if opening.kind == "window" or _GLAZED.search(words) else "door"
