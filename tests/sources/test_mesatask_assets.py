"""Models get the size and the tilt that a layout gives them, whatever their own size, and words that fit a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from dagster_gsi.assets.found import read_model
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.scenes.bound import BoundCard, BoundCatalogue, as_card
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.mesh import load_mesh
from dagster_gsi.sources.mesatask import Placed, read_layout
from dagster_gsi.sources.mesatask_assets import Library, Model, Note, asset_id, make_model, noun_phrase, open_library
from dagster_gsi.sources.mesatask_scene import Candidate
from dagster_gsi.sources.plain_table import plain_table
from tests.mesatask_by_hand import LYING, NOTES, TIN, TURNED, layout, thing, write_assets, write_layout


def placed(root: Path, entry: dict[str, Any]) -> Placed:
    return read_layout(write_layout(root, "dining_table_0000", layout(entry))).placed[0]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return open_library(write_assets(tmp_path))


def points(model: Model, root: Path) -> Any:
    (root / "model.glb").write_bytes(model.glb)
    return load_mesh(root / "model.glb").points()


def test_a_model_is_stretched_to_its_box_and_stands_on_its_origin(tmp_path: Path, library: Library) -> None:
    model = make_model(placed(tmp_path, TIN), library, {"tin": "罐头"})
    np.testing.assert_allclose(points(model, tmp_path).min(axis=0), [-0.05, -0.03, 0.0], atol=1e-6)
    np.testing.assert_allclose(points(model, tmp_path).max(axis=0), [0.05, 0.03, 0.2], atol=1e-6)
    # The origin is half a height below the middle of the box.
    np.testing.assert_allclose(model.offset_3, [0.0, 0.0, -0.1], atol=1e-6)
    card = model.card
    assert (card.size, card.kind, card.has_front) == ((0.1, 0.06, 0.2), "object", False)
    assert (card.category_en, card.category_zh) == ("tin", "罐头")
    assert card.description_en == "tin with four colours"
    assert (card.licence, card.creator) == ("CC-BY-NC-SA-4.0", "InternRobotics, MesaTask-10K")
    assert card.source.endswith("MesaTask-10K, uid-tin.glb")


def test_a_model_that_a_layout_lays_down_lies(tmp_path: Path, library: Library) -> None:
    model = make_model(placed(tmp_path, LYING), library, {})
    np.testing.assert_allclose(points(model, tmp_path).min(axis=0), [-0.06, -0.08, 0.0], atol=1e-6)
    np.testing.assert_allclose(points(model, tmp_path).max(axis=0), [0.06, 0.08, 0.04], atol=1e-6)
    np.testing.assert_allclose(model.offset_3, [0.0, 0.0, -0.02], atol=1e-6)
    # Without a Chinese name, the English noun stands in, as in the published instructions.
    assert (model.card.category_zh, model.card.description_zh) == ("book", "thick book")


@pytest.mark.parametrize(("yaw", "laid"), [(0.4, None), (-2.5, "x"), (1.1, "y")])
def test_every_point_of_a_model_is_where_the_published_code_puts_it(
    tmp_path: Path, library: Library, yaw: float, laid: str | None
) -> None:
    tilt = Rotation.identity() if laid is None else Rotation.from_euler(laid, 90 if laid == "x" else -90, degrees=True)
    turn = Rotation.from_euler("z", yaw) * tilt
    entry = thing("hook", "uid-hook", [18, 10, 20], [40, 30, 15], rotation=turn.as_quat().tolist())
    one = placed(tmp_path, entry)
    model = make_model(one, library, {})
    # glTF's (x, y, z) is Blender's (x, -z, y); then its box is stretched, turned about its middle, and moved.
    raw_N3 = read_model(library.folder, "uid-hook.glb").positions_V3[:, [0, 2, 1]] * [1, -1, 1]
    low_3, high_3 = raw_N3.min(axis=0), raw_N3.max(axis=0)
    boxed_N3 = (raw_N3 - (low_3 + high_3) / 2) / (high_3 - low_3) * [0.18, 0.10, 0.20]
    wanted_N3 = boxed_N3 @ turn.as_matrix().T + [-0.2, -0.1, 0.15]
    candidate = Candidate(one, model.card, model.offset_3)
    found_N3 = Pose.upright(candidate.yaw, candidate.base_3).apply(points(model, tmp_path).astype(np.float64))
    assert cKDTree(wanted_N3).query(found_N3)[0].max() < 1e-5
    assert cKDTree(found_N3).query(wanted_N3)[0].max() < 1e-5


def test_a_model_is_one_for_all_yaws_and_another_for_each_size_and_tilt(tmp_path: Path) -> None:
    ids = [asset_id(placed(tmp_path, entry)) for entry in (TIN, TURNED, {**TIN, "size": [10, 6, 21]}, LYING)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    laid = {**TIN, "rotation": LYING["rotation"]}
    assert asset_id(placed(tmp_path, laid)) != ids[0]
    # A file's rounding is no tilt.
    assert asset_id(placed(tmp_path, {**TIN, "rotation": [0.005, 0.0, 0.0, 0.99999]})) == ids[0]


def test_a_model_that_leans_does_not_stand(tmp_path: Path, library: Library) -> None:
    leaning = {**TIN, "rotation": [float(np.sin(np.radians(15))), 0.0, 0.0, float(np.cos(np.radians(15)))]}
    with pytest.raises(ValueError, match="it does not stand by itself"):
        make_model(placed(tmp_path, leaning), library, {})
    (library.folder / "uid-tin.glb").write_bytes(b"glTF")
    with pytest.raises(ValueError, match=r"uid-tin\.glb: "):
        make_model(placed(tmp_path, TIN), library, {})


@pytest.mark.parametrize(
    ("caption", "phrase"),
    [
        ("A tin with four colours, seen from the front.", "tin with four colours"),
        ("This is a Small white mug; it has a handle", "small white mug"),
        ("small, round wooden mug", "small, round wooden mug"),
        ("BMW model | toy", "BMW model toy"),
        ("caf\u00e9 mug", "cafe mug"),
        ("", "mug"),
        ("。", "mug"),
        ("a " + "very " * 20 + "long mug", "mug"),
    ],
)
def test_a_caption_becomes_a_noun_phrase(caption: str, phrase: str) -> None:
    assert noun_phrase(caption, "mug") == phrase


def test_the_annotations_lie_with_the_models_or_above_them(tmp_path: Path) -> None:
    folder = write_assets(tmp_path)
    assert open_library(folder).note("uid-bad") == Note("tin", "dented tin", is_discarded=True)
    assert open_library(tmp_path).files["uid-tin"] == "Assets_library/uid-tin.glb"
    (tmp_path / "Asset_annotation.json").rename(tmp_path / "elsewhere.json")
    with pytest.raises(ValueError, match=r"has no Asset_annotation\.json, and neither has the folder above it"):
        open_library(folder)
    with pytest.raises(ValueError, match=r"nothing is missing: name the folder that holds the models"):
        open_library(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty has no \.glb in it or below"):
        open_library(tmp_path / "empty")


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "cannot be read as JSON"), ("[]", "holds no annotations: it is list, not an object by uid")],
)
def test_a_file_that_holds_no_annotations_is_told(tmp_path: Path, text: str, message: str) -> None:
    folder = write_assets(tmp_path)
    (tmp_path / "Asset_annotation.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message) as told:
        open_library(folder)
    assert str(told.value).startswith(str(tmp_path / "Asset_annotation.json"))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (3, "uid: it is int, not an object with keys"),
        ({"category": 3}, "uid.category: it is 3, not a text"),
        ({"category": "mug", "detailed_caption": ["x"]}, "uid.detailed_caption: it is ['x'], not a text"),
    ],
)
def test_an_annotation_that_is_none_is_told_once_it_is_used(tmp_path: Path, entry: object, message: str) -> None:
    folder = write_assets(tmp_path)
    (tmp_path / "Asset_annotation.json").write_text(json.dumps({**NOTES, "uid": entry, "bare": {}}), encoding="utf-8")
    library = open_library(folder)
    with pytest.raises(ValueError) as told:
        library.note("uid")
    assert str(told.value) == f"Asset_annotation.json: {message}"
    assert library.note("bare") == Note("", "", is_discarded=False)
    assert library.note("elsewhere") is None


# Folders under terms that pass on.


def test_a_bound_card_is_read_by_the_bound_catalogue_alone(tmp_path: Path, library: Library) -> None:
    table, tin = plain_table("dining_table", 1.2, 0.8).card, make_model(placed(tmp_path, TIN), library, {}).card
    entries = [card.model_dump(mode="json") for card in (table, tin)]
    (tmp_path / "catalogue.json").write_text(json.dumps(entries), encoding="utf-8")
    assert list(BoundCatalogue(tmp_path)) == [table, tin]
    assert isinstance(as_card(entries[1]), BoundCard)
    with pytest.raises(ValueError, match=r"is not a catalogue: 1 validation error for Card\nlicence"):
        list(Catalogue(tmp_path))
    with pytest.raises(ValidationError, match="licence"):
        as_card({**entries[1], "licence": "proprietary"})
    (tmp_path / "catalogue.json").write_text("[", encoding="utf-8")
    with pytest.raises(ValueError, match=r"is not a catalogue: .*Run the import again"):
        list(BoundCatalogue(tmp_path))
    with pytest.raises(ValueError, match=r"is missing: run the import that makes this folder again"):
        list(BoundCatalogue(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("kind", "height"), [("dining_table", 0.75), ("coffee_table", 0.45), ("kitchen_counter", 0.9), ("Odd (1)", 0.75)]
)
def test_a_table_is_of_the_layouts_size_and_all_of_its_top_carries(tmp_path: Path, kind: str, height: float) -> None:
    table = plain_table(kind, 1.2, 0.8)
    (tmp_path / "table.glb").write_bytes(table.glb)
    mesh = load_mesh(tmp_path / "table.glb")
    np.testing.assert_allclose(mesh.points().min(axis=0), [-0.6, -0.4, 0.0], atol=1e-6)
    np.testing.assert_allclose(mesh.points().max(axis=0), [0.6, 0.4, height], atol=1e-6)
    assert table.card.size == (1.2, 0.8, height)
    assert table.card.surfaces[0].height == height
    assert table.card.surfaces[0].outline == ((-0.6, -0.4), (0.6, -0.4), (0.6, 0.4), (-0.6, 0.4))
    (part,) = mesh.parts
    corners_F33 = part.positions_V3[part.faces_F3]
    facing_F3 = np.cross(corners_F33[:, 1] - corners_F33[:, 0], corners_F33[:, 2] - corners_F33[:, 0])
    # Each face winds as its normals say, and they are of length 1.
    np.testing.assert_allclose(
        facing_F3 / np.linalg.norm(facing_F3, axis=1, keepdims=True), part.normals_V3[part.faces_F3[:, 0]], atol=1e-5
    )


def test_things_of_no_known_uid_have_an_id_all_the_same(tmp_path: Path) -> None:
    assert asset_id(placed(tmp_path, thing("a", "../Etc", [1, 1, 1], [1, 1, 1]))).startswith("etc-")
