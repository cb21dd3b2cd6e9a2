"""A small catalogue of plain shapes, and scenes of them, for tests that need models but not the real ones."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.scenes.catalogue import Card, Catalogue
from dagster_gsi.scenes.scene import Lamp, Lighting, Room, Scene, Support, Thing, Words

if TYPE_CHECKING:
    from pathlib import Path

    import trimesh

TABLE = "oak-table"
TABLE_SIZE = (1.2, 0.8, 0.72)

# id: category, description (English and Chinese), size in metres, has_front, symmetry.
_OBJECTS: dict[str, tuple[str, str, str, str, tuple[float, float, float], bool, int]] = {
    "red-box": ("box", "盒子", "red box with a white corner", "带白角的红色盒子", (0.2, 0.12, 0.16), True, 1),
    "green-cylinder": ("can", "罐子", "green can", "绿色罐子", (0.1, 0.1, 0.18), False, 0),
    "blue-wedge": ("wedge", "楔子", "blue wedge", "蓝色楔子", (0.16, 0.2, 0.12), True, 1),
    "yellow-mug": ("mug", "马克杯", "yellow mug", "黄色马克杯", (0.13, 0.09, 0.1), False, 1),
    "white-plate": ("plate", "盘子", "white plate", "白色盘子", (0.22, 0.22, 0.02), False, 0),
}
_PLACES_XY = {
    "red-box": (-0.25, 0.12),
    "green-cylinder": (0.2, 0.2),
    "blue-wedge": (0.25, -0.15),
    "yellow-mug": (-0.2, -0.2),
}


def write_toy_catalogue(root: Path) -> Catalogue:
    """Five objects, a table, three textures and an environment, in the layout of `data/assets`."""
    for folder in ("models", "textures", "environments"):
        (root / folder).mkdir(parents=True)
    for name, parts in _models().items():
        _write_glb(root / "models" / f"{name}.glb", parts)
    document = [card.model_dump(mode="json") for card in _cards()]
    (root / "catalogue.json").write_text(json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1), "utf-8")
    for name, (first, second) in {
        "floor-toy": ((150, 120, 95), (120, 95, 75)),
        "wall-toy": ((205, 200, 190), (195, 190, 182)),
        "wood-toy": ((170, 120, 70), (150, 100, 55)),
    }.items():
        Image.fromarray(_checks(64, 8, first, second)).save(root / "textures" / f"{name}.jpg", quality=95)
    write_exr(root / "environments" / "toy.exr", _sky(32, 16))
    return Catalogue(root)


def toy_scene(catalogue: Catalogue, size: int = 64, seed: int = 0) -> Scene:
    """Four things that stand apart on the table, each turned by a seeded yaw, seen from a person's height."""
    rng = np.random.default_rng(seed)
    things = tuple(
        toy_thing(catalogue, asset, (*_PLACES_XY[asset], TABLE_SIZE[2]), yaw=float(rng.uniform(-0.5, 0.5)))
        for asset in _PLACES_XY
    )
    camera = Camera.look_at(
        np.array([0.15, -1.25, 1.45]), np.array([0.0, 0.0, 0.74]), fov=float(np.radians(50)), width=size, height=size
    )
    return Scene(
        supports=(toy_table(catalogue),),
        things=things,
        camera=camera,
        room=Room(floor="floor-toy", wall="wall-toy", depth=1.8, side=-2.0, height=2.7),
        lighting=Lighting(
            environment="toy",
            environment_yaw=0.0,
            environment_strength=1.0,
            lamps=(Lamp((-0.8, -0.6, 2.5), 0.8, (10.0, 9.5, 9.0)),),
        ),
    )


def toy_table(catalogue: Catalogue) -> Support:
    """The table at the origin, unturned."""
    body, top = toy_thing(catalogue, TABLE, (0.0, 0.0, 0.0)), catalogue[TABLE].surfaces[0]
    return Support(body, top.height, np.array(top.outline))


def toy_thing(catalogue: Catalogue, asset: str, at_3: tuple[float, float, float], *, yaw: float = 0.0) -> Thing:
    """A thing of the catalogue, named after its asset."""
    card = catalogue[asset]
    return Thing(
        name=asset,
        asset=asset,
        category=Words(card.category_en, card.category_zh),
        description=Words(card.description_en, card.description_zh),
        size_3=np.array(card.size),
        symmetry=card.symmetry,
        pose_wo=Pose.upright(yaw, np.array(at_3)),
        on=TABLE,
    )


