"""Materials of glTF as BSDFs of Mitsuba.

There are four kinds, each one tree of classes whatever the material, so that the kernels compiled for one scene serve
the next: matt to glossy, metal, cut (matt to glossy where the texture's alpha says so) and glass. A plain colour is a
texture of one pixel for the same reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dagster_gsi.rendering.tonemap import decode
from dagster_gsi.scenes.mesh import Material

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Dielectrics reflect a twenty-fifth of what meets them head-on, which is `specular` 0.5.
_SPECULAR = 0.5

# Nothing at home is an ideal mirror, and narrower lobes are noise at few samples a pixel.
_SMOOTHEST = 0.12

# Walls and ceiling without a texture.
PLASTER = Material(
    np.array([0.72, 0.7, 0.67], dtype=np.float32), opacity=1.0, roughness=0.9, metallic=0.0, texture=None
)

# Alpha at which a texture's hole begins, as glTF's alphaCutoff.
ALPHA_CUT = 0.5


def bsdf(material: Material) -> dict[str, Any]:
    """The material as a dictionary for `mitsuba.load_dict`."""
    surface = _principled(material)
    if material.opacity < 1.0:
        # A thin pane, and its colour for the share of the light that stops there. Light meets four walls on its way
        # through a glass or bottle, and `opacity` is meant for fewer: hence the square.
        return {
            "type": "blendbsdf",
            "weight": material.opacity**2,
            "pane": {"type": "thindielectric"},
            "tint": surface,
        }
    alpha_HW = alpha(material)
    if alpha_HW is not None:
        return {"type": "mask", "opacity": _bitmap(alpha_HW[..., None]), "surface": surface}
    return surface


def one_of_each_kind() -> tuple[dict[str, Any], ...]:
    """A BSDF of every tree of classes that `bsdf` may return."""
    plain = replace(PLASTER, metallic=0.0)
    holed = Image.fromarray(np.zeros((1, 1, 4), dtype=np.uint8))
    kinds = (plain, replace(plain, metallic=1.0), replace(plain, texture=holed), replace(plain, opacity=0.5))
    return tuple(bsdf(kind) for kind in kinds)


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


def _principled(material: Material) -> dict[str, Any]:
    # Metal has terms of its own in the kernel; only the opaque kind comes with and without.
    is_metal = material.metallic > 0.0 and material.opacity == 1.0 and alpha(material) is None
    return {
        "type": "twosided",
        "surface": {
            "type": "principled",
            "base_color": _bitmap(colours(material)),
            "roughness": float(np.clip(material.roughness, _SMOOTHEST, 1.0)),
            "metallic": material.metallic if is_metal else 0.0,
            "specular": _SPECULAR,
        },
    }


def _bitmap(pixels_HWC: NDArray[np.float32]) -> dict[str, Any]:
    import mitsuba as mi

    return {
        "type": "bitmap",
        # Mitsuba takes writable contiguous arrays only.
        "bitmap": mi.Bitmap(np.array(pixels_HWC, order="C")),
        # The values are linear already.
        "raw": True,
        # Half the memory, and finer than the eight bits that textures come with.
        "format": "fp16",
        "wrap_mode": "repeat",
    }
