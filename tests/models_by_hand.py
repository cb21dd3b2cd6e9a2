"""Models as people have them: OBJ and glTF files written here, byte by byte, so that what they hold is known."""

from __future__ import annotations

import base64
import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

MTL = "newmtl red\nKd 1 0 0\nnewmtl blue\nKd 0 0 1\n"
# Corners of a box from (0, 0, 0) to (1, 1, 1), and its sides counter-clockwise from outside.
_CORNERS = np.array([[i & 1, i >> 1 & 1, i >> 2] for i in range(8)], dtype=float)
_SIDES = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))


def box_obj(low: tuple[float, ...], high: tuple[float, ...], *, first: int = 1, material: str = "") -> str:
    """A box between two corners as OBJ statements; `first` is the number of its first vertex."""
    points = np.array(low) + _CORNERS * (np.array(high) - np.array(low))
    lines = [f"v {x:g} {y:g} {z:g}" for x, y, z in points]
    lines += [f"usemtl {material}"] if material else []
    lines += ["f " + " ".join(str(first + corner) for corner in side) for side in _SIDES]
    return "\n".join(lines) + "\n"


def boxes_obj(*boxes: tuple[tuple[float, ...], tuple[float, ...]]) -> str:
    return "".join(box_obj(low, high, first=1 + 8 * number) for number, (low, high) in enumerate(boxes))


def table_obj(width: float, depth: float, height: float, *, up: str = "y") -> str:
    """A top of 3 hundredths of the height on four square legs, in the file's units."""
    thick, leg = 0.03 * height, 0.05 * width
    boxes = [((0, 0, height - thick), (width, depth, height))]
    for x in (0, width - leg):
        boxes += [((x, y, 0), (x + leg, y + leg, height - thick)) for y in (0, depth - leg)]
    if up == "y":
        boxes = [tuple((x, z, -y) for x, y, z in box) for box in boxes]  # type: ignore[misc]
    return boxes_obj(*boxes)


def triangles_of_box(size: tuple[float, float, float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Corners of the 12 faces of a box that stands on the middle of its base, glTF's y up: (36, 3)."""
    quads = [[_CORNERS[corner] for corner in side] for side in _SIDES]
    points = np.array([[quad[k] for k in (0, 1, 2, 0, 2, 3)] for quad in quads]).reshape(-1, 3)
    return (points - [0.5, 0.0, 0.5]) * np.array(size)


class Gltf:
    """A document that grows array by array."""

    def __init__(self) -> None:
        self.binary = b""
        self.document: dict[str, Any] = {"asset": {"version": "2.0"}, "accessors": [], "bufferViews": []}

    def array(self, values: np.ndarray[Any, Any], kind: str, **more: Any) -> int:
        component = {"float32": 5126, "uint8": 5121, "int8": 5120, "uint16": 5123, "int16": 5122, "uint32": 5125}
        entry = {"bufferView": self.view(values.tobytes()), "componentType": component[values.dtype.name], "type": kind}
        self.document["accessors"].append({**entry, "count": len(values), **more})
        return len(self.document["accessors"]) - 1

    def view(self, content: bytes) -> int:
        self.binary += b"\0" * (-len(self.binary) % 4)
        self.document["bufferViews"].append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(content)})
        self.binary += content
        return len(self.document["bufferViews"]) - 1

    def glb(self) -> bytes:
        document = {**self.document, "buffers": [{"byteLength": len(self.binary)}]}
        text = json.dumps(document).encode()
        text += b" " * (-len(text) % 4)
        binary = self.binary + b"\0" * (-len(self.binary) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def gltf(self, uri: str = "") -> str:
        """As JSON; the arrays in the text, or in a file of the name `uri`."""
        data = uri or "data:application/octet-stream;base64," + base64.b64encode(self.binary).decode()
        return json.dumps({**self.document, "buffers": [{"byteLength": len(self.binary), "uri": data}]})


def box_gltf(size: tuple[float, float, float], *, picture: Image.Image | None = None, **material: Any) -> Gltf:
    """A box of one material, with texture coordinates (x, z) in [0, 1] where it has a picture."""
    made = Gltf()
    points = triangles_of_box(size).astype(np.float32)
    attributes = {"POSITION": made.array(points, "VEC3")}
    pbr: dict[str, Any] = {"baseColorFactor": [1, 1, 1, 1], "metallicFactor": 0, "roughnessFactor": 0.5}
    if picture is not None:
        uv = (points[:, [0, 2]] / np.array(size)[[0, 2]] + 0.5).astype(np.float32)
        attributes["TEXCOORD_0"] = made.array(uv, "VEC2")
        made.document["images"] = [{"bufferView": made.view(png(picture)), "mimeType": "image/png", "name": "paint"}]
        made.document["textures"] = [{"source": 0}]
        pbr["baseColorTexture"] = {"index": 0}
    primitive = {"attributes": attributes, "material": 0}
    made.document |= {
        "materials": [{"pbrMetallicRoughness": {**pbr, **material}}],
        "meshes": [{"primitives": [primitive]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    }
    return made


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def quarters(side: int = 64) -> Image.Image:
    """Red, green, blue and white quarters: turned by anything but a whole turn, it looks different."""
    pixels = np.zeros((side, side, 3), dtype=np.uint8)
    half = side // 2
    pixels[:half, :half], pixels[:half, half:] = (200, 0, 0), (0, 200, 0)
    pixels[half:, :half], pixels[half:, half:] = (0, 0, 200), (255, 255, 255)
    return Image.fromarray(pixels)


def write(folder: Path, **files: str | bytes) -> Path:
    """Files by name, with __ for a dot and ___ for a slash: mug__glb."""
    for key, content in files.items():
        path = folder / key.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
