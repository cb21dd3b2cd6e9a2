"""Whatever a file holds, a reader gives a value of the right form or one ValueError that names the file."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dagster_gsi.interchange.official_cache import detections_of, read_cache
from dagster_gsi.interchange.official_dataset import Folder, list_samples
from dagster_gsi.interchange.official_judgements import judgements_of, read_judgements
from dagster_gsi.interchange.official_picture import read_picture

NUMBERS = st.integers() | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
BOXES = st.lists(NUMBERS, min_size=7, max_size=7) | st.lists(JSON, max_size=8)
FRAMES = st.lists(NUMBERS, min_size=4, max_size=4) | JSON
MATRICES = st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=3, max_size=3) | JSON
DETECTIONS = st.fixed_dictionaries({"bbox_3d": BOXES, "bbox_2d": FRAMES}, optional={"rotation_matrix": MATRICES}) | JSON
RESULTS = st.fixed_dictionaries({"detections": st.lists(DETECTIONS, max_size=3)}) | JSON
ENTRIES = st.fixed_dictionaries({"origin_result": RESULTS, "new_result": RESULTS}) | JSON
EDITS = st.fixed_dictionaries(
    {"prompt": st.text(max_size=20) | JSON, "target": JSON},
    optional={
        "original_bbox_3d": BOXES,
        "new_bbox_3d": BOXES,
        "camera_intrinsics": MATRICES,
        "rotation_matrix": MATRICES,
        "new_rotation_matrix": MATRICES,
    },
)
ANSWERS = st.lists(
    st.fixed_dictionaries(
        {
            "prediction": st.text(max_size=9)
            | JSON.map(lambda told: f"||V^=^V||{json.dumps(told)}||V^=^V||")
            | JSON.map(lambda score: f'||V^=^V||{{"score": {json.dumps(score)}}}')
            | JSON,
            "meta": st.fixed_dictionaries({"index": st.text(max_size=5)}) | JSON,
        }
    )
    | JSON,
    max_size=5,
)


def outcome(read: Callable[[], Any]) -> tuple[Any, str]:
    """What was read, or None and the message; any error but ValueError is let through."""
    try:
        return read(), ""
    except ValueError as error:
        return None, str(error)


@given(ENTRIES)
@settings(max_examples=200, deadline=None)
def test_a_cache_entry_is_boxes_of_numbers_or_one_error_that_names_the_sample(entry: Any) -> None:
    results, said = outcome(lambda: detections_of({"a_0": entry}, "a_0", "infer_cache.json"))
    assert said == "" or said.startswith("infer_cache.json, a_0")
    assert "\n" not in said
    for detection in (one for result in results or () for one in result):
        assert np.shape(detection["bbox_3d"]) == (7,)
        assert np.shape(detection["bbox_2d"]) == (4,)
        assert all(isinstance(value, float) for value in detection["bbox_3d"] + detection["bbox_2d"])


@given(EDITS | JSON)
@settings(max_examples=200, deadline=None)
def test_an_edit_is_boxes_of_numbers_or_one_error_that_names_the_file(document: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "a_edit_0.json").write_text(json.dumps(document), encoding="utf-8")
        (root / "edited").mkdir()
        folder = Folder.open(root)
        (sample,) = list_samples(folder, root / "edited").samples.values()
        edit, said = outcome(lambda: folder.read_edit(sample))
    if edit is None:
        assert said.startswith("a_edit_0.json")
        return
    record = edit.record
    assert isinstance(record["prompt"], str)
    assert all(isinstance(oddity, str) for oddity in edit.oddities)
    for key, shape in (("original_bbox_3d", (7,)), ("camera_intrinsics", (3, 3)), ("rotation_matrix", (3, 3))):
        assert key not in record or np.asarray(record[key], dtype=np.float64).shape == shape


@given(ANSWERS)
@settings(max_examples=300, deadline=None)
def test_every_judgement_is_a_number_or_a_reason(document: list[Any]) -> None:
    answers, faults = judgements_of(document)
    indexed = [
        item["meta"]["index"]
        for item in document
        if isinstance(item, dict) and isinstance(item.get("meta"), dict) and isinstance(item["meta"].get("index"), str)
    ]
    assert set(answers) == set(indexed)
    assert len(faults) == len(document) - len(indexed)
    for answer in answers.values():
        assert isinstance(answer.score, float) != bool(answer.reason)


@given(st.binary(max_size=60))
@settings(max_examples=150, deadline=None)
def test_bytes_of_any_kind_are_one_error_that_names_the_file(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "file.json"
        path.write_bytes(content)
        for read in (read_cache, read_judgements, read_picture):
            value, said = outcome(lambda read=read: read(path))
            assert value is not None or "file.json" in said


@given(st.integers(0, 2_000), st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_a_damaged_picture_is_opened_or_one_error_that_names_it(place: int, value: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.png"
        noise = np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(noise).save(path)
        content = bytearray(path.read_bytes())
        content[place % len(content)] = value
        path.write_bytes(content if place % 2 else content[: place % len(content)])
        read, said = outcome(lambda: read_picture(path))
    assert said.startswith("a.png cannot be opened") if read is None else read[0].mode == "RGB"


@pytest.mark.parametrize("depth", [100_000])
def test_json_nested_without_end_is_one_error(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * depth, encoding="utf-8")
    for read in (read_cache, read_judgements):
        with pytest.raises(ValueError, match=r"deep\.json cannot be read"):
            read(path)
    answers, _ = judgements_of([{"prediction": f"||V^=^V||{'[' * depth}", "meta": {"index": "a"}}])
    assert answers["a"].score is None


def test_what_nothing_asks_for_is_dropped_from_a_cache(tmp_path: Path) -> None:
    path = tmp_path / "infer_cache.json"
    detection = {"label": "mug", "bbox_3d": [0.0] * 7, "bbox_2d": [0.0] * 4, "vertices_3d": [[0.0] * 3] * 8}
    results = {"origin_result": {"detections": [detection]}, "new_result": {"detections": []}}
    path.write_text(json.dumps({"a_0": results}), encoding="utf-8")
    assert read_cache(path)["a_0"]["origin_result"] == {"detections": [{"bbox_3d": [0.0] * 7, "bbox_2d": [0.0] * 4}]}


@pytest.mark.parametrize("told", [math.nan, math.inf])
def test_a_score_may_be_any_number_that_json_knows(told: float) -> None:
    entry = {"prediction": f'||V^=^V||{{"score": {json.dumps(told)}}}', "meta": {"index": "a"}}
    assert repr(judgements_of([entry])[0]["a"].score) == repr(told)
