from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dagster_gsi.evaluation.official import score
from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose, turn_about
from dagster_gsi.interchange.official_cache import detections_of, read_cache
from dagster_gsi.interchange.official_dataset import Folder, list_samples
from dagster_gsi.interchange.official_export import Exported, export_set
from dagster_gsi.interchange.official_form import (
    box_of,
    detection_of,
    origin_detections,
    record_of,
    truth_detections,
)
from dagster_gsi.interchange.official_frame import official_frame, source_camera
from dagster_gsi.interchange.official_prompts import operation_of
from dagster_gsi.samples.shards import write_shard
from tests.interchange.sets_by_hand import EDITS, seven_samples, write_seven
from tests.samples_by_hand import make_pair

OFFICIAL = {"place": "move", "receptacle": "move"}


def export(folder: Path, root: Path) -> Exported:
    return export_set(
        folder, root / "out", truth=root / "truth", detections=root / "infer_cache.json", advance=lambda _: None
    )


@given(
    width=st.integers(40, 4000),
    aspect=st.floats(0.3, 3.0),
    fov=st.floats(0.2, 2.0),
    tilt=st.floats(-1.2, 1.2),
    place=st.tuples(*[st.floats(-5, 5)] * 3),
    lengths=st.tuples(*[st.floats(0.01, 3)] * 3),
    axis=st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda axis: np.linalg.norm(axis) > 0.1),
    angle=st.floats(-4, 4),
)
def test_boxes_and_cameras_come_back_exactly_through_the_official_frame(
    width: int,
    aspect: float,
    fov: float,
    tilt: float,
    place: tuple[float, float, float],
    lengths: tuple[float, float, float],
    axis: tuple[float, float, float],
    angle: float,
) -> None:
    eye_3, height = np.array([0.3, -2.0, 1.5]), max(1, round(width / aspect))
    looked_at_3 = eye_3 + [0.2, np.cos(tilt), np.sin(tilt)]
    plain = Camera.look_at(eye_3, looked_at_3, fov=fov, width=width, height=height)
    camera = replace(plain, focal_y=plain.focal_x * 1.07, centre_x=0.45 * width, centre_y=0.6 * height)
    turned_33 = turn_about(np.array(axis) / np.linalg.norm(axis), angle)
    box = Box(Pose(turned_33, np.array(place)), np.array(lengths))
    written = json.loads(json.dumps(detection_of(box, "thing", official_frame(camera))))
    read_camera = source_camera(np.array(written["camera_intrinsics"]), camera.pose_wc, width, height)
    read_box = box_of(written, official_frame(read_camera))
    assert read_camera.matrix_33 == pytest.approx(camera.matrix_33, abs=1e-9 * width)
    assert (read_camera.width, read_camera.height) == (width, height)
    assert read_box.pose_wb.is_close(box.pose_wb, atol=1e-9)
    assert read_box.size_3 == pytest.approx(box.size_3, abs=1e-9)


def test_an_exported_set_is_read_as_the_published_layout(tmp_path: Path) -> None:
    pairs = write_seven(tmp_path / "set")
    done = export(tmp_path / "set", tmp_path)
    assert (done.samples, done.sources, done.truths) == (7, 1, 7)
    folder = Folder.open(tmp_path / "out")
    listing = list_samples(folder, tmp_path / "truth")
    assert listing.ignored == {}
    assert list(listing.samples) == [f"toy-test-scene_{query}" for query in range(7)]
    for (sample, pictures), found in zip(pairs, listing.samples.values(), strict=True):
        edit = folder.read_edit(found)
        record = record_of(sample.edit, sample.before, sample.after)
        kept = {key: value for key, value in record.items() if key not in {"prompt", "reference"}}
        assert {**edit.record, "prompt": None} == {**kept, "prompt": None}
        assert edit.oddities == []
        assert operation_of(edit.prompt) == OFFICIAL.get(sample.edit.name, sample.edit.name)
        assert [path.name for path in found.edited] == [f"{found.stem}.png"]
        with Image.open(folder.source_of(found.image)) as source, Image.open(found.edited[0]) as truth:
            assert source.tobytes() == pictures.source.tobytes()
            assert pictures.target is not None
            assert truth.tobytes() == pictures.target.tobytes()
        true_picture, count = folder.truth_of(found.image, found.query)
        assert (true_picture is not None, count) == ((True, 1) if sample.edit.name == "view" else (False, 0))


