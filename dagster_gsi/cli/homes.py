"""`gsi scenes`: which homes there are, what is in them, and what is odd about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.assets.example_homes import fetch_homes
from dagster_gsi.homes.check import counts, findings
from dagster_gsi.homes.home import counted
from dagster_gsi.homes.plan import save_plan
from dagster_gsi.homes.sh3d import SUFFIXES, read_home
from dagster_gsi.homes.shelf import homes_in, open_licence
from dagster_gsi.stages.base import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.homes.home import Home

_HARMLESS = "; the home can be used all the same"
_PICTURES = {".png", ".jpg", ".jpeg"}


def folders(root: Path) -> list[Path]:
    """Where homes are looked for: what is in Git comes before what was fetched."""
    return [root / "data/homes", cache_of(root)]


def cache_of(root: Path) -> Path:
    return root / ".cache/homes"


def open_home(root: Path, name: str, path: Path) -> Home:
    """A home by its name, or by the path of its file."""
    if path.suffix.lower() in SUFFIXES and path.is_file():
        return read_home(path)
    known = homes_in(folders(root))
    if name not in known:
        raise ValueError(
            f"there is no home {name}: {did_you_mean(name, list(known))}. `gsi scenes list` shows what there is; the path of a "
            f"{' or '.join(SUFFIXES)} file does, too"
        )
    return read_home(known[name])


def fetch(root: Path, *, deb: Path | None, jar: Path | None) -> None:
    """Fetch the example homes and say what became of each."""
    cache = cache_of(root)
    fetched, models = fetch_homes(cache, root / "data/homes", deb=deb, jar=jar)
    for done in fetched:
        print(f"{_near(root, done.path)}: {done.change}; {_licence(done.home)}")
    print(f"{_near(root, cache / 'models')}: {models} files of the models in them (GNU GPL or CC BY 3.0, eTeks)")


def show(root: Path, more: Sequence[Path]) -> None:
    """Print what is in each home."""
    known = homes_in([*more, *folders(root)])
    if not known:
        raise ValueError("there are no homes: `git checkout -- data/homes` brings back those of the project")
    for path in known.values():
        try:
            home = read_home(path)
        except ValueError as error:
            print(f"{path.stem}\n    cannot be read: {error}\n")
            continue
        print("\n".join(described(home, str(_near(root, path)))) + "\n")
    print(
        f"{counted(len(known), 'home')}. `gsi scenes check NAME` lists findings, `gsi scenes plan NAME OUT.png` draws a plan."
    )


def described(home: Home, path: str) -> list[str]:
    """A home in five lines."""
    rooms = ", ".join(f"{room.name or 'unnamed'} {room.area:.1f}" for room in home.floors)
    doors = sum(opening.kind == "door" for opening in home.openings)
    storeys = f", on {len(home.levels)} levels" if len(home.levels) > 1 else ""
    inside = [counted(len(home.pieces), "piece") + " of furniture", counted(len(home.lights), "lamp")]
    inside += [counted(doors, "door"), counted(len(home.openings) - doors, "window")]
    inside.append(counted(len(home.cameras), "stored view"))
    return [
        f"{home.name} ({path})",
        f"    {counted(len(home.floors), 'room')}, {home.area:.1f} m2 in all{storeys}: {rooms}",
        f"    {', '.join(inside)}",
        f"    {_licence(home)}",
        f"    findings: {counts(findings(home))}",
    ]


def check(home: Home) -> None:
    """Print every finding as a sentence."""
    found = findings(home)
    for finding in found:
        print(f"{finding.kind}: {finding.sentence}")
    print(f"{home.name}: {counted(len(found), 'finding')}{_HARMLESS if found else ''}")


def plan(home: Home, out: Path) -> None:
    """Draw the plan."""
    if out.suffix.lower() not in _PICTURES:
        raise ValueError(f"{out}: the picture's name must end in {' or '.join(sorted(_PICTURES))}")
    save_plan(home, out)
    print(out)


def _licence(home: Home) -> str:
    licence = open_licence(home.licence)
    if licence is not None:
        return f"licence: {licence}, {home.author or 'author not stated'}"
    return f"licence: {home.licence or 'not stated'} (pictures of it may not be for everybody: ask its author)"


def _near(root: Path, path: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
