"""The files that a model names: only those that lie beside or below it, inside the folder that was given."""

from __future__ import annotations

import re
import struct
from pathlib import Path, PurePosixPath
from typing import IO

from PIL import Image, UnidentifiedImageError

_ELSEWHERE = re.compile(r"^(/|\\|~|[A-Za-z]:[\\/]|[A-Za-z][A-Za-z0-9+.-]+:)")


def neighbour(model: Path, name: str, folder: Path) -> Path:
    """The file that `model` calls `name`. Raises ValueError where it is missing or lies outside `folder`.

    A model from the network must not make this machine read, and publish, a file of its owner.
    """
    inside = PurePosixPath(name.replace("\\", "/"))
    if _ELSEWHERE.match(name) or ".." in inside.parts:
        raise ValueError(
            f"it names {name!r}, which is outside its folder; copy that file beside the model and name it without a path"
        )
    path = model.parent / inside
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"it names {name!r}, a link that leads out of the folder; put the file itself there")
    if not path.is_file():
        raise ValueError(
            f"its file {name!r} is missing; put it into {path.parent.name or '.'}/, or export again with it"
        )
    return path


def read_picture(stream: IO[bytes], name: str) -> Image.Image:
    """The picture with its pixels in memory. Raises ValueError where it cannot be read."""
    try:
        picture = Image.open(stream)
        picture.load()
    except UnidentifiedImageError as error:
        raise ValueError(f"its texture {name!r} is no picture; save it again as PNG or JPEG") from error
    except (OSError, EOFError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as error:
        raise ValueError(f"its texture {name!r} cannot be read ({error}); save it again as PNG or JPEG") from error
    return picture
