"""Where a thing was removed: what fills its silhouette, beside the background around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.judges.crops import Mask, Picture, cut, cut_mask, frame_of, grown, longer_side, share
from dagster_gsi.judges.look import looks, nearest, some
from dagster_gsi.judges.lpips import unit_features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.judges.base import Request

# Pixels around the silhouette at its soft edge, of a picture of 256; the surroundings start behind them.
_EDGE = 2 / 256
# The surroundings reach this far, as part of the hole's longer side and at least in pixels: the same surface in the
# same light.
_REACH, _LEAST_REACH = 0.4, 8
# Another thing is part of the surroundings only as near as this many edges: there the hole may show more of it. A copy of
# a thing that stands elsewhere finds no likeness.
_TOUCH = 2
# The cut that the network sees: its side in pixels, and as part of the hole's longer side.
_SIDE, _WIDE = 176, 2.2
_SAMPLES, _AROUND_SAMPLES = 500, 1500
# Fewer pixels around the hole than this say nothing: then the whole picture but the hole is its surroundings.
_LEAST_AROUND = 50


@dataclass(frozen=True, slots=True, eq=False)
class Hole:
    """The filled hole and its surroundings in a cut of the edited picture; S is the cut's side."""

    cut_SS3: Picture
    inside_SS: Mask
    around_SS: Mask
    look: float
    """Mean distance of a pixel's colour and grain in the hole from the nearest around it."""


def hole_of(request: Request) -> Hole | None:
    """None where the picture shows nothing but the hole."""
    frame_4 = frame_of(request.mask_HW)
    size = longer_side(frame_4)
    edge = max(2, round(_EDGE * max(request.mask_HW.shape)))
    reach = round(max(_LEAST_REACH, _REACH * size))
    soft_HW = grown(request.mask_HW, edge)
    around_HW = grown(request.mask_HW, edge + reach) & ~soft_HW
    around_HW &= ~(request.others_HW & ~grown(request.mask_HW, edge * _TOUCH))
    if around_HW.sum() < _LEAST_AROUND:
        around_HW = ~soft_HW
    if not around_HW.any():
        return None
    looks_HW6 = looks(request.edited_HW3)
    inside, around = some(looks_HW6, request.mask_HW, _SAMPLES), some(looks_HW6, around_HW, _AROUND_SAMPLES)
    middle_2, side_2 = (frame_4[:2] + frame_4[2:]) / 2, np.full(2, size * _WIDE)
    return Hole(
        cut_SS3=cut(request.edited_HW3, middle_2, size * _WIDE, _SIDE),
        inside_SS=cut_mask(request.mask_HW, middle_2, side_2, _SIDE),
        around_SS=cut_mask(around_HW, middle_2, side_2, _SIDE),
        look=float(nearest(inside, around).mean()),
    )


def strangeness(holes: Sequence[Hole]) -> list[float]:
    """Mean distance of the first LPIPS features in each hole from the nearest around it; 0 where the hole is too small to
    have one of its own.

    The deeper layers see areas larger than the hole: in them true backgrounds and spoilt ones are equally far.
    """
    if not holes:
        return []
    first_layer = unit_features(np.stack([hole.cut_SS3 for hole in holes]))[0]
    distances = []
    for hole, layer_Chw in zip(holes, first_layer, strict=True):
        inside_hw = share(hole.inside_SS, layer_Chw.shape[1:]) > 0.5
        around_hw = share(hole.around_SS, layer_Chw.shape[1:]) > 0.9
        both = inside_hw.any() and around_hw.any()
        distances.append(float(nearest(layer_Chw[:, inside_hw].T, layer_Chw[:, around_hw].T).mean()) if both else 0.0)
    return distances
