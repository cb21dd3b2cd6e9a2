"""Sets to and from other files than ours, as somebody at a terminal does it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from dagster_gsi.cli.entry import run
from dagster_gsi.samples.shards import read_samples
from tests.exports.sets_for_export import bytes_of, only_views_are_true, write_catalogue, write_pairs
from tests.interchange.sets_by_hand import published_files, write_archive, write_seven


@pytest.fixture
def project(toy_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(toy_project)
    write_seven(toy_project / "data/gsi_syn/seven", "seven")
    write_catalogue(toy_project / "data/assets")
    return toy_project


def test_a_set_goes_out_and_comes_back_under_another_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "official", "seven", "--out", "out", "--truth", "truth", "--detections", "cache.json"]) == 0
    said = capsys.readouterr().out
    assert "out: 7 edits of 1 pictures" in said
    assert "truth: 7 true pictures" in said
    assert len(list((project / "truth").iterdir())) == 7
    assert "# seven\n" in (project / "out/README.md").read_text("utf-8")
    assert len(json.loads((project / "cache.json").read_text("utf-8"))) == 7
    assert run(["import", "official", "out", "--name", "again"]) == 0
    assert "7 samples, of which 0 are made from boxes alone" in capsys.readouterr().out
    documents = [
        {**sample.to_document(), "set": ""}
        for name in ("gsi_syn/seven", "official/again")
        for sample in read_samples(project / "data" / name / "shard-00000.tar")
    ]
    assert documents[:7] == documents[7:]


def test_bagel_is_told_where_the_trainer_will_find_the_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "bagel", "seven", "out/here"]) == 0
    assert "out/here: 7 pairs in 1 files and 1 row groups" in capsys.readouterr().out
    assert run(["export", "bagel", "seven", "out/there", "--data-dir", "/data/gsi", "--language", "both"]) == 0
    keys = [
        list(json.loads((project / "out" / out / "parquet_info.json").read_text("utf-8"))) for out in ("here", "there")
    ]
    assert keys == [[str(project / "out/here/test/00000.parquet")], ["/data/gsi/test/00000.parquet"]]


def test_the_official_layout_is_equal_bytes_card_included_and_whole_or_not_there(project: Path) -> None:
    for out in ("out", "again"):
        assert run(["export", "official", "seven", "--out", out]) == 0
    assert bytes_of(project / "out") == bytes_of(project / "again")
    write_pairs(project / "data/official/fine", only_views_are_true()[:6])
    assert run(["export", "official", "fine", "--out", "fine", "--truth", "truth"]) == 1
    assert [*project.glob("fine*"), *project.glob("truth*")] == []


@pytest.mark.parametrize("form", ["parquet", "imagefolder"])
def test_samples_without_a_true_picture_are_told(project: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    write_pairs(project / "data/official/fine", only_views_are_true())
    assert run(["export", "huggingface", "fine", "out", "--format", form]) == 0
    said = capsys.readouterr().out
    assert "out: 1 pairs, 1 in test" in said
    assert "6 samples are left out, because the set has no true picture for them" in said


@pytest.mark.parametrize(
    "command", [["bagel", "other", "out"], ["huggingface", "other", "out"], ["official", "other", "--out", "out"]]
)
def test_a_set_of_another_layout_is_named_with_what_its_samples_have(
    project: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    shard = project / "data/gsi_syn/other/shard-00000.tar"
    shard.parent.mkdir()
    with tarfile.open(shard, "w") as tar:
        for name in ("0.jpg", "0.txt"):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    write_seven(project / "elsewhere")
    (project / "elsewhere/manifest.parquet").rename(shard.parent / "manifest.parquet")
    assert run(["export", *command]) == 1
    said = capsys.readouterr().err
    layout = "is not of this version's layout (no field 'json'; its samples have jpg, txt)"
    assert f"other/shard-00000.tar {layout}: make the set again" in said
    assert not any(project.glob("out*"))


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
        (["export", "bagel", "sevn", "out"], "there is no set 'sevn'; did you mean 'seven'?"),
        (["export", "bagel", "seven", "data"], "data is there already and not empty"),
        (["export", "huggingface", "seven", "params.yaml"], "params.yaml is there already and not empty"),
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
