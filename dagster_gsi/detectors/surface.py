"""A model as a cloud of surface points with colour and normal: enough to predict how it looks from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.scenes.mesh import Part, load_mesh

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.geometry.pose import Array

# Enough for four points a visible pixel of a thing that fills a quarter of a 256 pixel picture's width.
NUM_POINTS = 24_000
# Texture pixels more transparent than this are holes.
_LEAST_ALPHA = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Points spread evenly over a model, in random order: any first part of them is spread evenly too."""

    points_N3: Array
    """Metres in the object's frame, at scale 1."""
    normals_N3: Array
    albedo_N3: Array
    """Linear RGB in [0, 1]."""
    area: float
    """Square metres, all sides and hidden faces included."""


@lru_cache(maxsize=64)
def surface_of(path: Path) -> Surface:
    """The points of one model; the same file gives the same points."""
    rng = np.random.default_rng(0)
    parts = load_mesh(path).parts
    areas = [_areas_F(part) for part in parts]
    total = float(sum(area.sum() for area in areas))
    if total <= 0:
        raise ValueError(f"{path} has no surface; restore or rebuild it")
    clouds = [
        _points_on(part, area_F, round(NUM_POINTS * float(area_F.sum()) / total), rng)
        for part, area_F in zip(parts, areas, strict=True)
    ]
    points_N3, normals_N3, albedo_N3 = (np.concatenate(arrays) for arrays in zip(*clouds, strict=True))
    order_N = rng.permutation(len(points_N3))
    return Surface(points_N3[order_N], normals_N3[order_N], albedo_N3[order_N], total)


def _areas_F(part: Part) -> Array:
    corners_F33 = part.positions_V3[part.faces_F3].astype(np.float64)
    edges_F23 = corners_F33[:, 1:] - corners_F33[:, :1]
    return np.asarray(np.linalg.norm(np.cross(edges_F23[:, 0], edges_F23[:, 1]), axis=1) / 2)


def _points_on(part: Part, area_F: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    if count == 0:
        return np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3))
    face_N = rng.choice(len(area_F), size=count, p=area_F / area_F.sum())
    # Uniform barycentric coordinates (Osada et al. 2002).
    first_N, second_N = np.sqrt(rng.random(count)), rng.random(count)
    weights_N3 = np.stack([1 - first_N, first_N * (1 - second_N), first_N * second_N], axis=1)
    corners_N3 = part.faces_F3[face_N]
    points_N3 = np.einsum("nk,nkc->nc", weights_N3, part.positions_V3[corners_N3])
    normals_N3 = np.einsum("nk,nkc->nc", weights_N3, part.normals_V3[corners_N3])
    normals_N3 /= np.maximum(np.linalg.norm(normals_N3, axis=1, keepdims=True), 1e-9)
    albedo_N3 = np.broadcast_to(part.material.colour_3.astype(np.float64), points_N3.shape)
    if part.material.texture is None or part.uv_V2 is None:
        return points_N3, normals_N3, albedo_N3
    uv_N2 = np.einsum("nk,nkc->nc", weights_N3, part.uv_V2[corners_N3])
    colour_N4 = _looked_up(np.asarray(part.material.texture.convert("RGBA")), uv_N2)
    solid_N = colour_N4[:, 3] >= _LEAST_ALPHA
    return points_N3[solid_N], normals_N3[solid_N], (albedo_N3 * linear(colour_N4[:, :3]))[solid_N]


def _looked_up(texture_HW4: NDArray[np.uint8], uv_N2: Array) -> Array:
    """Nearest texels in [0, 1]; the picture repeats and its top row is v = 1."""
    height, width = texture_HW4.shape[:2]
    column_N = np.floor(uv_N2[:, 0] * width).astype(np.int64) % width
    row_N = np.floor((1 - uv_N2[:, 1]) * height).astype(np.int64) % height
    return texture_HW4[row_N, column_N] / 255.0


def linear(srgb: Array) -> Array:
    """sRGB in [0, 1] to linear light, by its defining curve."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def encoded(light: Array) -> Array:
    """Linear light to sRGB, clipped to [0, 1]."""
    clipped = np.clip(light, 0.0, 1.0)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
