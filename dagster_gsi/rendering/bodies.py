"""Models made ready to render: one part a material, texture coordinates everywhere, vertices in the world."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.scenes.mesh import Material, Part, load_mesh

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from dagster_gsi.scenes.scene import Thing

# Side of one repeat of a table top's texture, in metres: about the width of the boards in the photographs.
_TILE = 0.9


@lru_cache(maxsize=64)  # a furnished room and more; a model takes 0.4 MB, and 15 ms to read again
def model_parts(path: Path) -> tuple[Part, ...]:
    """The parts of a model, those of equal material joined, each with texture coordinates."""
    groups: dict[tuple[object, ...], list[Part]] = {}
    for part in load_mesh(path).parts:
        groups.setdefault(_key(part.material), []).append(part)
    return tuple(_joined(parts) for parts in groups.values())


def covered(parts: tuple[Part, ...], texture: Image.Image) -> tuple[Part, ...]:
    """The parts with `texture` laid on those that have a plain colour; metal and glass stay as they are."""
    return tuple(_cover(part, texture) if _is_plain(part.material) else part for part in parts)


def in_world(part: Part, thing: Thing) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Positions and normals (V, 3) of the part where the thing stands."""
    positions_V3 = thing.in_world(part.positions_V3.astype(np.float64))
    # Normals of what is stretched along an axis turn away from it.
    normals_V3 = part.normals_V3 / thing.stretch_3
    normals_V3 /= np.maximum(np.linalg.norm(normals_V3, axis=1, keepdims=True), 1e-12)
    return positions_V3.astype(np.float32), (normals_V3 @ thing.pose_wo.rotation_33.T).astype(np.float32)


def merged(placed: Iterable[tuple[Part, Thing]]) -> tuple[Part, ...]:
    """Parts of things that stay where they are, in the world, those of one material as one part.

    Copies of a model share their materials, and a home has six chairs: fewer shapes are loaded and traced faster.
    """
    groups: dict[int, list[Part]] = {}
    for part, thing in placed:
        positions_V3, normals_V3 = in_world(part, thing)
        faces_F3 = part.faces_F3 if np.prod(thing.stretch_3) > 0 else part.faces_F3[:, ::-1]
        here = replace(part, positions_V3=positions_V3, normals_V3=normals_V3, faces_F3=faces_F3)
        groups.setdefault(id(part.material), []).append(here)
    return tuple(_joined(parts) if len(parts) > 1 else parts[0] for parts in groups.values())


def box_projected(part: Part) -> Part:
    """The part with texture coordinates in tiles from the plane that each triangle faces most, longest side along u."""
    corners_F33 = part.positions_V3[part.faces_F3].astype(np.float64)
    facing_F3 = np.abs(np.cross(corners_F33[:, 1] - corners_F33[:, 0], corners_F33[:, 2] - corners_F33[:, 0]))
    axis_F = facing_F3.argmax(axis=1)
    # Boards run along the model's longer horizontal side, and up its legs.
    along = int(np.ptp(part.positions_V3[:, :2], axis=0).argmax())
    uv_axes_32 = np.array([[2, 1], [2, 0], [along, 1 - along]])[axis_F]
    uv_F32 = np.take_along_axis(corners_F33, np.repeat(uv_axes_32[:, None], 3, axis=1), axis=2) / _TILE
    return Part(
        positions_V3=corners_F33.reshape(-1, 3).astype(np.float32),
        normals_V3=part.normals_V3[part.faces_F3].reshape(-1, 3),
        uv_V2=uv_F32.reshape(-1, 2).astype(np.float32),
        faces_F3=np.arange(3 * len(axis_F), dtype=np.uint32).reshape(-1, 3),
        material=part.material,
    )


def _cover(part: Part, texture: Image.Image) -> Part:
    material = replace(part.material, texture=texture, colour_3=np.ones(3, dtype=np.float32))
    return replace(box_projected(part), material=material)


def _is_plain(material: Material) -> bool:
    return material.texture is None and material.opacity == 1.0 and material.metallic < 0.5


def _key(material: Material) -> tuple[object, ...]:
    picture = None if material.texture is None else (material.texture.mode, material.texture.tobytes())
    return material.colour_3.tobytes(), material.opacity, material.roughness, material.metallic, picture


def _joined(parts: list[Part]) -> Part:
    starts = np.cumsum([0, *(len(part.positions_V3) for part in parts)])
    return Part(
        positions_V3=np.concatenate([part.positions_V3 for part in parts]),
        normals_V3=np.concatenate([part.normals_V3 for part in parts]),
        uv_V2=np.concatenate([_uv(part) for part in parts]),
        faces_F3=np.concatenate([part.faces_F3 + np.uint32(start) for part, start in zip(parts, starts, strict=False)]),
        material=parts[0].material,
    )


def _uv(part: Part) -> NDArray[np.float32]:
    """A plain colour is the same everywhere, so coordinates that are missing may be anything."""
    return np.zeros((len(part.positions_V3), 2), dtype=np.float32) if part.uv_V2 is None else part.uv_V2
