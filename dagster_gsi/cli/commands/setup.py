"""The commands for this machine and the profiles."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor() -> None:
    """Say what this machine has and lacks for the chain, with the remedy for each lack."""
    from dagster_gsi.cli.doctor import examine
    from dagster_gsi.pipeline.project import find_root

    examine(find_root())


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
