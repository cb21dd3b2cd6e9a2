"""The commands for homes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_Home = Annotated[
    str,
    typer.Argument(
        metavar="HOME", help="A name from [bold]gsi scenes list[/bold], or the path of a .sh3d or .xml file."
    ),
]


def fetch(
    deb: Annotated[
        Path | None,
        typer.Option(help="Debian's sweethome3d_*.deb, where you have it; else apt-get downloads it (17 MB)."),
    ] = None,
    jar: Annotated[Path | None, typer.Option(help="The program's own sweethome3d.jar, where you have that.")] = None,
) -> None:
    """Get the example homes of Sweet Home 3D, with the 3D models in them.

    The nine homes of version 7.0.2 are in data/homes already, because their
    authors allow it (CC BY 3.0): only their plain models need this command.

    Homes come from the program's Debian package, or from a file of yours; each is
    read to see that it is whole. Those under an open licence go to data/homes,
    with CREDITS.md, all others to .cache/homes, the models (OBJ) to
    .cache/homes/models. What is there already and is the same stays.

    Nothing is installed, no Java is needed, and nothing else is unpacked.

    [bold]gsi scenes fetch[/bold]

    [bold]gsi scenes fetch --deb sweethome3d_7.0.2+dfsg-3_all.deb[/bold]
    """
    from dagster_gsi.cli import homes
    from dagster_gsi.pipeline.project import find_root

    if deb is not None and jar is not None:
        raise ValueError("--deb and --jar are two ways to the same homes: give one of them")
    homes.fetch(find_root(), deb=deb, jar=jar)


def build(
    homes: Annotated[
        list[str] | None, typer.Argument(metavar="[HOME]...", help="Names or files; all in data/homes unless given.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Asset folder to add to; data/assets unless given.")] = None,
    licence: Annotated[
        str | None, typer.Option(help="Of a home of yours that does not state one: CC0-1.0, CC-BY-4.0 and the like.")
    ] = None,
) -> None:
    """Build the shells of homes: walls, floors, ceilings, doors and windows.

    Each level that is lived in becomes one model of the catalogue, which scenes
    in rooms are rendered with. Those of the nine homes are in data/assets
    already: run this for homes of your own, and after you have drawn one further.

    [bold]gsi scenes build data/homes/flat.sh3d --licence CC-BY-4.0[/bold]
    """
    from dagster_gsi.assets.licences import as_licence
    from dagster_gsi.cli import homes as told
    from dagster_gsi.pipeline.project import find_root

    root = find_root()
    opened = [told.open_home(root, home, Path(home)) for home in homes or ()]
    told.build(root, opened, into or root / "data/assets", as_licence(licence) if licence else None)


def list_(
    folder: Annotated[
        list[Path] | None, typer.Option("--in", help="Another folder with homes; may be given several times.")
    ] = None,
) -> None:
    """Show the homes: rooms, furniture, licence, and what looks odd.

    Your own: draw one in Sweet Home 3D (free, www.sweethome3d.com) or download
    one, and put the .sh3d file into data/homes. Nothing in it is unpacked or run.
    More, with pictures: docs/homes.md.
    """
    from dagster_gsi.cli import homes
    from dagster_gsi.pipeline.project import find_root

    homes.show(find_root(), folder or ())


def plan(
    home: _Home,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The picture to write: .png or .jpg.")],
) -> None:
    """Draw the floor plan of HOME, a name from the list or a file, to OUT.

    Walls are dark, parapets light; doors show how they open, windows are blue.
    Furniture has a white line along its front; what hangs above 1.3 m is dashed.
    Yellow suns are lamps, blue sectors the views that the author stored. Each
    level that is lived in has a plan of its own.

    [bold]gsi scenes plan Studio studio.png[/bold]
    """
    from dagster_gsi.cli import homes
    from dagster_gsi.pipeline.project import find_root

    homes.plan(homes.open_home(find_root(), home, Path(home)), out)


def views(
    home: _Home,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The picture to write: .png or .jpg.")],
    count: Annotated[int, typer.Option(min=1, max=99, help="Views for each place, at most.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Other seeds try other views.")] = 0,
) -> None:
    """Choose viewpoints in HOME, a name from the list or a file, and draw them.

    Free floor is taken apart into places to stand in and held against the rooms of
    the plan. In each, some three thousand views are tried, and of those that show
    enough the most different are chosen. What they look at are stand-ins: cubes of
    12 cm on tables, counters and the like.

    Dots are free floor, a colour a place; grey ticks are rejected views, dark ones
    good; blue sectors with numbers are chosen ones.

    [bold]gsi scenes views Studio studio-views.png[/bold]
    """
    from dagster_gsi.cli import homes
    from dagster_gsi.pipeline.project import find_root

    homes.views(homes.open_home(find_root(), home, Path(home)), out, count=count, seed=seed)


def check(home: _Home) -> None:
    """Say what in HOME, a name from the list or a file, makes no sense.

    Furniture outside every room, through walls, in each other or in the air, or
    without a size; rooms without a name or with an outline that crosses itself;
    doors and windows in no wall. Homes are drawn by hand and much of this is
    meant (a roof is a box outside every room), so none of it is an error: mend
    what matters to you in Sweet Home 3D.

    [bold]gsi scenes check 3BedroomHouseWithAttic[/bold]
    """
    from dagster_gsi.cli import homes
    from dagster_gsi.pipeline.project import find_root

    homes.check(homes.open_home(find_root(), home, Path(home)))
