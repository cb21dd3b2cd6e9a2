"""The commands named like stages: what `dvc.yaml` calls, and people who try things out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    import click

Key = Annotated[str | None, typer.Argument(help="Which one, by its name in params.yaml.", show_default=False)]


def synthesize(key: Key = None) -> None:
    """Make one set of GSI-Syn: scenes, edits, pictures ([bold]gsi synthesize table-test[/bold]).

    Shards that an interrupted run completed are kept. Sets are declared in params.yaml, synthesize.sets.
    """
    _run("synthesize", key)


def gate_syn() -> None:
    """Hold GSI-Syn to its expectations and, only if it passes, issue data/gates/gsi_syn.json."""
    _run("gate_syn", None)


def edit(key: Key = None) -> None:
    """Let one editor answer every request of the test sets ([bold]gsi edit warp[/bold]).

    Editors are declared in params.yaml, edit.editors; docs/editors.md shows how to add yours.
    """
    _run("edit", key)


class Keyed(TyperGroup):
    """Commands by name; any other word is the key of an instance of the stage that the group is named like."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        import difflib

        import click

        if (command := super().get_command(ctx, cmd_name)) is not None:
            return command
        # A misspelt command with options of its own would be answered by talk about the options.
        if near := difflib.get_close_matches(cmd_name, self.list_commands(ctx), n=1, cutoff=0.8):
            raise click.UsageError(f"No such command {cmd_name!r}. Did you mean {near[0]!r}?", ctx)
        stage = ctx.info_name or ""
        limit = click.Option(
            ["--limit"],
            type=click.IntRange(min=1),
            help="Only the first samples of each set, for a try; stamped on every figure.",
        )
        return click.Command(
            cmd_name,
            params=[limit],
            callback=lambda limit: _run(stage, cmd_name, limit=limit),
            help=f"Score the pictures of the editor {cmd_name!r} of params.yaml.",
        )


def evaluate(ctx: typer.Context) -> None:
    """Score pictures: those of one editor, or any model's under the published protocol.

    [bold]gsi evaluate warp[/bold] scores the pictures of the editor "warp" of params.yaml: IC, SA, AC and EL of every
    sample under every protocol, into data/scores. That is the stage that DVC runs. [bold]--limit 8[/bold] behind the
    editor's name scores only the first samples of each set.

    [bold]gsi evaluate official --dataset ...[/bold] scores a set in the published benchmark's own files and writes the
    files that its evaluator writes, figure for figure.
    """
    if ctx.invoked_subcommand is None:
        _run("evaluate", None)


def report() -> None:
    """Write reports/report.html: tables, figures with intervals, a gallery, where everything came from."""
    _run("report", None)


def _run(stage: str, key: str | None, **overrides: int | None) -> None:
    from dagster_gsi.cli.stage import run_stage
    from dagster_gsi.pipeline.project import find_root

    run_stage(find_root(), stage, key, {name: value for name, value in overrides.items() if value is not None})
