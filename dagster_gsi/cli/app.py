"""The commands of `gsi`. Each imports what it needs when it runs, so that `gsi --help` answers at once."""

from __future__ import annotations

from typing import Annotated

import typer

from dagster_gsi.cli.commands import assets, exchange, look, scenes, setup, sources, stages

_OVERVIEW = (
    "Measure and train generative spatial intelligence: do image-editing models respect 3D space?\n\n"
    "The chain is [bold]synthesize → gate_syn → edit → evaluate → report[/bold]. [bold]gsi demo[/bold] runs all of it "
    "through Dagster, [bold]dvc repro[/bold] by DVC alone: same results, same dvc.lock. The commands named like stages "
    "are what both call; by hand they are for trying things out. [bold]params.yaml[/bold] is the only configuration."
)
_STAGES, _LOOK, _EXCHANGE, _SETUP = "Stages", "Run and look", "Other benchmarks", "Set-up"


def build() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        help=_OVERVIEW,
        no_args_is_help=True,
        add_completion=False,
        suggest_commands=False,  # click suggests already
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    app.command(rich_help_panel=_STAGES)(stages.synthesize)
    app.command(name="gate_syn", rich_help_panel=_STAGES)(stages.gate_syn)
    app.command(rich_help_panel=_STAGES)(stages.edit)
    evaluation = typer.Typer(cls=stages.Keyed, invoke_without_command=True)
    evaluation.callback()(stages.evaluate)
    evaluation.command()(exchange.official)
    app.add_typer(evaluation, name="evaluate", rich_help_panel=_STAGES)
    app.command(rich_help_panel=_STAGES)(stages.report)
    app.command(rich_help_panel=_LOOK)(look.demo)
    app.command(rich_help_panel=_LOOK)(look.ui)
    app.command(rich_help_panel=_LOOK)(look.inspect)
    app.command(rich_help_panel=_LOOK)(look.explain)
    app.command(rich_help_panel=_LOOK)(look.compare)
    app.command(name="score-one", rich_help_panel=_LOOK)(look.score_one)
    exports = typer.Typer(help="Write a set in other files, to train or to test on.", no_args_is_help=True)
    exports.command(name="official")(exchange.export_official)
    exports.command(name="bagel")(exchange.export_bagel)
    exports.command(name="huggingface")(exchange.export_huggingface)
    app.add_typer(exports, name="export", rich_help_panel=_EXCHANGE)
    imports = typer.Typer(help="Make a set of another benchmark's files.", no_args_is_help=True)
    imports.command(name="official")(exchange.import_official)
    app.add_typer(imports, name="import", rich_help_panel=_EXCHANGE)
    app.command(rich_help_panel=_SETUP)(setup.doctor)
    models = typer.Typer(help="The 3D models, textures and environments in data/assets.", no_args_is_help=True)
    models.command()(assets.add)
    models.command()(assets.build)
    models.command()(assets.sheet)
    app.add_typer(models, name="assets", rich_help_panel=_SETUP)
    homes = typer.Typer(help="Homes: floor plans with furniture, in data/homes.", no_args_is_help=True)
    homes.command(name="list")(scenes.list_)
    homes.command()(scenes.plan)
    homes.command()(scenes.views)
    homes.command()(scenes.check)
    homes.command()(scenes.build)
    homes.command()(scenes.fetch)
    homes.add_typer(sources.importers(), name="import")
    app.add_typer(homes, name="scenes", rich_help_panel=_SETUP)
    profile = typer.Typer(help="Other sizes of the same chain, kept in profiles/.", no_args_is_help=True)
    profile.command()(setup.show)
    profile.command()(setup.use)
    app.add_typer(profile, name="profile", rich_help_panel=_SETUP)
    return app


def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show errors as tracebacks (as GSI_DEBUG=1 does).")] = False,
) -> None:
    del debug  # read by `entry.run`, which also catches what goes wrong while arguments are parsed
