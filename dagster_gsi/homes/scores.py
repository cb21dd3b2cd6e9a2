"""How good views are: what they show of things that can be moved, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.candidates import Candidates
    from dagster_gsi.homes.sight import Obstacles

# Of an object's picture: more of it does not make a view better. A cup that fills a seventh of the side is easily seen.
_AMPLE = 0.02
# What an object counts that is just large enough; what is ample counts 1.
_LEAST_WORTH = 0.5
# Where in the picture nothing may be close, in halves of its width and height from its middle.
_MIDDLE = (-0.5, 0.0, 0.5)


@dataclass(frozen=True, slots=True)
class Limits:
    """When an object counts as seen, and when a view is good."""

    border: float = 0.04
    """Of the picture's width and height; objects lie inside."""
    nearest: float = 0.6
    """Metres from the eye to the middle of an object."""
    farthest: float = 3.5
    least_share: float = 0.005
    """Of the picture, covered by the frame around an object: 36 pixels square of 512."""
    least_objects: int = 3
    """Fewer seen objects leave nothing to tell apart."""
    least_of_best: float = 0.5
    """Of the score of the room's best view."""
    least_clear: float = 0.4
    """Metres free of walls and furniture in the middle of the picture."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What N views are worth that look at M objects."""

    seen_NM: NDArray[np.bool_]
    """Which objects each view shows."""
    score_N: Array
    """Each seen object counts from 0.5 to 1 by its size in the picture."""
    cramped_N: NDArray[np.bool_]
    """Where something is right in front of the eye; only said of views that show enough."""


def score(candidates: Candidates, objects: Sequence[Box], obstacles: Obstacles, limits: Limits) -> Scores:
    """Judge every view by the objects that lie in its picture, large enough, and in sight."""
    count = len(candidates)
    seen_NM = np.zeros((count, len(objects)), dtype=bool)
    share_NM = np.zeros(seen_NM.shape)
    if objects and count:
        corners_M83 = np.array([thing.corners_83() for thing in objects])
        view_R, thing_R = np.nonzero(_facing(candidates, corners_M83.mean(axis=1), limits))
        share_R = _pictured(candidates, view_R, corners_M83[thing_R], limits.border)
        large_R = share_R >= limits.least_share
        view_R, thing_R, share_R = view_R[large_R], thing_R[large_R], share_R[large_R]
        clear_R = _in_sight(candidates.eyes_N3[view_R], thing_R, corners_M83, obstacles)
        seen_NM[view_R, thing_R] = clear_R
        share_NM[view_R, thing_R] = share_R
    worth_NM = _LEAST_WORTH + (1 - _LEAST_WORTH) * np.minimum(share_NM / _AMPLE, 1.0)
    cramped_N = np.zeros(count, dtype=bool)
    rich_R = np.flatnonzero(seen_NM.sum(axis=1) >= limits.least_objects)
    cramped_N[rich_R] = _cramped(candidates, rich_R, obstacles, limits.least_clear)
    return Scores(seen_NM, (worth_NM * seen_NM).sum(axis=1), cramped_N)


def _facing(candidates: Candidates, middles_M3: Array, limits: Limits) -> NDArray[np.bool_]:
    """Which objects (M) have their middle in the picture and are neither too near nor too far, as (N, M)."""
    offset_NM3 = middles_M3 - candidates.eyes_N3[:, None]
    distance_NM = np.linalg.norm(offset_NM3, axis=2)
    x_NM, y_NM, z_NM = (offset_NM3 @ candidates.axes_N33().transpose(0, 2, 1)).transpose(2, 0, 1)
    half_x_N1, half_y_N1 = candidates.halves_N2().T[:, :, None]
    is_inside_NM = (np.abs(x_NM) < z_NM * half_x_N1) & (np.abs(y_NM) < z_NM * half_y_N1)
    return np.asarray(is_inside_NM & (distance_NM >= limits.nearest) & (distance_NM <= limits.farthest))


def _pictured(candidates: Candidates, view_R: NDArray[np.int64], corners_R83: Array, border: float) -> Array:
    """Share of the picture in the frame around each object; 0 where it is not wholly inside the border."""
    offset_R83 = corners_R83 - candidates.eyes_N3[view_R, None]
    x_y_z_R83 = offset_R83 @ candidates.axes_N33()[view_R].transpose(0, 2, 1)
    is_ahead_R = np.asarray((x_y_z_R83[..., 2] > 0).all(axis=1))
    depth_R8 = np.where(is_ahead_R[:, None], x_y_z_R83[..., 2], 1.0)
    # From -1 at the left and upper edge to 1 at the right and lower.
    place_R82 = x_y_z_R83[..., :2] / depth_R8[..., None] / candidates.halves_N2()[view_R, None]
    low_R2, high_R2 = place_R82.min(axis=1), place_R82.max(axis=1)
    edge = 1 - 2 * border
    is_inside_R = is_ahead_R & (low_R2 >= -edge).all(axis=1) & (high_R2 <= edge).all(axis=1)
    return np.asarray(np.where(is_inside_R, np.prod((high_R2 - low_R2) / 2, axis=1), 0.0))


def _in_sight(
    eyes_R3: Array, thing_R: NDArray[np.int64], corners_M83: Array, obstacles: Obstacles
) -> NDArray[np.bool_]:
    """Whether nothing hides the middle or the middle of the top; what holds an object hides neither."""
    middles_M3 = corners_M83.mean(axis=1)
    reach_M1 = (corners_M83[:, :, 2].max(axis=1) - middles_M3[:, 2])[:, None] * [0.0, 0.0, 1.0]
    holding_MK = obstacles.holding(middles_M3 - reach_M1)
    # Many views are taken from one place.
    places, place_R = np.unique(eyes_R3, axis=0, return_inverse=True)
    pairs_U2, pair_R = np.unique(np.stack([place_R.reshape(-1), thing_R], axis=1), axis=0, return_inverse=True)
    from_U3, thing_U = places[pairs_U2[:, 0]], pairs_U2[:, 1]
    hidden_U = np.zeros(len(pairs_U2), dtype=bool)
    for to_M3 in (middles_M3, middles_M3 + reach_M1):
        hidden_U |= obstacles.blocked(from_U3, to_M3[thing_U], holding_MK[thing_U])
    return np.asarray(~hidden_U[pair_R.reshape(-1)])


def _cramped(
    candidates: Candidates, view_R: NDArray[np.int64], obstacles: Obstacles, least_clear: float
) -> NDArray[np.bool_]:
    """Whether a wall or furniture is nearer than `least_clear` metres in the middle of a picture."""
    right_R3, down_R3, forward_R3 = candidates.axes_N33()[view_R].transpose(1, 0, 2)
    half_R2 = candidates.halves_N2()[view_R]
    eyes_R3 = candidates.eyes_N3[view_R]
    found_R = np.zeros(len(view_R), dtype=bool)
    for x in _MIDDLE:
        for y in _MIDDLE:
            ray_R3 = forward_R3 + x * half_R2[:, :1] * right_R3 + y * half_R2[:, 1:] * down_R3
            ray_R3 /= np.linalg.norm(ray_R3, axis=1, keepdims=True)
            found_R |= obstacles.blocked(eyes_R3, eyes_R3 + least_clear * ray_R3)
    return found_R
