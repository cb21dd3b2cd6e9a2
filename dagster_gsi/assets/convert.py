"""From a model as its file holds it to a clean mesh in the object's frame: metres, origin at the middle of the base, z up,
front to -y.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.decimate import decimated
from dagster_gsi.assets.materials import as_material, shrunk
from dagster_gsi.assets.normals import CREASE, WELD, creased_normals, face_normals, weld
from dagster_gsi.assets.obj import MISSING, Paint
from dagster_gsi.scenes.mesh import GLTF_TO_OBJECT_33, Material, Mesh, Part

if TYPE_CHECKING:
    from dagster_gsi.assets.obj import ObjModel

Floats = NDArray[np.float64]

# Twice the area of a triangle that is dropped, in square metres: 0.1 mm by 0.1 mm.
_SLIVER = 1e-8
# Decimation by less than a fifth costs more looks than it saves.
_BARELY = 0.8


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
    """The clean mesh. Raises ValueError when `groups` selects nothing, or all is too small to be seen."""
    triangles_F33, normals_F33, uv_F32 = _placed(model, shape)
    keep_F = _selected(model, shape)
    if not keep_F.any():
        raise ValueError(f"groups {shape.groups!r} selects nothing; there are {sorted(set(model.group_F.tolist()))}")
    lowest = triangles_F33[keep_F][..., 2].min()
    triangles_F33[..., 2] = np.maximum(triangles_F33[..., 2], lowest + shape.flatten)
    keep_F &= np.linalg.norm(face_normals(triangles_F33), axis=1) > _SLIVER
    if not keep_F.any():
        raise ValueError("no face of it is larger than 0.1 by 0.1 mm: its size is wrong")
    share = budget.triangles / int(keep_F.sum())
    if share > _BARELY:
        share = 1.0
    parts = [
        _part(triangles_F33[rows], normals_F33[rows], uv_F32[rows], material, share)
        for material, rows in _materials(model, keep_F, budget)
    ]
    return centred(Mesh(tuple(part for part in parts if len(part.faces_F3))))


def extents(model: ObjModel, rotation_33: Floats) -> tuple[float, float, float]:
    """Width, depth and height in the file's units of what is drawn, after the rotation to y up."""
    used_V3 = model.positions_V3[np.unique(model.corners_F33[..., 0])] @ rotation_33.T
    width, height, depth = (float(extent) for extent in np.ptp(used_V3, axis=0))
    return width, depth, height


def centred(mesh: Mesh) -> Mesh:
    """With the origin at the middle of the base. Last of all: decimation moves the outermost points a little."""
    low_3, high_3 = mesh.points().min(axis=0), mesh.points().max(axis=0)
    middle_3 = np.array([(low_3[0] + high_3[0]) / 2, (low_3[1] + high_3[1]) / 2, low_3[2]], dtype=np.float32)
    return Mesh(tuple(replace(part, positions_V3=part.positions_V3 - middle_3) for part in mesh.parts))


def turned(mesh: Mesh, turn_33: NDArray[np.float32]) -> Mesh:
    """Rotated, with the origin at the middle of its new base."""
    return centred(
        Mesh(
            tuple(
                replace(part, positions_V3=part.positions_V3 @ turn_33.T, normals_V3=part.normals_V3 @ turn_33.T)
                for part in mesh.parts
            )
        )
    )


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
        # A few models use materials that no file defines; those come out light grey.
        paint = model.paints.get(str(name), Paint())
        picture: object
        if isinstance(paint, Paint):
            material, picture = as_material(str(name), paint, budget.picture_side), paint.picture
        else:
            material, picture = _shrunk(paint, budget.picture_side), str(name) if paint.texture else None
        key = (*material.colour_3.tolist(), material.opacity, material.roughness, material.metallic, picture)
        rows = np.flatnonzero(keep_F & (model.material_F == name))
        merged.setdefault(key, (material, []))[1].append(rows)
    return [(material, np.concatenate(rows)) for material, rows in merged.values()]


def _shrunk(material: Material, side: int) -> Material:
    return material if material.texture is None else replace(material, texture=shrunk(material.texture, side))


def _part(triangles_F33: Floats, normals_F33: Floats, uv_F32: Floats, material: Material, share: float) -> Part:
    textured = material.texture is not None
    if textured and np.isnan(uv_F32).any():
        uv_F32 = np.nan_to_num(uv_F32)
    if share < 1.0:
        triangles_F33, uv_F32 = decimated(triangles_F33, uv_F32 if textured else None, share)
        normals_F33 = np.full_like(triangles_F33, np.nan)
    triangles_F33, normals_F33, uv_F32 = _distinct(triangles_F33, normals_F33, uv_F32)
    triangles_F33, normals_F33, uv_F32 = _shaded(triangles_F33, normals_F33, uv_F32)
    corners = [triangles_F33.reshape(-1, 3), normals_F33.reshape(-1, 3)]
    if textured:
        corners.append(uv_F32.reshape(-1, 2))
    flat = np.concatenate(corners, axis=1)
    steps = np.array([WELD] * 3 + [1e-2] * 3 + [1e-5] * 2)[: flat.shape[1]]
    _, first, index = np.unique(np.round(flat / steps), axis=0, return_index=True, return_inverse=True)
    vertices = flat[first].astype(np.float32)
    faces_F3 = index.reshape(-1, 3).astype(np.uint32)
    return Part(vertices[:, :3], vertices[:, 3:6], vertices[:, 6:] if textured else None, faces_F3, material)


def _distinct(*corners: Floats) -> list[Floats]:
    """Without faces that lie exactly on another: libraries draw both sides of a sheet; here materials have two."""
    triangles_F33 = corners[0]
    _, vertex = weld(triangles_F33.reshape(-1, 3), WELD)
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
    _, vertex = weld(triangles_F33.reshape(-1, 3), WELD)
    fresh_F33 = creased_normals(triangles_F33, vertex.reshape(-1, 3))
    return triangles_F33, np.where(wrong_F[:, None, None], fresh_F33, normals_F33), uv_F32