def test_the_evaluator_gives_the_exported_truth_the_figures_of_the_sample_itself(tmp_path: Path) -> None:
    pairs = write_seven(tmp_path / "set")
    export(tmp_path / "set", tmp_path)
    folder, cache = Folder.open(tmp_path / "out"), read_cache(tmp_path / "infer_cache.json")
    accuracies = {}
    for (sample, pictures), (key, found) in zip(
        pairs, list_samples(folder, tmp_path / "truth").samples.items(), strict=True
    ):
        with Image.open(folder.source_of(found.image)) as source, Image.open(found.edited[0]) as truth:
            arrays = np.array(source), np.array(truth)
        seen = detections_of(cache, key, "infer_cache.json")
        exported = score(*arrays, arrays[1], folder.read_edit(found).record, *seen, kind="syn")
        assert pictures.target is not None
        direct = score(
            np.array(pictures.source),
            np.array(pictures.target),
            np.array(pictures.target),
            {**record_of(sample.edit, sample.before, sample.after), "prompt": found_prompt(folder, found)},
            origin_detections(sample.before, sample.edit.target),
            truth_detections(sample.before, sample.after, sample.edit.target),
            kind="syn",
        )
        assert exported == direct
        accuracies[sample.edit.name] = exported.accuracy
    # What the published formulas can see of true answers: the long move and the removal, the scaling, the view.
    assert accuracies["move"] == pytest.approx(1.0, abs=1e-3)
    assert accuracies["remove"] == 1.0
    assert accuracies["scale"] == pytest.approx(1.0, abs=1e-3)
    assert accuracies["view"] == pytest.approx(1.0, abs=1e-3)


def found_prompt(folder: Folder, found: Any) -> str:
    return folder.read_edit(found).prompt


def test_prompts_are_ours_where_the_evaluator_can_read_them(tmp_path: Path) -> None:
    pairs = [
        (
            replace(
                sample, instruction=sample.edit.instruction(sample.before, np.random.default_rng(seed)), id=f"s-{seed}"
            ),
            p,
        )
        for seed in range(12)
        for sample, p in seven_samples()[:1]
    ]
    write_shard(tmp_path / "set/shard-00000.tar", pairs)
    done = export(tmp_path / "set", tmp_path)
    slides = {sample.id for sample, _ in pairs if sample.instruction.en.startswith("Slide")}
    assert set(done.rephrased) == slides != set()
    assert done.misread == []
    for query, (sample, _) in enumerate(pairs):
        prompt = json.loads((tmp_path / f"out/toy-test-scene_edit_{query:02}.json").read_text("utf-8"))["prompt"]
        assert (prompt == sample.instruction.en) is (sample.id not in slides)
        assert operation_of(prompt) == "move"


def test_scenes_with_several_sources_have_several_images(tmp_path: Path) -> None:
    """The toy set's pictures are noise, another for each sample."""
    write_shard(tmp_path / "set/shard-00000.tar", [make_pair(number) for number in range(6)])
    done = export(tmp_path / "set", tmp_path)
    assert done.sources == 6
    names = sorted(path.stem for path in (tmp_path / "out").glob("*.png"))
    assert names == sorted(["toy-test-0", *(f"toy-test-0-{n}" for n in (2, 3, 4)), "toy-test-1", "toy-test-1-2"])
    assert (tmp_path / "out/toy-test-0-3_edit_0.json").exists()


def test_the_true_picture_of_one_query_is_never_that_of_another(tmp_path: Path) -> None:
    view, pictures = seven_samples()[-1]
    write_shard(tmp_path / "set/shard-00000.tar", [(replace(view, id=f"view-{k}"), pictures) for k in range(12)])
    export(tmp_path / "set", tmp_path)
    for query in range(12):
        found = list((tmp_path / "out").glob(f"toy-test-scene_*gtedit_{query:02}*.*"))
        assert [path.name for path in found] == [f"toy-test-scene_x_gtedit_{query:02}.png"]


def test_a_folder_that_holds_something_is_never_replaced(tmp_path: Path) -> None:
    write_seven(tmp_path / "set")
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth/precious.txt").write_text("kept", "utf-8")
    with pytest.raises(ValueError, match="not empty"):
        export(tmp_path / "set", tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != "set"] == ["truth"]
    assert (tmp_path / "truth/precious.txt").read_text("utf-8") == "kept"


def test_a_set_without_true_pictures_has_none_to_export(tmp_path: Path) -> None:
    pairs = [(sample, replace(pictures, target=None)) for sample, pictures in seven_samples()]
    write_shard(tmp_path / "set/shard-00000.tar", pairs)
    with pytest.raises(ValueError, match="no true pictures"):
        export(tmp_path / "set", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]
    done = export_set(tmp_path / "set", tmp_path / "out", truth=None, detections=None, advance=lambda _: None)
    assert (done.samples, done.truths) == (7, 0)


def test_a_scene_whose_name_means_something_in_the_layout_is_refused(tmp_path: Path) -> None:
    sample, pictures = seven_samples()[0]
    write_shard(tmp_path / "set/shard-00000.tar", [(replace(sample, scene_id="a_edit_b"), pictures)])
    with pytest.raises(ValueError, match=r"'a_edit_b'.*reads otherwise"):
        export(tmp_path / "set", tmp_path)


def test_every_operation_has_an_official_form() -> None:
    from dagster_gsi.operations import OPERATIONS

    assert {edit.name for edit in EDITS} == set(OPERATIONS)
