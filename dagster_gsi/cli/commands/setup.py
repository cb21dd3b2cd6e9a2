"""The commands for this machine, the 3D models and the profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor() -> None:
    """Say what this machine has and lacks for the chain, with the remedy for each lack."""
    from dagster_gsi.cli.doctor import examine
    from dagster_gsi.pipeline.project import find_root

    examine(find_root())


def build_assets(
    cache: Annotated[Path | None, typer.Option(help="Where downloads are kept; .cache/assets unless given.")] = None,
) -> None:
    """Rebuild data/assets from its sources (the result is in Git: only needed to change it)."""
    from dagster_gsi.assets.build import build as build_catalogue
    from dagster_gsi.pipeline.project import find_root

    root = find_root()
    build_catalogue(root / "data/assets", cache or root / ".cache/assets")


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


def show(name: Annotated[str | None, typer.Argument(help="A profile; all of them unless given.")] = None) -> None:
    """Show what a profile changes in params.yaml."""
    from dagster_gsi.cli.profile import show_profile
    from dagster_gsi.pipeline.project import find_root

    show_profile(find_root(), name)


def use(name: Annotated[str, typer.Argument(help="A profile, by its file's name in profiles/.")]) -> None:
    """Change params.yaml to a profile ([bold]git checkout params.yaml[/bold] goes back)."""
    from dagster_gsi.cli.profile import use_profile
    from dagster_gsi.pipeline.project import find_root

    use_profile(find_root(), name)
