"""Analysis by synthesis: finds a known thing in an edited picture by asking where it would look like what is there.

The scene before the edit is known (meshes, poses, camera, picture, depth), the edit is not. The thing may have been
moved over its support, turned about the vertical, scaled, several of these, or be gone. Its look is predicted from
its mesh, lit as the source picture shows, and compared with the edited picture coarse to fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dagster_gsi.detectors.background import background
from dagster_gsi.detectors.base import Detection, Known, Query
from dagster_gsi.detectors.grade import graded, likeness, unchanged_part
from dagster_gsi.detectors.placement import FINEST, Judge, judge_at, lit
from dagster_gsi.detectors.portrait import portrait, region, structural_likeness, unlikeness, without
from dagster_gsi.detectors.stance import STILL, Placement, placed
from dagster_gsi.detectors.surface import surface_of
from dagster_gsi.geometry.pose import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

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
# What speaks for presence is the portrait's gain over the background times the likeness of its structure to the
# picture, and a little of how much better the thing explains its pixels than any colour of the surroundings: a guess at
# what was behind the thing must not bring it back. Of 78 removed things none had more than 0.23, of 227 others that
# were not as before all but one had at least 0.33.
_LEAST_PRESENCE, _DOUBT = 0.15, 0.3
# Mean cost of the background around a place from which on it is worth a look.
_REFUTED = 0.15
# A placement is clear if the next best, further away than the search tells apart, is less like by this.
_CLEAR = 0.15
# A simpler edit (only moved, only turned, only scaled) is preferred unless a general one is more like by this.
_OCCAM = 0.06
# The best move is walked on by so many portraits if it is nearly as like as the best of all.
_WALK, _WORTH_A_WALK = 18, 0.2
# Headings on the spot that are compared closely.
_NUM_TURNS = 3
# Logarithms of the sizes that are tried, a sixth apart: from what can be told from none to the double and the half.
_SIZES = np.log(np.array([0.42, 0.5, 0.6, 0.7, 0.8, 1.25, 1.4, 1.6, 1.8, 2.0, 2.25]))
# One unit of each parameter in the local search: metres, metres, radians, logarithm of the scale.
_STEPS = np.array([0.015, 0.015, np.radians(8), 0.06])


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A detector for scenes whose models are in the catalogue. Answers at most one detection."""

    version: ClassVar[str] = "fit-4"
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
    camera, surface = known.scene.camera, surface_of(catalogue.model_path(thing.asset))
    behind = background(thing, mask_HW, known, catalogue)
    shading = lit(thing, surface, source_HW3, behind.picture_HW3, mask_HW, camera)
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
    general = _best(_starts(coarse, known), coarse.score, keep=10, near=(_reach(thing), 4))
    general = _best([_refined(s, middle.score, 40) for s in general], middle.score, keep=4, near=(_reach(thing), 2))
    general = [_refined(s, fine.score, 50) for s in general]
    best, margin = _compared([*general, *_sizes(middle)], _turns(fine), fine)
    present = presence(fine, best)
    if alike < _SURELY_THERE and present < _LEAST_PRESENCE:
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


def _turns(fine: Judge) -> list[Placement]:
    """The best few headings on the spot, by portraits of all of them: of many things only a handle tells them apart."""
    thing = fine.thing
    if thing.symmetry == 0:
        return []
    headings = np.arange(0, 2 * np.pi / thing.symmetry - 1e-6, np.radians(10))[1:]
    turns = [np.array([0.0, 0.0, heading, 0.0]) for heading in headings]
    portraits = [portrait(fine, turn) for turn in turns]
    region_HW = region(fine, portraits)
    costs = [unlikeness(fine, one, region_HW) for one in portraits]
    return [turns[index] for index in np.argsort(costs)[:_NUM_TURNS]]


def _sizes(middle: Judge) -> list[Placement]:
    """The best few sizes on the spot."""
    return _best([np.array([0.0, 0.0, 0.0, size]) for size in _SIZES], middle.score, keep=2)


def _starts(coarse: Judge, known: Known) -> list[Placement]:
    """Placements worth a closer look: the old place with other headings and sizes, and wherever something is new."""
    thing = coarse.thing
    period = 2 * np.pi / thing.symmetry if thing.symmetry else 0.0
    headings = np.arange(0, period, np.radians(20)) if period else np.zeros(1)
    starts = [np.array([0.0, 0.0, heading, 0.0]) for heading in headings]
    starts += [np.array([0.0, 0.0, 0.0, scale]) for scale in _SIZES]
    places_M2 = _places(coarse, known)
    scored = [(coarse.score(np.array([x, y, 0.0, 0.0])), x, y) for x, y in places_M2]
    # The best places by the unturned, unscaled look, each then with a few headings and sizes.
    for _, x, y in sorted(scored)[:24]:
        starts.append(np.array([x, y, 0.0, 0.0]))
        starts += [np.array([x, y, heading, 0.0]) for heading in headings[2::3]]
        starts += [np.array([x, y, 0.0, scale]) for scale in np.log([0.6, 1.6])]
    return starts


def _reach(thing: Thing) -> float:
    """Half the diagonal of the thing's base, in metres."""
    return float(np.hypot(*thing.box.size_3[:2]) / 2)


