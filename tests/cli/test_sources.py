"""`gsi scenes import` as somebody with a copy of a data set meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagster_gsi.cli.entry import run
from tests.mesatask_by_hand import LYING, TIN, layout, write_assets, write_layout
from tests.toy_assets import write_toy_catalogue


@pytest.fixture
def project(toy_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(toy_project)
    write_toy_catalogue(toy_project / "data/assets")
    write_assets(toy_project / "mesa")
    write_layout(
        toy_project / "mesa", "dining_table_0000", layout(TIN, LYING, {**TIN, "instance": "gone", "retrieved_uid": "x"})
    )
    write_layout(toy_project / "mesa", "dining_table_0001", "{")
    return toy_project


def test_import_makes_a_folder_and_says_what_was_left_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["scenes", "import", "mesatask", "mesa/Layout_info", "mesa/Assets_library", "--into", "out"]
    assert run([*command, "--limit", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split() for line in said[:4]] == [["layouts", "1"], ["scenes", "1"], ["things", "2"], ["models", "2"]]
    assert [line.split() for line in said[4:6]] == [["left", "out:"], ["no", "model", "of", "that", "uid", "1"]]
    assert "CC BY-NC-SA 4.0" in said[-1]
    (line,) = (project / "out/scenes.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["scene"]["camera"]["width"] == 256
    assert run(command) == 0
    assert "layout cannot be read" in capsys.readouterr().out


def test_a_wrong_place_is_one_sentence(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["scenes", "import", "mesatask", "mesa/Layout_info", "mesa/Assets_library", "--into"]
    assert run([*command, "data/assets"]) == 1
    assert "that is the folder of the built-in models" in capsys.readouterr().err
    assert run(["scenes", "import", "mesatask", "nowhere", "mesa", "--into", "out"]) == 1
    assert "nowhere is missing: name the folder that holds the layouts" in capsys.readouterr().err
    assert not (project / "out").exists()
