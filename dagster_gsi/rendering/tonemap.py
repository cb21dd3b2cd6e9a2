"""From linear radiance to 8-bit sRGB and back: exposure, a filmic curve and the transfer function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Rec. 709 luminance of linear RGB.
_LUMINANCE_3 = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)

# What the light falling on a typical surface is scaled to. Under it a white wall (albedo 0.8) comes out at sRGB 195 and
# a grey card (0.18) at 90, as in a photograph. Rooms have mostly pale walls, lit unevenly: they are exposed for these.
KEY, KEY_OF_ROOMS = 0.65, 0.45

# Metal and glass have no albedo to speak of, and what little there is would blow up the quotient.
_DARKEST_ALBEDO = 0.04


def exposure(radiance_HW3: NDArray[np.float32], albedo_HW3: NDArray[np.float32], *, key: float = KEY) -> float:
    """The factor that exposes a picture as a photographer with an incident-light meter would.

    What is metered is the log-average of radiance over albedo: the light that falls on what is seen. A dark table stays
    dark and a white one white, which metering radiance itself (Reinhard et al. 2002, eq. 1) turns into greys.
    """
    albedo_HW = albedo_HW3 @ _LUMINANCE_3
    metered_HW = albedo_HW > _DARKEST_ALBEDO
    if not metered_HW.any():
        raise ValueError("nothing in the picture has a colour to set the exposure by; look at something else")
    light_N = (radiance_HW3 @ _LUMINANCE_3)[metered_HW] / albedo_HW[metered_HW]
    # A floor far under any lit surface keeps pixels without a sample of light from ruling the average.
    return float(key / np.exp(np.log(np.maximum(light_N, 1e-2)).mean()))


def filmic(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compress [0, inf) to [0, 1) with a toe and a shoulder (Narkowicz 2015, a fit to the ACES curve)."""
    x = linear * np.float32(0.8)
    return np.clip((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0).astype(np.float32)


def encode(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear values in [0, 1] as 8-bit sRGB (IEC 61966-2-1)."""
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)
    return np.rint(np.clip(curve, 0.0, 1.0) * 255).astype(np.uint8)


def decode(srgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """8-bit sRGB as linear values in [0, 1]: the inverse of `encode`."""
    return _LINEAR_256[srgb]


def develop(exposed_HW3: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The 8-bit sRGB picture of linear radiance that is exposed already."""
    return encode(filmic(exposed_HW3))


_CODE_256 = np.arange(256, dtype=np.float64) / 255
_LINEAR_256 = np.where(_CODE_256 <= 0.04045, _CODE_256 / 12.92, ((_CODE_256 + 0.055) / 1.055) ** 2.4).astype(np.float32)