def _cards() -> list[Card]:
    common: dict[str, Any] = {"creator": "tests", "licence": "CC0-1.0", "source": "tests/toy_assets.py"}
    objects = [
        Card(
            id=name, kind="object", category_en=category_en, category_zh=category_zh, description_en=en,
            description_zh=zh, size=size, has_front=front, symmetry=symmetry, **common,
        )
        for name, (category_en, category_zh, en, zh, size, front, symmetry) in _OBJECTS.items()
    ]  # fmt: skip
    x, y = TABLE_SIZE[0] / 2, TABLE_SIZE[1] / 2
    surface = {"height": TABLE_SIZE[2], "outline": ((-x, -y), (x, -y), (x, y), (-x, y))}
    table = Card(
        id=TABLE, kind="support", category_en="table", category_zh="桌子", description_en="oak table",
        description_zh="橡木桌", size=TABLE_SIZE, has_front=False, symmetry=2, surfaces=(surface,), **common,
    )  # fmt: skip
    return [*objects, table]


def _models() -> dict[str, list[trimesh.Trimesh]]:
    """Parts in the object's frame: z up, front to -y, origin at the middle of the base."""
    import trimesh

    def cylinder(radius: float, height: float) -> trimesh.Trimesh:
        return _faceted(trimesh.creation.cylinder(radius, height, sections=32).apply_translation([0, 0, height / 2]))

    x, y, z = _OBJECTS["blue-wedge"][4]
    wedge = trimesh.convex.convex_hull(
        np.array(
            [[i * x / 2, j * y / 2, 0] for i in (-1, 1) for j in (-1, 1)] + [[i * x / 2, y / 2, z] for i in (-1, 1)]
        )
    )
    cup = cylinder(0.045, 0.1).apply_translation([-0.02, 0, 0])
    handle = trimesh.creation.box([0.045, 0.015, 0.06]).apply_translation([0.0425, 0, 0.05])
    top = _uv_box((*TABLE_SIZE[:2], 0.04), 0.68)
    legs = [
        _uv_box((0.06, 0.06, 0.68), 0.0).apply_translation([i * 0.55, j * 0.35, 0]) for i in (-1, 1) for j in (-1, 1)
    ]
    oak = (0.45, 0.3, 0.16)
    return {
        "red-box": [_painted(_uv_box(_OBJECTS["red-box"][4], 0.0), (1, 1, 1), texture=Image.fromarray(_label(64)))],
        "green-cylinder": [_painted(cylinder(0.05, 0.18), (0.05, 0.4, 0.08), roughness=0.3)],
        "blue-wedge": [_painted(_faceted(wedge), (0.05, 0.1, 0.6))],
        "yellow-mug": [_painted(cup, (0.8, 0.6, 0.05)), _painted(_faceted(handle), (0.6, 0.45, 0.05))],
        "white-plate": [_painted(cylinder(0.11, 0.02), (0.85, 0.85, 0.85), roughness=0.2)],
        TABLE: [_painted(trimesh.util.concatenate([top, *legs]), oak, roughness=0.5)],
    }


def _uv_box(size: tuple[float, float, float], base: float) -> trimesh.Trimesh:
    """A box that stands on z = base with 24 vertices, so that every face shows the whole texture upright."""
    import trimesh

    x, y, z = size[0] / 2, size[1] / 2, size[2]
    faces = [  # each counter-clockwise from outside, from its lower left corner
        [(-x, -y, 0), (x, -y, 0), (x, -y, z), (-x, -y, z)],
        [(x, y, 0), (-x, y, 0), (-x, y, z), (x, y, z)],
        [(x, -y, 0), (x, y, 0), (x, y, z), (x, -y, z)],
        [(-x, y, 0), (-x, -y, 0), (-x, -y, z), (-x, y, z)],
        [(-x, -y, z), (x, -y, z), (x, y, z), (-x, y, z)],
        [(-x, y, 0), (x, y, 0), (x, -y, 0), (-x, -y, 0)],
    ]
    vertices = np.array(faces).reshape(-1, 3) + [0, 0, base]
    triangles = np.concatenate([[[4 * k, 4 * k + 1, 4 * k + 2], [4 * k, 4 * k + 2, 4 * k + 3]] for k in range(6)])
    uv = np.tile([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], (6, 1))
    return trimesh.Trimesh(vertices, triangles, visual=trimesh.visual.TextureVisuals(uv=uv), process=False)


