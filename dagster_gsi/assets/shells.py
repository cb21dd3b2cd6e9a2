"""The shells of homes as models of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dagster_gsi.assets.gltf import to_glb
from dagster_gsi.assets.measure import rounded_size
from dagster_gsi.assets.shelf import Addition, added, cards_in, take_in, take_out
from dagster_gsi.homes.shelf import open_licence
from dagster_gsi.homes.shell import shell_levels, shell_mesh, shell_name
from dagster_gsi.scenes.catalogue import Card

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.homes.home import Home, Level
    from dagster_gsi.scenes.catalogue import Licence

Change = Literal["new", "changed", "there already"]


def shells_of(home: Home, licence: Licence | None = None) -> tuple[Addition, ...]:
    """The shell of each level that is lived in; `licence` is for homes that do not name an open one.

    Raises ValueError where a home has neither, or no room that a shell could be built around.
    """
    allowed = open_licence(home.licence) or (licence if not home.licence else None)
    if allowed is None:
        said = f"is under {home.licence!r}" if home.licence else "does not say what is allowed"
        raise ValueError(
            f"{home.source} {said}, and its walls would be in every picture: ask its author, or if it is yours, set the "
            "property License in Sweet Home 3D or say --licence CC-BY-4.0"
        )
    levels = shell_levels(home)
    if not levels:
        raise ValueError(f"{home.source} has no rooms indoors: draw them in Sweet Home 3D (Plan, Create rooms)")
    return tuple(_shell(home, level, allowed) for level in levels)


def put_on_shelf(root: Path, shells: Sequence[Addition]) -> dict[str, Change]:
    """Take shells into the asset folder `root`; says what became of each, by its id.

    Other models never change once they are there, and shells do: a home is drawn further. Raises ValueError where another
    model has the id of one.
    """
    cards = {card.id: card for card in cards_in(root)}
    before = {addition.card.id: addition for addition in added(root)}
    faults = [
        f"{shell.card.id}: {root} has a model of this id that is no shell; rename the home"
        for shell in shells
        if shell.card.id in cards and cards[shell.card.id].kind != "shell"
    ]
    if faults:
        raise ValueError("\n".join(faults))
    changes: dict[str, Change] = {}
    for shell in shells:
        old = before.get(shell.card.id)
        changes[shell.card.id] = "new" if old is None else "there already" if old == shell else "changed"
    if changed := [name for name, change in changes.items() if change == "changed"]:
        take_out(root, changed)
    take_in(root, [shell for shell in shells if changes[shell.card.id] != "there already"])
    return changes


def _shell(home: Home, level: Level, licence: Licence) -> Addition:
    mesh = shell_mesh(home, level)
    label = level.name or level.id
    storey_en, storey_zh = (f", {label}", f"({label})") if len(home.levels) > 1 else ("", "")
    card = Card(
        id=shell_name(home, level),
        kind="shell",
        category_en="home",
        category_zh="住宅",
        description_en=f"walls, floor and ceiling of the home {home.name}{storey_en}",
        description_zh=f"住宅 {home.name}{storey_zh} 的墙壁、地板和天花板",
        size=rounded_size(mesh),
        has_front=False,
        symmetry=1,
        creator=_plain(home.author) or "not stated",
        licence=licence,
        source=f"built from the plan of the Sweet Home 3D home {_plain(home.name)}{storey_en}{_noted(home.copyright)}",
    )
    return Addition(card, to_glb(mesh))


def _noted(text: str) -> str:
    return f" ({_plain(text)})" if text else ""


def _plain(text: str) -> str:
    """Text for a cell of the credits."""
    return " ".join(text.replace("|", "/").split())
