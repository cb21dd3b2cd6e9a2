"""Lines over pictures. The picture is enlarged first, so that lines are thin and sharp on pictures of any size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dagster_gsi.geometry.pose import Array

Colour = tuple[int, int, int]
Frame = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""

# Lines are drawn this many times larger and then shrunk, because Pillow draws them without smoothing.
_FINER = 3
# On both sides of a line, so that it shows on bright and on dark ground.
_CASING, _CASING_COLOUR, _CASING_ALPHA = 1.1, (18, 22, 30), 210
# What is behind the box: thinner and let through, as draughtsmen do.
_BEHIND_WIDTH, _BEHIND_ALPHA = 0.6, 150
_DASH, _GAP = 13.0, 8.0


@dataclass(frozen=True, slots=True)
class Pen:
    """How lines look; the width is in pixels of the finished picture."""

    colour: Colour
    width: float
    dashed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """Lines of one pen, each with two ends in pixels of the picture they belong to."""

    pen: Pen
    lines_N22: Array
    is_behind_N: Sequence[bool]
    """Which lines are drawn faintly."""


def drawn_over(
    picture: Image.Image, strokes: Iterable[Stroke], *, width: int, part: Frame | None = None
) -> Image.Image:
    """The picture, or a part of it, at `width` pixels across with the strokes over it, later ones above earlier ones."""
    left, top, right, bottom = part or (0, 0, *picture.size)
    scale = width / (right - left)
    size = (width, max(1, round((bottom - top) * scale)))
    enlarged = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS, box=(left, top, right, bottom))
    layer = Image.new("RGBA", (size[0] * _FINER, size[1] * _FINER))
    draw = ImageDraw.Draw(layer)
    for stroke in strokes:
        _draw(draw, replace(stroke, lines_N22=(stroke.lines_N22 - [left, top]) * scale * _FINER))
    enlarged.paste(smooth := layer.resize(size, Image.Resampling.BOX), (0, 0), smooth)
    return enlarged


def sample_line(pen: Pen, *, width: int, height: int, ground: Colour) -> Image.Image:
    """A short level line for a legend."""
    margin = pen.width
    ends_22 = np.array([[margin, height / 2], [width - margin, height / 2]])
    return drawn_over(Image.new("RGB", (width, height), ground), [Stroke(pen, ends_22[None], [False])], width=width)


def _draw(draw: ImageDraw.ImageDraw, stroke: Stroke) -> None:
    """All casings first: where lines of one box meet, none cuts into another. What is behind comes before what hides it."""
    pen = stroke.pen
    order = sorted(range(len(stroke.lines_N22)), key=lambda index: not stroke.is_behind_N[index])
    for casing in (True, False):
        for index in order:
            behind = stroke.is_behind_N[index]
            thickness = pen.width * (_BEHIND_WIDTH if behind else 1.0) + (2 * _CASING if casing else 0.0)
            alpha = (_CASING_ALPHA if casing else 255) * (_BEHIND_ALPHA / 255 if behind else 1.0)
            colour = (*(_CASING_COLOUR if casing else pen.colour), round(alpha))
            for ends_22 in _pieces(stroke.lines_N22[index], pen):
                _line(draw, ends_22, colour, thickness * _FINER)


def _pieces(ends_22: Array, pen: Pen) -> list[Array]:
    """The line itself, or its dashes: whole ones at both ends, so that corners stay closed."""
    length = float(np.linalg.norm(ends_22[1] - ends_22[0]))
    dash, gap = _DASH * _FINER, _GAP * _FINER
    if not pen.dashed or length < 2 * dash:
        return [ends_22]
    count = max(2, round((length + gap) / (dash + gap)))
    starts = np.linspace(0.0, length - dash, count)
    direction_2 = (ends_22[1] - ends_22[0]) / length
    return [ends_22[0] + np.array([[start], [start + dash]]) * direction_2 for start in starts]


def _line(draw: ImageDraw.ImageDraw, ends_22: Array, colour: tuple[int, int, int, int], thickness: float) -> None:
    """With round ends, which close the corners."""
    # Pillow fills every pixel that an outline touches, and its coordinates are those of pixels' middles.
    radius = max(thickness - 1, 0) / 2
    ends_22 = ends_22 - 0.5
    along_2 = ends_22[1] - ends_22[0]
    aside_2 = np.array([-along_2[1], along_2[0]]) * radius / max(float(np.linalg.norm(along_2)), 1e-9)
    corners_42 = np.concatenate([ends_22 - aside_2, ends_22[::-1] + aside_2])
    draw.polygon([(float(x), float(y)) for x, y in corners_42], fill=colour)
    for x, y in ends_22:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
