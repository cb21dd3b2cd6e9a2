from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.geometry.pose import rotation_angle
from dagster_gsi.interchange.official_export import export_set
from dagster_gsi.interchange.official_import import REFUSED, Imported, import_set, opened
from dagster_gsi.interchange.official_scene import Frame
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import View
from dagster_gsi.samples.manifest import read_manifest
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import read_set
from tests.interchange.sets_by_hand import (
    EDITS,
    PROMPTS,
    SCENE,
    encoded,
    published_files,
    published_records,
    smooth_picture,
    write_archive,
    write_seven,
)

Files = dict[str, bytes]
IMAGE = "036bce3393_frame_008270"
INNER = {
    "fine_dataset.zip": ("ScanNet++/fine_dataset_zmz", "real"),
    "mesatask_dataset.zip": ("mesatask_simulation_dataset", "table"),
    "bathroom_dataset.zip": ("bathroom_simulation_dataset", "bathroom"),
    "robothor_dataset.zip": ("robothor_dataset", "room"),
}


def run(paths: list[Path], out: Path, frame: Frame = "896") -> Imported:
    with opened(paths, out.parent) as items:
        return import_set(items, out, frame=frame, advance=lambda _: None)


def in_folder(folder: Path, files: Files) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def one_file(record: dict[str, Any]) -> Files:
    return {f"{IMAGE}.png": encoded(smooth_picture(), "png"), f"{IMAGE}_edit_0.json": json.dumps(record).encode()}


def by_operation(folder: Path) -> dict[str, tuple[Sample, Pictures]]:
    return {sample.edit.name: (sample, pictures) for sample, pictures in read_set(folder)}


def assert_same_pictures(first: Pictures, second: Pictures) -> None:
    for one, other in ((first.source, second.source), (first.target, second.target)):
        assert (one is None) is (other is None)
        if one is not None and other is not None:
            assert (one.mode, one.tobytes()) == (other.mode, other.tobytes())
    for one, other in (
        (first.source_geometry, second.source_geometry),
        (first.target_geometry, second.target_geometry),
    ):
        np.testing.assert_array_equal(one.ids_HW, other.ids_HW)
        np.testing.assert_array_equal(one.depth_HW, other.depth_HW)


@pytest.mark.parametrize("is_archive", [True, False])
def test_what_was_exported_comes_back_as_the_same_samples(tmp_path: Path, is_archive: bool) -> None:
    write_seven(tmp_path / "toy-test")
    export_set(tmp_path / "toy-test", tmp_path / "out", truth=None, detections=None, advance=lambda _: None)
    path = tmp_path / "out"
    if is_archive:
        path = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "out"))
    done = run([path], tmp_path / "back/toy-test")
    assert (done.whole, done.from_boxes, done.refused) == (7, 0, {})
    pairs = list(zip(read_set(tmp_path / "toy-test"), read_set(tmp_path / "back/toy-test"), strict=True))
    for (sample, pictures), (again, same_pictures) in pairs:
        assert json.dumps(again.to_document()) == json.dumps(sample.to_document())
        assert_same_pictures(pictures, same_pictures)
    assert read_manifest(tmp_path / "toy-test").equals(read_manifest(tmp_path / "back/toy-test"))
    assert sorted(p.name for p in (tmp_path / "back").iterdir()) == ["toy-test"]


def test_an_imported_set_exports_to_the_same_boxes(tmp_path: Path) -> None:
    in_folder(tmp_path / "published", published_files(source="png"))
    run([tmp_path / "published"], tmp_path / "set")
    export_set(tmp_path / "set", tmp_path / "again", truth=None, detections=None, advance=lambda _: None)
    for query, record in enumerate(published_records().values()):
        again = json.loads((tmp_path / f"again/{IMAGE}_edit_{query}.json").read_text("utf-8"))
        assert again["prompt"] == record["prompt"]
        for key in record.keys() - {"prompt", "target", "reference"}:
            assert np.array(again[key]) == pytest.approx(np.array(record[key]), abs=1e-9), key


