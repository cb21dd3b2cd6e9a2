"""Meshes written as binary glTF: the same mesh gives the same bytes, and `scenes.mesh.load_mesh` reads it back."""

from __future__ import annotations

import io
import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.scenes.mesh import GLTF_TO_OBJECT_33

if TYPE_CHECKING:
    from PIL import Image

    from dagster_gsi.scenes.mesh import Mesh, Part

_FLOAT, _UINT16, _UINT32 = 5126, 5123, 5125
_ARRAY, _INDEX = 34962, 34963
# Above 85 JPEG's losses no longer show at the size these textures are seen.
_JPEG_QUALITY = 88


def to_glb(mesh: Mesh) -> bytes:
    """One binary glTF 2.0 file: one mesh and one node a part, textures inside."""
    writer = _Writer()
    for number, part in enumerate(mesh.parts):
        writer.add(f"part{number:03d}", part)
    return writer.to_bytes()


class _Writer:
    """The binary chunk and the JSON that describes it, growing part by part."""

    def __init__(self) -> None:
        self.binary = bytearray()
        self.pictures: dict[bytes, int] = {}
        self.document: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            **{key: [] for key in ("nodes", "meshes", "materials", "accessors", "bufferViews")},
        }

    def add(self, name: str, part: Part) -> None:
        positions_V3 = (part.positions_V3 @ GLTF_TO_OBJECT_33).astype(np.float32)
        attributes = {
            "POSITION": self._accessor(positions_V3, "VEC3", bounds=True),
            "NORMAL": self._accessor((part.normals_V3 @ GLTF_TO_OBJECT_33).astype(np.float32), "VEC3"),
        }
        if part.uv_V2 is not None:
            # glTF counts v downwards from the top row.
            flipped_V2 = np.stack([part.uv_V2[:, 0], 1.0 - part.uv_V2[:, 1]], axis=1)
            attributes["TEXCOORD_0"] = self._accessor(flipped_V2.astype(np.float32), "VEC2")
        kind = np.uint16 if len(positions_V3) < 1 << 16 else np.uint32
        primitive = {
            "attributes": attributes,
            "indices": self._accessor(part.faces_F3.astype(kind).reshape(-1), "SCALAR"),
            "material": self._material(part),
        }
        number = self._append("meshes", {"name": name, "primitives": [primitive]})
        self.document["scenes"][0]["nodes"].append(self._append("nodes", {"name": name, "mesh": number}))

    def _material(self, part: Part) -> int:
        material = part.material
        factors: dict[str, Any] = {
            "baseColorFactor": [*(round(float(c), 5) for c in material.colour_3), round(material.opacity, 5)],
            "metallicFactor": round(material.metallic, 5),
            "roughnessFactor": round(material.roughness, 5),
        }
        if material.texture is not None:
            factors["baseColorTexture"] = {"index": self._texture(material.texture)}
        entry: dict[str, Any] = {"pbrMetallicRoughness": factors, "doubleSided": True}
        if material.name:
            entry["name"] = material.name
        if material.texture is not None and material.texture.mode == "RGBA":
            entry |= {"alphaMode": "MASK", "alphaCutoff": 0.5}
        elif material.opacity < 1.0:
            entry["alphaMode"] = "BLEND"
        return self._append("materials", entry)

    def _texture(self, picture: Image.Image) -> int:
        buffer = io.BytesIO()
        if picture.mode == "RGBA":
            picture.save(buffer, "PNG", optimize=True)
        else:
            picture.save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
        content = buffer.getvalue()
        if content not in self.pictures:
            mime = "image/png" if picture.mode == "RGBA" else "image/jpeg"
            image = self._append("images", {"bufferView": self._view(content), "mimeType": mime})
            self.pictures[content] = self._append("textures", {"source": image})
        return self.pictures[content]

    def _accessor(self, values: NDArray[Any], kind: str, *, bounds: bool = False) -> int:
        component = {"float32": _FLOAT, "uint16": _UINT16, "uint32": _UINT32}[values.dtype.name]
        view = self._view(np.ascontiguousarray(values).tobytes(), _INDEX if kind == "SCALAR" else _ARRAY)
        entry: dict[str, Any] = {"bufferView": view, "componentType": component, "count": len(values), "type": kind}
        if bounds:
            entry |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        return self._append("accessors", entry)

    def _view(self, content: bytes, target: int | None = None) -> int:
        self.binary.extend(b"\0" * (-len(self.binary) % 4))
        entry = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(content)}
        self.binary.extend(content)
        return self._append("bufferViews", entry if target is None else entry | {"target": target})

    def _append(self, key: str, entry: dict[str, Any]) -> int:
        entries = self.document.setdefault(key, [])
        entries.append(entry)
        return len(entries) - 1

    def to_bytes(self) -> bytes:
        self.binary.extend(b"\0" * (-len(self.binary) % 4))
        self.document["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self.document, sort_keys=True, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + len(self.binary)
        return b"".join(
            [
                struct.pack("<4sII", b"glTF", 2, total),
                struct.pack("<I4s", len(text), b"JSON") + text,
                struct.pack("<I4s", len(self.binary), b"BIN\0") + bytes(self.binary),
            ]
        )
