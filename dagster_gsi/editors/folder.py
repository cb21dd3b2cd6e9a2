"""Pictures that were made elsewhere: `<path>/<sample_id>.png`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PIL import Image

from dagster_gsi.editors.base import EditError, Editor, OneByOne, Settings


class FolderSettings(Settings):
    """`kind: folder`"""

    kind: Literal["folder"]
    path: Path
    """Relative to the project's root or absolute."""


def open_folder(path: Path) -> Editor:
    """Reads one picture a request; a folder that is missing raises ValueError, a picture that is missing is a failure."""
    if not path.is_dir():
        raise ValueError(f"{path} is not a folder: put the edited pictures there as <sample_id>.png, or correct `path`")
    return OneByOne(lambda request: read_edited(path, request.sample_id, request.source.size))


def read_edited(folder: Path, sample_id: str, size: tuple[int, int]) -> Image.Image:
    """The picture made for a sample, RGB and of this width and height; an EditError says what is wrong with it."""
    path = folder / f"{sample_id}.png"
    try:
        with Image.open(path) as image:
            edited = image.convert("RGB")
    except FileNotFoundError:
        raise EditError(f"there is no {path.name}") from None
    except (OSError, SyntaxError) as error:  # Pillow raises SyntaxError for damage inside a PNG
        raise EditError(f"{path.name} cannot be read as a picture ({error})") from error
    return fitted(edited, size)


def fitted(edited: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture brought to the source's size: models work at sizes of their own."""
    return edited if edited.size == size else edited.resize(size, Image.Resampling.LANCZOS)
