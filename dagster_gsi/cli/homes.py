"""`gsi scenes`: which homes there are, what is in them, and what is odd about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.assets.example_homes import fetch_homes
from dagster_gsi.assets.shells import put_on_shelf, shells_of
from dagster_gsi.homes.check import counts, findings
from dagster_gsi.homes.home import counted
from dagster_gsi.homes.plan import save_picture, save_plan
from dagster_gsi.homes.sh3d import SUFFIXES, read_home
from dagster_gsi.homes.shelf import homes_in, open_licence
from dagster_gsi.homes.survey import figures, survey
from dagster_gsi.homes.view_plan import draw_views
from dagster_gsi.stages.base import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.homes.home import Home
    from dagster_gsi.scenes.catalogue import Licence

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


def build(root: Path, homes: Sequence[Home], into: Path, licence: Licence | None) -> None:
    """Make the shells of homes, or of all in the project's folder, and say what became of each."""
    chosen = homes or [read_home(path) for path in homes_in([root / "data/homes"]).values()]
    shells = [shell for home in chosen for shell in shells_of(home, licence)]
    changes = put_on_shelf(into, shells)
    for shell in shells:
        width, depth, height = shell.card.size
        extent = f"{width:.1f} x {depth:.1f} x {height:.1f} m"
        print(f"{shell.card.id}: {changes[shell.card.id]}; {extent}, {len(shell.glb) / 1000:.0f} kB")
    print(f"{_near(root, into)}: {counted(len(shells), 'shell')} of {counted(len(chosen), 'home')}")


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
    _check_picture(out)
    save_plan(home, out)
    print(out)


def views(home: Home, out: Path, *, count: int, seed: int) -> None:
    """Choose viewpoints, draw them, and say what was found in each place."""
    _check_picture(out)
    found = survey(home, count=count, seed=seed)
    save_picture(draw_views(home, found), out)
    first = 1
    for level in found:
        storey = f" on {level.level.name or level.level.id}" if len(found) > 1 else ""
        for room, each in zip(level.floor.rooms, level.views, strict=True):
            last = first + len(each.picked) - 1
            numbers = f"view {first}" if last == first else f"views {first} to {last}"
            became = f"{numbers} of {counted(each.good, 'good one')}" if each.picked else "no good view"
            print(f"{room.name}{storey}, {room.area:.1f} m2 free: {became}")
            first = last + 1
    print(*figures(found), out, sep="\n")


def _check_picture(out: Path) -> None:
    if out.suffix.lower() not in _PICTURES:
        raise ValueError(f"{out}: the picture's name must end in {' or '.join(sorted(_PICTURES))}")


def _licence(home: Home) -> str:
    licence = open_licence(home.licence)
    if licence is not None:
        return f"licence: {licence}, {home.author or 'author not stated'}"
    return f"licence: {home.licence or 'not stated'} (pictures of it may not be for everybody: ask its author)"


def _near(root: Path, path: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
