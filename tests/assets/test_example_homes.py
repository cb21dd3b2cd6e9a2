"""Example homes out of a program and out of a package, both made here; nothing is downloaded."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from dagster_gsi.assets.debian import download_package, read_package
from dagster_gsi.assets.example_homes import JAR, fetch_homes
from tests.homes.homes_by_hand import ROOM, TABLE, document

BASE = "com/eteks/sweethome3d/io/resources"
GPL = "<property name='License' value='GNU General Public License'/>"
WITH_MODEL = TABLE.replace("name=", f"model='{BASE}/table/table.obj' name=")


def write_jar(path: Path, **changed: bytes) -> Path:
    members = {
        f"{BASE}/examples/Free.xml": document(WITH_MODEL, ROOM),
        f"{BASE}/examples/Bound.xml": document(ROOM, licence=GPL),
        f"{BASE}/table/table.obj": b"mtllib table.mtl\nv 0 0 0\n",
        f"{BASE}/table/table.mtl": b"newmtl a\r\nmap_Kd -s 2 2 2 oak.png\r\nmap_Kd ../../../../../../../etc/passwd\r\n",
        f"{BASE}/table/oak.png": b"picture",
        f"{BASE}/chair.obj": b"v 0 0 0\n",
        "com/eteks/sweethome3d/Main.class": b"\xca\xfe",
        **changed,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_free_homes_go_to_the_folder_bound_ones_and_models_to_the_cache_and_nothing_else_anywhere(
    tmp_path: Path,
) -> None:
    jar = write_jar(tmp_path / "program.jar")
    fetched, models = fetch_homes(tmp_path / "cache", tmp_path / "homes", deb=None, jar=jar)
    assert [(done.home.name, done.change) for done in fetched] == [("Free", "new"), ("Bound", "new")]
    assert files(tmp_path / "homes") == {"Free.xml", "CREDITS.md"}
    table = f"models/{BASE}/table"
    assert files(tmp_path / "cache") == {"Bound.xml", f"{table}/table.obj", f"{table}/table.mtl", f"{table}/oak.png"}
    assert models == 3
    assert (tmp_path / "homes/Free.xml").read_bytes() == document(WITH_MODEL, ROOM)
    named = (tmp_path / "homes/CREDITS.md").read_text(encoding="utf-8")
    assert "| Free |" in named
    assert "Bound" not in named


def test_fetching_again_changes_nothing_and_mends_what_was_changed(tmp_path: Path) -> None:
    jar = write_jar(tmp_path / "program.jar")
    fetch_homes(tmp_path / "cache", tmp_path / "homes", deb=None, jar=jar)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / "homes/Free.xml").write_bytes(b"<home/>")
    fetched, _ = fetch_homes(tmp_path / "cache", tmp_path / "homes", deb=None, jar=jar)
    assert [done.change for done in fetched] == ["replaced", "the same"]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_home_that_is_damaged_and_a_program_without_homes_are_named(tmp_path: Path) -> None:
    broken = write_jar(tmp_path / "broken.jar", **{f"{BASE}/examples/Free.xml": b"<home"})
    with pytest.raises(ValueError, match=r"broken\.jar, Free\.xml is damaged or no XML"):
        fetch_homes(tmp_path / "cache", tmp_path / "homes", deb=None, jar=broken)
    with zipfile.ZipFile(tmp_path / "other.jar", "w") as archive:
        archive.writestr("Main.class", b"")
    with pytest.raises(ValueError, match=r"other\.jar holds no .*examples/\*\.xml"):
        fetch_homes(tmp_path / "cache", tmp_path / "homes", deb=None, jar=tmp_path / "other.jar")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A Debian package with the program in its place."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed")
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    control = "Package: sweethome3d\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: a\n"
    (root / "DEBIAN/control").write_text(control, encoding="utf-8")
    (root / JAR).parent.mkdir(parents=True)
    write_jar(root / JAR)
    (root / "etc").mkdir()
    (root / "etc/other.conf").write_text("no", encoding="utf-8")
    path = tmp_path / "sweethome3d_1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(root), str(path)], check=True, capture_output=True)
    return path


def test_a_package_is_looked_into_without_being_unpacked(package: Path, tmp_path: Path) -> None:
    fetched, models = fetch_homes(tmp_path / "cache", tmp_path / "homes", deb=package, jar=None)
    assert (len(fetched), models) == (2, 3)
    assert "sweethome3d.jar" in files(tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("other.conf"))


def test_what_is_no_package_or_holds_something_else_is_named(package: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"_all\.deb holds no usr/bin/none: it is another package"):
        read_package(package, "usr/bin/none", most_bytes=10)
    with pytest.raises(ValueError, match=r"_all\.deb: its etc/other\.conf has .* MiB, which is too much"):
        read_package(package, "etc/other.conf", most_bytes=1)
    (tmp_path / "cut.deb").write_bytes(package.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"cut\.deb is cut off or no Debian package"):
        read_package(tmp_path / "cut.deb", JAR, most_bytes=10)


def test_a_package_that_is_there_is_not_downloaded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thing_1_all.deb").touch()
    assert download_package("thing", tmp_path, "no") == tmp_path / "thing_1_all.deb"
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match=r"get it elsewhere \(`apt-get` is not installed\)"):
        download_package("other", tmp_path / "new", "get it elsewhere")
