"""A model as a cloud of surface points with colour and normal: enough to predict how it looks from anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.scenes.mesh import Part, load_mesh

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.geometry.pose import Array

# Drawn on all faces; about half of them can be seen from somewhere, four a pixel for a thing a quarter of a 256 pixel
# picture wide.
_NUM_DRAWN = 48_000
# Directions from which a thing on a table may be seen: all around, from just above the horizon to nearly overhead.
_ELEVATIONS_DEG, _NUM_AZIMUTHS = (12, 35, 65), 12
# Light comes from these directions and from straight above.
_OVERHEAD_DEG = 88
# Pictures for the visibility of points: fine enough to tell inside from outside, coarse enough to have no holes.
_VIEW_PIXELS = 96
# Walls of glass that light passes, and what clear glass lets through besides its colour.
_WALLS, _CLEAREST = 4, 0.85
# A point from behind which so much of the light comes too is of a sheet; of a wall it is what the margin lets pass.
_SHEET = 0.15
# Texture pixels more transparent than this are holes.
_LEAST_ALPHA = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Points spread evenly over the outside of a model, in random order: any first part of them is spread so too."""

    points_N3: Array
    """Metres in the object's frame, at scale 1."""
    normals_N3: Array
    """Away from the inside."""
    two_sided_N: NDArray[np.bool_]
    """Which points belong to sheets that are seen from both sides; the others are seen from their normal's only."""
    albedo_N3: Array
    """Linear RGB in [0, 1]."""
    open_N: Array
    """Which part of the light from above and around reaches the point past the rest of the model: 1 is all."""
    opacity_N: Array
    """1 is opaque; under it, how much of what is behind the glass it hides."""
    area: float
    """Square metres that can be seen from somewhere."""
    is_glass: bool = field(init=False)
    """Whether something is seen through a part of it."""
    plane_N: Array = field(init=False)
    """How far the plane through each point, across its normal, is from the origin, in metres."""

    def __post_init__(self) -> None:
        # Every look at the points asks for these two.
        object.__setattr__(self, "is_glass", bool((self.opacity_N < 1).any()))
        object.__setattr__(self, "plane_N", np.einsum("nc,nc->n", self.points_N3, self.normals_N3))

    def showing(self, eye_3: Array, count: int | None = None) -> NDArray[np.int64]:
        """Indices of the points, the first `count`, whose outside a viewer at `eye_3` in the object's frame may see."""
        is_before_N = self.normals_N3[:count] @ eye_3 > self.plane_N[:count]
        return np.flatnonzero(is_before_N | self.two_sided_N[:count])

    def subset(self, points_P: NDArray[np.int64]) -> Surface:
        """Some of the points, in the order of their indices `points_P`."""
        return Surface(
            self.points_N3[points_P],
            self.normals_N3[points_P],
            self.two_sided_N[points_P],
            self.albedo_N3[points_P],
            self.open_N[points_P],
            self.opacity_N[points_P],
            self.area * len(points_P) / len(self.points_N3),
        )


@lru_cache(maxsize=64)
def surface_of(path: Path) -> Surface:
    """The outside of one model; the same file gives the same points."""
    cloud = cloud_of(path)
    seen_N, open_2N = _exposed(cloud.points_N3, cloud.normals_N3, cloud.opacity_N >= 1)
    # Models have faces that are inside out: the side that clearly more light reaches is the outside.
    inverted_N = open_2N[1] > 2 * open_2N[0] + _SHEET
    outward = replace(
        cloud,
        normals_N3=np.where(inverted_N[:, None], -cloud.normals_N3, cloud.normals_N3),
        two_sided_N=open_2N.min(axis=0) >= _SHEET,
        open_N=open_2N.max(axis=0),
    )
    return outward.subset(np.flatnonzero(seen_N))


@lru_cache(maxsize=64)
def cloud_of(path: Path) -> Surface:
    """All points of one model, inside ones too, as if light reached each of them on both sides."""
    rng = np.random.default_rng(0)
    parts = load_mesh(path).parts
    areas = [_areas_F(part) for part in parts]
    total = float(sum(area.sum() for area in areas))
    if total <= 0:
        raise ValueError(f"{path} has no surface; restore or rebuild it")
    clouds = [
        _points_on(part, area_F, round(_NUM_DRAWN * float(area_F.sum()) / total), rng)
        for part, area_F in zip(parts, areas, strict=True)
    ]
    points_N3, normals_N3, albedo_N3 = (np.concatenate(arrays) for arrays in zip(*clouds, strict=True))
    opacity_N = np.concatenate(
        [np.full(len(c[0]), _hides(part.material.opacity)) for part, c in zip(parts, clouds, strict=True)]
    )
    everywhere_N = np.ones(len(points_N3))
    cloud = Surface(points_N3, normals_N3, everywhere_N > 0, albedo_N3, everywhere_N, opacity_N, total)
    return cloud.subset(rng.permutation(len(points_N3)))


def _hides(opacity: float) -> float:
    """What glass of this opacity hides: the renderer stops the square at each wall, and most glasses have four."""
    return 1.0 if opacity >= 1 else 1 - (1 - opacity**2) ** _WALLS * _CLEAREST


def _exposed(points_N3: Array, normals_N3: Array, opaque_N: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Array]:
    """Which points are the nearest of their pixel, or almost, in an orthographic picture from some direction, and the
    part of all directions in front of their surface and behind it from which they are, by the cosine, (2, N).
    """
    centred_N3 = points_N3 - (points_N3.min(axis=0) + points_N3.max(axis=0)) / 2
    radius = float(np.linalg.norm(centred_N3, axis=1).max())
    pixel = 2 * radius / _VIEW_PIXELS
    seen_N = np.zeros(len(points_N3), dtype=bool)
    lit_2N, all_2N = np.zeros((2, len(points_N3))), np.full((2, len(points_N3)), 1e-9)
    for elevation in np.radians((*_ELEVATIONS_DEG, _OVERHEAD_DEG)):
        num_azimuths = _NUM_AZIMUTHS if elevation < np.radians(_OVERHEAD_DEG) else 1
        for azimuth in 2 * np.pi * np.arange(num_azimuths) / num_azimuths:
            ahead_3 = -np.array(
                [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
            )
            right_3 = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
            axes_23 = np.stack([right_3, np.cross(ahead_3, right_3)])
            column_N, row_N = np.clip((centred_N3 @ axes_23.T + radius) / pixel, 0, _VIEW_PIXELS - 1).astype(np.int64).T
            depth_N = centred_N3 @ ahead_3
            index_N = row_N * _VIEW_PIXELS + column_N
            nearest = np.full(_VIEW_PIXELS**2, np.inf)
            np.minimum.at(nearest, index_N[opaque_N], depth_N[opaque_N])
            front_N = depth_N <= nearest[index_N] + 1.5 * pixel
            seen_N |= front_N
            # Solid angle of a ring of directions goes with the cosine of its elevation.
            cosine_N = normals_N3 @ -ahead_3 * (np.cos(elevation) if num_azimuths > 1 else 1.0)
            for side, weight_N in enumerate((np.maximum(cosine_N, 0), np.maximum(-cosine_N, 0))):
                all_2N[side] += weight_N
                lit_2N[side] += weight_N * front_N
    return seen_N, lit_2N / all_2N


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
    """SRGB in [0, 1] to linear light, by its defining curve."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
