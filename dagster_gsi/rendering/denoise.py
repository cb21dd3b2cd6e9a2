"""Open Image Denoise, guided by the albedo and the normals of what is seen."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import mitsuba_oidn

Image = NDArray[np.float32]

# Samples brighter than this, where middle tones are about 0.3, are lamps seen in mirrors and fireflies: white in any
# case, and they would leave blotches.
_BRIGHTEST = 12.0


def cleaned(layers_HWC: Image) -> Image:
    """The picture with 0 in place of undefined and infinite samples, which make the network bleach what is near."""
    return np.nan_to_num(layers_HWC, nan=0.0, posinf=0.0, neginf=0.0)


def denoised(exposed_HW3: Image, albedo_HW3: Image, normal_HW3: Image) -> Image:
    """The picture without noise. All three are float32 and cleaned; the first is linear and exposed."""
    import mitsuba_oidn

    images = {
        "color": np.clip(exposed_HW3, 0.0, _BRIGHTEST),
        "albedo": albedo_HW3,
        "normal": normal_HW3,
        "output": np.empty_like(exposed_HW3),
    }
    images = {name: np.ascontiguousarray(image_HW3, dtype=np.float32) for name, image_HW3 in images.items()}
    # `mitsuba_oidn.denoise` would keep the filter, and with it 150 MB for a picture of 512 px.
    network = _processor().new_filter("RT")
    for name, image_HW3 in images.items():
        network.set_image(name, image_HW3)
    network.hdr = True
    # The pictures of a pair are exposed alike; a scale of each picture's own would set them apart again.
    network.input_scale = 1.0
    network.quality = mitsuba_oidn.Quality.High
    network.execute()
    return images["output"]


@cache
def _processor() -> mitsuba_oidn.Device:
    """The CPU, even where there is a GPU: one seed gives the same bytes on machines with and without one."""
    import mitsuba_oidn

    return mitsuba_oidn.Device(mitsuba_oidn.DeviceType.CPU)
