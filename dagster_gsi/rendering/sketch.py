"""A picture without light transport: colours under one plain light, from what a renderer knows of the first surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.rendering.tonemap import KEY, develop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dagster_gsi.geometry.camera import Camera

# Where the lamp is, by the camera's right, the world's up and the camera's back: beside and above whoever looks.
_LAMP_3 = np.array([0.6, 1.0, 0.4])
# How much light comes from everywhere, from above and from the lamp.
_AROUND, _ABOVE, _FROM_LAMP = 0.3, 0.6, 0.6


def sketched(albedo_HW3: NDArray[np.float32], normal_HW3: NDArray[np.float32], camera: Camera) -> NDArray[np.uint8]:
    """The 8-bit sRGB picture of surfaces with linear `albedo_HW3` and unit normals in the world, by Lambert's law."""
    axes_33 = np.stack([camera.right_3, [0.0, 0.0, 1.0], -camera.ahead_3])
    lamp_3 = _LAMP_3 @ axes_33
    lamp_3 /= np.linalg.norm(lamp_3)
    above_HW = (1 + normal_HW3[..., 2]) / 2
    lit_HW = np.maximum(normal_HW3 @ lamp_3.astype(np.float32), 0)
    light_HW = _AROUND + _ABOVE * above_HW + _FROM_LAMP * lit_HW
    return develop(np.float32(KEY) * light_HW[..., None] * albedo_HW3)
