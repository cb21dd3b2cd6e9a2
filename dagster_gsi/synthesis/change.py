"""Does an edit show? How much two pictures differ where the target was and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.judges.crops import Mask, Picture, cut, cut_mask, frame_of, longer_side
from dagster_gsi.judges.lpips import lpips_within
from dagster_gsi.rendering.base import FIRST_THING
from dagster_gsi.synthesis.rejection import Rejection

if TYPE_CHECKING:
    from dagster_gsi.rendering.base import Frame
    from dagster_gsi.synthesis.candidates import Limits

# Of the square around a change: its side in pixels, and how much more than the change it shows on each side.
_LOOK_SIDE, _LOOK_ROOM = 112, 0.1

NOT_SHOWN = Rejection("no visible change")


def shown_change(source: Frame, target: Frame, index: int | None, limits: Limits) -> dict[str, float] | Rejection:
    """`visible_change` inside both masks of the scene's thing with that index, or everywhere for None."""
    if index is None:
        mask_HW = np.ones_like(source.geometry.ids_HW, dtype=bool)
    else:
        value = FIRST_THING + index
        mask_HW = (source.geometry.ids_HW == value) | (target.geometry.ids_HW == value)
    return visible_change(source.rgb_HW3, target.rgb_HW3, mask_HW, limits)


def visible_change(
    source_HW3: Picture, target_HW3: Picture, mask_HW: Mask, limits: Limits
) -> dict[str, float] | Rejection:
    """The figures of a change that reaches the limits."""
    pixels = pixel_change(source_HW3, target_HW3, mask_HW)
    if pixels >= limits.pixel_change:
        look = look_change(source_HW3, target_HW3, mask_HW)
        if look >= limits.look_change:
            return {"pixel_change": pixels, "look_change": look}
    return NOT_SHOWN


def pixel_change(source_HW3: Picture, target_HW3: Picture, mask_HW: Mask) -> float:
    """Mean absolute difference of the two pictures inside the mask, in levels of 255."""
    difference_HW3 = np.abs(source_HW3.astype(np.int16) - target_HW3.astype(np.int16))
    return float(difference_HW3[mask_HW].mean())


def look_change(source_HW3: Picture, target_HW3: Picture, mask_HW: Mask) -> float:
    """LPIPS of the two pictures inside the mask, in a square around it at one size, so that distance does not matter."""
    frame_4 = frame_of(mask_HW)
    middle_2, side = (frame_4[:2] + frame_4[2:]) / 2, (1 + 2 * _LOOK_ROOM) * longer_side(frame_4)
    source, target = (cut(picture, middle_2, side, _LOOK_SIDE)[None] for picture in (source_HW3, target_HW3))
    inside = cut_mask(mask_HW, middle_2, np.array([side, side]), _LOOK_SIDE)[None]
    return float(lpips_within(source, target, inside)[0])
