from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.assets.obj import MISSING, read_mtl, read_obj

OBJ = """# two materials, backward indices, a quad, a corner without texture
mtllib paints.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
vn 0 0 1
g sheet
usemtl red paint
f 1/1/1 2/2/1 3/3/1
usemtl glass
f -4 -3 -2 -1
g lone
f 1//1 3//1 \\
4//1
"""

MTL = """newmtl red paint
Kd 1 0.5 0
Ns 32
map_Kd red.png
newmtl glass
Kd 0.2 0.2 0.2
Ks 1 1 1
d -halo 0.25
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "model.obj").write_text(OBJ)
    (tmp_path / "paints.mtl").write_text(MTL)
    return tmp_path / "model.obj"


def test_polygons_become_fans_with_indices_from_zero(path: Path) -> None:
    model = read_obj(path)
    assert model.corners_F33[..., 0].tolist() == [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 2, 3]]
    assert model.corners_F33[0, :, 1].tolist() == [0, 1, 2]
    assert (model.corners_F33[1:, :, 1] == MISSING).all()
    assert model.corners_F33[3, :, 2].tolist() == [0, 0, 0]
    assert (model.corners_F33[1:3, :, 2] == MISSING).all()


def test_each_face_knows_its_material_and_group(path: Path) -> None:
    model = read_obj(path)
    assert model.material_F.tolist() == ["red paint", "glass", "glass", "glass"]
    assert model.group_F.tolist() == ["sheet", "sheet", "sheet", "lone"]
    assert model.paints["glass"].opacity == 0.25
    assert model.paints["glass"].specular == (1.0, 1.0, 1.0)
    assert model.paints["red paint"].diffuse == (1.0, 0.5, 0.0)
    assert model.paints["red paint"].shininess == 32.0


def test_a_picture_counts_only_where_its_file_is(path: Path) -> None:
    assert read_obj(path).paints["red paint"].picture is None
    picture = path.with_name("red.png")
    picture.touch()
    assert read_obj(path).paints["red paint"].picture == picture


def test_a_missing_material_library_is_empty(tmp_path: Path) -> None:
    assert read_mtl(tmp_path / "nothing.mtl") == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [("v 0 0 0\nf 1 2 3\n", 2), ("v 0 zero 0\n", 1), ("v 0 0 0\nv 1 0 0\nv 0 1 0\nf -4 1 2\n", 4)],
    ids=["index too large", "not a number", "backwards before the first"],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "broken.obj"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"broken\.obj:{line}: .*leave it out"):
        read_obj(path)


def test_a_file_without_faces_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.obj"
    path.write_text("v 0 0 0\n")
    with pytest.raises(ValueError, match=r"points\.obj has no faces"):
        read_obj(path)


def test_positions_are_read_exactly(path: Path) -> None:
    assert np.array_equal(read_obj(path).positions_V3, [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
