"""What a picture says for and against a thing standing somewhere, pixel by pixel.

Two explanations compete for each pixel: the thing as it would look there, and the background without the thing. Both
costs are robust and run from 0 to 1; a placement is as good as the sum of their difference over its silhouette.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dagster_gsi.detectors.background import Background
    from dagster_gsi.detectors.grade import Graded
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array

# Root-mean-square colour differences (of 1) at which an explanation is half refuted. The prediction of the thing is
# coarser than the background, which is known to the pixel except where the thing stood.
_SIGMA_THING, _SIGMA_BACKGROUND, _SIGMA_FILLED = 0.09, 0.06, 0.10
# The light on a thing that was moved may be another by this much.
_BRIGHTNESS = (0.85, 1.18)
# A background may be darker or lighter by a shadow that came or went. Halving the light is half unlikely.
_SIGMA_SHADE = 0.7
# Where the thing stood, the background is any colour that the surroundings have; what is filled in there is a guess
# whose refutation counts this much.
_DOUBT = 0.3
# Part of the picture's width that counts as surroundings, and how many of their pixels stand for them.
_SURROUNDINGS, _PALETTE = 0.10, 96
_SUM_3 = np.ones(3)
# Light is compared over windows of this part of the picture's width: wider than texture, narrower than things.
_WINDOW = 0.035


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """One picture at one working size, ready to judge placements."""

    camera: Camera
    edited_HW3: Array
    """sRGB in [0, 1], its colours brought to those of the source."""
    source_HW3: Array
    filled_HW3: Array
    """The source without the thing."""
    mask_HW: NDArray[np.bool_]
    """Where the thing is seen in the source."""
    depth_HW: Array
    """Metres to what is there besides the thing; 0 is nothing."""
    background_HW: Array
    """Cost of the explanation without the thing."""
    doubtful_HW: Array
    """The same, where the filled-in background behind the thing is not relied on: any colour of the surroundings will
    do there."""
    blur: float
    """Standard deviation in pixels of the edited picture's blur, which the source has too."""
    noise: float
    """Standard deviation of a channel's noise in the edited picture."""


def evidence(pictures: Graded, behind: Background, mask_HW: NDArray[np.bool_], camera: Camera) -> Evidence:
    """Prepare pictures of the camera's size."""
    import cv2

    edited_HW3, source_HW3 = pictures.edited_HW3, pictures.source_HW3
    around_HW = cv2.dilate(mask_HW.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=1 + round(pictures.blur))
    filled_HW3 = behind.picture_HW3
    sigma_HW = np.where(around_HW > 0, _SIGMA_FILLED, _SIGMA_BACKGROUND)
    background_HW = _background_cost(edited_HW3, filled_HW3, sigma_HW, pictures.noise)
    foreign_HW = _foreign_cost(edited_HW3, source_HW3, around_HW > 0, pictures.noise)
    doubtful_HW = np.where(around_HW > 0, np.minimum(background_HW, foreign_HW + _DOUBT * background_HW), background_HW)
    return Evidence(
        camera,
        edited_HW3,
        source_HW3,
        filled_HW3,
        mask_HW,
        behind.depth_HW,
        background_HW,
        doubtful_HW,
        pictures.blur,
        pictures.noise,
    )


def thing_cost(seen_P3: Array, predicted_P3: Array, noise: float = 0.0) -> Array:
    """Cost of colours under a prediction whose overall brightness may be off by a fifth."""
    off_P3 = seen_P3 - predicted_P3 * brightness(seen_P3, predicted_P3)
    off_P = np.maximum(np.einsum("pc,pc->p", off_P3, off_P3) / 3 - noise**2, 0.0)
    return np.asarray(off_P / (off_P + _SIGMA_THING**2))


def brightness(seen_P3: Array, predicted_P3: Array) -> float:
    """The factor between a thing's colours and their prediction: where it stands now, the light may be another."""
    if len(seen_P3) == 0:
        return 1.0
    # The median, and sums of three by a product: numpy's own means and medians take several times as long.
    factor_P = seen_P3 @ _SUM_3 / np.maximum(predicted_P3 @ _SUM_3, 0.05)
    factor = float(np.partition(factor_P, len(factor_P) // 2)[len(factor_P) // 2])
    return min(max(factor, _BRIGHTNESS[0]), _BRIGHTNESS[1])


def _foreign_cost(edited_HW3: Array, source_HW3: Array, hole_HW: NDArray[np.bool_], noise: float) -> Array:
    """In the hole, how far each colour is from every colour around it; elsewhere 1."""
    import cv2
    from scipy.spatial import cKDTree

    reach = max(3, int(_SURROUNDINGS * hole_HW.shape[1]))
    ring_HW = (cv2.dilate(hole_HW.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0) & ~hole_HW
    ring_M3 = source_HW3[ring_HW]
    cost_HW = np.ones(hole_HW.shape)
    if len(ring_M3) == 0:
        return cost_HW
    palette_C3 = ring_M3[:: max(1, len(ring_M3) // _PALETTE)]
    shades_S3 = np.concatenate([palette_C3 * shade for shade in (0.85, 1.0, 1.15)])
    apart_P, _ = cKDTree(shades_S3).query(edited_HW3[hole_HW])
    off_P = np.maximum(apart_P**2 / 3 - noise**2, 0.0)
    cost_HW[hole_HW] = off_P / (off_P + _SIGMA_BACKGROUND**2)
    return cost_HW


def _background_cost(edited_HW3: Array, expected_HW3: Array, sigma_HW: Array, noise: float) -> Array:
    import cv2

    side = max(3, int(_WINDOW * edited_HW3.shape[1]) | 1)
    # A floor keeps the ratio of two nearly black windows at 1.
    both_HW = cv2.blur((edited_HW3 * expected_HW3).sum(axis=-1), (side, side)) + 0.01
    own_HW = cv2.blur((expected_HW3**2).sum(axis=-1), (side, side)) + 0.01
    shade_HW = np.clip(both_HW / own_HW, 0.3, 2.5)
    off_HW = np.maximum(((edited_HW3 - expected_HW3 * shade_HW[..., None]) ** 2).mean(axis=-1) - noise**2, 0.0)
    straight_HW = np.maximum(((edited_HW3 - expected_HW3) ** 2).mean(axis=-1) - noise**2, 0.0)
    colour_HW = off_HW / (off_HW + sigma_HW**2)
    light_HW = np.log(shade_HW) ** 2
    light_HW = light_HW / (light_HW + _SIGMA_SHADE**2)
    shaded_HW = 1 - (1 - colour_HW) * (1 - light_HW)
    return np.asarray(np.minimum(shaded_HW, straight_HW / (straight_HW + sigma_HW**2)))
