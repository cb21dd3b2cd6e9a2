"""`gsi explain`, `gsi compare` and `gsi score-one`, as somebody at a terminal meets them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.cli.entry import run
from dagster_gsi.evaluation.table import COLUMNS, Row, write_scores
from dagster_gsi.samples.shards import read_set
from tests.samples_by_hand import write_set
from tests.toy_assets import write_toy_catalogue

ROW = Row(
    model="", set="toy-test", sample="", scene="", environment="table", operation="move", code="CM", protocol="strict",
    instruction="Move it.", status="scored", reason="It moved.",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with eight samples of two scenes, scored for two models: `good` is 10 better in SA wherever it is."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(Path(__file__).parents[1] / "toy_project" / name, tmp_path / name)
    write_set(tmp_path, "toy-test", 8)
    samples = [sample for sample, _ in read_set(tmp_path / "data/gsi_syn/toy-test")]
    for model, gain in (("good", 10.0), ("poor", 0.0)):
        rows = [
            replace(
                ROW, model=model, sample=s.id, scene=s.scene_id, operation=s.edit.name, code=s.edit.code, sa=50 + gain
            )
            for s in samples
        ]
        write_scores(tmp_path / f"data/scores/{model}.parquet", rows)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rescored(project: Path, model: str, **columns: object) -> None:
    """Change columns of every row of a model."""
    import pandas as pd

    path = project / f"data/scores/{model}.parquet"
    pd.read_parquet(path).assign(**columns).to_parquet(path, index=False)


def test_explain_draws_and_says_why(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "good", "toy-test-0"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [str(project / "inspect/explain-good-toy-test-0.png"), "fails: It moved."]
    with Image.open(said[0]) as picture:
        assert picture.width > 2 * 512


def test_explain_says_when_only_some_samples_were_scored(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rescored(project, "good", limited=True)
    assert run(["explain", "good", "toy-test-0", "--out", "a.png"]) == 0
    assert "good was scored with --limit" in capsys.readouterr().out


def test_compare_shows_differences_with_their_intervals(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "poor", "good"]) == 0
    said = capsys.readouterr().out
    assert "toy-test, strict: good minus poor" in said
    lines = [[part.strip() for part in line.split("│")[1:-1]] for line in said.splitlines() if "│" in line]
    assert ["8 samples", "SA", "50.0", "60.0", "+10.0", "+10.0 to +10.0", "*"] in lines
    assert ["2 samples", "SA", "50.0", "60.0", "+10.0", "+10.0 to +10.0", "*"] in lines
    assert ["all operations", "IC", "0.0", "0.0", "+0.0", "+0.0 to +0.0", ""] in lines
    assert "8 samples of 2 scenes, each scored for both." in said


def test_compare_writes_the_same_figures_as_json(project: Path) -> None:
    assert run(["compare", "good", "poor", "--set", "toy-test", "--json", "out/differences.json"]) == 0
    document = json.loads((project / "out/differences.json").read_text(encoding="utf-8"))
    found = document["toy-test"]
    assert (found["first"], found["second"], found["samples"], found["scenes"]) == ("good", "poor", 8, 2)
    (sa,) = [d for d in found["differences"] if (d["operation"], d["figure"]) == ("all", "sa")]
    assert (sa["mean"], sa["low"], sa["high"], sa["samples"]) == (-10.0, -10.0, -10.0, 8)


def test_compare_says_what_does_not_compare(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rescored(project, "good", limited=True, detector="fit 2", judge="perceptual 1")
    rescored(project, "poor", limited=False, detector="detany3d 1", judge="perceptual 1")
    assert run(["compare", "poor", "good"]) == 0
    said = capsys.readouterr().out
    assert "toy-test:first 8, strict: good minus poor" in said
    assert "good was scored with --limit" in said
    assert "poor was scored with --limit" not in said
    assert "the detector was detany3d 1 for poor and fit 2 for good" in said
    assert "the judge was" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "godo", "toy-test-0"], "no scores of 'godo' in"),
        (["explain", "good", "toy-tset-0"], "good has no sample 'toy-tset-0'; the nearest names are: toy-test-0"),
        (["compare", "good", "good"], "'good' is compared with itself"),
        (
            ["compare", "good", "poor", "--set", "toy"],
            "not both scored on the set 'toy'; the nearest names are: toy-test",
        ),
        (["compare", "good", "poor", "--protocol", "loose"], "no rows of the protocol 'loose'"),
        (["score-one", "--edited", "b.png", "--sample", "toy-test-0"], "b.png is not a file: --edited is the picture"),
        (["score-one", "--edited", "a.png", "--sample", "toy-test-99"], "no sample 'toy-test-99' among 8"),
        (["score-one", "--edited", "a.png", "--sample", "toy-test-0", "--detector", "fot"], "did you mean 'fit'?"),
        (["score-one", "--edited", "a.png", "--sample", "toy-test-0", "--protocol", "loose"], "no protocol 'loose'"),
        (
            ["score-one", "--edited", "a.png", "--sample", "toy-test-0", "--source", "a.png"],
            "a.png is 8 x 8 pixels and",
        ),
        (
            ["score-one", "--edited", "a.png", "--sample", "toy-test-0", "--source", "c.png"],
            "c.png is not the source of",
        ),
        (["score-one", "--edited", "a.png", "--sample", "toy-test-0", "--source", "d.png"], "d.png cannot be read"),
    ],
)
def test_what_is_wrong_is_said_on_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    Image.new("RGB", (8, 8)).save(project / "a.png")
    Image.new("RGB", (128, 96)).save(project / "c.png")
    (project / "d.png").write_bytes(b"")
    assert run(arguments) == 1
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.fixture
def rendered(project: Path) -> Path:
    """The project with models for its things, a sample's own source as an edit, and the same as a strong JPEG."""
    catalogue = project / "data/assets"
    write_toy_catalogue(catalogue)
    # The things of the samples by hand are named after models that there are none of: a block stands for each.
    for name in ("mug-1", "mug-2", "book"):
        shutil.copy(catalogue / "models/red-box.glb", catalogue / f"models/{name}.glb")
    _, pictures = next(read_set(project / "data/gsi_syn/toy-test"))
    pictures.source.save(project / "edited.png")
    return project


def test_score_one_prints_every_figure_and_the_sentence(rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--source", "edited.png", "--edited", "edited.png", "--sample", "toy-test-0", "--explain", "why.png"]
    assert run(["score-one", *arguments]) == 0
    said = capsys.readouterr().out
    for name in ("ic", "sa", "ac", "el", "avg", "gate", "locality", "confidence", "position_error", "tolerance"):
        assert f"│ {name} " in said
    assert said.splitlines()[-2].startswith("fails: It went by less than 0.5 cm; asked was 15.0 cm left")
    with Image.open(rendered / "why.png") as picture:
        assert picture.width > 2 * 512


def test_score_one_as_json_is_the_row_and_nothing_else(rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score-one", "--edited", "edited.png", "--sample", "toy-test-0", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert tuple(row) == COLUMNS
    assert (row["model"], row["sample"], row["status"], row["ic"]) == ("edited.png", "toy-test-0", "scored", 0.0)


def test_a_picture_that_cannot_be_scored_is_a_row_with_its_reason(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rendered / "edited.png").write_bytes(b"no picture")
    assert run(["score-one", "--edited", "edited.png", "--sample", "toy-test-0", "--explain", "why.png"]) == 0
    assert "unreadable: edited.png cannot be read" in capsys.readouterr().out
    assert np.asarray(Image.open(rendered / "why.png")).std() > 0
