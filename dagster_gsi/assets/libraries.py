"""The furniture of Sweet Home 3D, its libraries and its own: fetched as Debian packages, unpacked, their listings read."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dagster_gsi.assets.debian import download_package, read_package, run

PACKAGE = "sweethome3d-furniture"
_PROGRAM = "sweethome3d"
_JAR = "usr/share/sweethome3d/sweethome3d.jar"
_MOST_BYTES = 256 * 2**20
_IN_JAR = "com/eteks/sweethome3d/io/resources/"
_LISTING = "PluginFurnitureCatalog.properties"
_LISTING_IN_JAR = "com/eteks/sweethome3d/io/DefaultFurnitureCatalog.properties"

_PACKED = ("BlendSwap-CC-0", "BlendSwap-CC-BY", "KatorLegaz", "Scopia")
_DEFAULTS = "eTeks"
"""The models that come with the program, plain ones with neither textures nor colours."""
OWN = "own"
"""Not fetched: the models that `own_models` makes."""
FETCHED = (*_PACKED, _DEFAULTS)

LICENCES: dict[str, Literal["CC0-1.0", "CC-BY-3.0"]] = {
    "BlendSwap-CC-0": "CC0-1.0",
    "BlendSwap-CC-BY": "CC-BY-3.0",
    "KatorLegaz": "CC-BY-3.0",
    "Scopia": "CC-BY-3.0",
    _DEFAULTS: "CC-BY-3.0",
    OWN: "CC0-1.0",
}
"""The libraries used and their licences, from the LICENSE.TXT in each, or from the listing of the program's own models,
which are offered under the GNU GPL or CC BY 3.0. Kator Legaz's is the United States port."""

CREATORS = {"KatorLegaz": "Andrew Kator & Jennifer Legaz", _DEFAULTS: "Emmanuel Puybaret / eTeks"}
"""Whom to credit where the listings do not say it in full."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a library says of one model."""

    name: str
    creator: str
    size_3: tuple[float, float, float]
    """Width, depth and height in metres."""
    rotation_33: tuple[tuple[float, float, float], ...]
    """To be applied to the model's points before its size is measured; y is up."""


def fetch_libraries(cache: Path) -> Path:
    """Folder with the unpacked libraries, one subfolder each; downloaded by apt where `cache` does not hold it.

    Needs neither root nor an installation. Raises ValueError where apt is missing or cannot find the package.
    """
    folder = cache / "libraries"
    if not folder.is_dir():
        _unpack_libraries(cache, folder)
    if not (folder / _DEFAULTS).is_dir():
        _unpack_defaults(cache, folder / _DEFAULTS)
    return folder


def _unpack_libraries(cache: Path, folder: Path) -> None:
    remedy = (
        f"cannot download the Debian package {PACKAGE}: run `gsi assets build` on Debian or Ubuntu after "
        f"`apt-get update`, or put {PACKAGE}_1.8-1_all.deb into {cache}"
    )
    package = download_package(PACKAGE, cache, remedy)
    partial = cache / "libraries.partial"
    shutil.rmtree(partial, ignore_errors=True)
    unpacked = cache / "package.partial"
    shutil.rmtree(unpacked, ignore_errors=True)
    run(["dpkg", "-x", str(package), str(unpacked)], cache, f"{package} cannot be unpacked; delete it and try again")
    for library in _PACKED:
        with zipfile.ZipFile(unpacked / f"usr/share/sweethome3d/furniture/{library}.sh3f") as archive:
            archive.extractall(partial / library)
    shutil.rmtree(unpacked)
    partial.rename(folder)


def _unpack_defaults(cache: Path, folder: Path) -> None:
    """The models in the program's archive, laid out as a library."""
    remedy = (
        f"cannot download the Debian package {_PROGRAM}: run `gsi assets build` on Debian or Ubuntu after "
        f"`apt-get update`, or put {_PROGRAM}_7.0.2+dfsg-3_all.deb into {cache}"
    )
    package = download_package(_PROGRAM, cache, remedy)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(read_package(package, _JAR, most_bytes=_MOST_BYTES))) as archive:
        names = [
            n for n in archive.namelist() if n.startswith(_IN_JAR) and n.endswith((".obj", ".mtl", ".png", ".jpg"))
        ]
        archive.extractall(partial / "archive", names)
        (partial / "archive" / _IN_JAR).rename(partial / "models")
        (partial / "models" / _LISTING).write_bytes(archive.read(_LISTING_IN_JAR))
    (partial / "models").rename(folder)
    shutil.rmtree(partial)


def read_listings(library: Path) -> dict[str, Listing]:
    """Listings of one unpacked library by the model's path in it."""
    path = library / _LISTING
    values: dict[str, dict[str, str]] = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        key, equals, value = line.partition("=")
        name, hash_, number = key.partition("#")
        if equals and hash_ and not line.startswith("#"):
            values.setdefault(number, {})[name] = _unescaped(value.strip())
    models = [entry for entry in values.values() if "model" in entry]
    return {entry["model"].lstrip("/").removeprefix(_IN_JAR): _listing(entry) for entry in models}


def _listing(entry: dict[str, str]) -> Listing:
    numbers = [float(n) for n in entry.get("modelRotation", "1 0 0 0 1 0 0 0 1").split()]
    rotation_33 = tuple((numbers[row], numbers[row + 1], numbers[row + 2]) for row in (0, 3, 6))
    width, depth, height = (float(entry[key]) / 100.0 for key in ("width", "depth", "height"))
    return Listing(entry["name"], entry["creator"], (width, depth, height), rotation_33)


def _unescaped(value: str) -> str:
    r"""Java's properties write letters outside Latin-1 as \uXXXX."""
    return value.encode("latin-1").decode("unicode_escape") if "\\" in value else value
