"""Walls, straight and round: their middle lines, their outlines, and where along them a point lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Finish

# A polygon with a corner every 5 degrees is within a thousandth of the radius of the arc.
_ARC_STEP = np.pi / 36


@dataclass(frozen=True, slots=True, eq=False)
class Wall:
    """A wall along a straight middle line or an arc, seen from above."""

    id: str
    level: str
    start_2: tuple[float, float]
    end_2: tuple[float, float]
    thickness: float
    base: float
    """Height of its foot in metres above the world's zero."""
    height_start: float
    """Metres from its foot to its top at the start."""
    height_end: float
    sweep: float
    """Radians by which its direction turns from start to end, counter-clockwise from above; 0 is straight."""
    left: Finish
    """The side on the left of somebody who walks from start to end."""
    right: Finish
    joined_start: str | None = None
    """Id of the wall that it is joined to at its start."""
    joined_end: str | None = None

    @property
    def chord(self) -> float:
        """Metres from start to end as the crow flies."""
        return float(np.hypot(self.end_2[0] - self.start_2[0], self.end_2[1] - self.start_2[1]))

    @property
    def length(self) -> float:
        """Metres along the middle line."""
        return self.chord if self.sweep == 0 else abs(self.sweep) * self.radius

    @property
    def radius(self) -> float:
        """Of the arc of the middle line, in metres; infinite where it is straight."""
        return float("inf") if self.sweep == 0 else self.chord / 2 / abs(float(np.sin(self.sweep / 2)))

    @property
    def centre_2(self) -> Array:
        """Of the arc: on the left of a wall that turns to the left by less than half a circle."""
        start_2, chord_2 = np.array(self.start_2), np.subtract(self.end_2, self.start_2)
        left_2 = np.array([-chord_2[1], chord_2[0]])
        return np.asarray(start_2 + chord_2 / 2 + left_2 / 2 / np.tan(self.sweep / 2))

    def middle_N2(self) -> Array:
        """Points of the middle line from start to end: two of a straight wall, one every 5 degrees of a round one."""
        return self._side(0.0)

    def outline_N2(self) -> Array:
        """The wall's ground plan, its left side first."""
        return np.concatenate([self._side(self.thickness / 2), self._side(-self.thickness / 2)[::-1]])

    def locate(self, point_2: Array) -> tuple[float, float]:
        """Metres along the middle line from the start, and metres to its left, of a point; may lie beyond the ends."""
        assert self.length > 0
        if self.sweep == 0:
            along_2 = np.subtract(self.end_2, self.start_2) / self.chord
            offset_2 = point_2 - self.start_2
            return float(offset_2 @ along_2), float(along_2[0] * offset_2[1] - along_2[1] * offset_2[0])
        turning = float(np.sign(self.sweep))
        first_2, here_2 = self.start_2 - self.centre_2, point_2 - self.centre_2
        # Measured from the middle of the arc, so that what is just before its start is not a whole turn after it.
        middle = np.arctan2(first_2[1], first_2[0]) + self.sweep / 2
        off = (np.arctan2(here_2[1], here_2[0]) - middle + np.pi) % (2 * np.pi) - np.pi
        return (turning * off + abs(self.sweep) / 2) * self.radius, turning * (self.radius - float(np.hypot(*here_2)))

    def direction(self, along: float) -> float:
        """Heading of the middle line in radians, `along` metres from the start."""
        chord_2 = np.subtract(self.end_2, self.start_2)
        heading = float(np.arctan2(chord_2[1], chord_2[0]))
        return heading if self.sweep == 0 else heading + self.sweep * (along / self.length - 0.5)

    def top(self, along: float) -> float:
        """Height of its upper edge above the world's zero, `along` metres from the start."""
        share = float(np.clip(along / self.length, 0.0, 1.0)) if self.length else 0.0
        return self.base + self.height_start + share * (self.height_end - self.height_start)

    def _side(self, left: float) -> Array:
        """The middle line moved to the left by some metres."""
        start_2, chord_2 = np.array(self.start_2), np.subtract(self.end_2, self.start_2)
        if self.sweep == 0:
            aside_2 = left * np.array([-chord_2[1], chord_2[0]]) / max(self.chord, 1e-12)
            return np.stack([start_2 + aside_2, start_2 + chord_2 + aside_2])
        radius = self.radius - np.sign(self.sweep) * left
        first_2 = start_2 - self.centre_2
        count = max(2, int(np.ceil(abs(self.sweep) / _ARC_STEP)) + 1)
        angles_N = np.arctan2(first_2[1], first_2[0]) + np.linspace(0.0, self.sweep, count)
        return np.asarray(self.centre_2 + max(radius, 0.0) * np.stack([np.cos(angles_N), np.sin(angles_N)], axis=1))
