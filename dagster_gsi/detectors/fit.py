"""Analysis by synthesis: finds a known thing in an edited picture by asking where it would look like what is there.

The scene before the edit is known (meshes, poses, camera, picture, depth), the edit is not. The thing may have been
moved over its support, turned about the vertical, scaled, several of these, or be gone. Its look is predicted from
its mesh, lit as the source picture shows, and compared with the edited picture coarse to fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dagster_gsi.detectors.base import Detection, Known, Query
from dagster_gsi.detectors.evidence import matched
from dagster_gsi.detectors.placement import STILL, Compared, Judge, Placement, depth_without, judge_at, lit, placed
from dagster_gsi.detectors.surface import Surface, surface_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Thing

# Working sizes, coarse to fine, as parts of the compared pictures' size.
_LEVELS = (0.25, 0.5, 1.0)
# The unchanged thing: at most this part of its pixels differ by more than this, noise and soft shadows aside.
_UNCHANGED_PART, _UNCHANGED_COLOUR = 0.04, 0.05
# A thing is there if it explains more than the background does by this much per pixel that it had in the source: a small
# copy of it explains any blemish. Where it stood the background is a guess, and guesses that are off must not bring back
# what is gone: not relying on them, the thing may explain less than the background by no more than this a pixel.
_LEAST_EVIDENCE, _LEAST_DOUBTFUL = 0.03, -0.15
# A simpler edit (only moved, only turned, only scaled) is preferred unless a general one explains more by this part, and
# by this much per pixel that the thing had: where little speaks for any placement, details of the light would decide.
_OCCAM, _OCCAM_PIXEL = 0.12, 0.03
# One unit of each parameter in the local search: metres, metres, radians, logarithm of the scale.
_STEPS = np.array([0.015, 0.015, np.radians(8), 0.06])


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A detector for scenes whose models are in the catalogue. Answers at most one detection."""

    version: ClassVar[str] = "fit-2"
    finds_all: ClassVar[bool] = False
    any_label: ClassVar[bool] = True
    catalogue: Catalogue

    def detect(self, query: Query) -> tuple[Detection, ...]:
        if query.known is None:
            raise ValueError("the detector `fit` needs the scene before the edit; use `detany3d` where there is none")
        thing = query.known.scene.find(query.target)
        found = _search(thing, surface_of(self.catalogue.model_path(thing.asset)), query, query.known)
        if found is None:
            return ()
        placement, confidence = found
        return (Detection(query.label, placed(thing, placement).box, confidence),)


def _search(thing: Thing, surface: Surface, query: Query, known: Known) -> tuple[Placement, float] | None:
    """The best placement and its confidence, or None if the thing is gone."""
    mask_HW = known.geometry.ids_HW == known.instances[thing.name]
    edited_HW3, source_HW3 = query.picture_HW3 / 255.0, known.picture_HW3 / 255.0
    if not mask_HW.any():
        raise ValueError(f"{thing.name} is not visible in the source picture, so nothing can be said about its edit")
    edited_HW3 = matched(edited_HW3, source_HW3, mask_HW)
    if _unchanged(edited_HW3, source_HW3, mask_HW):
        return STILL, 1.0
    pictures = Compared(edited_HW3, source_HW3, mask_HW, depth_without(thing, mask_HW, known), known.scene.camera)
    shading = lit(thing, surface, source_HW3, mask_HW, known.scene.camera)
    coarse, middle, fine = (judge_at(level, thing, surface, shading, pictures) for level in _LEVELS)
    general = _best(_starts(coarse, known), coarse.score, keep=8)
    general = _best([_refined(s, middle.score, 40) for s in general], middle.score, keep=3)
    best = min((_refined(s, fine.score, 50) for s in general), key=fine.score)
    best = _simplest(best, _turns(thing, middle), fine)
    score, area = fine.score_and_area(best)
    evidence_found = -score / max(int(fine.evidence.mask_HW.sum()), 1)
    if evidence_found < _LEAST_EVIDENCE or fine.doubtful(best) < _LEAST_DOUBTFUL:
        return None
    return best, float(np.clip(-score / max(area, 1.0), 0.0, 1.0))


