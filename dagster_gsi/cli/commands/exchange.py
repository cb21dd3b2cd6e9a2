"""The commands for GSI-Bench's own files, and for those that others train on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


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

    A data set card, README.md, is written with it. The files also hold what that layout has no place for, so that [bold]gsi import official[/bold] gives back the same
    samples. See docs/interchange.md.
    """
    from dagster_gsi.cli.exchange import export_official as export
    from dagster_gsi.pipeline.project import find_root

    export(find_root(), name, out, truth=truth, detections=detections)


def export_bagel(
    name: Annotated[str, typer.Argument(metavar="SET", help="A set made here or imported, such as table-train.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for parquet, parquet_info.json and the card.")],
    language: Annotated[
        Literal["en", "zh", "both"], typer.Option(help="Instructions: English, Chinese, or both to draw from.")
    ] = "en",
    data_dir: Annotated[
        str | None,
        typer.Option(help="Path by which the trainer finds OUT, for the keys of parquet_info.json; else OUT's own."),
    ] = None,
) -> None:
    """Write a set as training files of BAGEL: image_list, instruction_list and parquet_info.json.

    [bold]gsi export bagel table-train out/bagel --data-dir /data/gsi[/bold]

    Samples without a true picture are left out. The lines for BAGEL's data/dataset_info.py are in OUT/README.md, the data
    set card. See docs/exports.md.
    """
    from dagster_gsi.cli.exchange import export_bagel as export
    from dagster_gsi.pipeline.project import find_root

    export(find_root(), name, out, language=language, data_dir=data_dir)


def export_huggingface(
    name: Annotated[str, typer.Argument(metavar="SET", help="A set made here or imported, such as table-train.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the files and the card.")],
    form: Annotated[
        Literal["parquet", "imagefolder"],
        typer.Option("--format", help="Parquet with the pictures inside, or pictures beside a metadata.jsonl."),
    ] = "parquet",
) -> None:
    """Write source, target and instruction for datasets.load_dataset, ready for the Hugging Face Hub.

    [bold]gsi export huggingface table-train out/hf[/bold], then [bold]load_dataset("out/hf")[/bold] in Python.

    Samples without a true picture are left out. OUT/README.md is the data set card with licences and credits. See
    docs/exports.md.
    """
    from dagster_gsi.cli.exchange import export_huggingface as export
    from dagster_gsi.pipeline.project import find_root

    export(find_root(), name, out, form=form)


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
