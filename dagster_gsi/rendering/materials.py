"""Materials of glTF as BSDFs of Mitsuba.

There are three kinds, each one tree of classes whatever the material, so that the kernels compiled for one scene serve
the next: opaque (principled), cut (opaque where the texture's alpha says so) and glass. A plain colour is a texture of
one pixel for the same reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.rendering.tonemap import decode
from dagster_gsi.scenes.mesh import Material

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

# Dielectrics reflect a twenty-fifth of what meets them head-on, which is `specular` 0.5.
_SPECULAR = 0.5

# Nothing at home is an ideal mirror, and narrower lobes are noise at few samples a pixel.
_SMOOTHEST = 0.12

# Walls and ceiling without a texture.
PLASTER = Material(np.array([0.72, 0.7, 0.67], dtype=np.float32), opacity=1.0, roughness=0.9, metallic=0.0, texture=None)

# Alpha at which a texture's hole begins, as glTF's alphaCutoff.
ALPHA_CUT = 0.5


def bsdf(material: Material) -> dict[str, Any]:
    """The material as a dictionary for `mitsuba.load_dict`."""
    surface = _principled(colours(material), material.roughness, material.metallic)
    if material.opacity < 1.0:
        # A thin pane tinted by the share of light that its own colour takes.
        return {
            "type": "blendbsdf",
            "weight": material.opacity,
            "pane": {"type": "thindielectric"},
            "tint": surface,
        }
    alpha_HW = alpha(material)
    if alpha_HW is not None:
        return {"type": "mask", "opacity": _bitmap(alpha_HW[..., None]), "surface": surface}
    return surface


def printed(picture: Image.Image, roughness: float) -> dict[str, Any]:
    """A surface that shows `picture`, repeated over texture coordinates of one unit."""
    return _principled(decode(np.array(picture.convert("RGB"))), roughness, 0.0)


def colours(material: Material) -> NDArray[np.float32]:
    """Linear base colour as a picture (H, W, 3); one pixel where there is no texture."""
    if material.texture is None:
        return material.colour_3[None, None].astype(np.float32)
    return decode(np.array(material.texture.convert("RGB"))) * material.colour_3


def alpha(material: Material) -> NDArray[np.float32] | None:
    """1 where the texture is solid and 0 in its holes, (H, W); None where it has none."""
    if material.texture is None or "A" not in material.texture.mode:
        return None
    solid_HW = np.array(material.texture.getchannel("A")) >= ALPHA_CUT * 255
    return None if solid_HW.all() else solid_HW.astype(np.float32)


def _principled(colours_HW3: NDArray[np.float32], roughness: float, metallic: float) -> dict[str, Any]:
    return {
        "type": "twosided",
        "surface": {
            "type": "principled",
            "base_color": _bitmap(colours_HW3),
            "roughness": float(np.clip(roughness, _SMOOTHEST, 1.0)),
            "metallic": metallic,
            "specular": _SPECULAR,
        },
    }


def _bitmap(pixels_HWC: NDArray[np.float32]) -> dict[str, Any]:
    import mitsuba as mi

    # `raw`: the values are linear already. Mitsuba takes writable contiguous arrays only.
    return {"type": "bitmap", "bitmap": mi.Bitmap(np.array(pixels_HWC, order="C")), "raw": True, "wrap_mode": "repeat"}
