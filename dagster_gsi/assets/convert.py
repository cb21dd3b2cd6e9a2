"""From a library's OBJ model to a clean mesh in the object's frame: metres, origin at the middle of the base, z up,
front to -y.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dagster_gsi.assets.normals import CREASE, creased_normals, face_normals, weld
from dagster_gsi.assets.obj import MISSING, Paint
from dagster_gsi.scenes.mesh import GLTF_TO_OBJECT_33, Material, Mesh, Part

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.assets.obj import ObjModel

Floats = NDArray[np.float64]

# Points closer than this are one: a tenth of what a pixel sees of a small object.
_WELD = 1e-5
# Twice the area of a triangle that is dropped, in square metres: 0.1 mm by 0.1 mm.
_SLIVER = 1e-8
# Decimation by less than a fifth costs more looks than it saves.
_BARELY = 0.8
# Parts of fewer faces are not decimated: there is nothing to gain.
_FEW = 64
_METAL = re.compile(r"chrome|metal|steel|inox|alumin|silver|gold|brass|bronze|copper|acero|cromo", re.IGNORECASE)
_GLASS = re.compile(r"glass|verre|vidrio|crystal|cristal", re.IGNORECASE)
# Glass is seldom authored clearer than this and would vanish; below it nothing is left to see.
_MIN_OPACITY = 0.15


@dataclass(frozen=True, slots=True)
class Shape:
    """How a model is cut out of its file, sized and turned."""

    size_3: tuple[float, float, float]
    """Width, depth and height of the whole file in metres, before `scale` and `yaw`."""
    rotation_33: tuple[tuple[float, float, float], ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    """The library's own rotation, y up."""
    yaw: float = 0.0
    """Radians counter-clockwise from above that bring the front to -y."""
    scale: float = 1.0
    flatten: float = 0.0
    """Metres pressed flat at the bottom."""
    groups: str = ""
    """Regular expression for the groups or materials that belong to this object; empty for all."""
    without: str = ""
    """Regular expression for groups or materials to leave out."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of a model is kept."""

    triangles: int = 12_000
    picture_side: int = 512


def convert(model: ObjModel, shape: Shape, budget: Budget) -> Mesh:
    """The clean mesh. Raises ValueError when `groups` selects nothing."""
    triangles_F33, normals_F33, uv_F32 = _placed(model, shape)
    keep_F = _selected(model, shape)
    if not keep_F.any():
        raise ValueError(f"groups {shape.groups!r} selects nothing; there are {sorted(set(model.group_F.tolist()))}")
    lowest = triangles_F33[keep_F][..., 2].min()
    triangles_F33[..., 2] = np.maximum(triangles_F33[..., 2], lowest + shape.flatten)
    keep_F &= np.linalg.norm(face_normals(triangles_F33), axis=1) > _SLIVER
    share = budget.triangles / int(keep_F.sum())
    if share > _BARELY:
        share = 1.0
    parts = [
        _part(triangles_F33[rows], normals_F33[rows], uv_F32[rows], material, share)
        for material, rows in _materials(model, keep_F, budget)
    ]
    return centred(Mesh(tuple(part for part in parts if len(part.faces_F3))))


def centred(mesh: Mesh) -> Mesh:
    """With the origin at the middle of the base. Last of all: decimation moves the outermost points a little."""
    low_3, high_3 = mesh.points().min(axis=0), mesh.points().max(axis=0)
    middle_3 = np.array([(low_3[0] + high_3[0]) / 2, (low_3[1] + high_3[1]) / 2, low_3[2]], dtype=np.float32)
    return Mesh(tuple(replace(part, positions_V3=part.positions_V3 - middle_3) for part in mesh.parts))


def _placed(model: ObjModel, shape: Shape) -> tuple[Floats, Floats, Floats]:
    """Corners of all faces in the object's frame (not yet centred): positions, normals (NaN: none), uv (NaN: none)."""
    points_V3 = model.positions_V3 @ np.array(shape.rotation_33).T
    used_V3 = points_V3[np.unique(model.corners_F33[..., 0])]
    extent_3 = np.maximum(np.ptp(used_V3, axis=0), 1e-9)
    width, depth, height = shape.size_3
    # Libraries give sizes as width, depth, height; their frame is x, z, y.
    scale_3 = np.array([width, height, depth]) / extent_3 * shape.scale
    cos, sin = np.cos(shape.yaw), np.sin(shape.yaw)
    turn_33 = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]]) @ GLTF_TO_OBJECT_33
    positions_V3 = (points_V3 * scale_3) @ turn_33.T
    normals_N3 = ((model.normals_N3 @ np.array(shape.rotation_33).T) / scale_3) @ turn_33.T
    with np.errstate(invalid="ignore", divide="ignore"):
        normals_N3 /= np.linalg.norm(normals_N3, axis=1, keepdims=True)
    return (
        positions_V3[model.corners_F33[..., 0]],
        _looked_up(normals_N3, model.corners_F33[..., 2]),
        _looked_up(model.texture_T2, model.corners_F33[..., 1]),
    )


