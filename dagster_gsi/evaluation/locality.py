"""Edit locality (EL): is everything but the target as it was?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.judges.lpips import lpips_map

# Around the target its soft edge, its contact shadow and its reflection change with it: 3 % of the longer side.
MARGIN = 0.03
# An edit whose surroundings differ more than this is another picture: the published limits for synthetic scenes.
LEAST_SSIM, MOST_LPIPS = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Locality:
    """Likeness of two pictures outside a mask: SSIM and LPIPS in [0, 1], squared error of 8-bit values."""

    ssim: float
    lpips: float
    mse: float
    masked_fraction: float

    @property
    def gate(self) -> bool:
        return self.ssim > LEAST_SSIM and self.lpips < MOST_LPIPS


NOTHING_KEPT = Locality(ssim=0.0, lpips=1.0, mse=255.0**2, masked_fraction=1.0)
"""Of a picture in which nothing of the source is found again."""


def widened(mask_HW: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask grown by the margin in every direction."""
    from scipy.ndimage import distance_transform_edt

    if not mask_HW.any():
        return mask_HW
    return np.asarray(distance_transform_edt(~mask_HW) <= MARGIN * max(mask_HW.shape))


def locality(source_HW3: NDArray[np.uint8], edited_HW3: NDArray[np.uint8], ignore_HW: NDArray[np.bool_]) -> Locality:
    """Compare pictures of one size outside `ignore_HW`.

    Inside it the edited picture is given the source's pixels first: SSIM's window and the network's receptive field
    would otherwise carry what happened to the target into its surroundings.
    """
    from skimage.metrics import structural_similarity

    assert source_HW3.shape == edited_HW3.shape, (source_HW3.shape, edited_HW3.shape)
    keep_HW = ~ignore_HW
    if not keep_HW.any():
        raise ValueError("the target covers the whole picture: there is nothing outside it to compare")
    outside_HW3 = np.where(ignore_HW[..., None], source_HW3, edited_HW3)
    _, ssim_HW3 = structural_similarity(source_HW3, outside_HW3, data_range=255, channel_axis=-1, full=True)
    distance_HW = lpips_map(source_HW3[None], outside_HW3[None])[0]
    return Locality(
        ssim=float(ssim_HW3[keep_HW].mean()),
        lpips=float(distance_HW[keep_HW].mean(dtype=np.float64)),
        mse=float(((source_HW3[keep_HW].astype(np.float64) - outside_HW3[keep_HW]) ** 2).mean()),
        masked_fraction=float(ignore_HW.mean()),
    )
