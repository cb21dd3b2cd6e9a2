"""From the Phong figures of an MTL file to base colour, roughness and metalness."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dagster_gsi.scenes.mesh import Material

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.assets.obj import Paint

Floats = NDArray[np.float64]

# The libraries say by the name alone what is metal or glass.
_METAL = re.compile(r"chrome|metal|steel|inox|alumin|silver|gold|brass|bronze|copper|acero|cromo", re.IGNORECASE)
_GLASS = re.compile(r"glass|verre|vidrio|crystal|cristal", re.IGNORECASE)
MIN_OPACITY = 0.15
"""Glass is seldom authored clearer than this and would vanish; below it nothing is left to see."""


def as_material(name: str, paint: Paint, picture_side: int) -> Material:
    """Base colour, roughness and metalness from the Phong figures of an MTL file."""
    picture = None if paint.picture is None else _picture(paint.picture, picture_side)
    diffuse_3, specular_3 = np.array(paint.diffuse), np.array(paint.specular)
    metallic = picture is None and paint.opacity > 0.9 and _METAL.search(name) is not None
    # A chrome of the Phong model is black with a bright highlight; as a metal it is bright.
    colour_3 = np.maximum(diffuse_3, 0.6 * specular_3) if metallic else diffuse_3
    # Blinn-Phong exponent to roughness: alpha = sqrt(2 / (n + 2)) and alpha = roughness^2 (Walter et al. 2007).
    roughness = (2.0 / (min(paint.shininess, 1000.0) + 2.0)) ** 0.25
    if specular_3.max() < 0.05:
        roughness = max(roughness, 0.8)
    if metallic:
        roughness = min(roughness, 0.45)
    opacity = paint.opacity if paint.opacity > 0.95 else max(paint.opacity, MIN_OPACITY)
    if opacity < 1.0 or _GLASS.search(name):
        roughness = min(roughness, 0.15)
    return Material(
        colour_3=(np.ones(3) if picture is not None else srgb_to_linear(colour_3)).astype(np.float32),
        opacity=1.0 if opacity > 0.95 else float(opacity),
        roughness=float(np.clip(roughness, 0.05, 1.0)),
        metallic=1.0 if metallic else 0.0,
        texture=picture,
    )


def srgb_to_linear(colour_3: Floats) -> Floats:
    """The sRGB transfer function's inverse (IEC 61966-2-1)."""
    return np.where(colour_3 <= 0.04045, colour_3 / 12.92, ((colour_3 + 0.055) / 1.055) ** 2.4)


def _picture(path: Path, side: int) -> Image.Image:
    with Image.open(path) as opened:
        opened.load()
        has_alpha = opened.mode in {"RGBA", "LA", "PA"} or "transparency" in opened.info
        picture = opened.convert("RGBA" if has_alpha else "RGB")
    if has_alpha and np.asarray(picture)[..., 3].min() > 250:
        picture = picture.convert("RGB")
    return shrunk(picture, side)


def shrunk(picture: Image.Image, side: int) -> Image.Image:
    """The picture with at most `side` pixels on its longer side."""
    if max(picture.size) <= side:
        return picture
    ratio = side / max(picture.size)
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    return picture.resize(size, Image.Resampling.LANCZOS)