@pytest.mark.parametrize("name", INNER)
def test_the_published_archives_are_read_as_they_are_distributed(name: str, tmp_path: Path) -> None:
    inner, environment = INNER[name]
    source = "jpg" if name.startswith("fine") else "png"
    write_archive(tmp_path / name, inner, published_files(source=source))
    with zipfile.ZipFile(tmp_path / name, "a") as archive:  # what a Mac adds
        archive.writestr(f"__MACOSX/{inner}/._{IMAGE}_edit_0.json", b"\0\5\x16\7")
        archive.writestr(f"{inner}/.DS_Store", b"\0")
    done = run([tmp_path / name], tmp_path / "official/some")
    assert (done.whole, done.from_boxes, done.refused) == (0, 7, {})
    found = by_operation(tmp_path / "official/some")
    assert set(found) == {edit.name for edit in EDITS}
    for query, edit in enumerate(EDITS):
        sample, pictures = found[edit.name]
        assert sample.id == f"{IMAGE}_edit_{query}"
        assert (sample.scene_id, sample.set, sample.split, sample.environment) == (IMAGE, "some", "test", environment)
        assert (sample.instruction.en, sample.instruction.zh) == (PROMPTS[edit.name],) * 2
        assert sample.provenance["geometry"] == "boxes"
        assert (pictures.target is None) is (edit.name != "view")
        assert pictures.source.size == (128, 96)
    assert len(read_manifest(tmp_path / "official/some")) == 7
    assert json.loads((tmp_path / "official/some" / REFUSED).read_text("utf-8")) == {}
    truth = found["view"][1].target
    assert truth is not None
    assert truth.tobytes() == smooth_picture(9).tobytes()


def test_the_edits_are_those_that_the_boxes_came_from(tmp_path: Path) -> None:
    in_folder(tmp_path / "published", published_files())
    run([tmp_path / "published"], tmp_path / "set")
    found = {name: sample for name, (sample, _) in by_operation(tmp_path / "set").items()}
    edits = {name: sample.edit for name, sample in found.items()}
    assert edits["move"] == Move("book", "left", pytest.approx(0.4))
    assert edits["place"] == Place("mug", "book", "left", pytest.approx(0.2))
    assert edits["rotate"] == Rotate("book", pytest.approx(np.radians(45)))
    assert edits["scale"] == Scale("book", pytest.approx(1.25))
    assert edits["remove"] == Remove("mug", "leftmost")
    assert edits["view"] == View("turn_left", pytest.approx(np.radians(10)))
    receptacle = edits["receptacle"]
    assert isinstance(receptacle, Receptacle)
    assert (receptacle.receptacle, receptacle.region) == ("table", "farthest")
    # The new world has its origin in the camera, which looks along +y in both.
    eye_3 = SCENE.camera.pose_wc.translation_3
    assert receptacle.place == pytest.approx((0.1 - eye_3[0], 0.3 - eye_3[1]))


def test_the_world_is_the_old_one_seen_from_its_camera(tmp_path: Path) -> None:
    """Upright, at the camera, heading along +y: all places differ by the camera's own place."""
    in_folder(tmp_path / "published", published_files())
    run([tmp_path / "published"], tmp_path / "set")
    eye_3 = SCENE.camera.pose_wc.translation_3
    for edit, (sample, _) in zip(EDITS, by_operation(tmp_path / "set").values(), strict=True):
        camera = sample.before.camera
        assert camera.pose_wc.rotation_33 == pytest.approx(SCENE.camera.pose_wc.rotation_33, abs=1e-9)
        assert camera.matrix_33 == pytest.approx(SCENE.camera.matrix_33, abs=1e-9)
        assert camera.pose_wc.translation_3 == pytest.approx(np.zeros(3))
        if edit.target is None:
            turned = edit.apply(SCENE).camera.pose_wc.rotation_33
            assert sample.after.camera.pose_wc.rotation_33 == pytest.approx(turned, abs=1e-9)
            continue
        assert sample.edit.target is not None
        for ours, theirs in ((SCENE, sample.before), (edit.apply(SCENE), sample.after)):
            assert theirs.has(sample.edit.target) is ours.has(edit.target)
            if ours.has(edit.target):
                old, new = ours.find(edit.target), theirs.find(sample.edit.target)
                assert new.pose_wo.translation_3 == pytest.approx(old.pose_wo.translation_3 - eye_3, abs=1e-9)
                assert rotation_angle(new.pose_wo.rotation_33, old.pose_wo.rotation_33) < 1e-6
                assert new.box.size_3 == pytest.approx(old.box.size_3, abs=1e-9)


