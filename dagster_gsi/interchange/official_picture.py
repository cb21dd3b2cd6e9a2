"""Pictures as the published evaluator opens them: by Pillow, in RGB, whatever they were."""

from __future__ import annotations

import struct
import warnings
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFile

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

DAMAGE = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
"""What Pillow raises for damaged files, by the damage."""
_KINDS = {
    "RGBA": "it has an alpha channel, which is dropped",
    "LA": "it has an alpha channel, which is dropped",
    "PA": "it has an alpha channel, which is dropped",
    "CMYK": "it is in CMYK and was brought to RGB without a colour profile",
    "I;16": "it has 16 bits a channel: what is above 255 is white",
    "I;16B": "it has 16 bits a channel: what is above 255 is white",
    "I": "it has 32 bits a channel: what is above 255 is white",
    "F": "it has real numbers as pixels: what is above 255 is white",
}


def read_picture(path: Path) -> tuple[Image.Image, str]:
    """The picture in 8-bit RGB, and what was lost by that ("" if nothing). ValueError says why it cannot be opened."""
    try:
        # Pillow warns of very large pictures; whether they fit is for the machine to say.
        with warnings.catch_warnings(action="ignore"), Image.open(path) as opened:
            return opened.convert("RGB"), _lost(opened)
    except FileNotFoundError:
        raise ValueError(f"{path.name} is missing") from None
    except DAMAGE as error:
        raise ValueError(f"{path.name} cannot be opened as a picture: {error or type(error).__name__}") from None


def at_size(picture: Image.Image, size: tuple[int, int]) -> tuple[NDArray[np.uint8], str]:
    """The pixels at `size` (width, height), by Pillow's own choice of filter, and a word where they had another."""
    if picture.size == size:
        return np.asarray(picture), ""
    said = f"it has {picture.width} x {picture.height} pixels and was brought to the source's {size[0]} x {size[1]}"
    return np.asarray(picture.resize(size)), said


def _lost(opened: ImageFile.ImageFile) -> str:
    said = []
    if getattr(opened, "is_animated", False):
        said.append("it is animated: the first frame counts")
    if opened.mode in _KINDS:
        said.append(_KINDS[opened.mode])
    elif any("16" in str(part) for tile in opened.tile for part in tile[3:]):
        said.append("it has 16 bits a channel: the upper 8 count")
    return "; ".join(said)
