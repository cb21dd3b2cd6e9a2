"""How a surface looks at each pixel, its colour and its grain, and how far two sets of looks are from each other.

LPIPS scales its features to unit length and is nearly blind to how strong a texture is, and to what colour: half-blurred
and recoloured things are close to the original. These two figures see exactly that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dagster_gsi.judges.crops import Mask, Picture

Looks = NDArray[np.float32]
"""One row a pixel: three of colour, then three of grain."""

# CIELAB in OpenCV's 8-bit units: about 8 % of the range, twice what one takes for another shade.
_COLOUR_UNIT = 20.0
# Grain is the logarithm of the local deviation from the blurred picture, at a fine, a middle and a coarse scale: widths
# in pixels of the blur that is taken off, and of the window that the deviation is averaged over.
_SCALES = ((0.7, 1.5), (1.5, 1.5), (3.0, 3.0))
# Variance that rounding to 8 bits makes: what is smoother is equally smooth.
_ROUNDING = 0.1


def looks(picture_HW3: Picture) -> NDArray[np.float32]:
    """The look at each pixel (H, W, 6)."""
    import cv2

    lab_HW3 = cv2.cvtColor(picture_HW3, cv2.COLOR_RGB2LAB).astype(np.float32)
    light_HW = lab_HW3[..., 0]
    grain = []
    for width, window in _SCALES:
        fine_HW = light_HW - cv2.GaussianBlur(light_HW, (0, 0), width)
        grain.append(0.5 * np.log(cv2.GaussianBlur(fine_HW * fine_HW, (0, 0), window) + _ROUNDING))
    return np.dstack([cv2.GaussianBlur(lab_HW3, (0, 0), 1.0) / _COLOUR_UNIT, *grain]).astype(np.float32)


def some(looks_HW6: NDArray[np.float32], mask_HW: Mask, most: int) -> Looks:
    """The looks of a mask's pixels, evenly thinned to `most`."""
    found = looks_HW6[mask_HW]
    return found if len(found) <= most else found[np.linspace(0, len(found) - 1, most).astype(int)]


def nearest(those: Looks, among: Looks) -> NDArray[np.float32]:
    """Of each of `those`, the distance to the nearest `among`."""
    squares = (those**2).sum(axis=1)[:, None] + (among**2).sum(axis=1) - 2 * those @ among.T
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0.0)))


def apart(first: Looks, second: Looks, *, kept: float) -> float:
    """Mean distance to the nearest of the other set, both ways: 0 where each look of one is found in the other.

    Only the nearer ones count, a share `kept` of each set.
    """
    return (_mean_of_least(nearest(first, second), kept) + _mean_of_least(nearest(second, first), kept)) / 2


def _mean_of_least(distances: NDArray[np.float32], kept: float) -> float:
    return float(np.sort(distances)[: max(1, round(kept * len(distances)))].mean())
