"""Tables for layouts that say how large the top is and nothing else: a slab on four legs, or a closed counter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_gsi.assets.form import as_id
from dagster_gsi.assets.gltf import to_glb
from dagster_gsi.scenes.catalogue import Card, Surface
from dagster_gsi.scenes.mesh import Material, Mesh, Part

# Heights of tops as furniture is made; dressing tables and desks are like dining tables.
_HEIGHTS = {"coffee_table": 0.45, "kitchen_counter": 0.9, "bathroom_vanity": 0.85, "nightstand": 0.55}
_HEIGHT = 0.75
_COUNTERS = {"kitchen_counter", "bathroom_vanity"}
_CHINESE = {
    "coffee_table": "茶几",
    "dining_table": "餐桌",
    "dressing_table": "梳妆台",
    "kitchen_counter": "厨房台面",
    "bathroom_vanity": "浴室台面",
    "office_table": "办公桌",
    "nightstand": "床头柜",
}
_SLAB, _LEG = 0.035, 0.05
_OAK, _LACQUER = (0.42, 0.29, 0.17), (0.62, 0.6, 0.56)
# Quadrilaterals of a box, by the signs of their corners, counter-clockwise from outside; and their normals.
_SIDES = (
    ((-1, -1, -1), (-1, 1, -1), (1, 1, -1), (1, -1, -1)),
    ((-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1)),
    ((-1, -1, -1), (1, -1, -1), (1, -1, 1), (-1, -1, 1)),
    ((1, 1, -1), (-1, 1, -1), (-1, 1, 1), (1, 1, 1)),
    ((1, -1, -1), (1, 1, -1), (1, 1, 1), (1, -1, 1)),
    ((-1, 1, -1), (-1, -1, -1), (-1, -1, 1), (-1, 1, 1)),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A card and its model."""

    card: Card
    glb: bytes


def plain_table(kind: str, width: float, depth: float) -> Table:
    """A table of that kind with a top of that size in metres; things can stand on all of its top."""
    height = _HEIGHTS.get(kind, _HEIGHT)
    words = " ".join(as_id(kind).replace("_", "-").split("-"))
    low_high = [((-width / 2, -depth / 2, height - _SLAB), (width / 2, depth / 2, height))]
    if kind in _COUNTERS:
        inset = 0.02
        low_high.append(
            ((-width / 2 + inset, -depth / 2 + inset, 0.0), (width / 2 - inset, depth / 2 - inset, height - _SLAB))
        )
    else:
        low_high += [
            ((x - _LEG / 2, y - _LEG / 2, 0.0), (x + _LEG / 2, y + _LEG / 2, height - _SLAB))
            for x in (_LEG - width / 2, width / 2 - _LEG)
            for y in (_LEG - depth / 2, depth / 2 - _LEG)
        ]
    colour = _LACQUER if kind in _COUNTERS else _OAK
    x, y = width / 2, depth / 2
    card = Card(
        id=f"table-{words.replace(' ', '-')}-{round(1000 * width)}x{round(1000 * depth)}",
        kind="support",
        category_en=words,
        category_zh=_CHINESE.get(kind, "桌子"),
        description_en=f"plain {words}",
        description_zh=f"简单的{_CHINESE.get(kind, '桌子')}",
        size=(round(width, 4), round(depth, 4), height),
        has_front=False,
        symmetry=2,
        surfaces=(Surface(height=height, outline=((-x, -y), (x, -y), (x, y), (-x, y))),),
        creator="dagster-gsi",
        licence="CC0-1.0",
        source="drawn to the size of a layout",
    )
    return Table(card, to_glb(Mesh((_boxes(low_high, colour),))))


def _boxes(
    low_high: list[tuple[tuple[float, float, float], tuple[float, float, float]]], colour: tuple[float, float, float]
) -> Part:
    """Boxes of one material with sharp edges, each between two corners."""
    signs_643 = np.array(_SIDES, dtype=np.float64)
    positions = [np.where(signs_643 > 0, np.array(high), np.array(low)).reshape(-1, 3) for low, high in low_high]
    # The one sign that the corners of a side share is where it faces.
    normals_643 = np.repeat(signs_643.mean(axis=1, keepdims=True), 4, axis=1)
    starts_Q1 = 4 * np.arange(6 * len(low_high))[:, None]
    return Part(
        positions_V3=np.concatenate(positions).astype(np.float32),
        normals_V3=np.tile(normals_643.reshape(-1, 3), (len(low_high), 1)).astype(np.float32),
        uv_V2=None,
        faces_F3=np.concatenate([starts_Q1 + [0, 1, 2], starts_Q1 + [0, 2, 3]]).astype(np.uint32),
        material=Material(np.array(colour, dtype=np.float32), 1.0, 0.55, 0.0, None),
    )