def _places(coarse: Judge, known: Known) -> Array:
    """Displacements (M, 2) over the support, two coarse pixels apart, to where the background is contradicted."""
    thing, camera = coarse.thing, coarse.evidence.camera
    away = float(np.linalg.norm(thing.centre_3 - camera.pose_wc.translation_3))
    spacing = 2 * away / camera.focal_x
    footprint_42 = known.scene.support.box.footprint_42()
    low_2, high_2 = footprint_42.min(axis=0), footprint_42.max(axis=0)
    x_M, y_M = (
        axis.ravel()
        for axis in np.meshgrid(*(np.arange(lo, hi, spacing) for lo, hi in zip(low_2, high_2, strict=True)))
    )
    base_3 = thing.pose_wo.translation_3
    middles_M3 = np.stack([x_M, y_M, np.full_like(x_M, base_3[2] + thing.box.size_3[2] / 2)], axis=1)
    pixels_M2, depth_M = camera.project(middles_M3)
    column_M, row_M = np.floor(pixels_M2).astype(np.int64).T
    inside_M = (depth_M > 0) & (column_M >= 0) & (column_M < camera.width) & (row_M >= 0) & (row_M < camera.height)
    contradicted_HW = _spread(coarse.evidence.background_HW, radius=max(1, round(_radius(coarse))))
    refuted_M = np.where(
        inside_M, contradicted_HW[row_M.clip(0, camera.height - 1), column_M.clip(0, camera.width - 1)], 0
    )
    # A white thing before a white wall refutes little, but more than what did not change.
    inside_M &= refuted_M > min(_REFUTED, float(refuted_M.max()) / 2)
    return np.stack([x_M, y_M], axis=1)[inside_M] - base_3[:2]


def _radius(judge: Judge) -> float:
    """Half the thing's extent in pixels, as seen in the source."""
    return float(np.sqrt(max(judge.evidence.mask_HW.sum(), 1)) / 2)


def _spread(cost_HW: Array, radius: int) -> Array:
    import cv2

    return np.asarray(cv2.blur(cost_HW, (2 * radius + 1, 2 * radius + 1)))


def _best(
    placements: list[Placement],
    score: Callable[[Placement], float],
    keep: int,
    near: tuple[float, int] = (0.0, 1),
) -> list[Placement]:
    """The best few that are not nearly the same; `near` is a distance in metres and how many may be so near each other.

    Where a background was guessed wrongly a dozen placements may seem better than the true one elsewhere.
    """
    distance, crowd = near
    kept: list[Placement] = []
    for _, index in sorted((score(placement), index) for index, placement in enumerate(placements)):
        placement = placements[index]
        around = sum(np.hypot(*(placement - other)[:2]) < distance for other in kept)
        if around < crowd and all(np.abs((placement - other) / _STEPS).max() > 1.5 for other in kept):
            kept.append(placement)
        if len(kept) == keep:
            break
    return kept


def _refined(
    start: Placement,
    score: Callable[[Placement], float],
    evaluations: int,
    free: tuple[int, ...] = (0, 1, 2, 3),
) -> Placement:
    """Local search by Nelder and Mead over the free parameters, in units of the steps."""
    from scipy.optimize import minimize

    chosen = list(free)

    def at(units: Array) -> Placement:
        placement = start.copy()
        placement[chosen] += units * _STEPS[chosen]
        return placement

    simplex = np.concatenate([np.zeros((1, len(chosen))), np.eye(len(chosen))])
    found = minimize(
        lambda units: score(at(units)),
        np.zeros(len(chosen)),
        method="Nelder-Mead",
        options={"maxfev": evaluations, "initial_simplex": simplex, "xatol": 0.02, "fatol": 0.05},
    )
    return at(found.x)


def _compared(general: list[Placement], turns: list[Placement], fine: Judge) -> tuple[Placement, float]:
    """The placement whose portrait is most like the picture, and by how much more than the next best that is not nearly
    the same.

    Placements that change only the place, the heading or the size are preferred if they are about as like.
    """
    simple = [STILL, *turns]
    for free in ((0, 1), (3,)):
        starts = _best([_only(placement, free) for placement in general], fine.score, keep=3)
        simple += [_refined(start, fine.score, 15 * len(free), free) for start in starts]
    tried = [*simple, *general]
    portraits = [portrait(fine, placement) for placement in tried]
    region_HW = region(fine, portraits)
    costs = [unlikeness(fine, one, region_HW) for one in portraits]

    def cost(placement: Placement) -> float:
        return unlikeness(fine, portrait(fine, placement), region_HW)

    # The search's scores say little of a white thing before a white wall: the best move goes on by portraits.
    moved = min((k for k, one in enumerate(simple) if one[:2].any()), key=costs.__getitem__, default=None)
    if moved is not None and costs[moved] < min(costs) + _WORTH_A_WALK:
        tried[moved] = _refined(tried[moved], cost, _WALK, (0, 1))
        costs[moved] = cost(tried[moved])
    first, first_simple = int(np.argmin(costs)), int(np.argmin(costs[: len(simple)]))
    chosen = first_simple if costs[first_simple] <= costs[first] + _OCCAM else first
    best, least = tried[chosen], costs[chosen]
    for step in np.radians((5.0, 2.5)) if best[2] else ():
        near = [best + np.array([0.0, 0.0, turn, 0.0]) for turn in (-step, step)]
        near_costs = [cost(placement) for placement in near]
        if min(near_costs) < least:
            best, least = near[int(np.argmin(near_costs))], min(near_costs)
    others = [cost for placement, cost in zip(tried, costs, strict=True) if not _nearly(placement, best, fine.thing)]
    return best, max(0.0, min(others, default=np.inf) - least)


def _only(placement: Placement, free: tuple[int, ...]) -> Placement:
    """The placement with all but the free parameters as they were."""
    only = STILL.copy()
    only[list(free)] = placement[list(free)]
    return only


def _nearly(first: Placement, second: Placement, thing: Thing) -> bool:
    """Whether two placements are within two steps of each other, headings modulo the thing's symmetry."""
    apart = first - second
    apart[2] = wrapped(apart[2], period=2 * np.pi / thing.symmetry) if thing.symmetry else 0.0
    return bool(np.abs(apart / _STEPS).max() <= 2)
