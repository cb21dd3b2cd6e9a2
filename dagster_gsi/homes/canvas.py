"""A sheet to draw plans on: metres in, smooth lines and text out."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array

Ink = tuple[int, int, int] | tuple[int, int, int, int]
PAPER: Ink = (255, 255, 255)

# Drawn this many times larger and then shrunk, because Pillow draws without smoothing.
_FINER = 3
_LEADING = 1.15
# A longer name has no place on any sheet.
_LONGEST = 300
_SPELLED = str.maketrans({"–": "-", "—": "-", "−": "-", "×": "x", "’": "'", "…": "...", "²": "2", "ß": "ss"})


class Canvas:
    """A picture whose drawing area is a part of the plan; sizes of lines and text are pixels of the finished picture."""

    def __init__(self, width: int, height: int, *, corner_2: Array | None = None, scale: float = 1.0) -> None:
        self.width, self.height = width, height
        self.corner_2 = np.zeros(2) if corner_2 is None else corner_2
        """The point of the plan at the upper left."""
        self.scale = scale
        """Pixels of the finished picture a metre."""
        self._image = Image.new("RGB", (width * _FINER, height * _FINER), PAPER)
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def paste(self, other: Canvas, left: int, top: int) -> None:
        """Put another canvas on this one, with its upper left at a pixel."""
        self._image.paste(other._image, (left * _FINER, top * _FINER))

    def pixels(self, points_N2: Array) -> Array:
        """Pixels of the finished picture for points of the plan."""
        return np.asarray((points_N2 - self.corner_2) * [self.scale, -self.scale])

    def polygon(
        self, points_N2: Array, *, fill: Ink | None = None, line: Ink | None = None, width: float = 1.0
    ) -> None:
        """A closed shape of the plan."""
        corners = self._fine(points_N2)
        if fill is not None and len(corners) > 2:
            self._draw.polygon(corners, fill=fill)
        if line is not None:
            self._draw.line([*corners, *corners[:2]], fill=line, width=self._thick(width), joint="curve")

    def line(self, points_N2: Array, *, ink: Ink, width: float = 1.0, dash: float | None = None) -> None:
        """A line through points of the plan; `dash` is the length of dashes in pixels."""
        pieces = [points_N2] if dash is None else _dashes(points_N2, dash / self.scale)
        for piece_N2 in pieces:
            self._draw.line(self._fine(piece_N2), fill=ink, width=self._thick(width), joint="curve")

    def disc(self, point_2: Array, radius: float, *, fill: Ink, line: Ink | None = None) -> None:
        """A circle around a point of the plan, of so many pixels."""
        x, y = self._fine(np.array([point_2]))[0]
        reach = radius * _FINER
        self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill, outline=line, width=_FINER)

    def rectangle(self, frame: tuple[float, float, float, float], *, fill: Ink, radius: float = 0.0) -> None:
        """A frame (left, top, right, bottom) of pixels, with rounded corners."""
        self._draw.rounded_rectangle([edge * _FINER for edge in frame], radius=radius * _FINER, fill=fill)

    def text(
        self,
        pixel_2: tuple[float, float],
        words: str,
        *,
        size: float,
        ink: Ink,
        anchor: str = "mm",
        bold: bool = False,
        halo: Ink | None = None,
        turned: bool = False,
    ) -> None:
        """Lines of text at a pixel, centred or as Pillow's anchors say; `turned` reads from below upwards."""
        font, lines = _font(size * _FINER), [printable(line) for line in words.split("\n")]
        step = size * _LEADING * _FINER
        weight = 0.022 * size * _FINER if bold else 0.0
        x, y = (part * _FINER for part in pixel_2)
        if turned:
            self._turned(x, y, lines, size, ink)
            return
        for place, line in enumerate(lines):
            at = (x, y + (place - (len(lines) - 1) / 2) * step)
            if halo is not None:
                self._draw.text(at, line, fill=halo, font=font, anchor=anchor, stroke_width=0.16 * size * _FINER)
            self._draw.text(at, line, fill=ink, font=font, anchor=anchor, stroke_width=weight)

    def _turned(self, x: float, y: float, lines: list[str], size: float, ink: Ink) -> None:
        font, step = _font(size * _FINER), round(size * _LEADING * _FINER)
        width = round(max(font.getlength(line) for line in lines)) + step
        mask = Image.new("L", (width, step * len(lines)))
        pen = ImageDraw.Draw(mask)
        for place, line in enumerate(lines):
            pen.text((width / 2, (place + 0.5) * step), line, fill=255, font=font, anchor="mm")
        mask = mask.rotate(90, expand=True)
        self._image.paste(ink[:3], (round(x - mask.width / 2), round(y - mask.height / 2)), mask)

    def picture(self) -> Image.Image:
        """The finished picture."""
        return self._image.resize((self.width, self.height), Image.Resampling.BOX)

    def _fine(self, points_N2: Array) -> list[tuple[float, float]]:
        return [(float(x), float(y)) for x, y in self.pixels(points_N2) * _FINER]

    def _thick(self, width: float) -> int:
        return max(1, round(width * _FINER))


def text_width(words: str, size: float) -> float:
    """Pixels of the longest line."""
    return max(_font(size * _FINER).getlength(printable(line)) for line in words.split("\n")) / _FINER


def text_height(words: str, size: float) -> float:
    """Pixels from the top of the first line to the bottom of the last."""
    return size * _LEADING * len(words.split("\n"))


def printable(text: str) -> str:
    """The text in signs that Pillow's own font has: accents are dropped, what is left is a question mark each."""
    plain = unicodedata.normalize("NFKD", " ".join(text[:_LONGEST].translate(_SPELLED).split()))
    signs = (sign for sign in plain if not unicodedata.combining(sign))
    return "".join(sign if (sign.isascii() and sign.isprintable()) or sign in "·°" else "?" for sign in signs)


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own: no machine has to have one installed."""
    return ImageFont.load_default(size)


def _dashes(points_N2: Array, dash: float) -> list[Array]:
    """Every other piece of that length of a line through points."""
    steps_N = np.linalg.norm(np.diff(points_N2, axis=0), axis=1)
    ends_N = np.concatenate([[0.0], np.cumsum(steps_N)])
    starts = np.arange(0.0, ends_N[-1], 2 * dash)
    pieces = []
    for start in starts:
        along = np.array([start, min(start + dash, ends_N[-1])])
        pieces.append(np.stack([np.interp(along, ends_N, points_N2[:, axis]) for axis in (0, 1)], axis=1))
    return pieces