def _looked_up(values_NK: Floats, index_F3: NDArray[np.int64]) -> Floats:
    padded_NK = np.vstack([values_NK, np.full((1, values_NK.shape[1]), np.nan)])
    return padded_NK[np.where(index_F3 == MISSING, len(values_NK), index_F3)]


def _selected(model: ObjModel, shape: Shape) -> NDArray[np.bool_]:
    names = np.char.add(np.char.add(model.group_F, " / "), model.material_F)
    keep_F = _matches(names, shape.groups) if shape.groups else np.ones(len(names), dtype=bool)
    return keep_F & ~_matches(names, shape.without) if shape.without else keep_F


def _matches(names: NDArray[np.str_], pattern: str) -> NDArray[np.bool_]:
    distinct, index = np.unique(names, return_inverse=True)
    return np.array([re.search(pattern, name) is not None for name in distinct])[index.reshape(-1)]


def _materials(model: ObjModel, keep_F: NDArray[np.bool_], budget: Budget) -> list[tuple[Material, NDArray[np.intp]]]:
    """Distinct materials with the rows of their faces, in the order of their names."""
    merged: dict[tuple[object, ...], tuple[Material, list[NDArray[np.intp]]]] = {}
    for name in np.unique(model.material_F[keep_F]):
        paint = model.paints.get(str(name)) or default_paint(str(name))
        material = as_material(str(name), paint, budget.picture_side)
        key = (*material.colour_3.tolist(), material.opacity, material.roughness, material.metallic, paint.picture)
        rows = np.flatnonzero(keep_F & (model.material_F == name))
        merged.setdefault(key, (material, []))[1].append(rows)
    return [(material, np.concatenate(rows)) for material, rows in merged.values()]


def default_paint(name: str) -> Paint:
    """For a material that no MTL file of the model defines: Sweet Home 3D knows some names, the rest is light grey."""
    return Paint(diffuse=_NAMED.get(name.lower(), (0.8, 0.8, 0.8)))


_NAMED = {
    "amber": (1.0, 0.75, 0.0),
    "black": (0.05, 0.05, 0.05),
    "blue": (0.1, 0.15, 0.8),
    "brown": (0.35, 0.2, 0.1),
    "white": (0.95, 0.95, 0.95),
    "red": (0.8, 0.1, 0.1),
    "green": (0.1, 0.6, 0.15),
}


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
    opacity = paint.opacity if paint.opacity > 0.95 else max(paint.opacity, _MIN_OPACITY)
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
    if max(picture.size) > side:
        ratio = side / max(picture.size)
        picture = picture.resize(
            (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio))), Image.Resampling.LANCZOS
        )
    return picture


def _part(triangles_F33: Floats, normals_F33: Floats, uv_F32: Floats, material: Material, share: float) -> Part:
    textured = material.texture is not None
    if textured and np.isnan(uv_F32).any():
        uv_F32 = np.nan_to_num(uv_F32)
    if share < 1.0:
        triangles_F33, uv_F32 = _decimated(triangles_F33, uv_F32 if textured else None, share)
        normals_F33 = np.full_like(triangles_F33, np.nan)
    triangles_F33, normals_F33, uv_F32 = _distinct(triangles_F33, normals_F33, uv_F32)
    triangles_F33, normals_F33, uv_F32 = _shaded(triangles_F33, normals_F33, uv_F32)
    corners = [triangles_F33.reshape(-1, 3), normals_F33.reshape(-1, 3)]
    if textured:
        corners.append(uv_F32.reshape(-1, 2))
    flat = np.concatenate(corners, axis=1)
    steps = np.array([_WELD] * 3 + [1e-2] * 3 + [1e-5] * 2)[: flat.shape[1]]
    _, first, index = np.unique(np.round(flat / steps), axis=0, return_index=True, return_inverse=True)
    vertices = flat[first].astype(np.float32)
    faces_F3 = index.reshape(-1, 3).astype(np.uint32)
    return Part(vertices[:, :3], vertices[:, 3:6], vertices[:, 6:] if textured else None, faces_F3, material)


def _distinct(*corners: Floats) -> list[Floats]:
    """Without faces that lie exactly on another: libraries draw both sides of a sheet; here materials have two."""
    triangles_F33 = corners[0]
    _, vertex = weld(triangles_F33.reshape(-1, 3), _WELD)
    vertex_F3 = np.sort(vertex.reshape(-1, 3), axis=1)
    _, first = np.unique(vertex_F3, axis=0, return_index=True)
    proper = (vertex_F3[:, 0] != vertex_F3[:, 1]) & (vertex_F3[:, 1] != vertex_F3[:, 2])
    keep = np.sort(first)
    keep = keep[proper[keep]]
    return [values[keep] for values in corners]


