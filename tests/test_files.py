from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from dagster_gsi.files import code_digest, replacing, write_text


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with replacing(out) as folder:
        folder.mkdir()
        (folder / "first").touch()
    with pytest.raises(KeyboardInterrupt):
        write_and_stop(out)
    assert [path.name for path in out.iterdir()] == ["first"]
    with replacing(out) as folder:
        folder.mkdir()
        (folder / "third").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "third"]


def write_and_stop(out: Path) -> None:
    with replacing(out) as folder:
        folder.mkdir()
        (folder / "second").touch()
        raise KeyboardInterrupt


def test_a_file_is_replaced_whole_or_not_at_all_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "note.txt"
    write_text(path, "first")
    with pytest.raises(KeyboardInterrupt):
        write_half_and_stop(path)
    assert path.read_text(encoding="utf-8") == "first"
    assert [entry.name for entry in path.parent.iterdir()] == ["note.txt"]


def write_half_and_stop(path: Path) -> None:
    with replacing(path) as partial:
        partial.write_text("half", encoding="utf-8")
        raise KeyboardInterrupt


def test_what_a_killed_process_left_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "note.txt.partial").write_text("a half that was left behind", encoding="utf-8")
    write_text(tmp_path / "note.txt", "whole")
    assert [entry.name for entry in tmp_path.iterdir()] == ["note.txt"]


def test_the_digest_of_code_follows_its_source(tmp_path: Path) -> None:
    package = ModuleType("package")
    package.__file__ = str(tmp_path / "__init__.py")
    (tmp_path / "__init__.py").touch()
    (tmp_path / "one.py").write_text("x = 1", encoding="utf-8")
    before = code_digest([package])
    assert code_digest([package]) == before
    (tmp_path / "one.py").write_text("x = 2", encoding="utf-8")
    assert code_digest([package]) != before
