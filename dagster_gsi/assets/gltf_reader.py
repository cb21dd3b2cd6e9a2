"""glTF models as triangles with materials, of the same form as `obj.read_obj` gives.

Read here and not through trimesh because a catalogue wants to know what it leaves out: trimesh passes over missing
textures, poses skinned models and rounds colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.gltf_file import GltfFile, open_gltf
from dagster_gsi.assets.gltf_materials import read_material
from dagster_gsi.assets.obj import MISSING, ObjModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dagster_gsi.scenes.mesh import Material

Floats = NDArray[np.float64]

_TRIANGLES = 4
_READ = frozenset(
    {
        "KHR_materials_pbrSpecularGlossiness",
        "KHR_materials_unlit",
        "KHR_materials_specular",
        "KHR_materials_ior",
        "KHR_materials_emissive_strength",
        "KHR_mesh_quantization",
    }
)
"""Extensions whose files are read right, or whose loss does not show on a table."""


def read_gltf(path: Path, folder: Path, most: int) -> ObjModel:
    """The model, y up, in metres. Raises ValueError with reason and remedy where it cannot be used.

    Files outside `folder` are not read; more than `most` triangles are refused.
    """
    file = open_gltf(path, folder)
    try:
        _refuse(file.document)
        return _read(file, most)
    except RecursionError as error:
        raise ValueError("it is damaged: its nodes contain each other; export it again") from error
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        # Whatever a damaged document makes of lists, numbers and names; all of it means the same to a user.
        raise ValueError(f"it is damaged ({type(error).__name__}: {error}); export or download it again") from error


def _refuse(document: dict[str, Any]) -> None:
    """Raise ValueError for what moves or needs a decoder."""
    unread = sorted(set(document.get("extensionsRequired", ())) - _READ)
    if unread:
        raise ValueError(f"it needs {', '.join(unread)}, which is not read here; export it without compression")
    if document.get("skins"):
        raise ValueError("it is skinned; apply its armature in the pose to be shown and export it without")
    if document.get("animations"):
        raise ValueError("it is animated; export it without animations, as it stands")


def _read(file: GltfFile, most: int) -> ObjModel:
    builder = _Builder(file, most)
    for node, pose_44 in _nodes(file):
        if "mesh" in node:
            builder.add(node["mesh"], pose_44)
    return builder.model()


def _nodes(file: GltfFile) -> Iterator[tuple[dict[str, Any], Floats]]:
    """The nodes of the scene that is shown, each with its place in the world."""
    nodes = file.document.get("nodes", [])
    if file.document.get("scenes"):
        roots = file.entry("scenes", file.document.get("scene", 0)).get("nodes", [])
    else:
        children = {child for node in nodes for child in node.get("children", ())}
        roots = [index for index in range(len(nodes)) if index not in children]
    waiting = [(root, np.eye(4)) for root in reversed(roots)]
    seen: set[int] = set()
    while waiting:
        index, above_44 = waiting.pop()
        if index in seen:
            raise ValueError("it is damaged: a node has two parents; export it again")
        seen.add(index)
        node = file.entry("nodes", index)
        pose_44 = above_44 @ _local(node)
        yield node, pose_44
        waiting += [(child, pose_44) for child in reversed(node.get("children", []))]


def _local(node: dict[str, Any]) -> Floats:
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    x, y, z, w = (float(value) for value in node.get("rotation", (0, 0, 0, 1)))
    rotation_33 = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    pose_44 = np.eye(4)
    pose_44[:3, :3] = rotation_33 * np.array(node.get("scale", (1, 1, 1)), dtype=np.float64)
    pose_44[:3, 3] = node.get("translation", (0, 0, 0))
    return pose_44


class _Builder:
    """Triangles gathered primitive by primitive."""

    def __init__(self, file: GltfFile, most: int) -> None:
        self.file, self.most = file, most
        self.count = 0
        self.positions: list[Floats] = []
        self.texture: list[Floats] = []
        self.normals: list[Floats] = []
        self.corners: list[NDArray[np.int64]] = []
        self.materials: list[NDArray[np.str_]] = []
        self.groups: list[NDArray[np.str_]] = []
        self.paints: dict[str, Material] = {}
        self.starts = np.zeros(3, dtype=np.int64)

    def add(self, index: int, pose_44: Floats) -> None:
        mesh = self.file.entry("meshes", index)
        for primitive in mesh["primitives"]:
            if primitive.get("targets"):
                raise ValueError("it has morph targets; apply one shape and export it without shape keys")
            mode = primitive.get("mode", _TRIANGLES)
            if mode > _TRIANGLES:
                raise ValueError("it has triangle strips or fans; export it as plain triangles")
            if mode == _TRIANGLES and "POSITION" in primitive["attributes"]:
                self._primitive(primitive, pose_44, str(mesh.get("name", f"mesh {index}")))

    def _primitive(self, primitive: dict[str, Any], pose_44: Floats, group: str) -> None:
        attributes = primitive["attributes"]
        _refuse_colours(self.file, attributes)
        if not np.isfinite(pose_44).all():
            raise ValueError("it is placed by something that is not a number; export it again")
        points_V3 = self.file.array(attributes["POSITION"]).astype(np.float64)
        faces_F3 = self._faces(primitive, len(points_V3))
        if np.linalg.det(pose_44[:3, :3]) < 0:
            faces_F3 = faces_F3[:, ::-1]
        self.count += len(faces_F3)
        if self.count > self.most:
            raise ValueError(f"it has more than {self.most:,} triangles; decimate it first, as Blender's Decimate does")
        name, uv_set = self._material(primitive.get("material"))
        uv_N2 = self._optional(attributes, f"TEXCOORD_{uv_set}", (len(points_V3), 2))
        normals_N3 = self._optional(attributes, "NORMAL", (len(points_V3), 3))
        if self.paints[name].texture is not None and not len(uv_N2):
            raise ValueError(
                f"material {name!r} has a texture but its mesh no coordinates for it; unwrap and export it"
            )
        # glTF counts v downwards from the top row.
        uv_N2 = uv_N2 * [1.0, -1.0] + [0.0, 1.0]
        turn_33 = np.linalg.pinv(pose_44[:3, :3])
        index_FC3 = [faces_F3 + self.starts[0]]
        index_FC3 += [
            faces_F3 + start if len(values) else np.full_like(faces_F3, MISSING)
            for start, values in zip(self.starts[1:], (uv_N2, normals_N3), strict=True)
        ]
        self.positions.append(points_V3 @ pose_44[:3, :3].T + pose_44[:3, 3])
        self.texture.append(uv_N2)
        # Normals go by the inverse transpose; from the right that is the inverse itself.
        self.normals.append(normals_N3 @ turn_33)
        self.corners.append(np.stack(index_FC3, axis=-1))
        self.materials.append(np.full(len(faces_F3), name))
        self.groups.append(np.full(len(faces_F3), group))
        self.starts += [len(points_V3), len(uv_N2), len(normals_N3)]

    def _faces(self, primitive: dict[str, Any], count: int) -> NDArray[np.int64]:
        if "indices" in primitive:
            index = self.file.array(primitive["indices"]).astype(np.int64).reshape(-1)
        else:
            index = np.arange(count, dtype=np.int64)
        if len(index) % 3 or (len(index) and index.max() >= count):
            raise ValueError("it is damaged: a face names a corner that is not there; export it again")
        return index.reshape(-1, 3)

    def _optional(self, attributes: dict[str, int], key: str, shape: tuple[int, int]) -> Floats:
        if key not in attributes:
            return np.zeros((0, shape[1]))
        values = self.file.array(attributes[key]).astype(np.float64)
        if values.shape != shape:
            raise ValueError(f"it is damaged: {key} is not one for each point; export it again")
        return values

    def _material(self, index: int | None) -> tuple[str, int]:
        """Its name and the number of its texture coordinates."""
        entry = {} if index is None else self.file.entry("materials", index)
        # Numbered: materials may share a name, and those without one have none.
        name = f"{-1 if index is None else index:03d} {entry.get('name', '')}".rstrip()
        material, uv_set = read_material(self.file, entry)
        self.paints.setdefault(name, material)
        return name, uv_set

    def model(self) -> ObjModel:
        if not self.count:
            raise ValueError("it has no faces; export the mesh itself, not curves, points or empties")
        return ObjModel(
            positions_V3=np.concatenate(self.positions),
            texture_T2=np.concatenate(self.texture),
            normals_N3=np.concatenate(self.normals),
            corners_F33=np.concatenate(self.corners),
            material_F=np.concatenate(self.materials),
            group_F=np.concatenate(self.groups),
            paints=dict(self.paints),
        )


def _refuse_colours(file: GltfFile, attributes: dict[str, int]) -> None:
    if "JOINTS_0" in attributes:
        raise ValueError("it is skinned; apply its armature in the pose to be shown and export it without")
    # Many programs write white at every vertex, which says nothing.
    if "COLOR_0" in attributes and (file.array(attributes["COLOR_0"])[:, :3] < _white(file, attributes)).any():
        raise ValueError("its colours are at the vertices, which is not read here; bake them into a texture")


def _white(file: GltfFile, attributes: dict[str, int]) -> float:
    """A little below the value of white in COLOR_0: integers are always normalized, whether they say so or not."""
    colours = file.entry("accessors", attributes["COLOR_0"])
    raw = not colours.get("normalized", False)
    return 0.98 * {5121: 255.0, 5123: 65535.0}.get(colours["componentType"], 1.0) if raw else 0.98
