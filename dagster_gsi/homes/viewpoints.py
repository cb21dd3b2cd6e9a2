"""Viewpoints in a room: many are tried, and of the good ones a few are chosen that differ most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dagster_gsi.homes.candidates import draw_candidates
from dagster_gsi.homes.scores import LIMITS, score
from dagster_gsi.homes.sight import obstacles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.candidates import Candidates
    from dagster_gsi.homes.home import Home
    from dagster_gsi.homes.partition import FloorRoom
    from dagster_gsi.homes.scores import Limits, Scores

Reason = Literal["too few objects", "something in front", "worse than half of the best", "near another"]
REASONS: tuple[Reason, ...] = (
    "too few objects", "something in front", "worse than half of the best", "near another",
)  # fmt: skip
"""Why a view is not chosen, from the worst to the nearly chosen."""
# A view turned by so many radians differs as much as one from a place a metre away.
_METRES_PER_RADIAN = 1.0
# Metres, turns counted in: views that differ by less are the same one taken twice.
_APART = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """What became of the candidates of a room."""

    candidates: Candidates
    picked: tuple[int, ...]
    """Indices of the chosen ones: the best first, then the one that differs most from all before, and so on."""
    reasons: tuple[Reason | None, ...]
    """Why each candidate was rejected; None of the chosen."""
    seen: tuple[tuple[int, ...], ...]
    """For each chosen one, which of the objects it shows."""

    @property
    def chosen(self) -> tuple[Camera, ...]:
        """The cameras."""
        return tuple(self.candidates.camera(index) for index in self.picked)

    @property
    def counts(self) -> dict[str, int]:
        """How many candidates were chosen, and rejected for which reason."""
        number: Counter[str] = Counter(reason or "chosen" for reason in self.reasons)
        return {outcome: number[outcome] for outcome in ("chosen", *REASONS[::-1])}

    @property
    def good(self) -> int:
        """Those among which was chosen."""
        return self.counts["chosen"] + self.counts["near another"]


def viewpoints(
    room: FloorRoom,
    home: Home,
    objects: Sequence[Box],
    blockers: Sequence[Box],
    rng: np.random.Generator,
    *,
    image_size: int | tuple[int, int],
    count: int,
    limits: Limits = LIMITS,
) -> Views:
    """Choose up to `count` views of `objects` from the free floor of a room.

    `blockers` are what may hide them: furniture, and the objects' own boxes if they are to hide each other. A blocker
    never hides an object that stands on it or in it. `image_size` is a side or (width, height) in pixels.
    """
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    candidates = draw_candidates(room, home, rng, size=size)
    scores = score(candidates, objects, obstacles(home, room.level, blockers), limits)
    return choose(candidates, scores, count, limits)


def choose(candidates: Candidates, scores: Scores, count: int, limits: Limits) -> Views:
    """Take the best view, and of the good ones each time the one that is farthest from those taken."""
    seen_N = scores.seen_NM.sum(axis=1)
    enough_N = (seen_N >= limits.least_objects) & (seen_N > 0)
    usable_N = enough_N & ~scores.cramped_N
    best = float(scores.score_N[usable_N].max(initial=0.0))
    good_N = usable_N & (scores.score_N >= limits.least_of_best * best)
    picked = _dispersed(candidates, scores.score_N, np.flatnonzero(good_N), count)
    # Of the reasons that hold, the first.
    code_N = np.select([~enough_N, scores.cramped_N, ~good_N], [0, 1, 2], 3)
    reasons: list[Reason | None] = [REASONS[code] for code in code_N]
    for index in picked:
        reasons[index] = None
    seen = tuple(tuple(int(k) for k in np.flatnonzero(scores.seen_NM[index])) for index in picked)
    return Views(candidates, picked, tuple(reasons), seen)


def _dispersed(candidates: Candidates, score_N: Array, good_G: NDArray[np.int64], count: int) -> tuple[int, ...]:
    """Farthest-point sampling from the best; of equals, the first."""
    if not len(good_G) or count < 1:
        return ()
    eyes_G3, forward_G3 = candidates.eyes_N3[good_G], candidates.axes_N33()[good_G, 2]
    picked = [int(np.argmax(score_N[good_G]))]
    apart_G = np.full(len(good_G), np.inf)
    while len(picked) < count:
        last = picked[-1]
        turn_G = np.arccos(np.clip(forward_G3 @ forward_G3[last], -1.0, 1.0)) * _METRES_PER_RADIAN
        apart_G = np.minimum(apart_G, np.hypot(np.linalg.norm(eyes_G3 - eyes_G3[last], axis=1), turn_G))
        farthest = int(np.argmax(apart_G))
        if apart_G[farthest] < _APART:
            break
        picked.append(farthest)
    return tuple(int(good_G[k]) for k in picked)
