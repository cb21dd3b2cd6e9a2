"""Textures for rooms and panoramas that light them, taken from packages of PyPI and npm."""

from __future__ import annotations

import base64
import io
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

from PIL import Image

from dagster_gsi.assets.debian import run

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.assets.curation import Texture

ROBOSUITE = "robosuite==1.5.2"
PMNDRS = "@pmndrs/assets@1.7.0"

_SIDE = 1024
_QUALITY = 88


def fetch_robosuite(cache: Path) -> Path:
    """The wheel (157 MB), downloaded by pip where `cache` does not hold it."""
    path = cache / "robosuite-1.5.2-py3-none-any.whl"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", ROBOSUITE]
        run(command, cache, f"cannot download {ROBOSUITE} with pip: check the network, or put the wheel into {cache}")
    return path


def fetch_pmndrs(cache: Path) -> Path:
    """The npm archive (14 MB), downloaded by npm where `cache` does not hold it."""
    path = cache / "pmndrs-assets-1.7.0.tgz"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        remedy = f"cannot download {PMNDRS} with npm: install npm, or put {path.name} into {cache}"
        run(["npm", "pack", "--silent", PMNDRS], cache, remedy)
    return path


def write_texture(texture: Texture, wheel: Path, libraries: Path, folder: Path) -> None:
    """One JPEG of at most 1024 pixels a side."""
    source, _, name = texture.file.partition("/")
    if source == "robosuite":
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(f"robosuite/models/assets/textures/{name}")
    else:
        content = (libraries / texture.file).read_bytes()
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / f"{texture.name}.jpg", quality=_QUALITY, optimize=True)


def write_environment(name: str, archive: Path, folder: Path) -> None:
    """One half-float panorama of 512 by 256 pixels, as the package holds it."""
    with tarfile.open(archive) as package:
        member = package.extractfile(f"package/hdri/{name}.exr.js")
        if member is None:
            raise ValueError(f"{archive} has no panorama {name!r}; correct `environments` in curation.yaml")
        script = member.read().decode("ascii")
    # The script is: export default 'data:application/exr;base64,....'
    content = base64.b64decode(script.split("base64,", 1)[1].rstrip().rstrip(";").rstrip("'\""))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.exr").write_bytes(content)
