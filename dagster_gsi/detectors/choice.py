"""Which of a few placements it is, by portraits of all of them and of what lies near the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.detectors.portrait import portrait, region, unlikeness
from dagster_gsi.detectors.search import best_of, nearly, refined
from dagster_gsi.detectors.stance import STILL, Placement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dagster_gsi.detectors.placement import Judge
    from dagster_gsi.geometry.pose import Array

# A simpler edit (only moved, only turned, only scaled) is preferred unless a general one is more like by this.
_OCCAM = 0.06
# The best move is walked on by so many portraits, the best turn and the best size by four, if nearly as like as the best
# of all.
_WALK, _WORTH_A_WALK = 18, 0.2
# How a heading goes on, in radians, and a size, as logarithms: half and a quarter of what lies between those tried.
_HEADING_STEPS, _SIZE_STEPS = (np.radians(5.0), np.radians(2.5)), (0.07, 0.035)


def likeliest(placements: list[Placement], judge: Judge, keep: int) -> list[Placement]:
    """Those whose portraits are most like the picture."""
    costs, _ = _unlikenesses(placements, judge)
    return [placements[index] for index in np.argsort(costs)[:keep]]


def compared(general: list[Placement], others: list[Placement], fine: Judge) -> tuple[Placement, float]:
    """The placement whose portrait is most like the picture, and by how much more than the next best that is not nearly
    the same.

    Placements that change only the place, the heading or the size are preferred if they are about as like.
    """
    simple = [STILL, *others]
    for free in ((0, 1), (3,)):
        starts = best_of([_only(placement, free) for placement in general], fine.score, keep=2)
        simple += [refined(start, fine.score, 15 * len(free), free) for start in starts]
    tried = [*simple, *general]
    costs, region_HW = _unlikenesses(tried, fine)

    def cost(placement: Placement) -> float:
        return unlikeness(fine, portrait(fine, placement), region_HW)

    # The search's scores say little of a white thing before a white wall, and headings were tried 10 degrees apart: the
    # best move, the best turn and the best size go on by portraits.
    for walk, changes in ((_walked, slice(0, 2)), (_turned_on, slice(2, 3)), (_sized_on, slice(3, 4))):
        k = min((k for k, one in enumerate(simple) if one[changes].any()), key=costs.__getitem__, default=None)
        if k is not None and costs[k] < min(costs) + _WORTH_A_WALK:
            tried[k], costs[k] = walk(tried[k], costs[k], cost)
    first, first_simple = int(np.argmin(costs)), int(np.argmin(costs[: len(simple)]))
    chosen = first_simple if costs[first_simple] <= costs[first] + _OCCAM else first
    best, least = tried[chosen], costs[chosen]
    if chosen >= len(simple):
        best, least = _turned_on(best, least, cost)
    rest = [value for placement, value in zip(tried, costs, strict=True) if not nearly(placement, best, fine.thing)]
    return best, max(0.0, min(rest, default=np.inf) - least)


def _unlikenesses(placements: list[Placement], judge: Judge) -> tuple[list[float], NDArray[np.bool_]]:
    """How unlike the picture each portrait is, and the region (H, W) in which they were compared."""
    portraits = [portrait(judge, placement) for placement in placements]
    region_HW = region(judge, portraits)
    return [unlikeness(judge, one, region_HW) for one in portraits], region_HW


def _walked(start: Placement, least: float, cost: Callable[[Placement], float]) -> tuple[Placement, float]:
    """A placement near by at least as like, and its cost."""
    walked = refined(start, cost, _WALK, (0, 1))
    return min(((start, least), (walked, cost(walked))), key=lambda one: one[1])


def _turned_on(start: Placement, least: float, cost: Callable[[Placement], float]) -> tuple[Placement, float]:
    """The same with a heading that is the most like of those within 7.5 degrees, 2.5 degrees apart."""
    return _stepped(start, least, cost, np.array([0.0, 0.0, 1.0, 0.0]), _HEADING_STEPS)


def _sized_on(start: Placement, least: float, cost: Callable[[Placement], float]) -> tuple[Placement, float]:
    """The same with the size that is the most like of those within a tenth, a thirtieth apart."""
    return _stepped(start, least, cost, np.array([0.0, 0.0, 0.0, 1.0]), _SIZE_STEPS)


def _stepped(
    start: Placement, least: float, cost: Callable[[Placement], float], along_4: Array, steps: Sequence[float]
) -> tuple[Placement, float]:
    """The same after a step this way or that, or none, and then a smaller one."""
    best = start
    for step in steps:
        near = [best + side * step * along_4 for side in (-1, 1)]
        costs = [cost(placement) for placement in near]
        if min(costs) < least:
            best, least = near[int(np.argmin(costs))], min(costs)
    return best, least


def _only(placement: Placement, free: tuple[int, ...]) -> Placement:
    """The placement with all but the free parameters as they were."""
    only = STILL.copy()
    only[list(free)] = placement[list(free)]
    return only
