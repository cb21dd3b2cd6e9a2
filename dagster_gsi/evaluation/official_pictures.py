"""Pictures as the published evaluator compares them.

Both are brought to a square of 896 pixels, padded with the mean colour, and the square is then cut to the height and
width of the *original* picture: of a 512 pixel source only the top-left third is looked at. Channels are in the order
blue, green, red. All of that is kept: the figures depend on it. So is the order in which single-precision numbers are
rounded, because of plain pictures nothing else is left to compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.interchange.official_boxes import (
    SAME_2D,
    SAME_3D,
    Detections,
    Record,
    entry,
    picture_of,
    picture_of_original,
    same,
)
from dagster_gsi.interchange.official_frame import SIDE, cut_of
from dagster_gsi.judges.lpips import LEAST_SIDE, lpips_within

if TYPE_CHECKING:
    import torch

    from dagster_gsi.geometry.pose import Array

_MEAN, _DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
# SSIM's window and its two constants, as scikit-image has them.
_WINDOW, _K1, _K2 = 7, 0.01, 0.03
# Under this range the two constants are so small that what is left of running sums decides: scikit-image's own then.
_PLAIN = 8
# Two pictures are of the same view if the turn between them is less than this.
_VIEW_DEGREES = 10.0
_LOWE_RATIO, _LEAST_MATCHES, _FOCAL = 0.75, 10, 1000.0

Picture = NDArray[np.uint8]
Pixels = NDArray[np.float32] | NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Locality:
    """How much of the background is as it was: SSIM and LPIPS in [0, 1], squared error of 8-bit values."""

    ssim: float
    lpips: float
    mse: float


def locality(
    source_HW3: Picture, edited_HW3: Picture, record: Record, origin: Detections, found: Detections
) -> Locality:
    """Compare outside the target's box and outside the last box in the edited picture that is not it.

    SSIM and squared error are nan and LPIPS is 0 where the boxes leave nothing to compare.
    """
    first, second = framed(source_HW3), framed(edited_HW3)
    keep_HW = np.ones(first.shape[:2], dtype=bool)
    for box in (picture_of_original(record, origin), _last_other_box(record, found)):
        if box is not None:
            left, top = (_whole(max(0, value)) for value in box[:2])
            right, bottom = _whole(min(first.shape[1], box[2])), _whole(min(first.shape[0], box[3]))
            # A box wholly left of or above the picture ends at a negative number, which counts from the other side.
            keep_HW[top:bottom, left:right] = False
    return Locality(
        ssim=masked_ssim(first, second, keep_HW),
        lpips=masked_lpips(first, second, keep_HW),
        mse=_mean_where((first - second) ** 2, keep_HW),
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

    height, width = picture_HW3.shape[:2]
    cut = cut_of(width, height)
    if min(height, width) < LEAST_SIDE or min(cut.resized_height, cut.resized_width) < 1:
        raise ValueError(
            f"a picture of {width} x {height} pixels is too small to be compared: {LEAST_SIDE} each way are needed"
        )
    # Of the padded square only the part up to the original size is looked at.
    rows, columns = min(cut.height, height), min(cut.width, width)
    size, part = (cut.resized_height, cut.resized_width), (cut.top + rows, cut.left + columns)
    kept_3HW = _enlarged(picture_HW3, size, part)[:, cut.top :, cut.left :]
    mean_311, deviation_311 = (torch.tensor(values).view(3, 1, 1) for values in (_MEAN, _DEVIATION))
    square_3HW = torch.zeros(3, min(SIDE, height), min(SIDE, width))
    square_3HW[:, :rows, :columns] = kept_3HW.sub(mean_311).div_(deviation_311)
    return square_3HW.mul_(deviation_311).add_(mean_311).flip(0).permute(1, 2, 0).contiguous().numpy()


def masked_ssim(first_HW3: Pixels, second_HW3: Pixels, keep_HW: NDArray[np.bool_]) -> float:
    """Mean of the SSIM map where `keep_HW`; the range is that of the second picture. An empty mask gives nan."""
    return _mean_where(ssim_map(first_HW3, second_HW3), keep_HW)


def ssim_map(first_HW3: Pixels, second_HW3: Pixels) -> NDArray[Any]:
    """SSIM around each pixel: to the last bit what scikit-image gives for the range of the second picture.

    Bytes are compared in double precision and single precision in itself, window sums are rounded after each axis. It
    takes a quarter of scikit-image's time.
    """
    reach = second_HW3.max() - second_HW3.min()
    if reach < _PLAIN:
        return _ssim_of_plain(first_HW3, second_HW3, reach)
    precise = np.float64 if first_HW3.dtype == np.uint8 else np.float32
    x: NDArray[Any] = first_HW3.astype(precise, copy=False)
    y: NDArray[Any] = second_HW3.astype(precise, copy=False)
    sample = _WINDOW**2 / (_WINDOW**2 - 1)
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    var_x = sample * (_window_mean(x * x) - mean_x * mean_x)
    var_y = sample * (_window_mean(y * y) - mean_y * mean_y)
    cov = sample * (_window_mean(x * y) - mean_x * mean_y)
    c1, c2 = (_K1 * reach) ** 2, (_K2 * reach) ** 2
    above = (2 * mean_x * mean_y + c1) * (2 * cov + c2)
    return np.asarray(above / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)))


def _ssim_of_plain(first_HW3: Pixels, second_HW3: Pixels, reach: Any) -> NDArray[Any]:
    from skimage.metrics import structural_similarity

    # A range of 0 leaves nothing but nan to say.
    with np.errstate(divide="ignore", invalid="ignore"):
        _, map_HW3 = structural_similarity(first_HW3, second_HW3, data_range=reach, channel_axis=-1, full=True)
    return np.asarray(map_HW3)


def masked_lpips(first_HW3: Pixels, second_HW3: Pixels, keep_HW: NDArray[np.bool_]) -> float:
    """Mean of the LPIPS map where `keep_HW`; 0 for an empty mask."""
    first, second = (_eight_bit(picture)[None] for picture in (first_HW3, second_HW3))
    return float(lpips_within(first, second, keep_HW[None])[0])


def same_view(source_HW3: Picture, edited_HW3: Picture) -> bool | None:
    """Whether matched SIFT points say that the camera turned by less than 10 degrees.

    False where too few points match, None where the published evaluator ends with an error.
    """
    import cv2

    sift = cv2.SIFT_create()
    points_1, features_1 = sift.detectAndCompute(source_HW3, None)
    if features_1 is None:
        return False
    points_2, features_2 = sift.detectAndCompute(edited_HW3, None)
    if features_2 is None or len(features_2) < 2:
        return None
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
        return None
    _, rotation_33, _, _ = cv2.recoverPose(essential_33, pixels_1, pixels_2)
    # No turn at all can round to a cosine above 1, whose angle is nan, which is not less than anything: not the same.
    with np.errstate(invalid="ignore"):
        turn = np.degrees(np.arccos((np.trace(rotation_33) - 1) / 2))
    return bool(turn < _VIEW_DEGREES)


def _enlarged(picture_HW3: Picture, size: tuple[int, int], part: tuple[int, int]) -> torch.Tensor:
    """The top-left `part` (3, height, width) of the picture resized to `size`, from no more of it than that needs."""
    import torch

    steps = [old / new for old, new in zip(picture_HW3.shape, size, strict=False)]
    # The filter reaches one step to either side, at least one pixel; another is room for rounding.
    ends = [int(np.ceil(count * step + max(step, 1.0))) + 1 for count, step in zip(part, steps, strict=True)]
    pixels_13HW = torch.tensor(picture_HW3[: ends[0], : ends[1]]).permute(2, 0, 1)[None].float().contiguous()
    if size == picture_HW3.shape[:2]:
        return pixels_13HW[0, :, : part[0], : part[1]]
    factors = [1.0 / step for step in steps]
    return torch.ops.aten._upsample_bilinear2d_aa(pixels_13HW, list(part), False, factors[0], factors[1])[0]  # noqa: SLF001


def _window_mean(pixels_HW3: NDArray[Any]) -> NDArray[Any]:
    import cv2

    down_HW3 = cv2.boxFilter(pixels_HW3, -1, (1, _WINDOW), borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.boxFilter(down_HW3, -1, (_WINDOW, 1), borderType=cv2.BORDER_REFLECT))


def _mean_where(pixels_HW3: NDArray[Any], keep_HW: NDArray[np.bool_]) -> float:
    # In the pixels' own precision, as there: of large errors the fourth digit after the point is its rounding.
    if not keep_HW.any():
        return float("nan")
    kept = pixels_HW3 if keep_HW.all() else np.compress(keep_HW.ravel(), pixels_HW3.reshape(-1, 3), axis=0)
    return float(kept.mean())


def _last_other_box(record: Record, found: Detections) -> Array | None:
    if not found:
        return None
    original = entry(record, "original_bbox_3d")
    picture_4 = picture_of(original, entry(record, "rotation_matrix"), entry(record, "camera_intrinsics"))
    others = [
        detection["bbox_2d"]
        for detection in found
        if not same(detection["bbox_3d"], original, SAME_3D) and not same(detection["bbox_2d"], picture_4, SAME_2D)
    ]
    return np.asarray(others[-1], dtype=np.float64) if others else None


def _whole(value: float) -> int:
    if np.isinf(value):
        raise ValueError("`bbox_2d` of a detection that is to be left out of the comparison begins or ends at infinity")
    return int(value)


def _eight_bit(picture_HW3: Pixels) -> Pixels:
    """The evaluator takes a picture without a value above 1 for one in [0, 1], be it a nearly black 8-bit one."""
    return picture_HW3 if picture_HW3.max() > 1 else picture_HW3.astype(np.float32) * np.float32(255)
