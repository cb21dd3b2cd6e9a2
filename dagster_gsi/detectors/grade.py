"""What was done to the whole of an edited picture, and how far a thing in it is as it was.

An editor, or a codec behind it, may have changed all colours, blurred the picture or put noise on it. That is told
from the background, undone where it can be undone, and done to the source where it cannot. Colours are sRGB in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array

# Standard deviations of the blurs that are tried, in pixels; three is where things of a tenth of the picture dissolve.
_BLURS = (0.0, 0.6, 0.9, 1.2, 1.5, 1.8, 2.2, 3.0)
# Standard deviation in pixels of the smoothing under which colours are matched.
_EVEN = 4.0
# A blur is believed if it explains this much of the difference on the sharpest pixels: renderings differ by themselves.
_LEAST_GAIN = 0.15
# The sharpest part of the background tells the blur.
_SHARPEST = 0.15
# Differences beyond this are changes, and count as much as this.
_CHANGED = 0.15
# Structure is what varies within this part of the picture's width: larger than texture, smaller than light.
STRUCTURE = 0.02
# Smoothing in pixels before structure is compared, and what it leaves of the standard deviation of noise.
_SMOOTHING, _LEFT_OF_NOISE = 0.7, 0.4
# Contrast under this is no structure.
_FLAT = 0.006


@dataclass(frozen=True, slots=True, eq=False)
class Graded:
    """An edited picture brought to the colours of the source, and the source brought to its sharpness."""

    edited_HW3: Array
    source_HW3: Array
    blur: float
    """Standard deviation in pixels of what was blurred."""
    noise: float
    """Standard deviation of a channel's noise."""


def graded(edited_HW3: Array, source_HW3: Array, mask_HW: NDArray[np.bool_]) -> Graded:
    """Compare the two outside the thing's mask, where most should be equal."""
    matched_HW3 = matched(edited_HW3, source_HW3, mask_HW)
    blur = _blur(matched_HW3, source_HW3, mask_HW)
    soft_HW3 = blurred(source_HW3, blur)
    if blur:
        matched_HW3 = matched(edited_HW3, soft_HW3, mask_HW)
    off_N3 = (matched_HW3 - soft_HW3)[~mask_HW]
    # 1.48 median absolute deviations are a standard deviation.
    return Graded(matched_HW3, soft_HW3, blur, 1.48 * float(np.median(np.abs(off_N3))))


def blurred(picture_HWC: Array, sigma: float) -> Array:
    """Smoothed by a Gaussian of that many pixels; in single precision it takes half as long."""
    import cv2

    return np.asarray(cv2.GaussianBlur(picture_HWC, (0, 0), sigma)) if sigma > 0 else picture_HWC


def window(mask_HW: NDArray[np.bool_], margin: int = 0) -> tuple[slice, slice]:
    """Rows and columns around the pixels of a mask that has some, and so many more on each side."""
    rows, columns = (
        slice(max(0, int(axis.min()) - margin), int(axis.max()) + margin + 1) for axis in np.nonzero(mask_HW)
    )
    return rows, columns


def matched(edited_HW3: Array, source_HW3: Array, mask_HW: NDArray[np.bool_]) -> Array:
    """The edited picture with each channel's gain and offset undone, as far as most of the background tells them."""
    # Smoothed by more than either picture may be blurred, gains are those of the colours and not of the contrast.
    smooth_HW3, wanted_HW3 = (
        blurred(picture_HW3.astype(np.float32), _EVEN) for picture_HW3 in (edited_HW3, source_HW3)
    )
    matched_HW3 = edited_HW3.copy()
    for channel in range(3):
        x, y = smooth_HW3[~mask_HW][:, channel], wanted_HW3[~mask_HW][:, channel]
        gain, offset = 1.0, 0.0
        for _ in range(5):
            weights = 1 / (1 + ((gain * x + offset - y) / 0.05) ** 2)
            mean_x, mean_y = np.average(x, weights=weights), np.average(y, weights=weights)
            spread = np.average((x - mean_x) ** 2, weights=weights)
            gain = float(np.average((x - mean_x) * (y - mean_y), weights=weights) / max(spread, 1e-6))
            gain = float(np.clip(gain, 0.6, 1.6))
            offset = float(mean_y - gain * mean_x)
        matched_HW3[..., channel] = edited_HW3[..., channel] * gain + offset
    return np.clip(matched_HW3, 0.0, 1.0)


