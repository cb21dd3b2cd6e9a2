"""Analysis by synthesis: finds a known thing in an edited picture by asking where it would look like what is there.

The scene before the edit is known (meshes, poses, camera, picture, depth), the edit is not. The thing may have been
moved over its support, turned about the vertical, scaled, several of these, or be gone. Its look is predicted from
its mesh, lit as the source picture shows, and compared with the edited picture coarse to fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dagster_gsi.detectors.appearance import appearance
from dagster_gsi.detectors.background import background
from dagster_gsi.detectors.base import Detection, Known, Query
from dagster_gsi.detectors.grade import blurred, graded, likeness, unchanged_part
from dagster_gsi.detectors.matching import matched
from dagster_gsi.detectors.placement import FINEST, Judge, judge_at
from dagster_gsi.detectors.portrait import portrait, region, structural_likeness, unlikeness, without
from dagster_gsi.detectors.search import best_of, most_contradicted, nearly, places, reach, refined, sizes, starts
from dagster_gsi.detectors.stance import STILL, Placement, placed
from dagster_gsi.detectors.surface import surface_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Thing

# Working sizes, coarse to fine, as parts of the finest, at which the thing covered this many pixels in the source:
# larger ones are placed no better by more pixels. Yet a picture of less than a third is too coarse for everything else.
_LEVELS = (0.25, 0.5, 1.0)
_PIXELS, _LEAST_SIZE = 1600, 0.35
# The unchanged thing: at most this part of its pixels differ by more than this, noise and soft shadows aside.
_UNCHANGED_PART, _UNCHANGED_COLOUR = 0.04, 0.05
# Likeness of structure where the thing was. Over 72 pairs and each degraded in four ways, of 28 moved things it was at
# most 0.40, of 11 turned ones 0.68, of 17 scaled ones 0.76; of 78 removed ones at most 0.59.
_SURELY_GONE, _SURELY_THERE, _SURELY_STILL = 0.1, 0.7, 0.85
# Unless it is more like by this than the picture without the thing, that says little: the structure is that of what
# stands beside a pale thing, or behind a glass.
_TELLING, _UNTOLD = 0.25, 0.6
# What speaks for presence is the portrait's gain over the background times the likeness of its structure to the
# picture, and a little of how much better the thing explains its pixels than any colour of the surroundings: a guess at
# what was behind the thing must not bring it back. On tables, in rooms and in bathrooms, of 19 removed things one had
# 0.11 and none of the others more than 0.05 where it would only have been moved, turned or scaled; of older ones some
# had up to 0.38 where it would have been several of these. Of 95 others none had less than 0.22
# where it truly was, three apart that were put onto another top, which is not searched.
_LEAST_PRESENCE, _LEAST_PRESENCE_COMPOUND, _DOUBT = 0.15, 0.45, 0.3
# A placement is clear if the next best, further away than the search tells apart, is less like by this.
_CLEAR = 0.15
# A simpler edit (only moved, only turned, only scaled) is preferred unless a general one is more like by this.
_OCCAM = 0.06
# The best move is walked on by so many portraits, the best turn and the best size by four, if nearly as like as the best
# of all.
_WALK, _WORTH_A_WALK = 18, 0.2
# Moves that are compared whatever the search scores them: of a white thing on a white table the scores say nothing.
_NUM_MOVES = 2
# Headings and sizes on the spot that are compared closely.
_NUM_TURNS, _NUM_SIZES = 3, 2
# How a heading goes on, in radians, and a size, as logarithms: half and a quarter of what lies between those tried.
_HEADING_STEPS, _SIZE_STEPS = (np.radians(5.0), np.radians(2.5)), (0.07, 0.035)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A detector for scenes whose models are in the catalogue. Answers at most one detection."""

    version: ClassVar[str] = "fit-7"
    finds_all: ClassVar[bool] = False
    any_label: ClassVar[bool] = True
    catalogue: Catalogue

    def detect(self, query: Query) -> tuple[Detection, ...]:
        if query.known is None:
            raise ValueError("the detector `fit` needs the scene before the edit; use `detany3d` where there is none")
        thing = query.known.scene.find(query.target)
        found = _search(thing, self.catalogue, query, query.known)
        if found is None:
            return ()
        placement, confidence = found
        return (Detection(query.label, placed(thing, placement).box, confidence),)


