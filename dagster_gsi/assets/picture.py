"""Pictures of one model by ray casting, without light: what is seen where, of which colour, facing which way.

Used to measure symmetry and to draw the contact sheet; scenes are pictured by `dagster_gsi.rendering`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.materials import srgb_to_linear
from dagster_gsi.rendering.llvm import best_variant

if TYPE_CHECKING:
    from dagster_gsi.scenes.mesh import Material, Mesh

Floats = NDArray[np.float64]

# Leaves lie in front of leaves; deeper layers of cut-out or clear surfaces than this no longer show.
_LAYERS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Where rays start and which way they go, (N, 3) each; directions have length 1."""

    origins_N3: Floats
    directions_N3: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What the rays meet first. Rows of rays that meet nothing hold `distance` infinity and zeros."""

    distance_N: Floats
    normals_N3: Floats
    """Shading normals towards the ray's origin."""
    face_N: NDArray[np.int64]
    """Index into the faces of all parts, one part after the other; -1 for nothing."""
    weights_N3: Floats
    """Barycentric coordinates in the face."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Layers laid over each other, front to back, for each ray."""

    colour_N3: Floats
    """Linear base colour, weighted by `coverage`."""
    coverage_N: Floats
    normals_N3: Floats
    """Of the first surface that is not cut away; zeros where there is none."""
    depth_N: Floats
    """Metres along the ray to that surface; infinity where there is none."""


