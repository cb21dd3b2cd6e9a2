"""Pictures inside a page: data URIs, so that one file is the whole report."""

from __future__ import annotations

import base64
import io

from PIL import Image

# At these sizes the artefacts of 85 cannot be told from the picture's own grain; 95 doubles the file.
_QUALITY = 85


def jpeg_uri(image: Image.Image, width: int) -> str:
    """The picture as a JPEG of at most `width` pixels across; equal pictures give equal text."""
    return _uri(_shrunk(image.convert("RGB"), width), "jpeg", quality=_QUALITY, optimize=True)


def png_uri(image: Image.Image) -> str:
    """The picture as it is, for masks and drawings."""
    return _uri(image, "png", optimize=True)


def from_uri(uri: str) -> Image.Image:
    """The picture back from its data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def _shrunk(image: Image.Image, width: int) -> Image.Image:
    if image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))))


def _uri(image: Image.Image, kind: str, **options: int | bool) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind.upper(), **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
