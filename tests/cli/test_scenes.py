"""`gsi scenes` as somebody with a home of their own meets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from dagster_gsi.cli.entry import run
from tests.assets.test_example_homes import write_jar
from tests.homes.homes_by_hand import ROOM, TABLE, WALLS, document


@pytest.fixture
def project(toy_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(toy_project)
    (toy_project / "data/homes").mkdir(parents=True)
    (toy_project / "data/homes/Flat.xml").write_bytes(document(TABLE, WALLS, ROOM))
    return toy_project


def test_list_says_what_is_in_each_home_and_what_cannot_be_read(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data/homes/Torn.sh3d").write_bytes(b"PK")
    assert run(["scenes", "list"]) == 0
    said = capsys.readouterr().out
    assert "Flat (data/homes/Flat.xml)\n    1 room, 12.0 m2 in all: Kitchen 12.0\n" in said
    assert "1 piece of furniture, 0 lamps, 0 doors, 0 windows, 0 stored views" in said
    assert "licence: CC-BY-3.0" in said
    assert "findings: none" in said
    assert "Torn\n    cannot be read: " in said
    assert "2 homes." in said


def test_list_takes_other_folders_and_no_home_at_all_is_a_message(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (project / "data/homes/Flat.xml").rename(tmp_path / "mine/Own.xml")
    assert run(["scenes", "list", "--in", str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().out.startswith("Own (")
    assert run(["scenes", "list"]) == 1
    assert "git checkout -- data/homes" in capsys.readouterr().err


def test_plan_draws_a_home_by_name_or_by_path(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenes", "plan", "Flat", "out/flat.png"]) == 0
    assert run(["scenes", "plan", "data/homes/Flat.xml", "flat.jpg"]) == 0
    assert Image.open(project / "out/flat.png").size == Image.open(project / "flat.jpg").size
    assert capsys.readouterr().out == "out/flat.png\nflat.jpg\n"
    assert run(["scenes", "plan", "Flat", "flat.pdf"]) == 1
    assert "must end in .jpeg or .jpg or .png" in capsys.readouterr().err


def test_views_draws_what_was_chosen_and_says_where(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenes", "views", "Flat", "out/views.png", "--count", "2"]) == 0
    place, floor, views, out = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Kitchen, \d\.\d m2 free: views 1 to 2 of \d+ good ones", place)
    assert floor == "1 place to stand in: 1 in one room of the plan each, with 100.0 % of their points"
    assert views.startswith("2 views chosen of ")
    assert out == "out/views.png"
    first = (project / "out/views.png").read_bytes()
    assert run(["scenes", "views", "data/homes/Flat.xml", "again.png", "--count", "2", "--seed", "0"]) == 0
    assert (project / "again.png").read_bytes() == first
    assert run(["scenes", "views", "Flat", "other.png", "--count", "2", "--seed", "1"]) == 0
    assert (project / "other.png").read_bytes() != first
    assert run(["scenes", "views", "Flat", "flat.pdf"]) == 1
    assert "must end in .jpeg or .jpg or .png" in capsys.readouterr().err


def test_check_prints_findings_as_sentences_and_is_no_failure(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = TABLE.replace("x='200'", "x='2000'")
    (project / "data/homes/Odd.xml").write_bytes(document(lost, WALLS, ROOM))
    assert run(["scenes", "check", "Odd"]) == 0
    assert capsys.readouterr().out == (
        "outside: The Table at (20.0, -1.5) stands outside every room.\n"
        "Odd: 1 finding; the home can be used all the same\n"
    )


def test_a_wrong_name_names_the_right_ones(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenes", "check", "Flap"]) == 1
    assert "there is no home Flap: did you mean 'Flat'?" in capsys.readouterr().err


def test_fetch_says_what_became_of_each_home(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jar = write_jar(project / "program.jar")
    assert run(["scenes", "fetch", "--jar", str(jar)]) == 0
    said = capsys.readouterr().out
    assert "data/homes/Free.xml: new; licence: CC-BY-3.0" in said
    assert ".cache/homes/Bound.xml: new; licence: GNU General Public License (pictures of it may not" in said
    assert ".cache/homes/models: 3 files" in said
    assert run(["scenes", "check", "Bound"]) == 0
    assert run(["scenes", "fetch", "--jar", str(jar), "--deb", str(jar)]) == 1
    assert "give one of them" in capsys.readouterr().err