def _faceted(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """The mesh with its own three vertices for every face, so that edges stay sharp."""
    import trimesh

    triangles = np.arange(3 * len(mesh.faces)).reshape(-1, 3)
    return trimesh.Trimesh(mesh.vertices[mesh.faces].reshape(-1, 3), triangles, process=False)


def _painted(
    mesh: trimesh.Trimesh,
    colour: tuple[float, float, float],
    *,
    roughness: float = 0.7,
    texture: Image.Image | None = None,
) -> trimesh.Trimesh:
    import trimesh

    material = trimesh.visual.material.PBRMaterial(
        baseColorFactor=[*colour, 1.0], roughnessFactor=roughness, metallicFactor=0.0, baseColorTexture=texture
    )
    uv = getattr(mesh.visual, "uv", None)
    mesh.visual = trimesh.visual.TextureVisuals(
        uv=np.zeros((len(mesh.vertices), 2)) if uv is None else uv, material=material
    )
    return mesh


def _write_glb(path: Path, parts: list[trimesh.Trimesh]) -> None:
    import trimesh

    scene = trimesh.Scene()
    for index, part in enumerate(parts):
        part.vertices = part.vertices @ np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])  # to glTF, y up
        scene.add_geometry(part, geom_name=f"part-{index}")
    path.write_bytes(scene.export(file_type="glb", include_normals=True))


def _label(size: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Red with a white top left corner and a black bottom edge: mirrored or turned, it looks different."""
    picture = np.full((size, size, 3), (190, 30, 30), dtype=np.uint8)
    picture[: size // 3, : size // 3] = 240
    picture[-size // 8 :] = 25
    return picture


def _checks(
    size: int, cells: int, first: tuple[int, int, int], second: tuple[int, int, int]
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    cell_S = np.arange(size) * cells // size
    odd_SS = (cell_S[:, None] + cell_S[None, :]) % 2 == 1
    return np.where(odd_SS[..., None], np.array(second), np.array(first)).astype(np.uint8)


def _sky(width: int, height: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Bright above, dim below, with one warm window; top row first."""
    up_H = np.linspace(1.0, 0.2, height)[:, None, None]
    sky_HW3 = np.broadcast_to(up_H * np.array([0.9, 0.95, 1.0]), (height, width, 3)).copy()
    sky_HW3[height // 4 : height // 2, : width // 8] = (8.0, 7.0, 5.5)
    return sky_HW3.astype(np.float32)


def write_exr(path: Path, picture_HW3: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    """The smallest OpenEXR there is: one part, scan lines, 32-bit floats, no compression."""
    height, width, _ = picture_HW3.shape

    def attribute(name: str, kind: str, value: bytes) -> bytes:
        return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value

    channels = b"".join(c + b"\0" + struct.pack("<iB3xii", 2, 0, 1, 1) for c in (b"B", b"G", b"R")) + b"\0"
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    header = struct.pack("<ii", 20000630, 2) + b"".join(
        [
            attribute("channels", "chlist", channels),
            attribute("compression", "compression", b"\0"),
            attribute("dataWindow", "box2i", window),
            attribute("displayWindow", "box2i", window),
            attribute("lineOrder", "lineOrder", b"\0"),
            attribute("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
            attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0.0, 0.0)),
            attribute("screenWindowWidth", "float", struct.pack("<f", 1.0)),
            b"\0",
        ]
    )
    line_bytes = 8 + width * 12
    start = len(header) + 8 * height
    offsets = struct.pack(f"<{height}Q", *(start + y * line_bytes for y in range(height)))
    lines = b"".join(
        struct.pack("<ii", y, width * 12) + picture_HW3[y, :, ::-1].T.astype("<f4").tobytes() for y in range(height)
    )
    path.write_bytes(header + offsets + lines)
