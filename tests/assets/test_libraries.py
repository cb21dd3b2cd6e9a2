from __future__ import annotations

from pathlib import Path

import pytest

from dagster_gsi.assets.debian import run
from dagster_gsi.assets.libraries import read_listings

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


def test_a_missing_or_failing_program_ends_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"get it elsewhere \(`no-such-program` is not installed\)"):
        run(["no-such-program"], tmp_path, "get it elsewhere")
    with pytest.raises(ValueError, match=r"get it elsewhere \(ls nothing-here: .*nothing-here"):
        run(["ls", "nothing-here"], tmp_path, "get it elsewhere")
