"""Views of a room that could be taken, by the hundred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.camera import Camera

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Home
    from dagster_gsi.homes.partition import FloorRoom

# Metres above the floor: from a low tripod to the eyes of somebody who stands; and what stays free under a ceiling.
_EYES, _UNDER_CEILING = (1.1, 1.65), 0.2
# Lower, tops are seen from their edge; higher, it is the floor that is pictured.
_PITCHES_DEG = (-40.0, -5.0)
# Horizontal fields of view of a phone's main lens and of its lens for portraits.
_FOVS_DEG = (45.0, 65.0)
# About three thousand in all: positions, headings in each, pitches in each heading.
_POSITIONS, _HEADINGS, _STEPS_DOWN = 64, 12, 4


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """N roll-free views of pictures of one size."""

    eyes_N3: Array
    headings_N: Array
    """Where they look, from above, in radians counter-clockwise from +x."""
    pitches_N: Array
    """Radians above the horizon: below zero they look down."""
    fovs_N: Array
    """Horizontal fields of view in radians."""
    width: int
    height: int

    def __len__(self) -> int:
        return len(self.eyes_N3)

    def axes_N33(self) -> Array:
        """Right, down and forward in the world, as rows."""
        cos_N, sin_N = np.cos(self.headings_N), np.sin(self.headings_N)
        level_N, rise_N = np.cos(self.pitches_N), np.sin(self.pitches_N)
        right_N3 = np.stack([sin_N, -cos_N, np.zeros(len(self))], axis=1)
        down_N3 = np.stack([cos_N * rise_N, sin_N * rise_N, -level_N], axis=1)
        forward_N3 = np.stack([cos_N * level_N, sin_N * level_N, rise_N], axis=1)
        return np.stack([right_N3, down_N3, forward_N3], axis=1)

    def halves_N2(self) -> Array:
        """Half the width and half the height of the picture, at a depth of 1."""
        return np.tan(self.fovs_N / 2)[:, None] * np.array([1.0, self.height / self.width])

    def camera(self, index: int) -> Camera:
        """One of them."""
        eye_3, forward_3 = self.eyes_N3[index], self.axes_N33()[index, 2]
        fov = float(self.fovs_N[index])
        return Camera.look_at(eye_3, eye_3 + forward_3, fov=fov, width=self.width, height=self.height)


def draw_candidates(room: FloorRoom, home: Home, rng: np.random.Generator, *, size: tuple[int, int]) -> Candidates:
    """Look from places all over a room's free floor, all around, from nearly level to steeply down."""
    floor = home.level(room.level).elevation
    highest = _EYES[1]
    if room.room is not None:
        highest = min(highest, max(room.room.ceiling_height - floor - _UNDER_CEILING, _EYES[0]))
    count = min(_POSITIONS, len(room.points_N2))
    places_P2 = room.points_N2[np.sort(rng.choice(len(room.points_N2), count, replace=False))]
    eyes_P3 = np.column_stack([places_P2, floor + rng.uniform(_EYES[0], highest, count)])
    # Evenly all around, but not the same way in all places.
    first_P = rng.uniform(0.0, 2 * np.pi / _HEADINGS, count)
    headings_PH = first_P[:, None] + np.arange(_HEADINGS) * 2 * np.pi / _HEADINGS
    shares_PHV = (np.arange(_STEPS_DOWN) + rng.uniform(size=(count, _HEADINGS, _STEPS_DOWN))) / _STEPS_DOWN
    low, high = np.radians(_PITCHES_DEG)
    shape = (count, _HEADINGS, _STEPS_DOWN)
    return Candidates(
        eyes_N3=np.repeat(eyes_P3, _HEADINGS * _STEPS_DOWN, axis=0),
        headings_N=np.broadcast_to(headings_PH[..., None], shape).reshape(-1),
        pitches_N=(low + (high - low) * shares_PHV).reshape(-1),
        fovs_N=np.radians(rng.uniform(*_FOVS_DEG, shape)).reshape(-1),
        width=size[0],
        height=size[1],
    )