class Caster:
    """One mesh, ready to be met by rays."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        counts = [len(part.positions_V3) for part in mesh.parts]
        offsets = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        self.faces_F3 = np.concatenate(
            [part.faces_F3.astype(np.int64) + offset for part, offset in zip(mesh.parts, offsets, strict=True)]
        )
        self.part_F = np.repeat(np.arange(len(mesh.parts)), [len(part.faces_F3) for part in mesh.parts])
        self.points_V3 = np.concatenate([part.positions_V3 for part in mesh.parts]).astype(np.float64)
        self.normals_V3 = np.concatenate([part.normals_V3 for part in mesh.parts]).astype(np.float64)
        self.uv_V2 = np.concatenate(
            [np.zeros((len(part.positions_V3), 2)) if part.uv_V2 is None else part.uv_V2 for part in mesh.parts]
        )
        self.scene = _scene(self.points_V3, self.faces_F3)
        # Steps over a surface that is seen through: far below any wall, far above float32's error.
        self.step = 1e-4 * float(np.ptp(self.points_V3, axis=0).max())

    def hits(self, rays: Rays) -> Hits:
        mi = _mitsuba()
        ray = mi.Ray3f(
            mi.Point3f(np.ascontiguousarray(rays.origins_N3.T, dtype=np.float32)),
            mi.Vector3f(np.ascontiguousarray(rays.directions_N3.T, dtype=np.float32)),
        )
        found = self.scene.ray_intersect_preliminary(ray)
        distance_N = found.t.numpy().astype(np.float64)
        hit_N = np.isfinite(distance_N)
        face_N = np.where(hit_N, found.prim_index.numpy().astype(np.int64), -1)
        # Where nothing is hit these are whatever was in memory.
        second_N = np.where(hit_N, found.prim_uv.x.numpy(), 0.0).astype(np.float64)
        third_N = np.where(hit_N, found.prim_uv.y.numpy(), 0.0).astype(np.float64)
        weights_N3 = np.stack([1.0 - second_N - third_N, second_N, third_N], axis=1)
        normals_N3 = self._mixed(self.normals_V3, face_N, weights_N3)
        normals_N3 /= np.maximum(np.linalg.norm(normals_N3, axis=1, keepdims=True), 1e-12)
        away_N = np.einsum("nk,nk->n", normals_N3, rays.directions_N3) > 0
        normals_N3 = np.where(away_N[:, None], -normals_N3, normals_N3) * hit_N[:, None]
        return Hits(np.where(hit_N, distance_N, np.inf), normals_N3, face_N, weights_N3)

    def picture(self, rays: Rays) -> Picture:
        """Colours through up to eight layers of clear or cut-out surfaces."""
        count = len(rays.origins_N3)
        colour_N3, clear_N, depth_N = np.zeros((count, 3)), np.ones(count), np.full(count, np.inf)
        normals_N3, gone_N = np.zeros((count, 3)), np.zeros(count)
        live = np.arange(count)
        for _ in range(_LAYERS):
            if not len(live):
                break
            starts_N3 = rays.origins_N3[live] + gone_N[live, None] * rays.directions_N3[live]
            hits = self.hits(Rays(starts_N3, rays.directions_N3[live]))
            hit = hits.face_N >= 0
            live, face_N, weights_N3 = live[hit], hits.face_N[hit], hits.weights_N3[hit]
            rgba_N4 = self._rgba(face_N, weights_N3)
            gone_N[live] += hits.distance_N[hit]
            first = live[(rgba_N4[:, 3] > 0) & np.isinf(depth_N[live])]
            depth_N[first] = gone_N[first]
            normals_N3[first] = hits.normals_N3[hit][np.isin(live, first)]
            colour_N3[live] += (clear_N[live] * rgba_N4[:, 3])[:, None] * rgba_N4[:, :3]
            clear_N[live] *= 1.0 - rgba_N4[:, 3]
            gone_N[live] += self.step
            live = live[clear_N[live] > 0.01]
        return Picture(colour_N3, 1.0 - clear_N, normals_N3, depth_N)

    def _rgba(self, face_N: NDArray[np.int64], weights_N3: Floats) -> Floats:
        uv_N2 = self._mixed(self.uv_V2, face_N, weights_N3)
        rgba_N4 = np.zeros((len(face_N), 4))
        for number, part in enumerate(self.mesh.parts):
            rows = self.part_F[face_N] == number
            if rows.any():
                rgba_N4[rows] = _painted(part.material, uv_N2[rows])
        return rgba_N4

    def _mixed(self, values_VK: Floats, face_N: NDArray[np.int64], weights_N3: Floats) -> Floats:
        mixed_NK: Floats = np.einsum("nc,nck->nk", weights_N3, values_VK[self.faces_F3[face_N]])
        return mixed_NK


def _painted(material: Material, uv_N2: Floats) -> Floats:
    rgba_N4 = np.tile([*material.colour_3, material.opacity], (len(uv_N2), 1))
    if material.texture is not None:
        pixels = np.asarray(material.texture) / 255.0
        height, width = pixels.shape[:2]
        column = (np.floor(uv_N2[:, 0] * width).astype(np.int64)) % width
        row = (np.floor((1.0 - uv_N2[:, 1]) * height).astype(np.int64)) % height
        texel = pixels[row, column]
        rgba_N4[:, :3] *= srgb_to_linear(texel[:, :3])
        if pixels.shape[2] == 4:
            rgba_N4[:, 3] *= texel[:, 3] >= 0.5
    return rgba_N4


def _scene(points_V3: Floats, faces_F3: NDArray[np.int64]) -> Any:
    mi = _mitsuba()
    mesh = mi.Mesh("model", len(points_V3), len(faces_F3))
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = np.ascontiguousarray(points_V3, dtype=np.float32).ravel()
    parameters["faces"] = np.ascontiguousarray(faces_F3, dtype=np.uint32).ravel()
    parameters.update()
    return mi.load_dict({"type": "scene", "mesh": mesh})


@functools.cache
def _mitsuba() -> Any:
    # LLVM is named to Mitsuba before its import. Rays one by one, as without LLVM, would take hours.
    variant = best_variant("llvm_ad_rgb")
    import mitsuba as mi

    mi.set_variant(variant)
    return mi


def view_rays(low_3: Floats, high_3: Floats, azimuth: float, elevation: float, side: int) -> Rays:
    """A square picture of `side` by `side` parallel rays that frames the box from `low_3` to `high_3` at any azimuth.

    `azimuth` is where the camera stands, in radians counter-clockwise from the front (-y); rows run downwards.
    """
    middle_3 = (low_3 + high_3) / 2
    radius = float(np.linalg.norm(high_3 - low_3)) / 2
    away_3 = np.array([np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])
    right_3 = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    up_3 = np.cross(away_3, right_3)
    steps = (np.arange(side) + 0.5) / side * 2 - 1
    across, down = np.meshgrid(steps, steps)
    offsets_N3 = radius * (across.reshape(-1, 1) * right_3 - down.reshape(-1, 1) * up_3)
    origins_N3 = middle_3 + 3 * radius * away_3 + offsets_N3
    return Rays(origins_N3, np.tile(-away_3, (side * side, 1)))
