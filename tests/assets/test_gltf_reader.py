"""glTF files written by hand are read exactly, or refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dagster_gsi.assets.found import read_model
from dagster_gsi.assets.obj import MISSING, ObjModel
from dagster_gsi.scenes.mesh import GLTF_TO_OBJECT_33, Material, load_mesh
from tests.models_by_hand import Gltf, box_gltf, png, quarters, triangles_of_box, write
from tests.toy_assets import write_toy_catalogue

SIZE = (0.2, 0.1, 0.3)


def read(folder: Path, made: Gltf, **document: Any) -> ObjModel:
    made.document |= document
    write(folder, model__glb=made.glb())
    return read_model(folder, "model.glb")


def corners(model: ObjModel) -> np.ndarray[Any, Any]:
    return model.positions_V3[model.corners_F33[..., 0]].reshape(-1, 3)


def material(model: ObjModel) -> Material:
    (paint,) = model.paints.values()
    assert isinstance(paint, Material)
    return paint


def test_a_box_is_read_corner_by_corner(tmp_path: Path) -> None:
    model = read(tmp_path, box_gltf(SIZE, picture=quarters()))
    assert corners(model) == pytest.approx(triangles_of_box(SIZE), abs=1e-7)
    assert (model.corners_F33[..., 2] == MISSING).all()
    # glTF counts v from the top row down, here it is from the bottom row up.
    assert model.texture_T2[:, 0] == pytest.approx(corners(model)[:, 0] / SIZE[0] + 0.5, abs=1e-6)
    assert model.texture_T2[:, 1] == pytest.approx(0.5 - corners(model)[:, 2] / SIZE[2], abs=1e-6)


@pytest.mark.parametrize("form", ["embedded", "beside", "binary"])
def test_the_three_forms_of_a_file_hold_the_same_model(tmp_path: Path, form: str) -> None:
    made = box_gltf(SIZE, picture=quarters())
    if form == "binary":
        write(tmp_path, model__glb=made.glb())
    else:
        write(tmp_path, model__gltf=made.gltf("" if form == "embedded" else "my%20box.bin"))
        (tmp_path / "my box.bin").write_bytes(made.binary)
    model = read_model(tmp_path, "model.glb" if form == "binary" else "model.gltf")
    assert corners(model) == pytest.approx(triangles_of_box(SIZE), abs=1e-7)
    assert np.array_equal(np.asarray(material(model).texture), np.asarray(quarters()))


def test_nodes_place_what_they_hold_and_a_mirror_turns_faces_back(tmp_path: Path) -> None:
    made = box_gltf(SIZE)
    half = np.sqrt(0.5)
    made.document["nodes"] = [
        # A quarter turn about y takes x to -z; then doubled and moved.
        {"children": [1], "translation": [1, 2, 3], "scale": [2, 2, 2]},
        {"mesh": 0, "rotation": [0, half, 0, half], "children": [2]},
        {"mesh": 0, "matrix": [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 5, 0, 1]},
    ]
    placed = corners(read(tmp_path, made)).reshape(2, 36, 3)
    x, y, z = triangles_of_box(SIZE).T
    assert placed[0] == pytest.approx(np.stack([1 + 2 * z, 2 + 2 * y, 3 - 2 * x], axis=1), abs=1e-6)
    mirrored = np.stack([1 + 2 * z, 2 + 2 * (y + 5), 3 + 2 * x], axis=1).reshape(12, 3, 3)
    assert placed[1].reshape(12, 3, 3)[:, ::-1] == pytest.approx(mirrored, abs=1e-6)


def test_normals_go_by_the_inverse_transpose(tmp_path: Path) -> None:
    made = box_gltf(SIZE)
    slanted = np.tile(np.array([1, 1, 0], dtype=np.float32) / np.sqrt(2, dtype=np.float32), (36, 1))
    made.document["meshes"][0]["primitives"][0]["attributes"]["NORMAL"] = made.array(slanted, "VEC3")
    made.document["nodes"] = [{"mesh": 0, "scale": [2, 1, 1]}]
    normal_3 = read(tmp_path, made).normals_N3[0]
    assert normal_3 / np.linalg.norm(normal_3) == pytest.approx(np.array([1, 2, 0]) / np.sqrt(5), abs=1e-6)


def test_indices_strides_and_normalized_integers_are_read(tmp_path: Path) -> None:
    made = Gltf()
    # Points as 16-bit integers in units of 1/32767, each followed by two bytes of padding.
    rows = np.array([[0, 0, 0, 9], [32767, 0, 0, 9], [0, 32767, 0, 9], [0, 0, -32767, 9]], dtype=np.int16)
    points = made.array(rows, "VEC3", normalized=True)
    made.document["bufferViews"][0]["byteStride"] = 8
    faces = made.array(np.array([0, 2, 1, 0, 1, 3], dtype=np.uint8)[:, None], "SCALAR")
    made.document |= {
        "meshes": [{"primitives": [{"attributes": {"POSITION": points}, "indices": faces}]}],
        "nodes": [{"mesh": 0}],
        "extensionsRequired": ["KHR_mesh_quantization"],
    }
    model = read(tmp_path, made)
    assert corners(model).tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, -1]]
    assert material(model).colour_3.tolist() == [1, 1, 1]
    assert material(model).metallic == 0.0


def test_figures_of_a_material_are_kept_and_pictures_of_figures_averaged(tmp_path: Path) -> None:
    made = box_gltf(
        SIZE, picture=quarters(), baseColorFactor=[0.5, 0.25, 1, 1], roughnessFactor=0.8, metallicFactor=1,
        metallicRoughnessTexture={"index": 1},
    )  # fmt: skip
    made.document["images"].append({"bufferView": made.view(png(Image.new("RGB", (4, 4), (0, 51, 102))))})
    made.document["textures"].append({"source": 1})
    found = material(read(tmp_path, made))
    assert found.colour_3 == pytest.approx([0.5, 0.25, 1])
    assert (found.roughness, found.metallic) == (pytest.approx(0.8 * 0.2), pytest.approx(0.4))
    assert found.opacity == 1.0


@pytest.mark.parametrize(
    ("alphas", "mode", "holes", "opacity"),
    [((0, 255), "MASK", True, 1.0), ((0, 255), "OPAQUE", False, 1.0), ((102, 102), "BLEND", False, 0.4),
     ((200, 255), "MASK", False, 1.0)],
)  # fmt: skip
def test_alpha_cuts_holes_or_is_one_opacity(
    tmp_path: Path, alphas: tuple[int, int], mode: str, holes: bool, opacity: float
) -> None:
    picture = quarters().convert("RGBA")
    alpha = np.full((64, 64), alphas[1], dtype=np.uint8)
    alpha[:32] = alphas[0]
    picture.putalpha(Image.fromarray(alpha))
    made = box_gltf(SIZE, picture=picture)
    made.document["materials"][0]["alphaMode"] = mode
    found = material(read(tmp_path, made))
    assert found.texture is not None
    assert (found.texture.mode == "RGBA") == holes
    assert found.opacity == pytest.approx(opacity)


def test_another_reader_reads_the_same_of_what_another_program_wrote(tmp_path: Path) -> None:
    catalogue = write_toy_catalogue(tmp_path)
    for card in catalogue:
        ours, theirs = read_model(tmp_path, f"models/{card.id}.glb"), load_mesh(catalogue.model_path(card.id))
        triangles = [part.positions_V3[part.faces_F3].reshape(-1, 3) for part in theirs.parts]
        assert corners(ours) @ GLTF_TO_OBJECT_33.T == pytest.approx(np.concatenate(triangles), abs=1e-6)
        normals = [part.normals_V3[part.faces_F3].reshape(-1, 3) for part in theirs.parts]
        found_C3 = ours.normals_N3[ours.corners_F33[..., 2]].reshape(-1, 3) @ GLTF_TO_OBJECT_33.T
        assert found_C3 == pytest.approx(np.concatenate(normals), abs=1e-5)
        for paint, part in zip(ours.paints.values(), theirs.parts, strict=True):
            assert isinstance(paint, Material)
            assert paint.colour_3 == pytest.approx(part.material.colour_3, abs=0.5 / 255)
            assert (paint.roughness, paint.metallic) == (part.material.roughness, part.material.metallic)


def put(made: Gltf, path: str, value: Any) -> None:
    *parents, last = (int(key) if key.isdigit() else key for key in path.split("/"))
    place: Any = made.document
    for parent in parents:
        place = place[parent]
    place[last] = value


PRIMITIVE = "meshes/0/primitives/0"
POSITION, COLOUR = f"{PRIMITIVE}/attributes/POSITION", f"{PRIMITIVE}/attributes/COLOR_0"
FLAT = triangles_of_box(SIZE).astype(np.float32) * np.array([1, 0, 1], dtype=np.float32)
NAN = np.full((36, 3), np.nan, dtype=np.float32)
GREY = np.full((36, 4), 128, dtype=np.uint8)
BROKEN: dict[str, tuple[Callable[[Gltf], tuple[str, Any]], str]] = {
    "animated": (lambda _: ("animations", [{"channels": []}]), "it is animated; export it without"),
    "skinned": (lambda _: ("skins", [{"joints": [0]}]), "it is skinned; apply its armature"),
    "shape keys": (lambda _: (f"{PRIMITIVE}/targets", [{}]), "it has morph targets; apply one shape"),
    "compressed": (
        lambda _: ("extensionsRequired", ["KHR_draco_mesh_compression"]),
        "it needs KHR_draco_mesh_compression, which is not read here; export it without",
    ),
    "strips": (lambda _: (f"{PRIMITIVE}/mode", 5), "it has triangle strips or fans; export it as plain triangles"),
    "points": (lambda _: (f"{PRIMITIVE}/mode", 0), "it has no faces; export the mesh itself"),
    "colours": (
        lambda made: (COLOUR, made.array(GREY, "VEC4", normalized=True)),
        "its colours are at the vertices, which is not read here; bake them",
    ),
    "no texture": (lambda _: ("images", [{"uri": "wood.png"}]), "its file 'wood.png' is missing; put it into"),
    "outside": (
        lambda _: ("images", [{"uri": "../secret.png"}]),
        "it names '../secret.png', which is outside its folder; copy that file",
    ),
    "escaped": (lambda _: ("images", [{"uri": "%2e%2e/secret.png"}]), "it names '../secret.png', which is outside"),
    "absolute": (lambda _: ("images", [{"uri": "/etc/passwd"}]), "it names '/etc/passwd', which is outside its folder"),
    "drive": (lambda _: ("images", [{"uri": "C:/wood.png"}]), "it names 'C:/wood.png', which is outside its folder"),
    "remote": (
        lambda _: ("images", [{"uri": "https://example.org/wood.png"}]),
        "it names 'https://example.org/wood.png', which is outside its folder; copy that file",
    ),
    "no picture": (
        lambda made: ("images", [{"bufferView": made.view(b"wood")}]),
        "its texture '0' is no picture; save it again",
    ),
    "half a picture": (
        lambda made: ("images", [{"bufferView": made.view(png(quarters())[:90]), "name": "wood"}]),
        "its texture 'wood' cannot be read",
    ),
    "not unwrapped": (
        lambda _: (f"{PRIMITIVE}/attributes", {"POSITION": 0}),
        "has a texture but its mesh no coordinates for it; unwrap",
    ),
    "nan": (lambda made: (POSITION, made.array(NAN, "VEC3")), "some of its coordinates are not numbers"),
    "no such corner": (
        lambda made: (f"{PRIMITIVE}/indices", made.array(np.array([[0], [1], [36]], dtype=np.uint16), "SCALAR")),
        "a face names a corner that is not there; export it again",
    ),
    "long array": (lambda _: ("accessors/0/count", 10_000_000), "it is cut off: an array is longer than its file"),
    "circle": (lambda _: ("nodes", [{"mesh": 0, "children": [0]}]), "a node has two parents; export it again"),
    "old": (lambda _: ("asset/version", "1.0"), "it is glTF 1.0; only 2.0 is read: open it in Blender"),
    "huge": (
        lambda _: ("nodes", [{"mesh": 0, "scale": [1e9, 1e9, 1e9]}]),
        "its size is 3e+08 in the file's units, which is none in m, cm or mm; scale it",
    ),
    "flat": (
        lambda made: (POSITION, made.array(FLAT, "VEC3")),
        "it is flat: one of its sides has no extent; give it a thickness",
    ),
}


def refusal(folder: Path, name: str) -> str:
    """Why it is not read; empty where it is."""
    try:
        read_model(folder, name)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("fault", BROKEN)
def test_what_cannot_be_used_is_named_with_reason_and_remedy(tmp_path: Path, fault: str) -> None:
    change, message = BROKEN[fault]
    made = box_gltf(SIZE, picture=quarters())
    put(made, *change(made))
    write(tmp_path, secret__png=png(quarters()), mine___model__glb=made.glb())
    told = refusal(tmp_path / "mine", "model.glb")
    assert told.startswith("model.glb: ")
    assert message in told
    assert "\n" not in told


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    made = box_gltf(SIZE, picture=quarters())
    made.document["images"] = [{"uri": "wood.png"}]
    write(tmp_path, mine___model__glb=made.glb(), secret__png=png(quarters()))
    (tmp_path / "mine/wood.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "mine/linked.glb").symlink_to(write(tmp_path, other__glb=made.glb()) / "other.glb")
    for name in ("model.glb", "linked.glb"):
        with pytest.raises(ValueError, match=rf"{name}: .* link that leads out of the folder; put the file itself"):
            read_model(tmp_path / "mine", name)


def test_more_faces_than_can_be_handled_are_refused(tmp_path: Path) -> None:
    write(tmp_path, model__glb=box_gltf(SIZE).glb())
    assert len(read_model(tmp_path, "model.glb", most=12).corners_F33) == 12
    with pytest.raises(ValueError, match=r"model\.glb: it has more than 11 triangles; decimate it first"):
        read_model(tmp_path, "model.glb", most=11)


def test_white_at_every_vertex_says_nothing(tmp_path: Path) -> None:
    made = box_gltf(SIZE)
    white = made.array(np.full((36, 4), 255, dtype=np.uint8), "VEC4", normalized=True)
    made.document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = white
    assert len(read(tmp_path, made).corners_F33) == 12


WHOLE = box_gltf(SIZE, picture=quarters(8)).glb()


@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = write(
        tmp_path_factory.getbasetemp(), damaged__glb=bytes(content[: data.draw(st.integers(0, len(content)))])
    )
    told = refusal(folder, "damaged.glb")
    assert told.startswith("damaged.glb: ") or not told


PATHS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 99) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(value=PATHS, data=st.data())
def test_a_document_with_a_wrong_value_anywhere_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, value: object, data: st.DataObject
) -> None:
    document = json.loads(box_gltf(SIZE, picture=quarters(8)).gltf())
    place: Any = document
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    folder = write(tmp_path_factory.getbasetemp(), wrong__gltf=json.dumps(document))
    told = refusal(folder, "wrong.gltf")
    assert told.startswith("wrong.gltf: ") or not told
