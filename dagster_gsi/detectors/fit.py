"""Analysis by synthesis: finds a known thing in an edited picture by asking where it would look like what is there.

The scene before the edit is known (meshes, poses, camera, picture, depth), the edit is not. The thing may have been
moved over its support or onto another, turned about the vertical, scaled, several of these, or be gone. Its look is
predicted from its mesh, lit as the source picture shows, and compared with the edited picture coarse to fine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dagster_gsi.detectors.appearance import appearance
from dagster_gsi.detectors.background import background
from dagster_gsi.detectors.base import Detection, Known, Query
from dagster_gsi.detectors.choice import compared, likeliest
from dagster_gsi.detectors.grade import blurred, graded, likeness, unchanged_part
from dagster_gsi.detectors.matching import matched
from dagster_gsi.detectors.placement import FINEST, Judge, judge_at
from dagster_gsi.detectors.portrait import portrait, region, structural_likeness, unlikeness, without
from dagster_gsi.detectors.search import (
    best_of,
    most_contradicted,
    on_the_spot,
    over,
    places,
    reach,
    refined,
    sizes,
)
from dagster_gsi.detectors.stance import Placement, on_other_tops, placed
from dagster_gsi.detectors.surface import surface_of

if TYPE_CHECKING:
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
# had up to 0.38 where it would have been several of these. Of 95 others none had less than 0.22 where it truly was, one
# apart that mirrors its new surroundings.
_LEAST_PRESENCE, _LEAST_PRESENCE_COMPOUND, _DOUBT = 0.15, 0.45, 0.3
# Found with less certainty, the thing is looked for on the other tops too.
_CERTAIN = 0.3
# A placement is clear if the next best, further away than the search tells apart, is less like by this.
_CLEAR = 0.15
# Moves that are compared whatever the search scores them: of a white thing on a white table the scores say nothing.
_NUM_MOVES = 2
# Headings are told apart by so much: first every other one is tried, then those beside the best.
_HEADING = np.radians(10)
# Headings and sizes on the spot that are compared closely.
_NUM_TURNS, _NUM_SIZES = 3, 2


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A detector for scenes whose models are in the catalogue. Answers at most one detection."""

    version: ClassVar[str] = "fit-9"
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
        there, confidence = found
        return (Detection(query.label, there.box, confidence),)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The best that there is on one top."""

    thing: Thing
    """As it was, on that top."""
    placement: Placement
    margin: float
    """By how much it is more like the picture than what is not nearly the same."""
    present: float

    @property
    def certainty(self) -> float:
        """By how much the presence is more than it has to be: a move, a turn and a size at once explain too much."""
        is_compound = self.placement[:2].any() + self.placement[2:].astype(bool).sum() > 1
        return self.present - (_LEAST_PRESENCE_COMPOUND if is_compound else _LEAST_PRESENCE)

    @property
    def confidence(self) -> float:
        return float(np.clip(self.present, 0.1, 1.0) * (0.5 + 0.5 * np.clip(self.margin / _CLEAR, 0.0, 1.0)))


def _search(thing: Thing, catalogue: Catalogue, query: Query, known: Known) -> tuple[Thing, float] | None:
    """The thing as it is and the confidence in that, or None if it is gone."""
    mask_HW = known.geometry.ids_HW == known.instances[thing.name]
    edited_HW3, source_HW3 = query.picture_HW3 / 255.0, known.picture_HW3 / 255.0
    if not mask_HW.any():
        raise ValueError(f"{thing.name} is not visible in the source picture, so nothing can be said about its edit")
    pictures = graded(edited_HW3, source_HW3, mask_HW)
    alike = likeness(pictures, mask_HW)
    if unchanged_part(pictures, mask_HW, _UNCHANGED_COLOUR) >= 1 - _UNCHANGED_PART and alike > _SURELY_GONE:
        return thing, 1.0
    camera, model = known.scene.camera, surface_of(catalogue.model_path(thing.asset))
    behind = background(thing, mask_HW, known, catalogue)
    if alike < likeness(pictures, mask_HW, blurred(behind.picture_HW3, pictures.blur)) + _TELLING:
        alike = min(alike, _UNTOLD)
    surface, shading = appearance(thing, model, source_HW3, behind.picture_HW3, mask_HW, camera)
    largest = min(1.0, FINEST / max(camera.width, camera.height))
    finest = largest * float(np.clip(np.sqrt(_PIXELS / mask_HW.sum()) / largest, _LEAST_SIZE, 1.0))
    judges = [judge_at(level * finest, thing, surface, shading, pictures, behind, mask_HW, camera) for level in _LEVELS]
    fine = judges[-1]
    if alike >= _SURELY_STILL:
        # Where it was and of its size for certain; two sides of many things are as alike, so the heading is not.
        if thing.symmetry == 0:
            return thing, alike
        return placed(thing, compared([], _turns(*judges[1:]), fine)[0]), alike / 2
    if alike >= _SURELY_THERE:
        here = _best_on_top(judges, np.zeros((0, 2)), on_the_spot(thing))
        return placed(thing, here.placement), here.confidence
    found = _best_on_top(judges, places(judges[0], known), on_the_spot(thing))
    if found.certainty < _CERTAIN:
        for lifted in on_other_tops(thing, known.scene):
            above = [replace(judge, thing=lifted) for judge in judges]
            places_M2 = places(above[0], known)
            if len(places_M2):
                found = max(found, _best_on_top(above, places_M2, []), key=lambda one: one.certainty)
    return (placed(found.thing, found.placement), found.confidence) if found.certainty >= 0 else None


def _best_on_top(judges: list[Judge], places_M2: Array, spots: list[Placement]) -> _Found:
    """Look at the places and, if the thing was on this top, at the spots: other headings and sizes where it was."""
    coarse, middle, fine = judges
    thing = fine.thing
    general = best_of([*spots, *over(coarse, places_M2)], coarse.score, keep=8, near=(reach(thing), 4))
    general = best_of([refined(s, middle.score, 20) for s in general], middle.score, keep=3, near=(reach(thing), 2))
    general = [refined(s, fine.score, 30) for s in general]
    others = most_contradicted(places_M2, thing, _NUM_MOVES)
    others += [matched(fine, move) for move in others]
    if spots:
        others += [] if _surely_elsewhere(general, fine) else _turns(middle, fine)
        others += likeliest(sizes(), middle, _NUM_SIZES)
    best, margin = compared(general, others, fine)
    return _Found(thing, best, margin, presence(fine, best))


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


def _turns(middle: Judge, fine: Judge) -> list[Placement]:
    """The best few headings on the spot, by portraits of them: of many things only a handle tells them apart."""
    period = 2 * np.pi / max(fine.thing.symmetry, 1)
    if fine.thing.symmetry == 0 or period <= _HEADING:
        return []
    # Those in between are painted only beside the best.
    first = likeliest(_turned(np.arange(_HEADING, period, 2 * _HEADING)), middle, _NUM_TURNS)
    beside = np.unique(np.add.outer([turn[2] for turn in first], [-_HEADING, 0.0, _HEADING]).round(6) % period)
    return likeliest(_turned(beside[beside > 0]), fine, _NUM_TURNS)


def _turned(headings: Array) -> list[Placement]:
    return [np.array([0.0, 0.0, heading, 0.0]) for heading in headings]
