"""Pictures as the published evaluator compares them.

Both are brought to a square of 896 pixels, padded with the mean colour, and the square is then cut to the height and
width of the *original* picture: of a 512 pixel source only the top-left third is looked at. Channels are in the order
blue, green, red. All of that is kept: the figures depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.interchange.official_boxes import (
    SAME_2D,
    SAME_3D,
    Detections,
    Record,
    picture_of,
    picture_of_original,
    same,
)
from dagster_gsi.interchange.official_frame import SIDE, cut_of
from dagster_gsi.judges.lpips import lpips_map

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array

_MEAN = np.array([123.675, 116.28, 103.53], dtype=np.float32)
_DEVIATION = np.array([58.395, 57.12, 57.375], dtype=np.float32)
# Two pictures are of the same view if the turn between them is less than this.
_VIEW_DEGREES = 10.0
_LOWE_RATIO, _LEAST_MATCHES, _FOCAL = 0.75, 10, 1000.0

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Locality:
    """How much of the background is as it was: SSIM and LPIPS in [0, 1], squared error of 8-bit values."""

    ssim: float
    lpips: float
    mse: float


def locality(
    source_HW3: Picture, edited_HW3: Picture, record: Record, origin: Detections, found: Detections
) -> Locality:
    """Compare outside the target's box and outside the last box in the edited picture that is not it."""
    first, second = framed(source_HW3), framed(edited_HW3)
    keep_HW = np.ones(first.shape[:2], dtype=bool)
    for box in (picture_of_original(record, origin), _last_other_box(record, found)):
        if box is not None:
            left, top = (int(max(0, value)) for value in box[:2])
            right, bottom = int(min(first.shape[1], box[2])), int(min(first.shape[0], box[3]))
            keep_HW[top:bottom, left:right] = False
    return Locality(
        ssim=masked_ssim(first, second, keep_HW),
        lpips=masked_lpips(first, second, keep_HW),
        mse=float(((first - second) ** 2)[keep_HW].mean()),
    )


def likeness(edited_HW3: Picture, truth_HW3: Picture) -> float:
    """Score of a view change: half SSIM, half 1 - LPIPS, over the whole picture; 0 where the sizes differ."""
    if edited_HW3.shape != truth_HW3.shape:
        return 0.0
    everywhere_HW = np.ones(edited_HW3.shape[:2], dtype=bool)
    ssim = masked_ssim(edited_HW3, truth_HW3, everywhere_HW)
    return 0.5 * ssim + 0.5 * (1 - masked_lpips(edited_HW3, truth_HW3, everywhere_HW))


def framed(picture_HW3: Picture) -> NDArray[np.float32]:
    """Resize the longest side to 896, cut to whole patches, pad right and below, and slice to the original size."""
    import torch
    from torch.nn.functional import interpolate

    height, width = picture_HW3.shape[:2]
    cut = cut_of(width, height)
    pixels = torch.from_numpy(picture_HW3.copy()).permute(2, 0, 1).float()[None]
    size = (cut.resized_height, cut.resized_width)
    resized = (
        interpolate(pixels, size, mode="bilinear", align_corners=False, antialias=True)[0].permute(1, 2, 0).numpy()
    )
    kept = resized[cut.top : cut.top + cut.height, cut.left : cut.left + cut.width]
    square = np.zeros((SIDE, SIDE, 3), dtype=np.float32)
    square[: cut.height, : cut.width] = (kept - _MEAN) / _DEVIATION
    return np.ascontiguousarray((square[:height, :width] * _DEVIATION + _MEAN)[..., ::-1])


def masked_ssim(first_HW3: NDArray[np.generic], second_HW3: NDArray[np.generic], keep_HW: NDArray[np.bool_]) -> float:
    """Mean of the SSIM map where `keep_HW`; the range is that of the second picture. An empty mask gives nan."""
    from skimage.metrics import structural_similarity

    reach = second_HW3.max() - second_HW3.min()
    _, map_HW3 = structural_similarity(first_HW3, second_HW3, data_range=reach, channel_axis=-1, full=True)
    return float(map_HW3[keep_HW].mean()) if keep_HW.any() else float("nan")


def masked_lpips(first_HW3: NDArray[np.generic], second_HW3: NDArray[np.generic], keep_HW: NDArray[np.bool_]) -> float:
    """Mean of the LPIPS map where `keep_HW`; 0 for an empty mask."""
    both = [_eight_bit(picture)[None] for picture in (first_HW3, second_HW3)]
    map_HW = lpips_map(both[0], both[1])[0]
    return float((map_HW * keep_HW).sum() / max(float(keep_HW.sum()), 1e-6))


def same_view(source_HW3: Picture, edited_HW3: Picture) -> bool:
    """Whether matched SIFT points say that the camera turned by less than 10 degrees; False where they say nothing."""
    import cv2

    sift = cv2.SIFT_create()
    points_1, features_1 = sift.detectAndCompute(source_HW3, None)
    points_2, features_2 = sift.detectAndCompute(edited_HW3, None)
    if features_1 is None or features_2 is None or len(features_2) < 2:
        return False
    matches = cv2.BFMatcher().knnMatch(features_1, features_2, k=2)
    good = [first for first, second in matches if first.distance < _LOWE_RATIO * second.distance]
    if len(good) < _LEAST_MATCHES:
        return False
    pixels_1 = np.array([points_1[match.queryIdx].pt for match in good], dtype=np.float32)
    pixels_2 = np.array([points_2[match.trainIdx].pt for match in good], dtype=np.float32)
    centre = (source_HW3.shape[1] / 2, source_HW3.shape[0] / 2)
    essential_33, _ = cv2.findEssentialMat(
        pixels_1, pixels_2, focal=_FOCAL, pp=centre, method=cv2.RANSAC, prob=0.999, threshold=1.0
    )
    if essential_33 is None or essential_33.shape != (3, 3):
        return False
    _, rotation_33, _, _ = cv2.recoverPose(essential_33, pixels_1, pixels_2)
    turn = np.degrees(np.arccos(np.clip((np.trace(rotation_33) - 1) / 2, -1.0, 1.0)))
    return bool(turn < _VIEW_DEGREES)


def _last_other_box(record: Record, found: Detections) -> Array | None:
    original = record["original_bbox_3d"]
    picture_4 = picture_of(original, record["rotation_matrix"], record["camera_intrinsics"])
    others = [
        detection["bbox_2d"]
        for detection in found
        if not same(detection["bbox_3d"], original, SAME_3D) and not same(detection["bbox_2d"], picture_4, SAME_2D)
    ]
    return np.asarray(others[-1], dtype=np.float64) if others else None


def _eight_bit(picture_HW3: NDArray[np.generic]) -> NDArray[np.float32]:
    """The evaluator takes a picture without a value above 1 for one in [0, 1], be it a nearly black 8-bit one."""
    pixels = picture_HW3.astype(np.float32)
    return pixels if pixels.max() > 1 else pixels * np.float32(255)
