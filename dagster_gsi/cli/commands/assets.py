"""The commands for the 3D models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def build(
    cache: Annotated[Path | None, typer.Option(help="Where downloads are kept; .cache/assets unless given.")] = None,
) -> None:
    """Rebuild data/assets from its sources (the result is in Git: only needed to change it).

    Models that [bold]gsi assets add[/bold] took in are kept.
    """
    from dagster_gsi.assets.build import build as build_catalogue
    from dagster_gsi.pipeline.project import find_root

    root = find_root()
    build_catalogue(root / "data/assets", cache or root / ".cache/assets")


def add(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with .glb, .gltf or .obj files, at any depth.")],
    into: Annotated[Path | None, typer.Option(help="Asset folder to add to; data/assets unless given.")] = None,
    unit: Annotated[
        Literal["m", "cm", "mm"] | None, typer.Option(help="What a unit is in all OBJ files (a glTF is in metres).")
    ] = None,
    up: Annotated[
        Literal["y", "z"] | None, typer.Option(help="The axis that points up in all OBJ files (in a glTF it is y).")
    ] = None,
    front: Annotated[
        Literal["none", "+x", "-x", "+y", "-y", "+z", "-z"] | None,
        typer.Option(
            help="The side, by the axis it faces, that is the front of all models; none where nobody could say."
        ),
    ] = None,
    template: Annotated[
        bool, typer.Option("--write-template", help="Write DIR/models.yaml with what was measured, and ask nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be added, and write nothing.")] = False,
) -> None:
    """Add your own models to the catalogue.

    Measured: size, symmetry, whether it stands, where things can stand on it.
    Asked: category and description in English and Chinese, object or support,
    front, licence, creator, source; of OBJ files, which do not say it, the unit.
    What is up in them is guessed: look at the pictures.

    On a terminal the questions come one by one, each model with a picture to
    look at. Without one, the answers come from DIR/models.yaml:

    [bold]gsi assets add DIR --write-template[/bold], fill in what is empty,
    [bold]gsi assets add DIR[/bold]

    Answers are kept in DIR/models.yaml: what was interrupted goes on there.
    Nothing is added before all is answered and every model can be used. What
    cannot be used is named with the reason; [bold]skip: true[/bold] leaves it out. Models
    that are there already are never changed.

    Where a licence wants its text to go along (MIT, BSD, Apache), put that beside
    the models as LICENSE.txt. More, with an example: docs/assets.md.
    """
    import sys

    from dagster_gsi.cli.add import Places, add_models
    from dagster_gsi.pipeline.project import find_root

    def ask(question: str, default: str | None) -> str:
        return str(typer.prompt(question, default=default, show_default=bool(default)))

    root = find_root()
    given = {key: value for key, value in (("unit", unit), ("up", up), ("front", front)) if value is not None}
    places = Places(folder, into or _near(root / "data/assets"), _near(root / "inspect/add"))
    add_models(places, given, ask=ask if sys.stdin.isatty() else None, template=template, dry_run=dry_run)


def _near(path: Path) -> Path:
    """As people in this folder would write it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def sheet(
    out: Annotated[Path | None, typer.Option(help="Picture to write; inspect/assets.jpg unless given.")] = None,
) -> None:
    """Draw a contact sheet of all 3D models."""
    from dagster_gsi.assets.sheet import draw
    from dagster_gsi.pipeline.project import find_root

    root = find_root()
    path = out or root / "inspect/assets.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(root / "data/assets", path)
    print(path)
