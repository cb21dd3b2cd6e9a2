"""Archives that try to leave their folder, to be more than they are, or to be something else."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_gsi import archives
from dagster_gsi.archives import opened, unpack, unpacked

SUFFIXES = (".json", ".png")


def zip_of(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members:
            packed.writestr(name, data)
    return buffer.getvalue()


def linked(name: str, to: str, kind: int = stat.S_IFLNK) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info, to.encode()


def renamed(data: bytes, old: str, new: str) -> bytes:
    """A name of the same length that `zipfile` itself would not write."""
    assert len(old) == len(new)
    return data.replace(old.encode(), new.encode())


def encrypted(data: bytes) -> bytes:
    """The flag in the central directory: bit 0 of the field at offset 8 of its record."""
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + struct.pack("<H", data[at] | 1) + data[at + 2 :]


HARMFUL: dict[str, tuple[bytes, str]] = {
    "parent": (zip_of(("../evil.json", b"{}")), "leaves its folder"),
    "parent inside": (zip_of(("a/../../evil.json", b"{}")), "leaves its folder"),
    "absolute": (zip_of(("/tmp/evil.json", b"{}")), "absolute name"),
    "drive": (zip_of(("C:/evil.json", b"{}")), "absolute name"),
    "backslash": (zip_of(("..\\evil.json", b"{}")), "backslash"),
    "nul": (renamed(zip_of(("evil.json#.txt", b"{}")), "evil.json#.txt", "evil.json\0.txt"), "control characters"),
    "symlink": (zip_of(linked("evil.json", "/etc/passwd")), "link or a device"),
    "symlink of a folder": (zip_of(linked("a", "/tmp"), ("a/evil.json", b"{}")), "link or a device"),
    "pipe": (zip_of(linked("evil.json", "", stat.S_IFIFO)), "link or a device"),
    "device": (zip_of(linked("evil.json", "", stat.S_IFBLK)), "link or a device"),
    "twice": (renamed(zip_of(("evil.json", b"1"), ("evil.jsom", b"2")), "evil.jsom", "evil.json"), "there twice"),
    "twice for some": (zip_of(("Evil.json", b"1"), ("evil.json", b"2")), "there twice"),
    "file and folder": (zip_of(("evil.json", b"1"), ("evil.json/a.json", b"2")), "a file and a folder"),
    "encrypted": (encrypted(zip_of(("evil.json", b"{}"))), "encrypted"),
    "long": (zip_of(("e" * 300 + ".json", b"{}")), "more than 255 bytes"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_archive_is_refused_as_a_whole_by_name(name: str, tmp_path: Path) -> None:
    data, message = HARMFUL[name]
    path, out = tmp_path / "bad.zip", tmp_path / "in/out"
    path.write_bytes(data)
    out.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=message) as caught:
        unpack(path, out, SUFFIXES)
    assert str(path) in str(caught.value)
    assert "evil" in str(caught.value) or "'a'" in str(caught.value) or "eee" in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/evil.json").exists()


def test_an_archive_that_would_fill_the_disk_is_refused_before_it_does(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(zip_of(("bomb.png", bytes(100 * 2**20)), ("one.json", b"{}")))
    with pytest.raises(ValueError, match=r"bomb\.zip would become 100 MiB of 0\.1 MiB.*'bomb\.png'"):
        unpack(path, tmp_path / "out", SUFFIXES)
    assert not (tmp_path / "out").exists()


def test_a_member_that_is_larger_than_it_promises_is_refused(tmp_path: Path) -> None:
    """A bomb that declares 16 bytes: no more than those are ever read, and they have not its checksum."""
    data = zip_of(("bomb.png", bytes(2**20)))
    at = data.index(b"PK\x01\x02") + 24
    (tmp_path / "liar.zip").write_bytes(data[:at] + struct.pack("<I", 16) + data[at + 4 :])
    with pytest.raises(ValueError, match=r"liar\.zip: its member 'bomb\.png'"):
        unpack(tmp_path / "liar.zip", tmp_path / "out", SUFFIXES)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 2)
    (tmp_path / "many.zip").write_bytes(zip_of(*((f"{k}.json", b"{}") for k in range(3))))
    with pytest.raises(ValueError, match=r"many\.zip has 3 members"):
        unpack(tmp_path / "many.zip", tmp_path / "out", SUFFIXES)


GOOD = zip_of(
    ("inner/deep/one.json", b'{"a": 1}'), ("inner/deep/one.png", bytes(range(256))), ("inner/readme.txt", b"no")
)


@pytest.mark.parametrize(
    "change", [lambda data: data[:-30], lambda data: data[:100], lambda _: b"", lambda _: b"PK" * 9]
)
def test_a_cut_off_archive_is_refused_by_name(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(change(GOOD))
    with pytest.raises(ValueError, match=r"cut\.zip is cut off or no zip archive"):
        unpack(tmp_path / "cut.zip", tmp_path / "out", SUFFIXES)


def test_a_harmless_archive_is_unpacked_without_what_nobody_asked_for_and_goes_away(tmp_path: Path) -> None:
    (tmp_path / "good.zip").write_bytes(GOOD)
    with unpacked(tmp_path / "good.zip", tmp_path / "work", SUFFIXES) as folder:
        found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert set(found) == {"inner/deep/one.json", "inner/deep/one.png"}
    assert found["inner/deep/one.json"] == b'{"a": 1}'
    assert list((tmp_path / "work").iterdir()) == []


def test_members_are_read_where_they_lie_and_only_of_harmless_archives(tmp_path: Path) -> None:
    (tmp_path / "good.zip").write_bytes(GOOD)
    with opened(tmp_path / "good.zip") as members:
        assert members.names() == ("inner/deep/one.json", "inner/deep/one.png", "inner/readme.txt")
        assert members.read("inner/deep/one.png") == bytes(range(256))
    assert [path.name for path in tmp_path.iterdir()] == ["good.zip"]
    (tmp_path / "bad.zip").write_bytes(HARMFUL["parent"][0])
    with pytest.raises(ValueError, match="leaves its folder"), opened(tmp_path / "bad.zip"):
        pass


def test_a_folder_is_taken_as_it_is_and_nothing_is_named(tmp_path: Path) -> None:
    with unpacked(tmp_path, tmp_path, SUFFIXES) as folder:
        assert folder == tmp_path
    with (
        pytest.raises(ValueError, match="neither an archive nor a folder"),
        unpacked(tmp_path / "no", tmp_path, SUFFIXES),
    ):
        pass


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_damage_is_ever_more_than_one_message(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]]
) -> None:
    root = tmp_path_factory.mktemp("damage")
    data = bytearray(GOOD)
    for at, value in damage:
        data[at] = value
    (root / "hurt.zip").write_bytes(data)
    message = "hurt.zip"
    try:
        unpack(root / "hurt.zip", root / "out", SUFFIXES)
    except ValueError as error:
        message = str(error)
    assert "hurt.zip" in message
    outside = [path for path in root.rglob("*") if path.is_file() and not path.is_relative_to(root / "out")]
    assert outside == [root / "hurt.zip"]
