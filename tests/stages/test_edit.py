"""Pictures of an editor: complete ones are kept, the others made, and what failed is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from dagster_gsi.editors.folder import FolderSettings
from dagster_gsi.editors.identity import IdentitySettings
from dagster_gsi.editors.oracle import OracleSettings
from dagster_gsi.editors.shuffled import ShuffledSettings
from dagster_gsi.stages.edit import EditParams, run
from dagster_gsi.stages.edited import folder_of, read_failures
from tests.samples_by_hand import make_pair, write_set

PARAMS = EditParams(
    sets=("toy-test",),
    editors={
        "oracle": OracleSettings(kind="oracle"),
        "identity": IdentitySettings(kind="identity"),
        "shuffled": ShuffledSettings(kind="shuffled"),
        "mine": FolderSettings(kind="folder", path=Path("mine")),
    },
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_set(tmp_path, "toy-test", 4)
    return tmp_path


def pictures(root: Path, editor: str) -> dict[str, bytes]:
    folder = root / "data/edits" / editor
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_oracle_gives_the_truth_and_the_identity_the_source(root: Path) -> None:
    report = run(PARAMS, root, "oracle")
    run(PARAMS, root, "identity")
    assert report.metrics == {"pictures": 4, "failures": 0}
    for number in range(4):
        _, truth = make_pair(number)
        for editor, expected in (("oracle", truth.target), ("identity", truth.source)):
            with Image.open(root / f"data/edits/{editor}/toy-test/toy-test-{number}.png") as edited:
                assert edited.tobytes() == expected.tobytes()


def test_the_shuffled_run_answers_each_request_with_the_truth_of_the_next_and_continues_the_same(root: Path) -> None:
    run(PARAMS, root, "shuffled")
    whole = pictures(root, "shuffled")
    for number in range(4):
        _, following = make_pair((number + 1) % 4)
        with Image.open(root / f"data/edits/shuffled/toy-test/toy-test-{number}.png") as edited:
            assert edited.tobytes() == following.target.tobytes()
    (root / "data/edits/shuffled/toy-test/toy-test-0.png").unlink()
    (root / "data/edits/shuffled/toy-test/toy-test-3.png").unlink()
    assert run(PARAMS, root, "shuffled").log == {"kept_from_before": 2}
    assert pictures(root, "shuffled") == whole


def test_an_interrupted_run_continues_and_the_bytes_are_the_same(root: Path) -> None:
    run(PARAMS, root, "oracle")
    whole = pictures(root, "oracle")
    (root / "data/edits/oracle/toy-test/toy-test-1.png").unlink()
    (root / "data/edits/oracle/toy-test/toy-test-2.png").write_bytes(b"half a pic")
    (root / "data/edits/oracle/toy-test/toy-test-3.png.partial").write_bytes(b"half")
    report = run(PARAMS, root, "oracle")
    assert report.log == {"kept_from_before": 2}
    assert pictures(root, "oracle") == whole


def test_a_ledger_that_was_cut_off_costs_only_its_last_picture(root: Path) -> None:
    run(PARAMS, root, "oracle")
    ledger = root / ".cache/edits/oracle.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-10])
    assert run(PARAMS, root, "oracle").log == {"kept_from_before": 3}
    assert run(PARAMS, root, "oracle").log == {"kept_from_before": 4}


def test_other_settings_or_other_samples_keep_nothing(root: Path) -> None:
    run(PARAMS, root, "oracle")
    renamed = PARAMS.model_copy(update={"editors": {"oracle": IdentitySettings(kind="identity")}})
    assert run(renamed, root, "oracle").log == {"kept_from_before": 0}
    shutil.rmtree(root / "data/gsi_syn/toy-test")
    write_set(root, "toy-test", 8)
    assert run(renamed, root, "oracle").metrics == {"pictures": 8, "failures": 0}


def test_pictures_of_sets_that_are_no_longer_asked_for_go(root: Path) -> None:
    write_set(root, "other-test", 4)
    run(PARAMS.model_copy(update={"sets": ("toy-test", "other-test")}), root, "oracle")
    both = pictures(root, "oracle")
    run(PARAMS, root, "oracle")
    assert pictures(root, "oracle") == {name: data for name, data in both.items() if not name.startswith("other-test")}


def test_what_an_editor_cannot_answer_is_recorded_and_is_no_picture(root: Path) -> None:
    (root / "mine").mkdir()
    for number in (0, 1, 2):
        make_pair(number)[1].source.save(root / f"mine/toy-test-{number}.png")
    report = run(PARAMS, root, "mine")
    assert report.metrics == {"pictures": 3, "failures": 1}
    assert read_failures(folder_of(root, "mine")) == {"toy-test-3": "there is no toy-test-3.png"}
    assert not (root / "data/edits/mine/toy-test/toy-test-3.png").exists()
    make_pair(3)[1].source.save(root / "mine/toy-test-3.png")
    assert run(PARAMS, root, "mine").metrics == {"pictures": 4, "failures": 0}


def test_an_editor_that_answers_nothing_is_an_error_with_its_reason(root: Path) -> None:
    (root / "mine").mkdir()
    with pytest.raises(
        SystemExit, match="'mine' answered none of 4 requests; the first reason: there is no toy-test-0"
    ):
        run(PARAMS, root, "mine")


def test_an_unknown_editor_is_named_with_the_closest(root: Path) -> None:
    with pytest.raises(ValueError, match=r"edit\.editors has no 'oracel'; did you mean 'oracle'"):
        run(PARAMS, root, "oracel")


def test_sets_that_share_samples_are_refused_by_name(root: Path) -> None:
    shutil.copytree(root / "data/gsi_syn/toy-test", root / "data/official/again")
    with pytest.raises(ValueError, match=r"edit\.sets: toy-test, again hold the sample 'toy-test-0' more than once"):
        run(PARAMS.model_copy(update={"sets": ("toy-test", "again")}), root, "identity")


def test_the_preview_shows_source_edit_and_truth_of_the_first_samples(root: Path) -> None:
    report = run(PARAMS, root, "oracle")
    assert report.preview == "logs/edit-oracle.png"
    with Image.open(root / report.preview) as strip:
        assert strip.size == (4 * 160, 3 * 160)
        edit, truth = (strip.crop((0, top, 640, top + 160)).tobytes() for top in (160, 320))
    assert edit == truth
