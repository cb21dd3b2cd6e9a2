"""Sets to and from the published layout, as somebody at a terminal does it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagster_gsi.cli.entry import run
from dagster_gsi.samples.shards import read_samples
from tests.interchange.sets_by_hand import published_files, write_archive, write_seven


@pytest.fixture
def project(toy_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(toy_project)
    write_seven(toy_project / "data/gsi_syn/seven", "seven")
    return toy_project


def test_a_set_goes_out_and_comes_back_under_another_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "official", "seven", "--out", "out", "--truth", "truth", "--detections", "cache.json"]) == 0
    said = capsys.readouterr().out
    assert "out: 7 edits of 1 pictures" in said
    assert "truth: 7 true pictures" in said
    assert len(list((project / "truth").iterdir())) == 7
    assert len(json.loads((project / "cache.json").read_text("utf-8"))) == 7
    assert run(["import", "official", "out", "--name", "again"]) == 0
    assert "7 samples, of which 0 are made from boxes alone" in capsys.readouterr().out
    documents = [
        {**sample.to_document(), "set": ""}
        for name in ("gsi_syn/seven", "official/again")
        for sample in read_samples(project / "data" / name / "shard-00000.tar")
    ]
    assert documents[:7] == documents[7:]


def test_refused_edits_are_told_with_their_number_and_first_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = published_files()
    for query in (0, 1):
        files[f"036bce3393_frame_008270_edit_{query}.json"] = b'{"prompt": "Juggle.", "target": "mug"}'
    write_archive(project / "fine_dataset.zip", "ScanNet++/fine_dataset_zmz", files)
    assert run(["import", "official", "fine_dataset.zip", "--name", "fine"]) == 0
    said = capsys.readouterr().out
    assert "5 samples, of which 5 are made from boxes alone" in said
    assert "2 edits are refused" in said
    assert "2 x the prompt 'Juggle.' begins with none of the verbs" in said
    assert "(036bce3393_frame_008270_edit_0.json)" in said
    assert sorted(path.name for path in (project / "data/official/fine").iterdir()) == [
        "manifest.parquet",
        "refused.json",
        "shard-00000.tar",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "official", "sevn", "--out", "out"], "there is no set 'sevn'; did you mean 'seven'?"),
        (["export", "official", "seven", "--out", "data"], "data is there already and not empty"),
        (["import", "official", "nowhere.zip", "--name", "fine"], "nowhere.zip is neither an archive nor a folder"),
        (["import", "official", "params.yaml", "--name", "fine"], "params.yaml is cut off or no zip archive"),
        (["import", "official", "data", "--name", "../fine"], "--name '../fine': small letters"),
        (["import", "official", "data", "--name", "seven"], "there is a set of that name in data/gsi_syn already"),
    ],
)
def test_what_cannot_be_done_is_one_message(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(arguments) == 1
    said = capsys.readouterr()
    assert message in said.err
    assert "Traceback" not in said.err
    assert not (project / "data/official").exists() or list((project / "data/official").iterdir()) == []
