"""Zip archives from elsewhere, read and unpacked only where every member is harmless.

`zipfile` drops `..` and drive letters from names without a word, lets a later member overwrite an earlier one and writes
whatever a member's header promises. Here the whole archive is looked at first, and one member that should not be there
is a ValueError that names both.
"""

from __future__ import annotations

import errno
import re
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

# The published archives hold some 600 pictures of 1 to 3 MB each.
MOST_BYTES = 20 * 2**30
MOST_MEMBERS = 200_000
# Pictures are compressed already and JSON shrinks to a tenth; deflate cannot do better than 1032 to 1.
MOST_EXPANSION = 100
# Below this no expansion is a danger.
_HARMLESS_BYTES = 64 * 2**20
_LONGEST_NAME = 255
_CHUNK = 2**20
# What the library raises of bytes that are not what they should be.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, struct.error)
_DRIVE = re.compile(r"^[A-Za-z]:")


@contextmanager
def opened(path: Path) -> Iterator[Members]:
    """The members of an archive of which every one is harmless, to be read one by one; nothing is written."""
    with _opened(path) as archive:
        _check(path, archive.infolist())
        yield Members(path, archive)


@dataclass(frozen=True, slots=True)
class Members:
    """An archive that was looked at and found harmless."""

    path: Path
    archive: zipfile.ZipFile

    def names(self) -> tuple[str, ...]:
        """The files in it, in the archive's order."""
        return tuple(member.filename for member in self.archive.infolist() if not member.is_dir())

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises ValueError where they are damaged, KeyError where there is none."""
        member = self.archive.getinfo(name)
        try:
            # Reads no more than the declared size and compares the checksum at its end.
            data = self.archive.read(member)
        except (*_DAMAGE, OSError) as error:
            raise ValueError(f"{self.path}: its member {name!r} cannot be read ({error}): fetch it again") from error
        if len(data) != member.file_size:
            raise ValueError(f"{self.path}: its member {name!r} has {len(data)} bytes and promises {member.file_size}")
        return data


@contextmanager
def unpacked(path: Path, beside: Path, suffixes: Collection[str]) -> Iterator[Path]:
    """The folder at `path`, or the unpacked archive in a temporary folder in `beside`, gone after the block.

    Of an archive only members with one of the `suffixes` (in small letters) are written.
    """
    if path.is_dir():
        yield path
    elif path.is_file():
        beside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=beside) as folder:
            unpack(path, beside / folder, suffixes)
            yield beside / folder
    else:
        raise ValueError(f"{path} is neither an archive nor a folder")


def unpack(path: Path, out: Path, suffixes: Collection[str]) -> int:
    """Write the members with one of the `suffixes` into the folder `out`; returns their number."""
    with _opened(path) as archive:
        _check(path, archive.infolist())
        wanted = [m for m in archive.infolist() if not m.is_dir() and m.filename.lower().endswith(tuple(suffixes))]
        for member in wanted:
            _write(path, archive, member, out)
    return len(wanted)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (*_DAMAGE, OSError) as error:
        raise ValueError(f"{path} is cut off or no zip archive ({error}): fetch it again") from error


def _check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise ValueError(
            f"{path} has {len(members)} members, more than {MOST_MEMBERS}: unpack it yourself if you trust it"
        )
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for member in members:
        if reason := _harm(member):
            raise ValueError(f"{path}: its member {member.orig_filename!r} {reason}: nothing was unpacked")
        # Some file systems take these for one name.
        key = unicodedata.normalize("NFC", member.filename).casefold().rstrip("/")
        if not member.is_dir():
            if key in files:
                raise ValueError(f"{path}: its member {member.filename!r} is there twice: nothing was unpacked")
            files[key] = member.filename
        parts = key.split("/")
        for end in range(1, len(parts) + member.is_dir()):
            folders["/".join(parts[:end])] = member.filename
    if both := files.keys() & folders.keys():
        raise ValueError(f"{path}: its member {files[min(both)]!r} is a file and a folder: nothing was unpacked")
    total, packed = sum(member.file_size for member in members), path.stat().st_size
    if total > MOST_BYTES or (total > _HARMLESS_BYTES and total > MOST_EXPANSION * packed):
        largest = max(members, key=lambda member: member.file_size)
        raise ValueError(
            f"{path} would become {total / 2**20:.0f} MiB of {packed / 2**20:.1f} MiB, {largest.file_size / 2**20:.0f} MiB "
            f"of them its member {largest.filename!r}: unpack it yourself if you trust it"
        )


def _harm(member: zipfile.ZipInfo) -> str | None:
    """What is wrong with one member, or None."""
    name, kind = member.orig_filename, stat.S_IFMT(member.external_attr >> 16)
    if not name or "\0" in name or any(unicodedata.category(letter) == "Cc" for letter in name):
        return "has control characters in its name"
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return "has an absolute name"
    if "\\" in name:
        return "has a backslash in its name"
    if any(part in {"", ".", ".."} for part in name.removesuffix("/").split("/")):
        return "has a name that leaves its folder or goes nowhere"
    if any(len(part.encode()) > _LONGEST_NAME for part in name.split("/")):
        return f"has a name of more than {_LONGEST_NAME} bytes"
    # 0: made on a system that records no kinds.
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link or a device"
    if member.flag_bits & 0x1:
        return "is encrypted"
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is compressed in an unusual way"
    return None


def _write(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, out: Path) -> None:
    target = out.joinpath(*member.filename.split("/"))
    assert target.resolve().is_relative_to(out.resolve())
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(member) as packed, target.open("xb") as file:
            # Reads no more than the declared size and compares the checksum at its end.
            shutil.copyfileobj(packed, file, _CHUNK)
    except (*_DAMAGE, OSError) as error:
        target.unlink(missing_ok=True)
        # A header at a place before the file's beginning is EINVAL; a full disk is no fault of the archive.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise ValueError(
            f"{path}: its member {member.filename!r} cannot be unpacked ({error}): fetch it again"
        ) from error
    if target.stat().st_size != member.file_size:
        raise ValueError(
            f"{path}: its member {member.filename!r} has {target.stat().st_size} bytes and promises {member.file_size}"
        )
