"""Small pictures of many pictures: what a stage shows beside its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.samples.sample import Pictures, Sample

_GAP = 10
_FONT_SIZE = 13
_LINE = 17
_PAPER, _INK = (250, 250, 248), (40, 44, 52)
# Below this width of a pair the caption takes more room than the pictures.
_PAIR_WIDTH = 400


def pairs_sheet(samples: Sequence[tuple[Sample, Pictures]], *, width: int) -> Image.Image:
    """Source and target (where there is one) of each sample side by side with the instruction below, in as many columns
    as fit.
    """
    pairs = [(pictures.source, pictures.target) for _, pictures in samples]
    rows = [[picture for picture in pair if picture is not None] for pair in pairs]
    captions = [f"{sample.edit.code}  {sample.instruction.en}" for sample, _ in samples]
    return contact_sheet(rows, captions, width=width, columns=max(1, width // _PAIR_WIDTH))


def contact_sheet(
    rows: Sequence[Sequence[Image.Image]], captions: Sequence[str], *, width: int, columns: int = 1
) -> Image.Image:
    """One cell a row: its pictures side by side, its caption below. Cells fill `columns` columns line by line."""
    if not rows:
        raise ValueError("there are no pictures to put on a sheet")
    cell = (width - _GAP) // columns - _GAP
    font = ImageFont.load_default(_FONT_SIZE)
    cells = [_cell(row, caption, cell, font) for row, caption in zip(rows, captions, strict=True)]
    lines = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    heights = [max(image.height for image in line) for line in lines]
    sheet = Image.new("RGB", (width, sum(heights) + _GAP * (len(lines) + 1)), _PAPER)
    top = _GAP
    for line, height in zip(lines, heights, strict=True):
        for column, image in enumerate(line):
            sheet.paste(image, (_GAP + column * (cell + _GAP), top))
        top += height + _GAP
    return sheet


def _cell(
    pictures: Sequence[Image.Image], caption: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> Image.Image:
    each = (width - 2 * (len(pictures) - 1)) // len(pictures)
    scaled = [p.convert("RGB").resize((each, max(1, round(each * p.height / p.width)))) for p in pictures]
    height = max(p.height for p in scaled)
    lines = wrapped(caption, width, font)
    cell = Image.new("RGB", (width, height + 4 + _LINE * len(lines)), _PAPER)
    for index, picture in enumerate(scaled):
        cell.paste(picture, (index * (each + 2), 0))
    draw = ImageDraw.Draw(cell)
    for index, line in enumerate(lines):
        draw.text((0, height + 4 + index * _LINE), line, fill=_INK, font=font)
    return cell


def wrapped(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """`text` in lines of at most `width` pixels; a word that is longer has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
