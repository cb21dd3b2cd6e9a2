"""Whether things are in sight: straight lines against walls and boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.homes.joints import joined_outlines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Home

# Metres: what is no farther from a box stands on it or in it.
_TOUCHING = 0.02
# Lines at a time: the arrays of a block then stay in the processor's cache.
_BLOCK = 512
# Metres: a line that does not run along an axis at all is taken to do so by as much.
_LEAST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Obstacles:
    """What hides things: the sides of walls, from their foot to their top, and solid boxes."""

    starts_E2: Array
    """Where each side of a wall begins on the plan."""
    ends_E2: Array
    heights_E2: Array
    """Its foot and its top in metres."""
    rotations_K33: Array
    """Axes of each box in the world, as columns."""
    centres_K3: Array
    halves_K3: Array

    def blocked(self, from_Q3: Array, to_Q3: Array, ignored_QK: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Which lines (from, to) are cut, as (Q,); boxes that `ignored_QK` marks for a line do not cut it."""
        found_Q = np.zeros(len(from_Q3), dtype=bool)
        for start in range(0, len(from_Q3), _BLOCK):
            block = slice(start, start + _BLOCK)
            boxes_QK = self._through_boxes(from_Q3[block], to_Q3[block])
            if ignored_QK is not None:
                boxes_QK &= ~ignored_QK[block]
            found_Q[block] = boxes_QK.any(axis=1) | self._through_walls(from_Q3[block], to_Q3[block]).any(axis=1)
        return found_Q

    def holding(self, points_M3: Array) -> NDArray[np.bool_]:
        """Which boxes (K) each point lies in or touches, as (M, K): what stands there is on them or in them."""
        offset_MK3 = points_M3[:, None] - self.centres_K3
        inside_MK3 = np.abs(np.einsum("mki,kij->mkj", offset_MK3, self.rotations_K33)) <= self.halves_K3 + _TOUCHING
        return np.asarray(inside_MK3.all(axis=2))

    def _through_boxes(self, from_Q3: Array, to_Q3: Array) -> NDArray[np.bool_]:
        """Slabs: a line is in a box where it is between both sides of all three axes."""
        enters_QK = np.full((len(from_Q3), len(self.centres_K3)), 0.0)
        leaves_QK = np.full_like(enters_QK, 1.0)
        for axis in range(3):
            axes_3K = self.rotations_K33[:, :, axis].T
            here_QK = from_Q3 @ axes_3K - (self.centres_K3 * axes_3K.T).sum(axis=1)
            along_QK = (to_Q3 - from_Q3) @ axes_3K
            along_QK = np.where(np.abs(along_QK) < _LEAST, _LEAST, along_QK)
            first_QK = (-self.halves_K3[:, axis] - here_QK) / along_QK
            last_QK = (self.halves_K3[:, axis] - here_QK) / along_QK
            np.maximum(enters_QK, np.minimum(first_QK, last_QK), out=enters_QK)
            np.minimum(leaves_QK, np.maximum(first_QK, last_QK), out=leaves_QK)
        return np.asarray(enters_QK < leaves_QK)

    def _through_walls(self, from_Q3: Array, to_Q3: Array) -> NDArray[np.bool_]:
        """Where two lines of the plan cross, and whether the line in space is between foot and top there."""
        line_Q12, side_E2 = (to_Q3 - from_Q3)[:, None, :2], self.ends_E2 - self.starts_E2
        across_QE = _cross(line_Q12, side_E2)
        parallel_QE = np.abs(across_QE) < _LEAST
        gap_QE2 = self.starts_E2 - from_Q3[:, None, :2]
        safe_QE = np.where(parallel_QE, 1.0, across_QE)
        along_QE, beside_QE = _cross(gap_QE2, side_E2) / safe_QE, _cross(gap_QE2, line_Q12) / safe_QE
        height_QE = from_Q3[:, 2:] + along_QE * (to_Q3 - from_Q3)[:, 2:]
        meets_QE = (along_QE >= 0) & (along_QE <= 1) & (beside_QE >= 0) & (beside_QE <= 1) & ~parallel_QE
        low_E, high_E = self.heights_E2.T
        return np.asarray(meets_QE & (height_QE >= low_E) & (height_QE <= high_E))


def obstacles(home: Home, level: str, boxes: Sequence[Box]) -> Obstacles:
    """The walls of a level, whose doors and windows are closed, the doors that are in no wall, and `boxes`."""
    walls = [wall for wall in home.walls if wall.level == level]
    outlines = joined_outlines(walls)
    solid = [*boxes, *(o.piece.box for o in home.openings if o.wall is None and o.piece.level == level)]
    starts = [outlines[wall.id] for wall in walls]
    heights = [
        np.tile([wall.base, max(wall.top(0.0), wall.top(wall.length))], (len(outlines[wall.id]), 1)) for wall in walls
    ]
    return Obstacles(
        starts_E2=np.concatenate([np.zeros((0, 2)), *starts]),
        ends_E2=np.concatenate([np.zeros((0, 2)), *(np.roll(outline_N2, -1, axis=0) for outline_N2 in starts)]),
        heights_E2=np.concatenate([np.zeros((0, 2)), *heights]),
        rotations_K33=np.array([box.pose_wb.rotation_33 for box in solid]).reshape(-1, 3, 3),
        centres_K3=np.array([box.centre_3 for box in solid]).reshape(-1, 3),
        halves_K3=np.array([box.size_3 / 2 for box in solid]).reshape(-1, 3),
    )


def _cross(first_2: Array, second_2: Array) -> Array:
    return np.asarray(first_2[..., 0] * second_2[..., 1] - first_2[..., 1] * second_2[..., 0])
