"""Models of our own making, for what no library has, with their paints.

Each is a function that puts solids together; `curation.yaml` names it as `own/<its name>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dagster_gsi.assets.libraries import OWN, Listing
from dagster_gsi.assets.obj import Paint
from dagster_gsi.assets.own_furniture import FURNITURE
from dagster_gsi.assets.own_toiletries import TOILETRIES
from dagster_gsi.assets.solids import as_model
from dagster_gsi.scenes.mesh import Material

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.assets.obj import ObjModel

_MODELS = {**FURNITURE, **TOILETRIES}

# The solids' frame has z up, the libraries' y.
_UPRIGHT_33 = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0))


def _gloss(colour: str, shininess: float = 120.0) -> Paint:
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return Paint(diffuse=(red, green, blue), specular=(0.5, 0.5, 0.5), shininess=shininess)


def _matt(colour: str) -> Paint:
    return _gloss(colour, 4.0)


_PAINTS: Mapping[str, Paint | Material] = {
    "white": _gloss("#e9e9e6"),
    "plaster": _matt("#dcdad5"),
    "gray": _matt("#8b8d8f"),
    "black": _gloss("#1d1d1f"),
    "oak": _matt("#a97f52"),
    "walnut": _matt("#5b3d28"),
    "paper": _matt("#f0efec"),
    "card": _matt("#b08d63"),
    "cream": _matt("#efe6d2"),
    "rose": _gloss("#d98a96"),
    "red": _gloss("#b8262b"),
    "orange": _gloss("#e2761b"),
    "yellow": _gloss("#f0c419"),
    "green": _gloss("#4f8f5b"),
    "mint": _matt("#9fcfbf"),
    "teal": _gloss("#2a8a8c"),
    "blue": _gloss("#2f62a8"),
    "navy": _matt("#25344f"),
    "lilac": _gloss("#a58bc4"),
    "amber": _gloss("#7a3b12", 400.0),
    "sky": _matt("#e8c9a0"),
    "far": _matt("#8ea3ad"),
    "near": _matt("#4d6a78"),
    "front": _matt("#2c4350"),
    "chrome": Paint(diffuse=(0.8, 0.8, 0.82), specular=(0.9, 0.9, 0.9), shininess=300.0),
    "pane": Paint(diffuse=(0.8, 0.9, 0.88), specular=(0.5, 0.5, 0.5), shininess=400.0, opacity=0.25),
    "silver glass": Material(
        np.full(3, 0.9, dtype=np.float32), opacity=1.0, roughness=0.05, metallic=1.0, texture=None
    ),
}


def own_model(name: str) -> tuple[ObjModel, Listing]:
    """A model and what a library would say of it. Raises ValueError where there is none of this name."""
    try:
        make = _MODELS[name]
    except KeyError:
        raise ValueError(f"there is no model {OWN}/{name}; there are {', '.join(_MODELS)}") from None
    paints = {
        **_PAINTS,
        "grain": Material(np.ones(3, dtype=np.float32), opacity=1.0, roughness=0.6, metallic=0.0, texture=_grain()),
    }
    model = as_model(make(), paints)
    width, depth, height = (float(extent) / 100.0 for extent in np.ptp(model.positions_V3, axis=0))
    return model, Listing(name, "dagster_gsi", (width, depth, height), _UPRIGHT_33)


def _grain() -> Image.Image:
    """A board: brown streaks that run from left to right."""
    rng = np.random.default_rng(20)
    lines_HW = np.zeros((256, 256))
    for rows, columns, weight in ((8, 2, 0.3), (32, 3, 0.35), (128, 6, 0.35)):
        coarse = Image.fromarray((255 * rng.random((rows, columns))).astype(np.uint8))
        lines_HW += weight * np.asarray(coarse.resize((256, 256), Image.Resampling.BICUBIC)) / 255.0
    light_3, dark_3 = np.array([196.0, 156.0, 110.0]), np.array([130.0, 92.0, 58.0])
    return Image.fromarray((light_3 + lines_HW[..., None] * (dark_3 - light_3)).round().astype(np.uint8))
