"""The commands that run the whole chain and that look at what it made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


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