def _shaded(triangles_F33: Floats, normals_F33: Floats, uv_F32: Floats) -> tuple[Floats, Floats, Floats]:
    """Normals where there are none or where they contradict their face, and windings that agree with them."""
    faces_F3 = face_normals(triangles_F33)
    side_F = np.einsum("fk,fck->f", faces_F3, np.nan_to_num(normals_F33))
    flip_F = side_F < 0
    triangles_F33, normals_F33, uv_F32 = (
        np.where(flip_F[:, None, None], values[:, ::-1], values) for values in (triangles_F33, normals_F33, uv_F32)
    )
    faces_F3 = face_normals(triangles_F33)
    lengths_F = np.linalg.norm(faces_F3, axis=1)
    leaning_F3 = np.einsum("fk,fck->fc", faces_F3, np.nan_to_num(normals_F33)) / lengths_F[:, None]
    # Smoothed over a crease: thin table tops would shade like pillows, and the renderer's shading frame may turn black.
    wrong_F = (leaning_F3 < np.cos(CREASE)).any(axis=1)
    _, vertex = weld(triangles_F33.reshape(-1, 3), _WELD)
    fresh_F33 = creased_normals(triangles_F33, vertex.reshape(-1, 3))
    return triangles_F33, np.where(wrong_F[:, None, None], fresh_F33, normals_F33), uv_F32


def _decimated(triangles_F33: Floats, uv_F32: Floats | None, share: float) -> tuple[Floats, Floats]:
    """About `share` of the triangles."""
    import fast_simplification

    flat_C3 = triangles_F33.reshape(-1, 3)
    keys = [np.round(flat_C3 / _WELD)]
    if uv_F32 is not None:
        keys.append(np.round(uv_F32.reshape(-1, 2) * 1e4))
    _, first, index = np.unique(np.concatenate(keys, axis=1), axis=0, return_index=True, return_inverse=True)
    points_V3, faces_F3 = flat_C3[first], index.reshape(-1, 3)
    if len(faces_F3) < _FEW:
        return triangles_F33, np.full((len(triangles_F33), 3, 2), np.nan) if uv_F32 is None else uv_F32
    held_points, held_faces = _with_fins(points_V3, faces_F3)
    _, _, collapses = fast_simplification.simplify(
        held_points, held_faces, target_reduction=1.0 - share, agg=3, return_collapses=True
    )
    points_P3, _, mapping = fast_simplification.replay_simplification(held_points, held_faces, collapses)
    mapping_V = mapping[: len(points_V3)]
    counts_P1 = np.maximum(np.bincount(mapping_V, minlength=len(points_P3)), 1)[:, None]
    means_P3 = _sums(mapping_V, points_V3, len(points_P3)) / counts_P1
    # Where its equations are nearly singular, the simplifier throws points far away.
    spread_P = np.zeros(len(points_P3))
    np.maximum.at(spread_P, mapping_V, np.linalg.norm(points_V3 - means_P3[mapping_V], axis=1))
    astray_P = ~(np.linalg.norm(points_P3 - means_P3, axis=1) <= 1.5 * spread_P + _WELD)
    points_P3 = np.where(astray_P[:, None], means_P3, points_P3)
    triangles_F33 = points_P3[mapping_V[faces_F3]]
    full_F = np.linalg.norm(face_normals(triangles_F33), axis=1) > _SLIVER / 10
    if uv_F32 is None:
        return triangles_F33[full_F], np.full((int(full_F.sum()), 3, 2), np.nan)
    uv_P2 = _sums(mapping_V, uv_F32.reshape(-1, 2)[first], len(points_P3)) / counts_P1
    return triangles_F33[full_F], uv_P2[mapping_V[faces_F3[full_F]]]


def _sums(index_V: NDArray[np.int64], values_VK: Floats, count: int) -> Floats:
    """Sums of the values that share an index, (count, K)."""
    return np.stack([np.bincount(index_V, column, minlength=count) for column in values_VK.T], axis=1)


def _with_fins(points_V3: Floats, faces_F3: NDArray[np.intp]) -> tuple[Floats, NDArray[np.int64]]:
    """The mesh with a two-sided triangle standing on each open edge.

    The simplifier gives open edges no cost: it would pull in the corners of every sheet and tear the seams of textures.
    """
    edges_E2 = np.concatenate([faces_F3[:, [0, 1]], faces_F3[:, [1, 2]], faces_F3[:, [2, 0]]])
    owner_E = np.tile(np.arange(len(faces_F3)), 3)
    _, first, counts = np.unique(np.sort(edges_E2, axis=1), axis=0, return_index=True, return_counts=True)
    open_B = first[counts == 1]
    starts_B, ends_B = edges_E2[open_B].T
    normals_B3 = face_normals(points_V3[faces_F3[owner_E[open_B]]])
    normals_B3 /= np.maximum(np.linalg.norm(normals_B3, axis=1, keepdims=True), 1e-30)
    lengths_B1 = np.linalg.norm(points_V3[ends_B] - points_V3[starts_B], axis=1, keepdims=True)
    tips_B3 = (points_V3[starts_B] + points_V3[ends_B]) / 2 + lengths_B1 * normals_B3
    tips_B = len(points_V3) + np.arange(len(open_B))
    fins_G3 = np.concatenate([np.stack([starts_B, ends_B, tips_B], 1), np.stack([ends_B, starts_B, tips_B], 1)])
    return np.concatenate([points_V3, tips_B3]), np.concatenate([faces_F3, fins_G3]).astype(np.int64)
