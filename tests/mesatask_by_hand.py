"""A copy of MesaTask-10K as its documentation describes it, with one table whose numbers can be worked out on paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.models_by_hand import box_gltf, quarters

HALF = 0.5**0.5
ZONE = [0, 120, 0, 80]
"""The table top in cm: its middle is at (60, 40)."""


def thing(instance: str, uid: str, size: list[float], position: list[float], **changes: Any) -> dict[str, Any]:
    """An object as layouts have it, standing unless `changes` says a rotation; None takes a key away."""
    entry = {
        "name": f"{instance}_{uid}",
        "instance": instance,
        "retrieved_uid": uid,
        "original_size": size,
        "scale_factor": [1.0, 1.0, 1.0],
        "rotation": [0.0, 0.0, 0.0, 1.0],
        "z_rotation": 0.0,
        "size": size,
        "position": position,
    }
    return {key: value for key, value in {**entry, **changes}.items() if value is not None}


def layout(*objects: dict[str, Any], **changes: Any) -> dict[str, Any]:
    settings = {"units": "cm", "up_axis": "Z"}
    return {"scene_settings": settings, "item_placement_zone": ZONE, "objects": list(objects), **changes}


TIN = thing("1_tin_0", "uid-tin", [10, 6, 20], [40, 30, 10])
"""Stands as it is made."""
TURNED = thing("2_tin_0", "uid-tin", [10, 6, 20], [90, 30, 10], rotation=[0, 0, HALF, HALF], z_rotation=90.0)
"""Turned by a quarter, counter-clockwise from above."""
LYING = thing("3_book_0", "uid-book", [12, 4, 16], [60, 60, 2], rotation=[HALF, 0, 0, HALF])
"""Its front up: a quarter turn about x brings the model's -y to -z and its z to -y; so it is 12 x 16 x 4."""
FLOATING = thing("4_tin_0", "uid-tin", [10, 6, 20], [20, 60, 40])
STACKED = thing("5_cup_0", "uid-cup", [6, 6, 8], [40, 30, 24])
"""On the first tin, which is 20 high."""
UNKNOWN = thing("6_vase_0", "uid-none", [8, 8, 20], [100, 60, 10])
WHOLE = layout(TIN, TURNED, LYING, FLOATING, STACKED, UNKNOWN)

NOTES = {
    "uid-tin": {
        "category": "tin",
        "detailed_caption": "A tin with four colours, seen from the front.",
        "onTable": True,
    },
    "uid-book": {"category": "book", "detailed_caption": "The thick book.", "bbox": {"x": 1, "y": 1, "z": 1}},
    "uid-cup": {"category": "coffee_cup", "detailed_caption": "small, plain cup", "is_composite": False},
    "uid-hook": {"category": "bookend", "detailed_caption": "plain bookend"},
    "uid-bad": {"category": "tin", "detailed_caption": "dented tin", "mark_deletion": True},
}


def write_layout(root: Path, name: str, document: Any) -> Path:
    """`Layout_info/<kind>/<name>/layout.json` below `root`."""
    path = root / "Layout_info" / name.rpartition("_")[0] / name / "layout.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def write_assets(root: Path) -> Path:
    """`Assets_library` with boxes of other sizes than the layouts want, and the annotations beside it."""
    folder = root / "Assets_library"
    folder.mkdir(parents=True, exist_ok=True)
    for uid, size in {"uid-tin": (1.0, 1.0, 1.0), "uid-book": (0.3, 0.4, 0.1), "uid-cup": (2.0, 2.0, 2.0)}.items():
        (folder / f"{uid}.glb").write_bytes(box_gltf(size, picture=quarters()).glb())
    (folder / "uid-hook.glb").write_bytes(hook())
    (folder / "uid-bad.glb").write_bytes(box_gltf((1.0, 1.0, 1.0)).glb())
    (root / "Asset_annotation.json").write_text(json.dumps(NOTES), encoding="utf-8")
    return folder


def hook() -> bytes:
    """A base with a back as high as it is wide, on its left."""
    made = box_gltf((1.0, 1.0, 1.0))
    made.document["nodes"] = [
        {"mesh": 0, "scale": [1.0, 0.1, 1.0]},
        {"mesh": 0, "scale": [0.1, 1.0, 1.0], "translation": [-0.45, 0.0, 0.0]},
    ]
    made.document["scenes"] = [{"nodes": [0, 1]}]
    return made.glb()
