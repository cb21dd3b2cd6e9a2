"""The contact sheet: every model seen from the front, obliquely and from behind, with what its card says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from dagster_gsi.assets.picture import Caster, view_rays
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.mesh import load_mesh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dagster_gsi.scenes.catalogue import Card
    from dagster_gsi.scenes.mesh import Mesh

    Floats = NDArray[np.float64]

_SIDE, _LARGE = 120, 240
_OVERSAMPLING = 2
_TEXT = 40
_COLUMNS = 5
_SKY = (0.75, 0.8, 0.85)
# Azimuth and elevation in radians. The oblique view stands where an instruction's camera would.
_VIEWS = ((0.0, 0.15), (0.6, 0.5), (np.pi, 0.3))
_OBLIQUE = 1


def draw(root: Path, path: Path, ids: Sequence[str] = ()) -> None:
    """Write one picture of all models of the asset folder `root`, or of those in `ids`; the suffix is the format."""
    catalogue = Catalogue(root)
    cards = [catalogue[name] for name in ids] or list(catalogue)
    width, height = _SIDE * len(_VIEWS) + 8, _SIDE + _TEXT
    sheet = Image.new("RGB", (width * min(_COLUMNS, len(cards)), height * -(-len(cards) // _COLUMNS)), "white")
    for place, card in enumerate(cards):
        sheet.paste(_cell(catalogue, card), ((place % _COLUMNS) * width, (place // _COLUMNS) * height))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _cell(catalogue: Catalogue, card: Card) -> Image.Image:
    mesh = load_mesh(catalogue.model_path(card.id))
    caster = Caster(mesh)
    low_3, high_3 = mesh.points().min(axis=0).astype(np.float64), mesh.points().max(axis=0).astype(np.float64)
    cell = Image.new("RGB", (_SIDE * len(_VIEWS), _SIDE + _TEXT), "white")
    for place, (azimuth, elevation) in enumerate(_VIEWS):
        cell.paste(_lit(caster, (low_3, high_3), azimuth, elevation, _SIDE), (place * _SIDE, 0))
    pen = ImageDraw.Draw(cell)
    if card.has_front:
        _arrow(pen, low_3, high_3)
    size = " x ".join(f"{100 * extent:.1f}" for extent in card.size)
    surfaces = " ".join(f"{100 * surface.height:.0f}" for surface in card.surfaces)
    pen.text((2, _SIDE), f"{card.id} [{card.category_en}]", fill="black")
    pen.text((2, _SIDE + 12), card.description_en, fill="blue")
    pen.text(
        (2, _SIDE + 24), f"{size} cm  sym {card.symmetry}  {f'surfaces at {surfaces}' * bool(surfaces)}", fill="gray"
    )
    return cell


def draw_sides(mesh: Mesh, azimuths: Mapping[str, float], title: str, path: Path) -> None:
    """One picture of a model from several sides, each with its name; azimuths as in `view_rays`."""
    caster = Caster(mesh)
    bounds = mesh.points().min(axis=0).astype(np.float64), mesh.points().max(axis=0).astype(np.float64)
    sheet = Image.new("RGB", (_LARGE * len(azimuths), _LARGE + _TEXT), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((4, 4), title, fill="black")
    for place, (name, azimuth) in enumerate(azimuths.items()):
        sheet.paste(_lit(caster, bounds, azimuth, 0.3, _LARGE), (place * _LARGE, _TEXT))
        pen.text((place * _LARGE + 4, 20), f"from {name}", fill="blue")
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _lit(caster: Caster, bounds: tuple[Floats, Floats], azimuth: float, elevation: float, size: int) -> Image.Image:
    """The model under a sky and a lamp to the right of the camera, `size` pixels a side."""
    side = size * _OVERSAMPLING
    picture = caster.picture(view_rays(*bounds, azimuth, elevation, side))
    lamp_3 = np.array([0.6 * np.sin(azimuth + 0.7), -0.6 * np.cos(azimuth + 0.7), 0.8])
    light_N = 0.35 + 0.65 * np.clip(picture.normals_N3 @ lamp_3, 0.0, 1.0)
    colour_N3 = picture.colour_N3 * light_N[:, None] + (1.0 - picture.coverage_N)[:, None] * np.array(_SKY)
    levels_N3 = (255 * np.clip(colour_N3, 0.0, 1.0) ** (1 / 2.2)).astype(np.uint8)
    return Image.fromarray(levels_N3.reshape(side, side, 3)).resize((size, size), Image.Resampling.LANCZOS)


def _arrow(pen: ImageDraw.ImageDraw, low_3: Floats, high_3: Floats) -> None:
    """On the oblique view, a line on the ground from the middle to a point in front."""
    azimuth, elevation = _VIEWS[_OBLIQUE]
    radius = float(np.linalg.norm(high_3 - low_3)) / 2
    middle_3 = (low_3 + high_3) / 2
    right_3 = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    up_3 = np.array([-np.sin(azimuth) * np.sin(elevation), np.cos(azimuth) * np.sin(elevation), np.cos(elevation)])
    ends = []
    for reach in (low_3[1], low_3[1] - 0.35 * radius):
        offset_3 = np.array([0.0, reach, 0.0]) - middle_3
        across, upwards = offset_3 @ right_3 / radius, offset_3 @ up_3 / radius
        ends.append((_SIDE * (_OBLIQUE + (1 + across) / 2), _SIDE * (1 - upwards) / 2))
    pen.line(ends, fill="red", width=2)
    x, y = ends[1]
    pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill="red")
