"""One thing in two pictures: its cuts, brought onto each other, and how far apart they look.

S is the side of a compared cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.judges.crops import Mask, Picture, core, cut, cut_mask, frame_of, longer_side, resized, share
from dagster_gsi.judges.look import apart, looks, some
from dagster_gsi.judges.lpips import lpips, unit_features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.judges.base import Request

# Side of the cuts of things: AlexNet's last layer then still has 5 x 5 places. Whole pictures show more.
_SIDE, _WHOLE_SIDE = 112, 224
# Around the silhouette's frame, as part of its longer side: room for its own edge.
_ROOM = 0.08
# Before cuts are compared place by place, the second is looked for this far around its place, as part of the side, and
# at these sizes: what a detector's error of 1.5 cm and 4 % makes of a thing that is 20 cm long.
_SHIFT = 0.08
_ZOOMS = (0.95, 1.0, 1.05)
# Less detail than this is not made of a cut for the other one's sake.
_LEAST_DETAIL = 16
# Of a silhouette, what the background shines into: three pixels of 112. A silhouette has to keep 30 pixels.
_MARGIN, _LEAST = 3, 30
# Of a thing's colours, what a turn must leave in sight: sides that were hidden have others, and background shines through
# silhouettes that are only guessed.
_SAME_SIDES = 0.5
_SAMPLES, _WHOLE_SAMPLES = 500, 1500
_GREY = 128


Kind = Literal["placed", "turned", "seen"]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two cuts of one size with what counts in each, and how far apart their colours and their grain are."""

    first_SS3: Picture
    second_SS3: Picture
    first_SS: Mask
    second_SS: Mask
    kind: Kind
    """Only of a placed thing does each place in one cut have its counterpart at the same place of the other."""
    colour: float
    grain: float


def placed(request: Request, before_4: Array, after_4: Array) -> Pair:
    """The target before and after it was moved or scaled."""
    seen_4 = frame_of(request.mask_HW)
    zoom_2 = (after_4[2:] - after_4[:2]) / (before_4[2:] - before_4[:2])
    # The detector's frame is that of the whole box; the silhouette fills the same part of it as before.
    moved_4 = np.tile(after_4[:2], 2) + (seen_4 - np.tile(before_4[:2], 2)) * np.tile(zoom_2, 2)
    # Its width and height change as one where it keeps its heading; where they differ, the box is only seen otherwise.
    side = longer_side(seen_4) * (1 + 2 * _ROOM)
    sides = (side, side * float(np.sqrt(zoom_2.prod())))
    detail = _detail(*sides)
    first_SS3 = resized(cut(request.source_HW3, _middle(seen_4), side, 2 * detail), _SIDE, through=detail)
    silhouette_SS = cut_mask(request.mask_HW, _middle(seen_4), np.array([side, side]), _SIDE)
    inner_SS = core(silhouette_SS, _MARGIN, _LEAST)
    second_SS3 = _fitted(request.edited_HW3, _middle(moved_4), sides[1], detail, first_SS3, inner_SS)
    return _pair(first_SS3, second_SS3, silhouette_SS, silhouette_SS, "placed")


def turned(request: Request, before_4: Array, after_4: Array) -> Pair:
    """The target before and after it was turned: its silhouette is as high, and as wide as its frame has become."""
    seen_4 = frame_of(request.mask_HW)
    zoom_2 = (after_4[2:] - after_4[:2]) / (before_4[2:] - before_4[:2])
    moved_4 = np.tile(after_4[:2], 2) + (seen_4 - np.tile(before_4[:2], 2)) * np.tile(zoom_2, 2)
    sides = tuple(longer_side(frame_4) * (1 + 2 * _ROOM) for frame_4 in (seen_4, moved_4))
    detail = _detail(*sides)
    first_SS3, second_SS3 = (
        resized(cut(picture, _middle(frame_4), side, 2 * detail), _SIDE, through=detail)
        for picture, frame_4, side in (
            (request.source_HW3, seen_4, sides[0]),
            (request.edited_HW3, moved_4, sides[1]),
        )
    )
    first_SS, second_SS = (
        cut_mask(request.mask_HW, _middle(seen_4), np.asarray(side_2), _SIDE)
        for side_2 in (np.full(2, sides[0]), sides[1] / zoom_2)
    )
    return _pair(first_SS3, second_SS3, first_SS, second_SS, "turned")


