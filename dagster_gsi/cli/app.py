"""The commands of `gsi`. Each imports what it needs when it runs, so that `gsi --help` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    import click

_OVERVIEW = (
    "Measure and train generative spatial intelligence: do image-editing models respect 3D space?\n\n"
    "The chain is [bold]synthesize → gate_syn → edit → evaluate → report[/bold]. [bold]gsi demo[/bold] runs all of it "
    "through Dagster, [bold]dvc repro[/bold] by DVC alone: same results, same dvc.lock. The commands named like stages "
    "are what both call; by hand they are for trying things out. [bold]params.yaml[/bold] is the only configuration."
)
_STAGES, _LOOK, _EXCHANGE, _SETUP = "Stages", "Run and look", "Other benchmarks", "Set-up"

Key = Annotated[str | None, typer.Argument(help="Which one, by its name in params.yaml.", show_default=False)]


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
    app.command(rich_help_panel=_STAGES)(synthesize)
    app.command(name="gate_syn", rich_help_panel=_STAGES)(gate_syn)
    app.command(rich_help_panel=_STAGES)(edit)
    evaluation = typer.Typer(cls=_Keyed, invoke_without_command=True)
    evaluation.callback()(evaluate)
    evaluation.command()(official)
    app.add_typer(evaluation, name="evaluate", rich_help_panel=_STAGES)
    app.command(rich_help_panel=_STAGES)(report)
    app.command(rich_help_panel=_LOOK)(demo)
    app.command(rich_help_panel=_LOOK)(ui)
    app.command(rich_help_panel=_LOOK)(inspect)
    app.command(rich_help_panel=_LOOK)(explain)
    app.command(rich_help_panel=_LOOK)(compare)
    app.command(name="score-one", rich_help_panel=_LOOK)(score_one)
    exports = typer.Typer(help="Write a set in another benchmark's files.", no_args_is_help=True)
    exports.command(name="official")(export_official)
    app.add_typer(exports, name="export", rich_help_panel=_EXCHANGE)
    imports = typer.Typer(help="Make a set of another benchmark's files.", no_args_is_help=True)
    imports.command(name="official")(import_official)
    app.add_typer(imports, name="import", rich_help_panel=_EXCHANGE)
    app.command(rich_help_panel=_SETUP)(doctor)
    assets = typer.Typer(help="The 3D models, textures and environments in data/assets.", no_args_is_help=True)
    assets.command(name="build")(build_assets)
    assets.command()(sheet)
    app.add_typer(assets, name="assets", rich_help_panel=_SETUP)
    profile = typer.Typer(help="Other sizes of the same chain, kept in profiles/.", no_args_is_help=True)
    profile.command()(show)
    profile.command()(use)
    app.add_typer(profile, name="profile", rich_help_panel=_SETUP)
    return app


def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show errors as tracebacks (as GSI_DEBUG=1 does).")] = False,
) -> None:
    del debug  # read by `entry.run`, which also catches what goes wrong while arguments are parsed


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


class _Keyed(TyperGroup):
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


def official(  # noqa: PLR0913, PLR0917 - the options of a command
    dataset: Annotated[Path, typer.Option(help="Folder with sources and edits: X.png, X_edit_0.json, ...")],
    edited: Annotated[Path, typer.Option(help="Folder with the model's pictures: X_edit_0.png or .jpg.")],
    detections: Annotated[Path, typer.Option(help="The detector's infer_cache.json.")],
    judgements: Annotated[Path, typer.Option(help="The judge's predictions_*.json.")],
    kind: Annotated[
        Literal["real", "syn"],
        typer.Option(help="How strict the background is compared: real for GSI-Real (fine), syn for all others."),
    ],
    name: Annotated[str, typer.Option(help="Name of the set in the summary, such as fine.")],
    model: Annotated[str, typer.Option(help="Name of the model in the summary.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; made where it is missing.")],
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first samples by name, for a try; stamped into the summary.")
    ] = None,
) -> None:
    """Score a set in the published benchmark's files by its formulas, defects included.

    Writes the evaluator's {instruction-compliance,spatial-accuracy,edit-locality}_eval_{results,stats}.json and
    EVAL_output_summary.json, and problems.json: every sample that is not in the figures, and every remark, with the reason.

    Example: [bold]gsi evaluate official --dataset fine_dataset --edited generated_images_fine --detections
    fine_eval/infer_cache.json --judgements predictions_infer_2000_judge_fine_bagel.json --kind real --name fine --model
    bagel --out results[/bold]. Numbers between models are compared better by the strict protocol: docs/evaluation.md.
    """
    from dagster_gsi.cli.official import evaluate_official
    from dagster_gsi.evaluation.official_run import Inputs

    inputs = Inputs(dataset, edited, detections, judgements, kind)
    evaluate_official(inputs, name=name, model=model, out=out, limit=limit)


def report() -> None:
    """Write reports/report.html: tables, figures with intervals, a gallery, where everything came from."""
    _run("report", None)


def demo(
    profile: Annotated[str | None, typer.Option(help="Use this profile first (see `gsi profile show`).")] = None,
) -> None:
    """Run the whole chain through Dagster, from 3D models to the report; what is up to date is left alone."""
    from dagster_gsi.cli.demo import run_demo
    from dagster_gsi.pipeline.project import find_root

    run_demo(find_root(), profile)


def ui(
    dagster_port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="Port of the MLflow UI.")] = 5000,
) -> None:
    """Serve the Dagster and MLflow UIs on this machine until Ctrl-C."""
    from dagster_gsi.cli.ui import serve
    from dagster_gsi.pipeline.project import find_root

    serve(find_root(), dagster_port=dagster_port, mlflow_port=mlflow_port)


def inspect(
    sample: Annotated[str, typer.Argument(help="A sample id, as in manifest.parquet and in the report.")],
    out: Annotated[Path | None, typer.Option(help="Page to write; inspect/SAMPLE.html unless given.")] = None,
) -> None:
    """Write a sheet with everything about one sample: pictures, masks, depth, text, figures."""
    from dagster_gsi.pipeline.project import find_root
    from dagster_gsi.reporting.inspect import inspect as draw

    root = find_root()
    print(draw(root, sample, out or root / "inspect" / f"{sample}.html"))


def explain(
    model: Annotated[str, typer.Argument(help="An editor that was scored, by its name in params.yaml.")],
    sample: Annotated[str, typer.Argument(help="A sample id, as in the report and in data/scores.")],
    out: Annotated[
        Path | None, typer.Option(help="PNG to write; inspect/explain-MODEL-SAMPLE.png unless given.")
    ] = None,
    protocol: Annotated[str, typer.Option(help="Whose verdict is shown: strict or official.")] = "strict",
) -> None:
    """Say why one edited picture passed or failed ([bold]gsi explain warp table-test-00000-0002-rotate[/bold]).

    MODEL is an editor's name in params.yaml, SAMPLE an id as in the report. Draws the boxes that were asked for and found
    into both pictures, and prints the sentence with the reason. docs/reading-results.md shows how to read it.
    """
    from dagster_gsi.cli.explain import explain as say_why
    from dagster_gsi.pipeline.project import find_root

    say_why(find_root(), model, sample, protocol, out)


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="An editor that was scored.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one; differences are B minus A.")],
    protocol: Annotated[str, typer.Option(help="strict or official.")] = "strict",
    only: Annotated[str | None, typer.Option("--set", help="One set; all that both have unless given.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the same figures to this file too.")] = None,
) -> None:
    """Compare two models on the samples that both have ([bold]gsi compare warp my-model[/bold]).

    Differences, B minus A, are taken sample by sample, with 95 % intervals over scenes; * marks intervals without 0.
    """
    from dagster_gsi.cli.compare import compare as show_differences
    from dagster_gsi.pipeline.project import find_root

    show_differences(find_root(), first, second, protocol, only, json)


def score_one(
    edited: Annotated[Path, typer.Option(help="The edited picture.")],
    sample: Annotated[str, typer.Option(help="The sample whose request it answers, of any set.")],
    source: Annotated[
        Path | None, typer.Option(help="The picture that was edited, to check that it is the sample's source.")
    ] = None,
    detector: Annotated[str, typer.Option(help="Who finds the target: fit, detany3d or cached.")] = "fit",
    judge: Annotated[str, typer.Option(help="Who judges appearance: perceptual or chat.")] = "perceptual",
    protocol: Annotated[str, typer.Option(help="strict or official.")] = "strict",
    explain: Annotated[Path | None, typer.Option(help="Draw the picture of `gsi explain` into this PNG.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the row as JSON and nothing else.")] = False,
) -> None:
    """Score one edited picture outside the chain.

    [bold]gsi score-one --source A.png --edited B.png --sample table-test-00000-0002-rotate[/bold]
    prints its four figures, all that was measured on the way, and why it passed or failed.
    """
    from dagster_gsi.cli.score_one import Question
    from dagster_gsi.cli.score_one import score_one as answer
    from dagster_gsi.pipeline.project import find_root

    question = Question(sample, edited, source, detector, judge, protocol)
    answer(find_root(), question, as_json=json, explain=explain)


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


def export_official(
    name: Annotated[str, typer.Argument(metavar="SET", help="A set made here or imported, such as table-test.")],
    out: Annotated[Path, typer.Option(help="New folder for pictures and edits: X.png, X_edit_0.json, ...")],
    truth: Annotated[
        Path | None, typer.Option(help="New folder for the true answers, X_edit_0.png, as if a model had made them.")
    ] = None,
    detections: Annotated[
        Path | None, typer.Option(help="File for what a perfect detector sees, as an infer_cache.json.")
    ] = None,
) -> None:
    """Write a set in the layout of GSI-Bench, for its own evaluator and for models that read it.

    [bold]gsi export official table-test --out out/table --truth out/truth --detections out/infer_cache.json[/bold]

    The files also hold what that layout has no place for, so that [bold]gsi import official[/bold] gives back the same
    samples. See docs/interchange.md.
    """
    from dagster_gsi.cli.exchange import export_official as export
    from dagster_gsi.pipeline.project import find_root

    export(find_root(), name, out, truth=truth, detections=detections)


def import_official(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Archives as distributed (fine_dataset.zip), or folders.")
    ],
    name: Annotated[str, typer.Option(help="Name of the set: it is written to data/official/NAME.")],
    frame: Annotated[
        Literal["896", "source"],
        typer.Option(help="Pixels that the files' intrinsics are in: the evaluator's 896 square or the picture's own."),
    ] = "896",
) -> None:
    """Make a set of the published archives of GSI-Bench, or of what gsi export official wrote.

    [bold]gsi import official fine_dataset.zip --name fine[/bold], then name "fine" in edit.sets and evaluate.sets of
    params.yaml.

    What cannot be used is listed with its reason in data/official/NAME/refused.json. Published sets have boxes and no
    meshes: score them with the detector detany3d or cached. See docs/interchange.md.
    """
    from dagster_gsi.cli.exchange import import_official as make
    from dagster_gsi.pipeline.project import find_root

    make(find_root(), paths, name, frame)


def _run(stage: str, key: str | None, **overrides: int | None) -> None:
    from dagster_gsi.cli.stage import run_stage
    from dagster_gsi.pipeline.project import find_root

    run_stage(find_root(), stage, key, {name: value for name, value in overrides.items() if value is not None})
