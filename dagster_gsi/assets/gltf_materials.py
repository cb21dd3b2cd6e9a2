"""From a glTF material to one colour picture and plain figures, which is what the catalogue's models have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dagster_gsi.assets.materials import MIN_OPACITY
from dagster_gsi.scenes.mesh import Material

if TYPE_CHECKING:
    from dagster_gsi.assets.gltf_file import GltfFile

_GLOSSY = "KHR_materials_pbrSpecularGlossiness"


def read_material(file: GltfFile, entry: dict[str, Any]) -> tuple[Material, int]:
    """The material, and which of the mesh's texture coordinates it uses. Roughness and metalness are means of their
    picture; bumps and glow are left out.
    """
    glossy = entry.get("extensions", {}).get(_GLOSSY)
    if glossy is not None:
        factor_4 = np.array(glossy.get("diffuseFactor", (1, 1, 1, 1)), dtype=np.float64)
        reference = glossy.get("diffuseTexture")
        roughness, metallic = 1.0 - float(glossy.get("glossinessFactor", 1.0)), 0.0
    else:
        pbr = entry.get("pbrMetallicRoughness", {})
        factor_4 = np.array(pbr.get("baseColorFactor", (1, 1, 1, 1)), dtype=np.float64)
        reference = pbr.get("baseColorTexture")
        # A document without figures for a material means matt, not the metal that glTF's defaults spell.
        roughness = float(pbr.get("roughnessFactor", 1.0))
        metallic = float(pbr.get("metallicFactor", 1.0 if pbr else 0.0))
        if "metallicRoughnessTexture" in pbr:
            pixels_HW3 = np.asarray(_picture(file, pbr["metallicRoughnessTexture"]).convert("RGB"), dtype=np.float64)
            roughness *= float(pixels_HW3[..., 1].mean()) / 255
            metallic *= float(pixels_HW3[..., 2].mean()) / 255
    picture, opacity = None, float(factor_4[3])
    mode = entry.get("alphaMode", "OPAQUE")
    if reference is not None:
        picture, cover = _coloured(_picture(file, reference), mode, float(entry.get("alphaCutoff", 0.5)))
        opacity *= cover
    if mode != "BLEND":
        opacity = 1.0
    material = Material(
        colour_3=np.clip(factor_4[:3], 0.0, 1.0).astype(np.float32),
        opacity=1.0 if opacity > 0.95 else max(opacity, MIN_OPACITY),
        roughness=float(np.clip(roughness, 0.05, 1.0)),
        metallic=float(np.clip(metallic, 0.0, 1.0)),
        texture=picture,
    )
    return material, int((reference or {}).get("texCoord", 0))


def _picture(file: GltfFile, reference: dict[str, Any]) -> Image.Image:
    texture = file.entry("textures", reference["index"])
    if "KHR_texture_transform" in reference.get("extensions", {}):
        raise ValueError(
            "it moves a texture by KHR_texture_transform, which is not read here; apply it and export again"
        )
    if "source" not in texture:
        raise ValueError("it has textures in a format other than PNG and JPEG; export it with PNG or JPEG")
    return file.picture(texture["source"])


def _coloured(picture: Image.Image, mode: str, cutoff: float) -> tuple[Image.Image, float]:
    """The picture, with alpha only where it cuts holes, and the share of light that an even veil holds back."""
    has_alpha = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    if mode == "OPAQUE" or not has_alpha:
        return picture.convert("RGB"), 1.0
    picture = picture.convert("RGBA")
    alpha_HW = np.asarray(picture)[..., 3]
    if mode == "BLEND" and np.ptp(alpha_HW) < 8:
        return picture.convert("RGB"), float(alpha_HW.mean()) / 255
    # Holes are cut at one half wherever models are drawn.
    cut_HW = np.where(alpha_HW >= 255 * (cutoff if mode == "MASK" else 0.5), 255, 0).astype(np.uint8)
    if cut_HW.all():
        return picture.convert("RGB"), 1.0
    picture.putalpha(Image.fromarray(cut_HW))
    return picture, 1.0
