from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dagster_gsi.cli.profile import show_profile, use_profile

PARAMS = """\
# The only configuration.
make:
  seed: 1 # any number
  sets:
    train: {split: train, pairs: 96}
    test: {split: test, pairs: 48}
"""
LARGE = """\
# As published.
make:
  sets:
    train: {pairs: 6000}
    test: {pairs: 48}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (tmp_path / "profiles/large.yaml").write_text(LARGE, encoding="utf-8")
    return tmp_path


def test_a_profile_changes_its_keys_and_nothing_else(root: Path) -> None:
    assert use_profile(root, "large") == ["make.sets.train.pairs"]
    assert (root / "params.yaml").read_text(encoding="utf-8") == PARAMS.replace("pairs: 96", "pairs: 6000")
    assert use_profile(root, "large") == []


def test_each_change_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use_profile(root, "large")
    said = capsys.readouterr().out
    assert "params.yaml, make.sets.train.pairs: 96 becomes 6000" in said
    assert "git checkout params.yaml" in said


def test_a_profile_for_a_section_that_is_gone_is_refused_and_changes_nothing(root: Path) -> None:
    (root / "profiles/old.yaml").write_text("bake:\n  seed: 2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"profiles/old\.yaml, bake\.seed: params\.yaml has no 'bake'"):
        use_profile(root, "old")
    assert yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8")) == yaml.safe_load(PARAMS)


def test_showing_a_profile_lists_what_it_sets(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_profile(root, None)
    assert capsys.readouterr().out.splitlines() == [
        "large: As published.",
        "  make.sets.train.pairs: 6000",
        "  make.sets.test.pairs: 48",
    ]
