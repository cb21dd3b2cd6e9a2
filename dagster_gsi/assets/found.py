"""Models as they are found in a folder: which files there are, and whether they can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.assets.gltf_reader import read_gltf
from dagster_gsi.assets.neighbours import neighbour, read_picture
from dagster_gsi.assets.obj import read_obj, statements

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.assets.obj import ObjModel

# Where a model comes in several formats, the first of these is taken: glTF has units, an up axis and better materials.
_SUFFIXES = (".glb", ".gltf", ".obj")
MOST_TRIANGLES = 1_000_000
"""Scans have more; they take minutes and gigabytes to decimate here."""
_MOST_BYTES = 1 << 30
# In the file's units: a millimetre in metres, a kilometre in millimetres.
_LEAST, _LARGEST = 1e-3, 1e6


def model_files(folder: Path) -> tuple[str, ...]:
    """Paths relative to `folder` of all models in it, sorted; of one model in several formats beside each other, one."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: name the one that holds the models")
    best: dict[Path, Path] = {}
    for path in sorted(folder.rglob("*")):
        rank = path.suffix.lower()
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if rank not in _SUFFIXES or hidden or not path.is_file():
            continue
        known = best.get(path.with_suffix(""))
        if known is None or _SUFFIXES.index(rank) < _SUFFIXES.index(known.suffix.lower()):
            best[path.with_suffix("")] = path
    if not best:
        raise ValueError(f"{folder} has no .glb, .gltf or .obj; convert other formats with Blender's export to glTF")
    return tuple(sorted(path.relative_to(folder).as_posix() for path in best.values()))


def read_model(folder: Path, name: str, most: int = MOST_TRIANGLES) -> ObjModel:
    """Read the model `name` of `folder` with its materials.

    Raises ValueError, one sentence with file, reason and remedy, where it cannot be used as it is.
    """
    path = folder / name
    try:
        model = _read(path, folder, most)
        _check(model, most)
    except ValueError as error:
        # What reads OBJ files names them already, with the line or a colon.
        told = str(error).removeprefix(str(path)).removeprefix(":").lstrip()
        raise ValueError(f"{name}: {told}") from error
    return model


def _read(path: Path, folder: Path, most: int) -> ObjModel:
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("it is a link that leads out of the folder; put the file itself there")
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("it is larger than a gigabyte; decimate it and shrink its textures first")
    if path.suffix.lower() != ".obj":
        return read_gltf(path, folder, most)
    check_obj(path, folder)
    return read_obj(path)


def check_obj(path: Path, folder: Path) -> None:
    """Raise ValueError where a material library or a texture that is named is missing, unreadable or outside."""
    for _, keyword, rest in statements(path):
        if keyword == "mtllib":
            library = neighbour(path, rest, folder)
            for _, key, value in statements(library):
                if key == "map_Kd":
                    _check_picture(library, value, folder)


def _check_picture(library: Path, name: str, folder: Path) -> None:
    if name.startswith("-"):
        raise ValueError(f"{library.name} says `map_Kd {name}`; options of textures are not read, name the file alone")
    if "\\" in name:
        raise ValueError(f"{library.name} says `map_Kd {name}`; write / for \\ in paths")
    with neighbour(library, name, folder).open("rb") as stream:
        read_picture(stream, name)


def _check(model: ObjModel, most: int) -> None:
    """Raise ValueError for figures that no model can have."""
    if len(model.corners_F33) > most:
        raise ValueError(f"it has more than {most:,} triangles; decimate it first, as Blender's Decimate does")
    used_N3 = model.positions_V3[np.unique(model.corners_F33[..., 0])]
    if not np.isfinite(used_N3).all():
        raise ValueError("some of its coordinates are not numbers (NaN or infinite); export it again")
    if not np.isfinite(model.texture_T2).all():
        raise ValueError(
            "some of its texture coordinates are not numbers (NaN or infinite); unwrap and export it again"
        )
    extents_3 = np.ptp(used_N3, axis=0)
    if not _LEAST < extents_3.max() < _LARGEST:
        raise ValueError(f"its size is {extents_3.max():g} in the file's units, which is none in m, cm or mm; scale it")
    if extents_3.min() <= 1e-4 * extents_3.max():
        raise ValueError("it is flat: one of its sides has no extent; give it a thickness")