def unchanged_part(pictures: Graded, mask_HW: NDArray[np.bool_], limit: float) -> float:
    """Which part of the thing's pixels has the colour it had, but for noise like that of the rest of the picture."""
    off_HW = np.abs(blurred(pictures.edited_HW3 - pictures.source_HW3, 0.7 if pictures.noise > 0.01 else 0)).mean(
        axis=-1
    )
    limit = max(limit, 2 * pictures.noise)
    return float((off_HW[mask_HW] <= limit).mean())


def likeness(pictures: Graded, mask_HW: NDArray[np.bool_], to_HW3: Array | None = None) -> float:
    """How like the structure of the thing and its rim is to what it was, whatever happened to the light: 1 is alike.

    With `to_HW3` how like another picture it is, where the source has structure.
    """
    import cv2

    around_HW = cv2.dilate(mask_HW.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    scale = STRUCTURE * mask_HW.shape[1]
    like_HW, _, was_HW = structure(pictures.edited_HW3, pictures.source_HW3, pictures.noise, scale=scale)
    if to_HW3 is not None:
        like_HW, _, _ = structure(pictures.edited_HW3, to_HW3, pictures.noise, scale=scale)
    return float(np.average(like_HW[around_HW], weights=was_HW[around_HW] + 1e-9))


def structure(seen_HW3: Array, expected_HW3: Array, noise: float, *, scale: float) -> tuple[Array, Array, Array]:
    """Local normalised correlation of two pictures' structure, and the local contrast of each, squared.

    Structure is what varies over less than `scale` pixels; what is lighter or darker by a smooth factor correlates.
    """

    def window(a_HW: Array) -> Array:
        return blurred(a_HW, scale / 2)

    smooth = [blurred(picture_HW3.astype(np.float32), _SMOOTHING) for picture_HW3 in (seen_HW3, expected_HW3)]
    seen_HW3, expected_HW3 = (picture_HW3 - blurred(picture_HW3, scale) for picture_HW3 in smooth)
    both_HW = window((seen_HW3 * expected_HW3).sum(axis=-1))
    expected_HW = window((expected_HW3**2).sum(axis=-1))
    seen_HW = np.maximum(window((seen_HW3**2).sum(axis=-1)) - 3 * (noise * _LEFT_OF_NOISE) ** 2, 0)
    like_HW = both_HW / np.sqrt((expected_HW + _FLAT**2) * (seen_HW + _FLAT**2))
    return np.clip(like_HW, -1, 1), seen_HW, expected_HW


def _blur(edited_HW3: Array, source_HW3: Array, mask_HW: NDArray[np.bool_]) -> float:
    grey_HW = source_HW3.mean(axis=-1)
    steep_HW = np.hypot(*np.gradient(grey_HW))
    steep_HW[mask_HW] = 0
    sharp_HW = steep_HW >= np.quantile(steep_HW[~mask_HW], 1 - _SHARPEST)
    sharp_HW &= ~mask_HW
    edited_N3, source_HW3 = edited_HW3[sharp_HW], source_HW3.astype(np.float32)
    costs = [float(np.minimum(np.abs(blurred(source_HW3, s)[sharp_HW] - edited_N3), _CHANGED).mean()) for s in _BLURS]
    best = int(np.argmin(costs))
    return _BLURS[best] if costs[best] < (1 - _LEAST_GAIN) * costs[0] else 0.0