def whole(request: Request) -> Pair:
    """Both whole pictures, for a scene that is seen from elsewhere."""
    import cv2

    first_SS3, second_SS3 = (
        np.asarray(cv2.resize(picture, (_WHOLE_SIDE, _WHOLE_SIDE), interpolation=cv2.INTER_AREA))
        for picture in (request.source_HW3, request.edited_HW3)
    )
    every_SS = np.ones((_WHOLE_SIDE, _WHOLE_SIDE), dtype=bool)
    return _pair(first_SS3, second_SS3, every_SS, every_SS, "seen")


def place_distances(pairs: Sequence[Pair]) -> list[float]:
    """LPIPS of the cut out silhouettes, place by place."""
    if not pairs:
        return []
    first, second = (np.stack(cuts) for cuts in zip(*(_cut_out(pair) for pair in pairs), strict=True))
    return [float(distance) for distance in lpips(first, second)]


def mean_distances(pairs: Sequence[Pair]) -> list[float]:
    """Squared distances of the mean LPIPS features of the silhouettes."""
    distances = np.zeros(len(pairs))
    # Things and whole pictures have cuts of different sizes.
    for size in {pair.first_SS.shape for pair in pairs}:
        same = [k for k, pair in enumerate(pairs) if pair.first_SS.shape == size]
        cuts = np.concatenate([np.stack(_cut_out(pairs[k])) for k in same])
        for layer in unit_features(cuts):
            for at, k in enumerate(same):
                first_C = _mean(layer[2 * at], pairs[k].first_SS)
                second_C = _mean(layer[2 * at + 1], pairs[k].second_SS)
                distances[k] += ((first_C - second_C) ** 2).sum()
    return [float(distance) for distance in distances]


def _pair(first_SS3: Picture, second_SS3: Picture, first_SS: Mask, second_SS: Mask, kind: Kind) -> Pair:
    samples = _WHOLE_SAMPLES if kind == "seen" else _SAMPLES
    first, second = (
        some(looks(cut_SS3), core(mask_SS, _MARGIN, _LEAST), samples)
        for cut_SS3, mask_SS in ((first_SS3, first_SS), (second_SS3, second_SS))
    )
    colour = apart(first[:, :3], second[:, :3], kept=1.0 if kind == "placed" else _SAME_SIDES)
    grain = apart(first[:, 3:], second[:, 3:], kept=1.0)
    return Pair(first_SS3, second_SS3, first_SS, second_SS, kind, colour, grain)


def _fitted(
    edited_HW3: Picture, middle_2: Array, side: float, detail: int, first_SS3: Picture, inner_SS: Mask
) -> Picture:
    """The cut of the edited picture, shifted and scaled a little so that the first one's silhouette matches best."""
    import cv2

    margin = round(_SIDE * _SHIFT)
    wide = _SIDE + 2 * margin
    least, best_middle_2, best_side = np.inf, middle_2, side
    for zoom in _ZOOMS:
        step = side * zoom / _SIDE
        around = cut(edited_HW3, middle_2, step * wide, wide)
        around = resized(around, wide, through=round(detail * wide / _SIDE))
        misfit = cv2.matchTemplate(around, first_SS3, cv2.TM_SQDIFF, mask=inner_SS.astype(np.uint8))
        value, _, at_2, _ = cv2.minMaxLoc(misfit)
        if value < least:
            shift_2 = (np.array(at_2) - margin) * step
            least, best_middle_2, best_side = value, middle_2 + shift_2, side * zoom
    # Cut anew, by the same steps as the first: what was looked through differs from it by rounding.
    return resized(cut(edited_HW3, best_middle_2, best_side, 2 * detail), _SIDE, through=detail)


def _detail(*sides: float) -> int:
    """Pixels that the coarser of two cuts really has: the other one must not be called sharper for having more."""
    return max(_LEAST_DETAIL, int(min(*sides, _SIDE)))


def _middle(frame_4: Array) -> Array:
    return (frame_4[:2] + frame_4[2:]) / 2


def _cut_out(pair: Pair) -> tuple[Picture, Picture]:
    """Both cuts with grey where they do not count."""
    return (
        np.where(pair.first_SS[..., None], pair.first_SS3, _GREY).astype(np.uint8),
        np.where(pair.second_SS[..., None], pair.second_SS3, _GREY).astype(np.uint8),
    )


def _mean(layer_Chw: NDArray[np.float32], mask_SS: Mask) -> NDArray[np.float32]:
    weights_hw = share(mask_SS, layer_Chw.shape[1:])
    return np.asarray((layer_Chw * weights_hw).sum(axis=(1, 2)) / max(float(weights_hw.sum()), 1e-6))
