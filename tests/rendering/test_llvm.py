from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from dagster_gsi.rendering.llvm import VARIABLE, best_variant, find_llvm

# Any library that the process can load will do: the search does not look inside.
_LOADABLE = next(Path("/").glob("lib*/*/libm.so.6"), None) or next(Path("/usr/lib").glob("*/libm.so.6"), None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    if _LOADABLE is None:
        pytest.skip("no libm.so.6 on this system to stand for LLVM")
    path = tmp_path / "elsewhere" / "libLLVM.so.19.1"
    path.parent.mkdir()
    path.symlink_to(_LOADABLE)
    return path


def test_a_file_that_does_not_load_is_passed_over(folder: Path, library: Path) -> None:
    (folder / "libLLVM.so.19.0").write_bytes(b"not a library")
    assert find_llvm(((folder, "libLLVM.so.19*"), (library.parent, "libLLVM.so.19*"))) == library


def test_the_environment_goes_before_the_usual_places(
    folder: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = folder / "libLLVM.so.19.1"
    other.symlink_to(library)
    monkeypatch.setenv(VARIABLE, str(library))
    assert find_llvm(((folder, "libLLVM.so.19*"),)) == library


def test_an_environment_that_names_no_file_does_not_hide_the_usual_places(
    folder: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(folder / "gone.so"))
    assert find_llvm(((library.parent, "libLLVM.so.19*"),)) == library


def test_old_versions_are_never_chosen(folder: Path, library: Path) -> None:
    for name in ("libLLVM-14.so.1", "libLLVM-15.so.1", "libLLVM-16.so.1"):
        (folder / name).symlink_to(library)
    assert find_llvm(((folder, "libLLVM.so.19*"), (folder, "libLLVM-19.so*"))) is None


def test_llvm_by_name_is_an_error_where_there_is_none_and_the_remedy_is_told(folder: Path) -> None:
    with pytest.raises(ValueError, match="apt-get install libllvm19"):
        best_variant("llvm_ad_rgb", places=((folder, "*.so"),))


def test_auto_names_the_library_to_dr_jit(folder: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(folder / "gone.so"))
    assert best_variant("auto", places=((library.parent, "libLLVM.so.19*"),)) == "llvm_ad_rgb"
    assert Path(os.environ[VARIABLE]) == library


def test_scalar_is_given_without_a_warning_when_asked_for(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert best_variant("scalar_rgb", places=((folder, "*.so"),)) == "scalar_rgb"


def test_an_unknown_variant_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="auto, llvm_ad_rgb, cuda_ad_rgb, scalar_rgb"):
        best_variant("opengl")
