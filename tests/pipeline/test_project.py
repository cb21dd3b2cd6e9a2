from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagster_gsi.pipeline import project
from dagster_gsi.stages.base import Report


def test_the_root_is_found_from_below(toy_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = toy_project / "data" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert project.find_root() == toy_project


def test_a_folder_outside_a_project_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"no params\.yaml and dvc\.yaml"):
        project.find_root()


def test_instances_are_the_keys_of_the_section_that_dvc_names(toy_project: Path) -> None:
    assert project.instances(toy_project, "synthesize") == ("table-test",)
    assert project.instances(toy_project, "edit") == ("warp",)
    assert project.instances(toy_project, "gate_syn") is None
    assert project.addresses(toy_project)[:3] == ("synthesize@table-test", "gate_syn", "edit@warp")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("synthesise: {}\n", "params.yaml, synthesise: unknown section; did you mean 'synthesize'?"),
        ("edit: {sets: [a]}\n", "params.yaml has no edit.editors"),
        ("edit: {editors: [warp]}\n", "params.yaml, edit.editors must be names with settings"),
        ("edit: [\n", "params.yaml cannot be read"),
        ("- edit\n", "params.yaml holds no sections"),
    ],
)
def test_bad_parameters_are_named(toy_project: Path, text: str, message: str) -> None:
    (toy_project / "params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError) as error:
        project.instances(toy_project, "edit")
    assert message in str(error.value)


def test_a_section_that_a_stage_reads_besides_its_own_is_known(toy_project: Path) -> None:
    declared = (toy_project / "dvc.yaml").read_text(encoding="utf-8")
    (toy_project / "dvc.yaml").write_text(declared.replace("[evaluate]", "[evaluate, judges.chat]"), encoding="utf-8")
    params = (toy_project / "params.yaml").read_text(encoding="utf-8")
    (toy_project / "params.yaml").write_text(params + "judges: {chat: {}}\n", encoding="utf-8")
    assert project.read_params(toy_project)["judges"] == {"chat": {}}


def test_records_come_back_and_only_what_follows_from_the_inputs_is_a_report(tmp_path: Path) -> None:
    report = Report(metrics={"pairs": 3.0}, log={"kept": 1.0}, preview="logs/x.png")
    project.write_records(tmp_path, "edit@warp", report, seconds=1.234)
    assert json.loads((tmp_path / "reports/edit-warp.json").read_text(encoding="utf-8")) == {"pairs": 3.0}
    read = project.read_records(tmp_path, "edit@warp")
    assert read == report.model_copy(update={"log": {"kept": 1.0, "seconds": 1.23}})
    project.log_path(tmp_path, "edit@warp").unlink()
    assert project.read_records(tmp_path, "edit@warp") == Report(metrics={"pairs": 3.0})


def test_a_missing_report_names_the_file_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"edit-warp\.json cannot be read.*dvc repro --force edit@warp"):
        project.read_records(tmp_path, "edit@warp")


def test_a_headline_is_counts_and_overall_averages() -> None:
    synthesis = {"rejected/collision": 9.0, "scenes": 8.0, "pairs": 24.0, "megabytes": 1.5}
    assert project.headline(synthesis) == "pairs 24, scenes 8"
    scores = {
        "t/strict/all/AVG": 65.568,
        "t/strict/all/AVG_low": 60.0,
        "t/strict/move/AVG": 90.0,
        "t/strict/all/IC": 70.0,
    }
    assert project.headline(scores) == "t/strict 65.6"
    assert project.headline({"t/warp/avg": 65.57, "t/warp/ic": 70.0}) == "t/warp 65.6"
