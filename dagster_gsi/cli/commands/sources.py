"""The commands that take scenes of other data sets in."""

from __future__ import annotations

from functools import partial
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


def thor(
    scenes: Annotated[
        list[str],
        typer.Argument(metavar="SCENES", help="Such as FloorPlan1, FloorPlan401-410 or FloorPlan_Train1_1-5."),
    ],
    name: Annotated[str, typer.Option(help="Name of the set that is made, or gone on with, in data/official.")],
    operation: Annotated[
        list[str] | None,
        typer.Option(
            help="move, place, receptacle, rotate, scale or remove; may be given several times. Else all six."
        ),
    ] = None,
    views: Annotated[
        int, typer.Option(min=1, help="Most views of a scene; each gives at most one edit an operation.")
    ] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of views, edits and phrasings.")] = 0,
    image_size: Annotated[int, typer.Option(min=64, help="Of the square pictures, in pixels.")] = 512,
    build: Annotated[
        str,
        typer.Option(
            help="Of the simulator: CloudRendering (Vulkan, no screen), Linux64 (X server), OSXIntel64, or the path of the "
            "program in a build that you have."
        ),
    ] = "CloudRendering",
    download: Annotated[
        bool, typer.Option("--download", help="Let AI2-THOR download its build; else you are told its size.")
    ] = False,
) -> None:
    """Make a set of pictures, edits and true answers in AI2-THOR's rooms.

    Needs the package ai2thor and a GPU. Edits are done by the simulator's own
    actions, never forced; one that did not come out to the centimetre, moved
    something else or is not seen well is given up, with the reason. The same
    command goes on where it was stopped. More: docs/sources.md.

    [bold]gsi scenes import thor FloorPlan201-205 FloorPlan221 --name thor-living --views 3[/bold]
    """
    from dagster_gsi.cli import sources
    from dagster_gsi.pipeline.project import find_root
    from dagster_gsi.sources.thor_controller import open_controller

    sources.import_thor(
        find_root(),
        scenes,
        name,
        sources.thor_recipe(operation, views=views, seed=seed, image_size=image_size),
        start=partial(open_controller, build=build, download=download),
    )


def importers() -> typer.Typer:
    """One command a data set."""
    app = typer.Typer(help="Make scenes of another data set's files.", no_args_is_help=True)
    app.callback()(lambda: None)
    app.command()(mesatask)
    app.command()(thor)
    return app