def _turns(thing: Thing, middle: Judge) -> list[Placement]:
    """The best few headings on the spot. Of many things only a handle tells them apart, too little for a small picture
    among all other placements.
    """
    if thing.symmetry == 0:
        return []
    headings = np.arange(0, 2 * np.pi / thing.symmetry, np.radians(10))
    return _best([np.array([0.0, 0.0, heading, 0.0]) for heading in headings[1:]], middle.score, keep=3)


def _unchanged(edited_HW3: Array, source_HW3: Array, mask_HW: NDArray[np.bool_]) -> bool:
    """Whether the thing's pixels are as they were, but for noise like that of the rest of the picture."""
    off_HW = np.abs(edited_HW3 - source_HW3).mean(axis=-1)
    limit = max(_UNCHANGED_COLOUR, 3 * float(np.median(off_HW[~mask_HW])))
    return bool((off_HW[mask_HW] > limit).mean() <= _UNCHANGED_PART)


def _starts(coarse: Judge, known: Known) -> list[Placement]:
    """Placements worth a closer look: the old place with other headings and sizes, and wherever something is new."""
    thing = coarse.thing
    period = 2 * np.pi / thing.symmetry if thing.symmetry else 0.0
    headings = np.arange(0, period, np.radians(20)) if period else np.zeros(1)
    scales = np.log(np.array([0.42, 0.5, 0.6, 0.7, 0.8, 1.25, 1.4, 1.6, 1.8, 2.0, 2.25]))
    starts = [np.array([0.0, 0.0, heading, 0.0]) for heading in headings]
    starts += [np.array([0.0, 0.0, 0.0, scale]) for scale in scales]
    places_M2 = _places(coarse, known)
    scored = [(coarse.score(np.array([x, y, 0.0, 0.0])), x, y) for x, y in places_M2]
    # The best places by the unturned, unscaled look, each then with a few headings and sizes.
    for _, x, y in sorted(scored)[:24]:
        starts.append(np.array([x, y, 0.0, 0.0]))
        starts += [np.array([x, y, heading, 0.0]) for heading in headings[2::3]]
        starts += [np.array([x, y, 0.0, scale]) for scale in np.log([0.6, 1.6])]
    return starts


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
    inside_M[inside_M] &= contradicted_HW[row_M[inside_M], column_M[inside_M]] > 0.15
    return np.stack([x_M, y_M], axis=1)[inside_M] - base_3[:2]


def _radius(judge: Judge) -> float:
    """Half the thing's extent in pixels, as seen in the source."""
    return float(np.sqrt(max(judge.evidence.mask_HW.sum(), 1)) / 2)


def _spread(cost_HW: Array, radius: int) -> Array:
    import cv2

    return np.asarray(cv2.blur(cost_HW, (2 * radius + 1, 2 * radius + 1)))


def _best(placements: list[Placement], score: Callable[[Placement], float], keep: int) -> list[Placement]:
    """The best few that are not nearly the same."""
    kept: list[Placement] = []
    for _, index in sorted((score(placement), index) for index, placement in enumerate(placements)):
        placement = placements[index]
        if all(np.abs((placement - other) / _STEPS).max() > 1.5 for other in kept):
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


def _simplest(best: Placement, turns: list[Placement], fine: Judge) -> Placement:
    """The best placement, or one that changes only the place, the heading or the size and explains about as much."""
    simple = [_refined(turn, fine.score, 16, (2,)) for turn in turns]
    for free in ((0, 1), (2,), (3,)):
        start = STILL.copy()
        start[list(free)] = best[list(free)]
        simple.append(_refined(start, fine.score, 15 * len(free), free))
    candidate = min([STILL, *simple], key=fine.fair_score)
    least = fine.fair_score(best)
    slack = max(_OCCAM * -least, _OCCAM_PIXEL * float(fine.evidence.mask_HW.sum()))
    return candidate if fine.fair_score(candidate) <= least + slack else best
