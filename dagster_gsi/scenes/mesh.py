"""Textured meshes of the catalogue, read from glTF into arrays in the object's frame.

glTF is y-up with the front to +z; here it is z-up with the front to -y, so (x, y, z) becomes (x, -z, y).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

# Repeats of a texture from its origin that no modeller means.
_FARTHEST_UV = 1e4

GLTF_TO_OBJECT_33 = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a surface is made of. Colours are linear RGB in [0, 1]."""

    colour_3: NDArray[np.float32]
    """Base colour; multiplies the texture where there is one."""
    opacity: float
    roughness: float
    metallic: float
    texture: Image.Image | None
    """sRGB picture, RGB or RGBA (alpha cuts holes)."""
    name: str = ""
    """As in the file; in the shell of a home it says what is made of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Triangles of one material: V vertices, F faces."""

    positions_V3: NDArray[np.float32]
    normals_V3: NDArray[np.float32]
    uv_V2: NDArray[np.float32] | None
    """Texture coordinates with v upwards, as in glTF after trimesh: the picture's top row is v = 1."""
    faces_F3: NDArray[np.uint32]
    material: Material


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """All parts of one model, in metres, in the object's frame."""

    parts: tuple[Part, ...]

    def points(self) -> NDArray[np.float32]:
        """Every vertex of every part, (N, 3)."""
        return np.concatenate([part.positions_V3 for part in self.parts])


def load_mesh(path: Path) -> Mesh:
    """Read one `.glb`. A file that is missing or broken raises ValueError with its name and the remedy."""
    import trimesh

    try:
        loaded = trimesh.load_scene(path, process=False)
        parts = tuple(_part(geometry) for _, geometry in sorted(loaded.geometry.items()))
    except Exception as error:  # trimesh raises whatever its parsers meet; all of it means the same to a user
        raise ValueError(f"{path} cannot be read as glTF ({error}); restore or rebuild it") from error
    if not parts:
        raise ValueError(f"{path} holds no triangles; restore or rebuild it")
    return Mesh(parts)


def _part(geometry: object) -> Part:
    import trimesh

    assert isinstance(geometry, trimesh.Trimesh)
    visual = geometry.visual
    pbr = visual.material
    factor_4 = np.ones(4) if pbr.baseColorFactor is None else np.asarray(pbr.baseColorFactor, dtype=np.float64) / 255
    material = Material(
        colour_3=factor_4[:3].astype(np.float32),
        opacity=float(factor_4[3]),
        roughness=1.0 if pbr.roughnessFactor is None else float(pbr.roughnessFactor),
        metallic=0.0 if pbr.metallicFactor is None else float(pbr.metallicFactor),
        texture=pbr.baseColorTexture,
        name=pbr.name or "",
    )
    uv = getattr(visual, "uv", None)
    if uv is not None:
        # Some models map their underside to infinity; renderers read colours from beyond the picture there.
        uv = np.where(np.abs(uv) < _FARTHEST_UV, uv, 0.0)
    return Part(
        positions_V3=(geometry.vertices @ GLTF_TO_OBJECT_33.T).astype(np.float32),
        normals_V3=(geometry.vertex_normals @ GLTF_TO_OBJECT_33.T).astype(np.float32),
        uv_V2=None if uv is None else np.asarray(uv, dtype=np.float32),
        faces_F3=np.asarray(geometry.faces, dtype=np.uint32),
        material=material,
    )
