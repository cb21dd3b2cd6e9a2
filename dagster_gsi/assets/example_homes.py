"""The example homes that come with Sweet Home 3D, and the plain models in them, taken from its Debian package.

The homes whose authors allow it are kept in Git as they are; the others and the models stay in the cache.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dagster_gsi.archives import Members, opened
from dagster_gsi.assets.debian import download_package, read_package
from dagster_gsi.files import replacing, write_text
from dagster_gsi.homes.sh3d import home_of
from dagster_gsi.homes.shelf import credits_text, open_licence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.homes.home import Home

PACKAGE = "sweethome3d"
JAR = "usr/share/sweethome3d/sweethome3d.jar"
_EXAMPLES = "com/eteks/sweethome3d/io/resources/examples/"
_ORIGIN = "the examples in Sweet Home 3D 7.0.2 (https://www.sweethome3d.com, Debian package sweethome3d)"
# The program with all its languages has 20 MB.
_MOST_BYTES = 256 * 2**20
_LIBRARY = re.compile(rb"^[ \t]*mtllib[ \t]+(\S.*?)\s*$", re.MULTILINE)
_PICTURE = re.compile(rb"^[ \t]*map_\w+[ \t]+(?:.*[ \t])?(\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one home."""

    home: Home
    path: Path
    change: Literal["new", "the same", "replaced"]


def fetch_homes(cache: Path, folder: Path, *, deb: Path | None, jar: Path | None) -> tuple[list[Fetched], int]:
    """Write the example homes and what they need; returns them, and the number of files of models.

    Homes under an open licence go to `folder` with their credits, the others to `cache`, models to `cache/models`. Without
    a package or program of the user's own, apt downloads the package into `cache`.
    """
    with opened(jar or _jar(cache, deb)) as members:
        names = [n for n in members.names() if n.startswith(_EXAMPLES) and n.endswith(".xml")]
        if not names:
            raise ValueError(
                f"{members.path} holds no {_EXAMPLES}*.xml: it is no Sweet Home 3D, or one without examples"
            )
        fetched = [_keep(members, name, cache, folder) for name in names]
        models = _models(members, [done.home for done in fetched], cache / "models")
    free = [done.home for done in fetched if open_licence(done.home.licence)]
    write_text(folder / "CREDITS.md", credits_text(free, _ORIGIN))
    return fetched, models


def _jar(cache: Path, deb: Path | None) -> Path:
    """The program out of the package."""
    remedy = (
        f"cannot download the Debian package {PACKAGE}: run `gsi scenes fetch` on Debian or Ubuntu after `apt-get update`, "
        f"or give a file with --deb or --jar (www.sweethome3d.com has them)"
    )
    package = deb or download_package(PACKAGE, cache, remedy)
    path = cache / "sweethome3d.jar"
    with replacing(path) as partial:
        partial.write_bytes(read_package(package, JAR, most_bytes=_MOST_BYTES))
    return path


def _keep(members: Members, name: str, cache: Path, folder: Path) -> Fetched:
    """Write one home, as it is, where it may be."""
    data = members.read(name)
    title = posixpath.basename(name)
    home = home_of(data, f"{members.path}, {title}", title.removesuffix(".xml"))
    path = (folder if open_licence(home.licence) else cache) / title
    if path.is_file() and path.read_bytes() == data:
        return Fetched(home, path, "the same")
    change: Literal["new", "replaced"] = "replaced" if path.is_file() else "new"
    with replacing(path) as partial:
        partial.write_bytes(data)
    return Fetched(home, path, change)


def _models(members: Members, homes: Sequence[Home], out: Path) -> int:
    """Write the models that the homes name, with their materials and pictures, by their names in the program."""
    wanted = {piece.model for home in homes for piece in home.furniture if piece.model}
    wanted |= {o.piece.model for home in homes for o in home.openings if o.piece.model}
    known, done = set(members.names()), 0
    waiting = sorted(wanted & known)
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        data = members.read(name)
        with replacing(out / name) as partial:
            partial.write_bytes(data)
        done += 1
        beside = {posixpath.join(posixpath.dirname(name), other) for other in _named(name, data)}
        waiting += sorted((beside & known) - seen)
        seen |= beside
    return done


def _named(name: str, data: bytes) -> set[str]:
    """The files that a model or a list of materials refers to."""
    pattern = {".obj": _LIBRARY, ".mtl": _PICTURE}.get(posixpath.splitext(name)[1].lower())
    return {match.decode("latin-1") for match in pattern.findall(data)} if pattern else set()