def test_the_painted_mask_is_the_box_of_the_target_before_and_after(tmp_path: Path) -> None:
    in_folder(tmp_path / "published", published_files())
    run([tmp_path / "published"], tmp_path / "set")
    for sample, pictures in read_set(tmp_path / "set"):
        if sample.edit.target is None:
            continue
        value = sample.instances[sample.edit.target]
        for scene, geometry in (
            (sample.before, pictures.source_geometry),
            (sample.after, pictures.target_geometry),
        ):
            if not scene.has(sample.edit.target):
                assert not (geometry.ids_HW == value).any()
                continue
            v_N, u_N = np.nonzero(geometry.ids_HW == value)
            left, top, right, bottom = scene.find(sample.edit.target).box.picture(scene.camera)
            assert (u_N.min(), v_N.min()) == pytest.approx((max(left, 0), max(top, 0)), abs=1.5)
            assert (u_N.max() + 1, v_N.max() + 1) == pytest.approx((min(right, 128), min(bottom, 96)), abs=1.5)
        assert sample.figures["mask_fraction_before"] == (pictures.source_geometry.ids_HW == value).mean()


def test_intrinsics_of_the_picture_s_own_pixels_are_taken_as_they_are(tmp_path: Path) -> None:
    record = {**published_records()["move"], "camera_intrinsics": SCENE.camera.matrix_33.tolist()}
    in_folder(tmp_path / "published", one_file(record))
    run([tmp_path / "published"], tmp_path / "set", "source")
    ((sample, _),) = read_set(tmp_path / "set")
    assert sample.before.camera.matrix_33 == pytest.approx(SCENE.camera.matrix_33)
    assert sample.provenance["frame"] == "source"


def test_without_an_extreme_in_the_prompt_the_half_of_the_picture_decides(tmp_path: Path) -> None:
    record = {**published_records()["remove"], "prompt": "Remove the highest mug."}
    in_folder(tmp_path / "published", one_file(record))
    run([tmp_path / "published"], tmp_path / "set")
    ((sample, _),) = read_set(tmp_path / "set")
    assert sample.edit == Remove("mug", "leftmost")


def test_a_reference_that_is_not_spoken_of_leaves_a_move(tmp_path: Path) -> None:
    record = {
        **published_records()["place"],
        "prompt": "Move the mug 12 centimeters to the left, referencing the book.",
    }
    in_folder(tmp_path / "published", one_file(record))
    run([tmp_path / "published"], tmp_path / "set")
    ((sample, _),) = read_set(tmp_path / "set")
    assert isinstance(sample.edit, Move)
    assert [thing.name for thing in sample.before.things] == ["mug"]


def test_lengths_that_grow_unequally_keep_the_asked_box(tmp_path: Path) -> None:
    record = published_records()["scale"]
    wanted = list(record["new_bbox_3d"])
    wanted[3:6] = [record["original_bbox_3d"][k] * factor for k, factor in ((3, 1.0), (4, 2.0), (5, 4.0))]
    in_folder(tmp_path / "published", one_file({**record, "new_bbox_3d": wanted}))
    run([tmp_path / "published"], tmp_path / "set")
    ((sample, _),) = read_set(tmp_path / "set")
    assert sample.edit == Scale("book", pytest.approx(2.0))
    width, height, length = wanted[3:6]
    assert sample.after.find("book").box.size_3 == pytest.approx([width, length, height])


