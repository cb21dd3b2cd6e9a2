"""Programs and packages from elsewhere: started, downloaded and looked into without root and without an installation."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def download_package(package: str, cache: Path, remedy: str) -> Path:
    """The `.deb` of a Debian package in `cache`, by apt where it is not there. ValueError with the remedy."""
    if here := sorted(cache.glob(f"{package}_*.deb")):
        return here[0]
    cache.mkdir(parents=True, exist_ok=True)
    run(["apt-get", "download", package], cache, remedy)
    return next(iter(sorted(cache.glob(f"{package}_*.deb"))))


def read_package(path: Path, name: str, *, most_bytes: int) -> bytes:
    """One file of a package by its path in it, without unpacking anything."""
    program = "dpkg-deb"
    if shutil.which(program) is None:
        raise ValueError(f"{path} cannot be opened: `{program}` is not installed (it is part of Debian and Ubuntu)")
    with subprocess.Popen(
        [program, "--fsys-tarfile", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as package:
                for member in package:
                    if member.isfile() and member.name.removeprefix("./") == name:
                        if member.size > most_bytes:
                            raise ValueError(f"{path}: its {name} has {member.size / 2**20:.0f} MiB, which is too much")
                        return _read(package, member)
        except tarfile.TarError as error:
            raise ValueError(f"{path} is cut off or no Debian package: fetch it again") from error
        finally:
            # What follows is not wanted.
            process.kill()
    raise ValueError(f"{path} holds no {name}: it is another package")


def _read(package: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = package.extractfile(member)
    assert file is not None
    return file.read()


def run(command: list[str], folder: Path, remedy: str) -> None:
    """Run a program in `folder`; where it is missing or fails, ValueError with `remedy` and its last words."""
    if shutil.which(command[0]) is None:
        raise ValueError(f"{remedy} (`{command[0]}` is not installed)")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"{remedy} ({' '.join(command)}: {done.stderr.strip()[-300:]})")
