"""The commands that take scenes of other data sets in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def mesatask(
    layouts: Annotated[
        Path, typer.Argument(metavar="LAYOUTS", help="The data set's Layout_info, a part of it, or one layout.json.")
    ],
    assets: Annotated[
        Path,
        typer.Argument(metavar="ASSETS", help="Its Assets_library, with Asset_annotation.json in it or beside it."),
    ],
    into: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to make, or to go on with.")],
    limit: Annotated[int, typer.Option(min=0, help="Take the first layouts only; 0 is all.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of rooms, light and cameras.")] = 0,
    image_size: Annotated[int, typer.Option(min=32, help="Of the cameras, in pixels.")] = 256,
) -> None:
    """Make scenes of MesaTask-10K's tables, with the models they use.

    Things that stand on other things, float, topple or overlap are left out, with
    the reason. Rooms and light are those of data/assets. The same command goes on
    where it was stopped. More: docs/sources.md.

    The data set is under CC BY-NC-SA 4.0, and so are pictures of these scenes.

    [bold]gsi scenes import mesatask MesaTask-10K/Layout_info MesaTask-10K/Assets_library --into mesatask --limit 20[/bold]
    """
    from dagster_gsi.cli import sources
    from dagster_gsi.pipeline.project import find_root

    sources.import_mesatask(
        layouts,
        assets,
        into=into,
        surroundings=find_root() / "data/assets",
        limit=limit,
        seed=seed,
        image_size=image_size,
    )


def importers() -> typer.Typer:
    """One command a data set."""
    app = typer.Typer(help="Make scenes of another data set's files.", no_args_is_help=True)
    app.callback()(lambda: None)
    app.command()(mesatask)
    return app
