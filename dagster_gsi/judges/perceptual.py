"""The judge that needs no model server: distances between LPIPS features of what should look the same.

It is deterministic and quick, and it sees colour, texture and shape, not meaning. Four cases:

* moved or scaled: the target's crop in the source against its crop in the edited picture, brought to one size and cut
  out by the target's silhouette, compared place by place (LPIPS);
* turned: the same crops, compared by the mean of their features over the picture, because the places have changed;
* seen from elsewhere: the whole pictures, by the mean of their features as for a turn;
* removed: the mean features of the filled hole against those of the background around it.

A distance d becomes the score 10 * 2^-(d / h)^2: 10 for no difference, 5 at h, near 0 at twice that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.judges.base import Request, Verdict
from dagster_gsi.judges.lpips import lpips, unit_features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.geometry.pose import Array

# Side of the compared crops: AlexNet's last layer then still has 5 x 5 places.
_SIDE = 112
# Around the frame, as part of its longer side: room for the silhouette's own edge.
_ROOM = 0.08
# Distances at which the look is half lost. Crops of one thing rendered 20 cm apart are about 0.1 from each other, of
# two different things 0.4 and more. Of one thing before and after a turn the means over the picture are 0.01 to 0.05
# apart. True backgrounds are 0.1 from what surrounds them, because walls meet tables there; things are 0.2.
_HALF_PLACED, _HALF_TURNED, _HALF_FILLED = 0.30, 0.08, 0.20
_GREY = 128


@dataclass(frozen=True, slots=True)
class Perceptual:
    """Judges by LPIPS features."""

    version: ClassVar[str] = "perceptual-2"

    def usage(self) -> dict[str, float]:
        return {}

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        return [self._verdict(request) for request in requests]

    def _verdict(self, request: Request) -> Verdict:
        if request.operation == "view":
            distance, half = _turned(request, _whole(request), _whole(request)), _HALF_TURNED
            what = "its look as a whole is {} from that of the source"
        elif request.operation == "remove":
            distance, half = _hole_from_surroundings(request), _HALF_FILLED
            what = "the filled hole is {} from its surroundings"
        elif request.after_4 is None or request.before_4 is None:
            return Verdict(0.0, "The target was not found, so there is no look to compare.")
        elif request.operation == "rotate":
            distance, half = _turned(request, request.before_4, request.after_4), _HALF_TURNED
            what = "its look as a whole is {} from that in the source"
        else:
            distance, half = _placed(request, request.before_4, request.after_4), _HALF_PLACED
            what = "its look is {} from that in the source"
        score = 10.0 * 2.0 ** -((distance / half) ** 2)
        return Verdict(
            score, f"By LPIPS features {what.format(f'{distance:.3f}')}; half the score is lost at {half:g}."
        )


def _placed(request: Request, box_4: Array, after_4: Array) -> float:
    before_4 = _silhouette_frame(request.mask_HW)
    # The frame found by the detector is that of the whole box; the silhouette fills the same part of it as before.
    zoom_2 = (after_4[2:] - after_4[:2]) / (box_4[2:] - box_4[:2])
    moved_4 = np.tile(after_4[:2], 2) + (before_4 - np.tile(box_4[:2], 2)) * np.tile(zoom_2, 2)
    mask_SS = _crop(request.mask_HW.astype(np.uint8) * 255, before_4) > _GREY
    crops = [_crop(request.source_HW3, before_4), _crop(request.edited_HW3, moved_4)]
    cut = [np.where(mask_SS[..., None], crop, _GREY).astype(np.uint8)[None] for crop in crops]
    return float(lpips(cut[0], cut[1])[0])


def _whole(request: Request) -> Array:
    height, width = request.source_HW3.shape[:2]
    return np.array([0, 0, width, height], dtype=np.float64)


def _turned(request: Request, before_4: Array, after_4: Array) -> float:
    crops = np.stack([_crop(request.source_HW3, before_4), _crop(request.edited_HW3, after_4)])
    means = [layer.mean(axis=(2, 3)) for layer in unit_features(crops)]
    return float(sum(((mean[0] - mean[1]) ** 2).sum() for mean in means))


def _hole_from_surroundings(request: Request) -> float:
    """Mean features inside the vacated silhouette against those in a ring of background around it."""
    frame_4 = _silhouette_frame(request.mask_HW)
    # Twice the hole's frame: as much surroundings as hole, from the same light and the same texture.
    middle_2, half_2 = (frame_4[:2] + frame_4[2:]) / 2, frame_4[2:] - frame_4[:2]
    wide_4 = np.concatenate([middle_2 - half_2, middle_2 + half_2])
    hole_SS = _crop(request.mask_HW.astype(np.uint8) * 255, wide_4) > _GREY
    others_SS = _crop(request.others_HW.astype(np.uint8) * 255, wide_4) > _GREY
    crop = _crop(request.edited_HW3, wide_4)
    distance = 0.0
    for layer in unit_features(crop[None]):
        inside_hw, around_hw = _share(hole_SS, layer.shape[2:]), _share(~hole_SS & ~others_SS, layer.shape[2:])
        if min(inside_hw.sum(), around_hw.sum()) < 1e-6:
            continue
        hole_C = (layer[0] * inside_hw).sum(axis=(1, 2)) / inside_hw.sum()
        ring_C = (layer[0] * around_hw).sum(axis=(1, 2)) / around_hw.sum()
        distance += float(((hole_C - ring_C) ** 2).sum())
    return distance


def _share(mask_SS: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.resize(mask_SS.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA))


def _silhouette_frame(mask_HW: NDArray[np.bool_]) -> Array:
    rows, columns = np.flatnonzero(mask_HW.any(axis=1)), np.flatnonzero(mask_HW.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], dtype=np.float64)


def _crop(picture: NDArray[np.uint8], frame_4: Array) -> NDArray[np.uint8]:
    """The square around the frame at the crops' size; beyond the picture its edge is repeated."""
    import cv2

    middle_2 = (frame_4[:2] + frame_4[2:]) / 2
    side = float((frame_4[2:] - frame_4[:2]).max()) * (1 + 2 * _ROOM)
    step = side / _SIDE
    to_picture_23 = np.array(
        [[step, 0.0, middle_2[0] - side / 2 + step / 2 - 0.5], [0.0, step, middle_2[1] - side / 2 + step / 2 - 0.5]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, to_picture_23, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )
