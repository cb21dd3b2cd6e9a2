"""A picture small enough to travel inside the metadata of a run."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from pathlib import Path

_WIDTH = 640
"""Pixels: shows four pairs, and stays near 50 kB in the event log."""


def as_markdown(path: Path) -> str | None:
    """The picture as a Markdown image that needs no server, or None if there is no readable picture."""
    try:
        with Image.open(path) as image:
            picture = image.convert("RGB")
    except (FileNotFoundError, UnidentifiedImageError):
        return None
    picture.thumbnail((_WIDTH, _WIDTH))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return f"![preview](data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()})"