def _search(thing: Thing, catalogue: Catalogue, query: Query, known: Known) -> tuple[Placement, float] | None:
    """The best placement and its confidence, or None if the thing is gone."""
    mask_HW = known.geometry.ids_HW == known.instances[thing.name]
    edited_HW3, source_HW3 = query.picture_HW3 / 255.0, known.picture_HW3 / 255.0
    if not mask_HW.any():
        raise ValueError(f"{thing.name} is not visible in the source picture, so nothing can be said about its edit")
    pictures = graded(edited_HW3, source_HW3, mask_HW)
    alike = likeness(pictures, mask_HW)
    if unchanged_part(pictures, mask_HW, _UNCHANGED_COLOUR) >= 1 - _UNCHANGED_PART and alike > _SURELY_GONE:
        return STILL, 1.0
    camera, model = known.scene.camera, surface_of(catalogue.model_path(thing.asset))
    behind = background(thing, mask_HW, known, catalogue)
    if alike < likeness(pictures, mask_HW, blurred(behind.picture_HW3, pictures.blur)) + _TELLING:
        alike = min(alike, _UNTOLD)
    surface, shading = appearance(thing, model, source_HW3, behind.picture_HW3, mask_HW, camera)
    compared = min(1.0, FINEST / max(camera.width, camera.height))
    finest = compared * float(np.clip(np.sqrt(_PIXELS / mask_HW.sum()) / compared, _LEAST_SIZE, 1.0))
    coarse, middle, fine = (
        judge_at(level * finest, thing, surface, shading, pictures, behind, mask_HW, camera) for level in _LEVELS
    )
    if alike >= _SURELY_STILL:
        # Where it was and of its size for certain; two sides of many things are as alike, so the heading is not.
        if thing.symmetry == 0:
            return STILL, alike
        return _compared([], _turns(fine), fine)[0], alike / 2
    places_M2 = np.zeros((0, 2)) if alike >= _SURELY_THERE else places(coarse, known)
    general = best_of(starts(coarse, places_M2), coarse.score, keep=10, near=(reach(thing), 4))
    general = best_of([refined(s, middle.score, 30) for s in general], middle.score, keep=4, near=(reach(thing), 2))
    general = [refined(s, fine.score, 40) for s in general]
    turns = [] if _surely_elsewhere(general, fine) else _turns(fine)
    moves = most_contradicted(places_M2, thing, _NUM_MOVES)
    moves += [matched(fine, move) for move in moves]
    best, margin = _compared(general, [*moves, *turns, *_likeliest(sizes(), fine, _NUM_SIZES)], fine)
    present = presence(fine, best)
    is_compound = best[:2].any() + best[2:].astype(bool).sum() > 1
    if alike < _SURELY_THERE and present < (_LEAST_PRESENCE_COMPOUND if is_compound else _LEAST_PRESENCE):
        return None
    return best, float(np.clip(present, 0.1, 1.0) * (0.5 + 0.5 * np.clip(margin / _CLEAR, 0.0, 1.0)))


def presence(fine: Judge, placement: Placement) -> float:
    """How far the picture shows the thing at the placement, and nothing that would be there without it: 0 is not."""
    there, gone = portrait(fine, placement), without(fine)
    region_HW = region(fine, [there], old=False)
    if not region_HW.any():
        return 0.0
    gain = unlikeness(fine, gone, region_HW) - unlikeness(fine, there, region_HW)
    like = structural_likeness(fine, there, region_HW)
    return max(gain, 0.0) * max(like, 0.0) + _DOUBT * fine.doubtful(placement)


def _surely_elsewhere(general: list[Placement], fine: Judge) -> bool:
    """Whether the best of these placements shows the thing for certain, and away from where it was."""
    best = min(general, key=fine.score)
    if np.hypot(*best[:2]) < 2 * reach(fine.thing) * float(np.exp(max(best[3], 0.0))):
        return False
    there = portrait(fine, best)
    region_HW = region(fine, [there], old=False)
    return bool(region_HW.any()) and structural_likeness(fine, there, region_HW) > _SURELY_STILL


def _turns(fine: Judge) -> list[Placement]:
    """The best few headings on the spot, by portraits of all of them: of many things only a handle tells them apart."""
    thing = fine.thing
    if thing.symmetry == 0:
        return []
    headings = np.arange(0, 2 * np.pi / thing.symmetry - 1e-6, np.radians(10))[1:]
    return _likeliest([np.array([0.0, 0.0, heading, 0.0]) for heading in headings], fine, _NUM_TURNS)


def _likeliest(placements: list[Placement], fine: Judge, keep: int) -> list[Placement]:
    """Those whose portraits are most like the picture."""
    portraits = [portrait(fine, placement) for placement in placements]
    region_HW = region(fine, portraits)
    costs = [unlikeness(fine, one, region_HW) for one in portraits]
    return [placements[index] for index in np.argsort(costs)[:keep]]


def _compared(general: list[Placement], others: list[Placement], fine: Judge) -> tuple[Placement, float]:
    """The placement whose portrait is most like the picture, and by how much more than the next best that is not nearly
    the same.

    Placements that change only the place, the heading or the size are preferred if they are about as like.
    """
    simple = [STILL, *others]
    for free in ((0, 1), (3,)):
        starts = best_of([_only(placement, free) for placement in general], fine.score, keep=3)
        simple += [refined(start, fine.score, 15 * len(free), free) for start in starts]
    tried = [*simple, *general]
    portraits = [portrait(fine, placement) for placement in tried]
    region_HW = region(fine, portraits)
    costs = [unlikeness(fine, one, region_HW) for one in portraits]

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