def changed(operation: str, **change: Any) -> Callable[[], dict[str, Any]]:
    def make() -> dict[str, Any]:
        record = {**published_records()[operation], **change}
        return {key: value for key, value in record.items() if value is not None}

    return make


def upside_down() -> dict[str, Any]:
    record = published_records()["move"]
    turned = np.array(record["rotation_matrix"]) @ np.diag([1.0, -1.0, -1.0])
    return {**record, "rotation_matrix": turned.tolist()}


BOX = published_records()["move"]["original_bbox_3d"]
REFUSALS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "no prompt": (changed("move", prompt=None), r"prompt: field required"),
    "unknown verb": (changed("move", prompt="Slide the book."), "none of the verbs"),
    "no box": (changed("move", original_bbox_3d=None), "`original_bbox_3d` is missing"),
    "no new box": (changed("move", new_bbox_3d=None), "`new_bbox_3d` is missing"),
    "no intrinsics": (changed("move", camera_intrinsics=None), "`camera_intrinsics` is missing"),
    "no turn": (changed("rotate", new_rotation_matrix=None), "`new_rotation_matrix` is missing"),
    "text for a number": (changed("move", original_bbox_3d=["1", *BOX[1:]]), r"original_bbox_3d\.0: input should be"),
    "not a number": (changed("move", original_bbox_3d=[float("nan"), *BOX[1:]]), "not finite"),
    "flat": (changed("move", original_bbox_3d=[*BOX[:3], 0, *BOX[4:]]), "not positive"),
    "behind": (changed("move", original_bbox_3d=[*BOX[:2], -1.0, *BOX[3:]]), "reaches behind the camera"),
    "behind after": (changed("move", new_bbox_3d=[*BOX[:2], -1.0, *BOX[3:]]), "reaches behind the camera"),
    "nowhere": (changed("move", original_bbox_3d=[9.0, *BOX[1:]]), r"nowhere in the picture.*896 frame \(--frame\)"),
    "singular": (changed("move", camera_intrinsics=[[0, 0, 0], [0, 9, 9], [0, 0, 1]]), "singular"),
    "skewed": (changed("move", camera_intrinsics=[[900, 5, 448], [0, 900, 336], [0, 0, 1]]), "not of the form"),
    "no name": (changed("move", target=["book"]), "`target` does not name a thing"),
    "no move": (changed("move", new_bbox_3d=BOX), "goes nowhere"),
    "no growth": (changed("scale", new_bbox_3d=BOX), "nothing grows or shrinks"),
    "no motion": (changed("view", prompt="Look around."), "names no motion"),
    "upside down": (upside_down, "points down"),
    "bad reference": (changed("place", reference={"label": "x", "bbox_3d": [1]}), "`reference`: bbox_3d must be"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_an_edit_that_cannot_be_used_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    make, reason = REFUSALS[name]
    files = {**one_file(make()), f"{IMAGE}_edit_1.json": json.dumps(published_records()["move"]).encode()}
    done = run([in_folder(tmp_path / "published", files)], tmp_path / "set")
    assert done.from_boxes == 1
    assert list(done.refused) == [f"{IMAGE}_edit_0.json"]
    with pytest.raises(ValueError, match=reason):
        raise ValueError(done.refused[f"{IMAGE}_edit_0.json"])
    assert json.loads((tmp_path / "set" / REFUSED).read_text("utf-8")) == done.refused


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({f"{IMAGE}_edit_0.json": b"{"}, "cannot be read"),
        ({f"{IMAGE}_edit_0.json": b"[1]"}, "no JSON object"),
        ({f"{IMAGE}.png": b""}, rf"{IMAGE}\.png cannot be opened"),
        ({f"{IMAGE}.png": encoded(smooth_picture(), "png")[:300]}, rf"{IMAGE}\.png cannot be opened"),
    ],
)
def test_damaged_files_are_refused_and_zero_samples_are_an_error(files: Files, reason: str, tmp_path: Path) -> None:
    in_folder(tmp_path / "published", {**one_file(published_records()["move"]), **files})
    with pytest.raises(
        ValueError, match=rf"none of the 1 edits can be used; the first, {IMAGE}_edit_0\.json: .*{reason}"
    ):
        run([tmp_path / "published"], tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_a_path_without_edits_says_what_was_expected(tmp_path: Path) -> None:
    write_archive(tmp_path / "other.zip", "", {"readme.json": b"{}"})
    with pytest.raises(ValueError, match=r"other\.zip holds no edits: files named <image>_edit_<query>\.json"):
        run([tmp_path / "other.zip"], tmp_path / "set")


def test_several_archives_make_one_set_and_equal_names_are_told(tmp_path: Path) -> None:
    first = write_archive(tmp_path / "fine_dataset.zip", "fine", published_files("one"))
    second = write_archive(tmp_path / "robothor_dataset.zip", "robothor", published_files("two"))
    done = run([first, second, first], tmp_path / "set")
    assert done.from_boxes == 14
    assert set(done.refused.values()) == {f"there is another sample 'one_edit_{query}'" for query in range(7)}
    assert set(read_manifest(tmp_path / "set")["environment"]) == {"real", "room"}


def test_what_the_export_added_and_was_damaged_is_refused(tmp_path: Path) -> None:
    write_seven(tmp_path / "toy-test")
    export_set(tmp_path / "toy-test", tmp_path / "out", truth=None, detections=None, advance=lambda _: None)
    stem = "toy-test-scene_edit_"
    (tmp_path / f"out/gsi/{stem}0.source_ids.png").unlink()
    (tmp_path / f"out/gsi/{stem}1.target_depth.png").write_bytes(b"no picture")
    Image.new("I;16", (3, 3)).save(tmp_path / f"out/gsi/{stem}2.target_ids.png")
    for query, change in ((3, {"id": "../../escape"}), (4, {"edit": {"operation": "juggle"}}), (5, {"more": 1})):
        path = tmp_path / f"out/{stem}{query}.json"
        document = json.loads(path.read_text("utf-8"))
        document["gsi"].update(change)
        path.write_text(json.dumps(document), "utf-8")
    done = run([tmp_path / "out"], tmp_path / "back")
    assert done.whole == 1
    reasons = [done.refused[f"{stem}{query}.json"] for query in range(6)]
    for reason, expected in zip(
        reasons, ("damaged", "damaged", "not all 128 x 96", "is no name", "juggle", "damaged"), strict=True
    ):
        assert expected in reason


def test_without_the_sub_folder_the_boxes_are_what_is_left(tmp_path: Path) -> None:
    write_seven(tmp_path / "toy-test")
    export_set(tmp_path / "toy-test", tmp_path / "out", truth=None, detections=None, advance=lambda _: None)
    shutil.rmtree(tmp_path / "out/gsi")
    done = run([tmp_path / "out"], tmp_path / "back")
    assert (done.whole, done.from_boxes, done.refused) == (0, 7, {})


def test_a_view_change_without_boxes_is_seen_from_a_level_camera(tmp_path: Path) -> None:
    record = published_records()["view"]
    bare = {key: record[key] for key in ("prompt", "camera_intrinsics")} | {"target": None}
    in_folder(tmp_path / "published", one_file(bare))
    run([tmp_path / "published"], tmp_path / "set")
    ((sample, pictures),) = read_set(tmp_path / "set")
    assert sample.before.camera.ahead_3 == pytest.approx([0.0, 1.0, 0.0])
    assert sample.before.camera.pose_wc.rotation_33[:, 1] == pytest.approx([0.0, 0.0, -1.0])
    assert sample.before.things == ()
    assert not pictures.source_geometry.ids_HW.any()
