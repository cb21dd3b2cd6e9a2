from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from dagster_gsi.assets.debian import run
from dagster_gsi.assets.libraries import FETCHED, fetch_libraries, read_listings

LISTING = r"""# a library
id=Someone#Models
name=Models
id#1=Someone#lamp
name#1=L\u00e1mpara
model#1=/someone/lamp/lamp.obj
width#1=20
depth#1=10.5
height#1=40
modelRotation#1=1 0 0 0 0 -1 0 1 0
creator#1=A. Maker
id#2=Someone#desk
name#2=Desk
model#2=/someone/desk.obj
width#2=120
depth#2=60
height#2=72
creator#2=B. Maker
"""


def test_listings_are_in_metres_with_escapes_and_rotations_read(tmp_path: Path) -> None:
    (tmp_path / "PluginFurnitureCatalog.properties").write_text(LISTING, encoding="latin-1")
    listings = read_listings(tmp_path)
    assert set(listings) == {"someone/lamp/lamp.obj", "someone/desk.obj"}
    lamp = listings["someone/lamp/lamp.obj"]
    assert (lamp.name, lamp.creator) == ("Lámpara", "A. Maker")
    assert lamp.size_3 == pytest.approx((0.2, 0.105, 0.4))
    assert lamp.rotation_33 == ((1, 0, 0), (0, 0, -1), (0, 1, 0))
    assert listings["someone/desk.obj"].rotation_33 == ((1, 0, 0), (0, 1, 0), (0, 0, 1))


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="packages are made with dpkg-deb")
def test_the_models_of_the_program_are_laid_out_as_a_library_and_nothing_else_of_it(tmp_path: Path) -> None:
    for library in FETCHED[:-1]:
        (tmp_path / "libraries" / library).mkdir(parents=True)
    base = "com/eteks/sweethome3d/io"
    listing = LISTING.replace("model#2=/someone/", f"model#2=/{base}/resources/")
    program = io.BytesIO()
    with zipfile.ZipFile(program, "w") as archive:
        archive.writestr(f"{base}/DefaultFurnitureCatalog.properties", listing.encode("latin-1"))
        archive.writestr(f"{base}/resources/desk.obj", "v 0 0 0\n")
        archive.writestr(f"{base}/resources/examples/Home.xml", "<home/>")
        archive.writestr("com/eteks/sweethome3d/Main.class", b"code")
    contents = tmp_path / "contents"
    (contents / "DEBIAN").mkdir(parents=True)
    (contents / "DEBIAN/control").write_text(
        "Package: sweethome3d\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: test\n"
    )
    (contents / "usr/share/sweethome3d").mkdir(parents=True)
    (contents / "usr/share/sweethome3d/sweethome3d.jar").write_bytes(program.getvalue())
    command = ["dpkg-deb", "--root-owner-group", "--build", str(contents), str(tmp_path / "sweethome3d_1_all.deb")]
    subprocess.run(command, check=True, capture_output=True)

    folder = fetch_libraries(tmp_path) / "eTeks"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        "PluginFurnitureCatalog.properties",
        "desk.obj",
    }
    assert read_listings(folder)["desk.obj"].size_3 == pytest.approx((1.2, 0.6, 0.72))
    # What is there is not fetched again.
    (tmp_path / "sweethome3d_1_all.deb").unlink()
    assert fetch_libraries(tmp_path) == folder.parent


def test_a_missing_or_failing_program_ends_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"get it elsewhere \(`no-such-program` is not installed\)"):
        run(["no-such-program"], tmp_path, "get it elsewhere")
    with pytest.raises(ValueError, match=r"get it elsewhere \(ls nothing-here: .*nothing-here"):
        run(["ls", "nothing-here"], tmp_path, "get it elsewhere")
