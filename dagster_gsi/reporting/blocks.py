"""Blocks of text and figures as pictures, stacked to a page, so that no text is ever cut off."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from dagster_gsi.reporting.sheets import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.reporting.strokes import Colour

PAPER: Colour = (255, 255, 255)
INK: Colour = (28, 32, 40)
QUIET: Colour = (104, 112, 124)
_LEADING = 1.32
# A reason may be the whole output of a program that failed.
_MOST_LINES = 8
# What the font of Pillow has besides ASCII, and words for signs that it lacks.
_KNOWN = "°±·“”"
_SPELLED = str.maketrans({"–": "-", "—": "-", "−": "-", "×": "x", "’": "'", "…": "..."})


def font_of(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font: no machine has to have one installed."""
    return ImageFont.load_default(size)


def printable(text: str) -> str:
    """The text in signs that the font has: accents are dropped, and what is left is a question mark each."""
    plain = unicodedata.normalize("NFKD", " ".join(text.translate(_SPELLED).split()))
    signs = (sign for sign in plain if not unicodedata.combining(sign))
    return "".join(sign if (sign.isascii() and sign.isprintable()) or sign in _KNOWN else "?" for sign in signs)


def text_block(text: str, *, width: int, size: int, colour: Colour = INK, bold: bool = False) -> Image.Image:
    """The text in as many lines as it needs, up to eight, of about equal length: no unit stands alone on the last."""
    font = font_of(size)
    lines = [part for line in _balanced(printable(text), width, font) for part in _broken(line, width, font)]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], "..."]
    step = round(size * _LEADING)
    block = Image.new("RGB", (width, max(1, step * len(lines))), PAPER)
    draw = ImageDraw.Draw(block)
    for index, line in enumerate(lines):
        # The font has one weight: a thin outline makes it bold.
        draw.text((bold, index * step), line, fill=colour, font=font, stroke_width=0.5 if bold else 0)
    return block


def badge(word: str, *, size: int, colour: Colour) -> Image.Image:
    """A word in white on a rounded ground."""
    font = font_of(size)
    pad = round(size * 0.6)
    width, height = round(font.getlength(word)) + 2 * pad, round(size * 1.7)
    block = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(block)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), radius=height // 4, fill=colour)
    draw.text((width / 2, height / 2), word, fill=PAPER, font=font, anchor="mm", stroke_width=0.4)
    return block


def cell(label: str, value: str, *, width: int, size: int, colour: Colour = INK) -> Image.Image:
    """A quiet label above its value."""
    small = max(17, round(size * 0.55))
    above = text_block(label, width=width, size=small, colour=QUIET)
    return stacked([above, text_block(value, width=width, size=size, colour=colour, bold=True)], gap=0, width=width)


def stacked(blocks: Sequence[Image.Image], *, gap: int, width: int) -> Image.Image:
    """Blocks below each other, aligned left."""
    page = Image.new("RGB", (width, sum(block.height for block in blocks) + gap * (len(blocks) - 1)), PAPER)
    top = 0
    for block in blocks:
        page.paste(block, (0, top))
        top += block.height + gap
    return page


def beside(blocks: Sequence[Image.Image], *, gap: int, middle: bool = False) -> Image.Image:
    """Blocks next to each other, aligned at their tops or their middles."""
    height = max(block.height for block in blocks)
    row = Image.new("RGB", (sum(block.width for block in blocks) + gap * (len(blocks) - 1), height), PAPER)
    left = 0
    for block in blocks:
        row.paste(block, (left, (height - block.height) // 2 if middle else 0))
        left += block.width + gap
    return row


def _balanced(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """The lines of the narrowest column that needs no more of them than `width` does."""
    lines = wrapped(text, width, font)
    if not 1 < len(lines) <= _MOST_LINES:
        return lines
    narrow, wide = width // 2, width
    while wide - narrow > 1:
        middle = (narrow + wide) // 2
        if len(wrapped(text, middle, font)) > len(lines):
            narrow = middle
        else:
            wide = middle
    return wrapped(text, wide, font)


def _broken(line: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """A line that is one word longer than the width, in pieces that fit."""
    if font.getlength(line) <= width:
        return [line]
    count = max(1, int(len(line) * width / font.getlength(line)) - 1)
    return [line[start : start + count] for start in range(0, len(line), count)]
