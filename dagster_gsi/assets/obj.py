"""Wavefront OBJ models with their MTL materials and textures, as Sweet Home 3D's libraries hold them.

Read here and not through trimesh because these files switch materials inside groups, index backwards, mix faces with
and without texture coordinates, and use materials that no MTL file defines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dagster_gsi.scenes.mesh import Material

MISSING = -1
"""Index of a texture coordinate or normal that a corner does not have."""


@dataclass(frozen=True, slots=True)
class Paint:
    """One MTL material. Colours are sRGB in [0, 1], as authored."""

    diffuse: tuple[float, float, float] = (0.8, 0.8, 0.8)
    specular: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shininess: float = 0.0
    opacity: float = 1.0
    picture: Path | None = None


@dataclass(slots=True)
class ObjModel:
    """Triangles with a material and a group each: F faces whose corners index positions, texture and normals."""

    positions_V3: NDArray[np.float64]
    texture_T2: NDArray[np.float64]
    normals_N3: NDArray[np.float64]
    corners_F33: NDArray[np.int64]
    """Per face and corner the indices (position, texture, normal) from 0; `MISSING` where there is none."""
    material_F: NDArray[np.str_]
    group_F: NDArray[np.str_]
    paints: Mapping[str, Paint | Material] = field(default_factory=dict)
    """What each material is: as authored in an MTL file, or done already."""


def read_obj(path: Path) -> ObjModel:
    """Read a model with its materials. Polygons are cut into fans; lines and curves are ignored.

    Raises ValueError with the file and line where a number or index is wrong, or when there are no faces.
    """
    reader = _Reader()
    paints: dict[str, Paint] = {}
    for number, keyword, rest in statements(path):
        try:
            if keyword == "mtllib":
                paints.update(read_mtl(path.parent / rest))
            else:
                reader.take(keyword, rest)
        except (ValueError, IndexError) as error:
            raise ValueError(
                f"{path}:{number}: {keyword} {rest}: {error}; the model is broken, leave it out"
            ) from error
    if not reader.corners:
        raise ValueError(f"{path} has no faces; leave it out")
    return ObjModel(
        positions_V3=np.array(reader.positions, dtype=np.float64).reshape(-1, 3),
        texture_T2=np.array(reader.texture, dtype=np.float64).reshape(-1, 2),
        normals_N3=np.array(reader.normals, dtype=np.float64).reshape(-1, 3),
        corners_F33=np.array(reader.corners, dtype=np.int64),
        material_F=np.array(reader.materials),
        group_F=np.array(reader.groups),
        paints=paints,
    )


class _Reader:
    """What has been read so far; `take` adds one statement."""

    def __init__(self) -> None:
        self.positions: list[list[float]] = []
        self.texture: list[list[float]] = []
        self.normals: list[list[float]] = []
        self.corners: list[tuple[tuple[int, int, int], ...]] = []
        self.materials: list[str] = []
        self.groups: list[str] = []
        self.material = "default"
        self.group = "default"

    def take(self, keyword: str, rest: str) -> None:
        match keyword:
            case "v":
                self.positions.append(_numbers(rest, 3))
            case "vt":
                self.texture.append(_numbers(rest, 2))
            case "vn":
                self.normals.append(_numbers(rest, 3))
            case "usemtl":
                self.material = rest
            case "g" | "o":
                self.group = rest
            case "f":
                polygon = [self._corner(word) for word in rest.split()]
                for second, third in pairwise(polygon[1:]):
                    self.corners.append((polygon[0], second, third))
                    self.materials.append(self.material)
                    self.groups.append(self.group)

    def _corner(self, word: str) -> tuple[int, int, int]:
        texts = [*word.split("/"), "", ""]
        return (
            _index(texts[0], len(self.positions)),
            _index(texts[1], len(self.texture)) if texts[1] else MISSING,
            _index(texts[2], len(self.normals)) if texts[2] else MISSING,
        )


def read_mtl(path: Path) -> dict[str, Paint]:
    """Materials by name. A library that is not there is empty: Sweet Home 3D reads such models, too."""
    if not path.is_file():
        return {}
    paints: dict[str, Paint] = {}
    name = ""
    values: dict[str, str] = {}
    for _, keyword, rest in statements(path):
        if keyword == "newmtl":
            if name:
                paints[name] = _paint(values, path.parent)
            name, values = rest, {}
        else:
            values[keyword] = rest
    if name:
        paints[name] = _paint(values, path.parent)
    return paints


def _paint(values: dict[str, str], folder: Path) -> Paint:
    picture = folder / values["map_Kd"] if values.get("map_Kd") else None
    return Paint(
        diffuse=_colour(values.get("Kd", "0.8 0.8 0.8")),
        specular=_colour(values.get("Ks", "0 0 0")),
        shininess=_numbers(values.get("Ns", "0"), 1)[0],
        # `d` may carry the word `-halo`; the number is the last word.
        opacity=float(np.clip(float(values.get("d", "1").split()[-1]), 0.0, 1.0)),
        picture=picture if picture and picture.is_file() else None,
    )


def _colour(text: str) -> tuple[float, float, float]:
    red, green, blue = np.clip(_numbers(text, 3), 0.0, 1.0).tolist()
    return red, green, blue


def _numbers(text: str, count: int) -> list[float]:
    numbers = [float(word) for word in text.split()[:count]]
    if len(numbers) < count:
        raise ValueError(f"{count} numbers are needed")
    return numbers


def _index(text: str, count: int) -> int:
    """From 1 upwards, or from -1 backwards, to an index from 0."""
    index = int(text)
    found = index - 1 if index > 0 else count + index
    if not 0 <= found < count:
        raise IndexError(f"index {text} is out of the {count} read so far")
    return found


def statements(path: Path) -> Iterator[tuple[int, str, str]]:
    """(line number, keyword, rest) of each line that says something; a backslash joins lines."""
    # The libraries were written by many programs in many encodings; Latin-1 reads every byte.
    text = path.read_text(encoding="latin-1").replace("\\\n", " ").replace("\\\r\n", " ")
    for number, line in enumerate(text.splitlines(), start=1):
        words = re.split(r"\s+", line.strip(), maxsplit=1)
        if words[0] and not words[0].startswith("#"):
            yield number, words[0], words[1] if len(words) > 1 else ""
