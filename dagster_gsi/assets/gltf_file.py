"""A glTF 2.0 file, `.glb` or `.gltf`, as JSON with its arrays and pictures."""

from __future__ import annotations

import base64
import binascii
import io
import json
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.neighbours import neighbour, read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_JSON, _BINARY = 0x4E4F534A, 0x004E4942


@dataclass(frozen=True)
class GltfFile:
    """The document, and what it refers to. Every method raises ValueError, or what Python raises on missing keys."""

    path: Path
    folder: Path
    """No file outside it is read."""
    document: dict[str, Any]
    binary: bytes
    """The binary chunk of a `.glb`; empty in a `.gltf`."""

    @cached_property
    def buffers(self) -> tuple[bytes, ...]:
        return tuple(
            self._content(entry["uri"]) if "uri" in entry else self.binary for entry in self.document.get("buffers", ())
        )

    def entry(self, key: str, index: int) -> dict[str, Any]:
        if index < 0:
            raise IndexError(f"{key} {index}")
        entry: dict[str, Any] = self.document[key][index]
        return entry

    def array(self, index: int) -> NDArray[Any]:
        """Accessor `index` as (count, width); normalized integers become floats."""
        accessor = self.entry("accessors", index)
        if "sparse" in accessor or "bufferView" not in accessor:
            raise ValueError("it stores arrays sparsely, which is not read here; export it again without")
        dtype, width, count = (
            np.dtype(_COMPONENTS[accessor["componentType"]]),
            _WIDTHS[accessor["type"]],
            accessor["count"],
        )
        view = self.entry("bufferViews", accessor["bufferView"])
        stride = view.get("byteStride", dtype.itemsize * width)
        content = self._view(accessor["bufferView"])
        start = accessor.get("byteOffset", 0)
        if count < 1 or start < 0 or start + stride * (count - 1) + dtype.itemsize * width > len(content):
            raise ValueError("it is cut off: an array is longer than its file; export or download it again")
        values: NDArray[Any] = np.ndarray((count, width), dtype, content, start, (stride, dtype.itemsize)).copy()
        if accessor.get("normalized", False):
            return np.maximum(values / np.iinfo(dtype).max, -1.0)
        return values

    def picture(self, index: int) -> Image.Image:
        image = self.entry("images", index)
        name = image.get("name") or (image.get("uri", "")[:80] if not image.get("uri", "").startswith("data:") else "")
        content = self._content(image["uri"]) if "uri" in image else self._view(image["bufferView"])
        return read_picture(io.BytesIO(content), str(name or index))

    def _view(self, index: int) -> bytes:
        view = self.entry("bufferViews", index)
        start = view.get("byteOffset", 0)
        if view["buffer"] < 0 or start < 0:
            raise ValueError("it is damaged: an offset is negative; export or download it again")
        return self.buffers[view["buffer"]][start : start + view["byteLength"]]

    def _content(self, uri: str) -> bytes:
        if uri.startswith("data:"):
            try:
                return base64.b64decode(uri.partition(",")[2], validate=True)
            except binascii.Error as error:
                raise ValueError(f"it is damaged: embedded data are not base64 ({error}); export it again") from error
        return neighbour(self.path, unquote(uri), self.folder).read_bytes()


def open_gltf(path: Path, folder: Path) -> GltfFile:
    """Read the document of a `.glb` or `.gltf`. Raises ValueError where it is not glTF 2.0."""
    content = path.read_bytes()
    binary = b""
    if content[:4] == b"glTF":
        text, binary = _chunks(content)
    else:
        text = content
    try:
        document = json.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"it is no glTF ({error}); export or download it again") from error
    if not isinstance(document, dict) or not isinstance(asset := document.get("asset"), dict):
        raise ValueError("it is no glTF: it has no `asset`; export or download it again")
    if not str(asset.get("version", "")).startswith("2"):
        raise ValueError(f"it is glTF {asset.get('version')}; only 2.0 is read: open it in Blender and export it")
    return GltfFile(path, folder, document, binary)


def _chunks(content: bytes) -> tuple[bytes, bytes]:
    """The JSON and the binary chunk of a `.glb`."""
    found: dict[int, bytes] = {}
    place = 12
    while place + 8 <= len(content):
        length, kind = struct.unpack_from("<II", content, place)
        if place + 8 + length > len(content):
            raise ValueError("it is cut off; download or export it again")
        found.setdefault(kind, content[place + 8 : place + 8 + length])
        place += 8 + length
    if _JSON not in found:
        raise ValueError("it is cut off: it has no JSON; download or export it again")
    return found[_JSON], found.get(_BINARY, b"")
