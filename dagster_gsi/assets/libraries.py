"""The furniture libraries of Sweet Home 3D: fetched as a Debian package, unpacked, and their listings read."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dagster_gsi.assets.debian import download_package, run

PACKAGE = "sweethome3d-furniture"

LICENCES: dict[str, Literal["CC0-1.0", "CC-BY-3.0"]] = {
    "BlendSwap-CC-0": "CC0-1.0",
    "BlendSwap-CC-BY": "CC-BY-3.0",
    "KatorLegaz": "CC-BY-3.0",
    "Scopia": "CC-BY-3.0",
}
"""The libraries used and their licences, from the LICENSE.TXT in each. Kator Legaz's is the United States port."""


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
    if folder.is_dir():
        return folder
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
    for library in LICENCES:
        with zipfile.ZipFile(unpacked / f"usr/share/sweethome3d/furniture/{library}.sh3f") as archive:
            archive.extractall(partial / library)
    shutil.rmtree(unpacked)
    partial.rename(folder)
    return folder


def read_listings(library: Path) -> dict[str, Listing]:
    """Listings of one unpacked library by the model's path in it."""
    path = library / "PluginFurnitureCatalog.properties"
    values: dict[str, dict[str, str]] = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        key, equals, value = line.partition("=")
        name, hash_, number = key.partition("#")
        if equals and hash_ and not line.startswith("#"):
            values.setdefault(number, {})[name] = _unescaped(value.strip())
    return {entry["model"].lstrip("/"): _listing(entry) for entry in values.values() if "model" in entry}


def _listing(entry: dict[str, str]) -> Listing:
    numbers = [float(n) for n in entry.get("modelRotation", "1 0 0 0 1 0 0 0 1").split()]
    rotation_33 = tuple((numbers[row], numbers[row + 1], numbers[row + 2]) for row in (0, 3, 6))
    width, depth, height = (float(entry[key]) / 100.0 for key in ("width", "depth", "height"))
    return Listing(entry["name"], entry["creator"], (width, depth, height), rotation_33)


def _unescaped(value: str) -> str:
    r"""Java's properties write letters outside Latin-1 as \uXXXX."""
    return value.encode("latin-1").decode("unicode_escape") if "\\" in value else value
