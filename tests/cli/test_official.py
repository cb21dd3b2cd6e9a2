"""`gsi evaluate official` as somebody at a terminal meets it, beside the stage of the same name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dagster_gsi.cli.entry import run
from tests.official_by_hand import AWAY, FRAMES, MUG, OfficialSet, edit, noise, seen

MOVE = edit("Move the mug 40 centimeters to the right.", new_bbox_3d=AWAY)


@pytest.fixture
def files(tmp_path: Path) -> OfficialSet:
    files = OfficialSet(tmp_path)
    files.add("a", MOVE, found=[seen(AWAY, FRAMES["AWAY"])])
    files.add("b", edit("Remove the mug."), found=[seen(MUG, FRAMES["MUG"])], score="ten")
    return files


def gsi(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dagster_gsi", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False)


def test_it_runs_anywhere_and_writes_the_seven_files_and_the_problems(files: OfficialSet, tmp_path: Path) -> None:
    (files.edited / "c_edit_0.png").write_bytes(b"")
    files.write_edit("d", MOVE)
    done = gsi(*files.arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    modes = ("instruction-compliance", "spatial-accuracy", "edit-locality")
    expected = {f"{mode}_eval_{what}.json" for mode in modes for what in ("results", "stats")}
    assert {path.name for path in files.out.iterdir()} == {*expected, "EVAL_output_summary.json", "problems.json"}
    leaf = files.read("EVAL_output_summary.json")["toy"]["mine"]
    assert (leaf["instruction_compliance"], leaf["ac"]) == (50.0, 50.0)
    assert "limit" not in leaf
    assert set(files.reasons("left out")) == {"c_0", "d_0"}
    assert set(files.reasons("scored")) == {"b_0"}
    assert "2 samples are in these figures, 2 are not" in done.stdout
    assert "d_0: there is no edited picture d_edit_0.png or .jpg" in done.stdout
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr


def test_a_limit_is_stamped_on_the_summary_and_on_the_table(
    files: OfficialSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*files.arguments, "--limit", "1"]) == 0
    assert files.read("EVAL_output_summary.json")["toy"]["mine"]["limit"] == 1
    assert files.read("instruction-compliance_eval_stats.json")["overall_total_count"] == 1
    assert "ONLY THE FIRST 1 SAMPLES" in capsys.readouterr().out


def test_where_nothing_can_be_scored_there_are_reasons_and_no_figures(
    files: OfficialSet, capsys: pytest.CaptureFixture[str]
) -> None:
    files.detections.write_text("{}", encoding="utf-8")
    assert run(files.arguments) == 1
    said = capsys.readouterr()
    assert "none of 2 samples could be scored" in said.err
    assert "infer_cache.json has no entry 'a_0'" in said.err
    assert [path.name for path in files.out.iterdir()] == ["problems.json"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--dataset", "nowhere", "nowhere is not a folder: the data set should be there"),
        ("--edited", "nowhere", "nowhere is not a folder: the edited pictures should be there"),
        ("--detections", "nowhere.json", "nowhere.json cannot be read as a detector's cache"),
        ("--judgements", "nowhere.json", "nowhere.json cannot be read as a judge's predictions"),
        ("--kind", "fine", "'fine' is not one of 'real', 'syn'"),
        ("--limit", "0", "0 is not in the range x>=1"),
    ],
)
def test_a_wrong_option_is_one_message(
    files: OfficialSet, capsys: pytest.CaptureFixture[str], option: str, value: str, message: str
) -> None:
    assert run([*files.arguments, option, value]) != 0
    said = capsys.readouterr()
    assert message in " ".join(said.err.split())
    assert "Traceback" not in said.err


@pytest.mark.parametrize("name", ["detections", "judgements"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1", b"3", b'"text"', b"\xff\xfe", b"[" * 50_000])
def test_a_damaged_file_is_one_message_that_names_it(
    files: OfficialSet, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    path: Path = getattr(files, name)
    path.write_bytes(content)
    assert run(files.arguments) == 1
    said = capsys.readouterr().err
    assert said.count("\n") <= 3
    assert path.name in said


def test_folders_without_a_sample_are_said_to_be_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = OfficialSet(tmp_path)
    files.save()
    noise(0).save(files.edited / "mug.png")
    assert run(files.arguments) == 1
    assert "there is nothing to score" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "wrap"], "gsi evaluate: there is no 'wrap'; did you mean 'warp'?"),
        (["evaluate"], "gsi evaluate: which one? allowed: warp"),
    ],
)
def test_any_other_word_is_an_editors_key(
    toy_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(toy_project)
    assert run(arguments) == 1
    assert message in capsys.readouterr().err


def test_an_editor_cannot_take_the_commands_name(
    toy_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(toy_project)
    params = "edit: {sets: [a], editors: {official: {kind: identity}}}\n"
    (toy_project / "params.yaml").write_text(params, encoding="utf-8")
    assert run(["edit", "official"]) == 1
    assert "params.yaml, edit.editors.official: `gsi evaluate official` is a command" in capsys.readouterr().err


def test_help_teaches_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "gsi evaluate warp" in text
    assert "gsi evaluate official --dataset" in text
    assert run(["evaluate", "official", "--help"]) == 0
    text = capsys.readouterr().out
    for option in ("dataset", "edited", "detections", "judgements", "kind", "name", "model", "out", "limit"):
        assert f"--{option} " in text
    assert "problems.json" in text


def test_a_misspelt_official_is_answered_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "offical", "--dataset", "set"]) == 2
    assert "No such command 'offical'. Did you mean 'official'?" in capsys.readouterr().err
