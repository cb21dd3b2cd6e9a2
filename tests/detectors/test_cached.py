from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_gsi.detectors import CachedParams, DetectorsParams, check_detector, gather_recordings, open_detector
from dagster_gsi.detectors.base import Detection, Query, Role, UnansweredError
from dagster_gsi.detectors.cached import Cached, open_cached
from dagster_gsi.detectors.recording import Recording, cache_key, gather
from dagster_gsi.interchange.official_form import detection_of
from dagster_gsi.interchange.official_frame import official_frame
from tests.detectors.detany3d_by_hand import params, query, tell, write_checkout
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
FRAME = official_frame(SCENE.camera)
RECORDS = [{**detection_of(t.box, "mug", FRAME), "iou_score": 0.7} for t in SCENE.of_category("mug")]
ROOT = Path(__file__).parents[2]


class Sees:
    """Sees the mugs, the first one only in the edited picture, with a confidence that tells the calls apart."""

    version: ClassVar[str] = "sees-1"
    finds_all: ClassVar[bool] = True
    any_label: ClassVar[bool] = True

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, query: Query) -> tuple[Detection, ...]:
        self.calls += 1
        seen = SCENE.of_category("mug")[: 1 if query.role == "new" else 2]
        return tuple(Detection(query.label, thing.box, self.calls / 100) for thing in seen)


def ask(sample_id: str, role: Role = "new") -> Query:
    return replace(query(SCENE, sample_id=sample_id), role=role)


def write_cache(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def entry(origin: Any, new: Any) -> dict[str, Any]:
    return {"origin_result": {"detections": origin}, "new_result": {"detections": new}}


def test_the_answers_for_both_pictures_of_a_sample_are_read_as_boxes_in_the_world(tmp_path: Path) -> None:
    cached = open_cached(write_cache(tmp_path / "c.json", {"a": entry(RECORDS, RECORDS[:1]), "b": entry([], [])}))
    both, one = cached.detect(ask("a", "origin")), cached.detect(ask("a"))
    assert (len(both), len(one)) == (2, 1)
    for detection, thing in zip(both, SCENE.of_category("mug"), strict=True):
        assert detection.box.pose_wb.is_close(thing.box.pose_wb)
        assert detection.confidence == 0.7
    assert cached.detect(ask("b")) == ()


def test_samples_are_found_by_their_published_names(tmp_path: Path) -> None:
    assert cache_key("036bce3393_frame_008270_edit_3") == "036bce3393_frame_008270_3"
    assert cache_key("table-test-00012") == "table-test-00012"
    cached = open_cached(write_cache(tmp_path / "c.json", {"x_rgb_3": entry([], RECORDS)}))
    assert len(cached.detect(ask("x_rgb_edit_3"))) == 2


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"b": entry([], [])}, r"c\.json has nothing under 'a': the detector was not asked about this sample"),
        ({"a": {"origin_result": {"detections": []}}}, r"c\.json, a, new_result: a list of detections is expected"),
        ({"a": None}, r"c\.json has nothing under 'a'"),
        ({"a": entry([], {"label": "mug"})}, r"c\.json, a, new_result: a list of detections is expected"),
        ({"a": entry([], ["mug"])}, r"c\.json, a, new_result: a list of detections is expected"),
        ({"a": entry([], [{"label": "mug"}])}, r"c\.json, a, new_result: bbox_3d is missing"),
        ({"a": entry([], [{**RECORDS[0], "bbox_3d": [1.0] * 6}])}, "bbox_3d must be 7 finite numbers"),
        ({"a": entry([], [{**RECORDS[0], "bbox_3d": [float("inf")] * 7}])}, "bbox_3d must be 7 finite numbers"),
        ({"a": entry([], [{**RECORDS[0], "iou_score": "high"}])}, "iou_score is 'high', no finite number"),
    ],
)
def test_a_sample_without_a_good_entry_is_unanswered_with_file_and_key(
    document: Any, message: str, tmp_path: Path
) -> None:
    cached = open_cached(write_cache(tmp_path / "c.json", document))
    with pytest.raises(UnansweredError, match=message):
        cached.detect(ask("a"))


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"a": ', "\0"])
def test_what_is_no_cache_is_one_error_that_names_the_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"c\.json"):
        open_cached(tmp_path / "c.json")


def test_a_cache_that_is_not_there_names_its_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"c\.json is missing: set detectors\.cached\.path"):
        open_cached(tmp_path / "c.json")


NUMBERS = st.floats() | st.integers() | st.just(10**400)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=3), lambda inner: st.lists(inner, max_size=7)
)
ENTRIES = st.fixed_dictionaries(
    {"bbox_3d": st.lists(NUMBERS, min_size=7, max_size=7) | JSON},
    optional={
        "rotation_matrix": st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=3, max_size=3) | JSON,
        "iou_score": NUMBERS | JSON,
    },
)


@given(st.lists(ENTRIES | JSON, max_size=3) | JSON)
def test_any_entry_gives_detections_or_one_reason(detections: Any) -> None:
    cached = Cached(Path("c.json"), {"a": entry([], detections)})
    try:
        found = cached.detect(ask("a"))
    except UnansweredError as error:
        reason = str(error)
        found = ()
    else:
        reason = "c.json, a"
    assert reason.startswith("c.json, a")
    for detection in found:
        assert 0 <= detection.confidence <= 1
        assert (detection.box.size_3 > 0).all()
        assert np.isfinite(detection.box.corners_83()).all()


def test_a_cache_for_other_samples_altogether_is_refused_before_work_begins(tmp_path: Path) -> None:
    write_cache(tmp_path / "warp.json", {"x_1": entry([], []), "y_2": entry([], [])})
    settings = DetectorsParams(cached=CachedParams(path=Path("{editor}.json")))
    check_detector("cached", settings, tmp_path, ["a", "x_edit_1"], editor="warp")
    with pytest.raises(ValueError, match=r"warp\.json is for other samples: it has 2 such as 'x_1' and none of the 2"):
        check_detector("cached", settings, tmp_path, ["a", "b"], editor="warp")


def test_the_cache_is_the_editors_own(tmp_path: Path) -> None:
    write_cache(tmp_path / "warp.json", {"a": entry([], RECORDS)})
    settings = DetectorsParams(cached=CachedParams(path=Path("{editor}.json")))
    assert len(open_detector("cached", settings, tmp_path, editor="warp").detect(ask("a"))) == 2
    with pytest.raises(ValueError, match=r"detectors\.cached\.path: \{editor\}\.json is one file an editor"):
        open_detector("cached", settings, tmp_path)
    with pytest.raises(ValueError, match=r"detectors\.cached is missing, but the detector `cached` is chosen"):
        open_detector("cached", DetectorsParams(), tmp_path)


def test_what_is_recorded_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "kept/infer_cache.json"
    detector = Recording(Sees(), path)
    roles: tuple[Role, Role] = ("origin", "new")
    asked = [ask(f"sample_edit_{k}", role) for k in range(3) for role in roles]
    given_ = [detector.detect(one) for one in asked]
    detector.close()
    assert not path.exists()
    assert gather(path) == 6
    assert gather(path) == 0
    assert list(json.loads(path.read_text())) == ["sample_0", "sample_1", "sample_2"]
    cached = open_cached(path)
    for one, detections in zip(asked, given_, strict=True):
        again = cached.detect(one)
        assert [d.confidence for d in again] == [d.confidence for d in detections]
        for first, second in zip(detections, again, strict=True):
            assert first.box.pose_wb.is_close(second.box.pose_wb)
            assert second.box.size_3 == pytest.approx(first.box.size_3)


def test_a_recording_detector_is_otherwise_the_detector(tmp_path: Path) -> None:
    inner = Sees()
    detector = Recording(inner, tmp_path / "c.json")
    assert (detector.version, detector.finds_all, detector.any_label) == ("sees-1", True, True)
    assert detector.detect(ask(""))[0].confidence == 0.01
    detector.close()
    # Answers that belong to no sample are not kept.
    assert list(tmp_path.iterdir()) == []


def test_the_last_answer_remains_and_what_the_cache_held_before_stays(tmp_path: Path) -> None:
    path = write_cache(tmp_path / "c.json", {"a": entry(RECORDS, []), "old": entry([], RECORDS)})
    for _ in range(2):
        detector = Recording(Sees(), path)
        detector.detect(ask("b"))
        detector.detect(ask("a"))
        detector.detect(ask("a"))
        detector.close()
    gather(path)
    document = json.loads(path.read_text())
    assert sorted(document) == ["a", "b", "old"]
    assert document["old"] == entry([], RECORDS)
    assert document["a"]["origin_result"]["detections"] == RECORDS
    assert [d["iou_score"] for d in document["a"]["new_result"]["detections"]] == [0.03]


def test_a_detectors_own_figures_are_kept_to_the_last_digit(tmp_path: Path) -> None:
    repo = write_checkout(tmp_path)
    official = [{**RECORDS[0], "pose_6d": [0.1, 0.2, 1 / 3, 0.4, 0.5, 0.6], "vertices_2d": [[1.5, 2.5]] * 8}]
    tell(repo, official)
    settings = DetectorsParams(detany3d=params(record="kept/{editor}/infer_cache.json"))
    detector = open_detector("detany3d", settings, tmp_path, editor="warp")
    detector.detect(ask("x_edit_7"))
    assert isinstance(detector, Recording)
    detector.close()
    gather_recordings(settings, tmp_path, editor="warp")
    kept = json.loads((tmp_path / "kept/warp/infer_cache.json").read_text())
    assert kept == {"x_7": {"new_result": {"detections": official}}}


# Several processes record at once: each says what it has recorded, so that it can be killed at a known point.
RECORDER = """
import sys
from pathlib import Path
from dagster_gsi.detectors.recording import Recording
from tests.detectors.test_cached import Sees, ask
name, count, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
detector = Recording(Sees(), path)
for number in range(count):
    detector.detect(ask(f"{name}-{number}"))
print("recorded", flush=True)
sys.stdin.read()
"""


def recorder(name: str, count: int, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RECORDER, name, str(count), str(path)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_processes_that_record_at_once_and_are_killed_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    with recorder("one", 20, path) as one, recorder("two", 30, path) as two:
        assert one.stdout is not None
        assert two.stdout is not None
        assert one.stdout.readline() == two.stdout.readline() == "recorded\n"
        # While they live their files are read and left to them.
        assert gather(path) == 50
        assert len(list((tmp_path / "c.json.parts").iterdir())) == 2
        one.send_signal(signal.SIGKILL)
        two.send_signal(signal.SIGKILL)
    assert len(open_cached(path).answers) == 50
    assert list((tmp_path / "c.json.parts").iterdir()) == []


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    detector = Recording(Sees(), path)
    for number in range(3):
        detector.detect(ask(f"s-{number}"))
    detector.close()
    (part,) = (tmp_path / "c.json.parts").iterdir()
    os.truncate(part, part.stat().st_size - 10)
    assert gather(path) == 2
    assert sorted(json.loads(path.read_text())) == ["s-0", "s-1"]


def test_a_damaged_line_is_told_and_nothing_is_deleted(tmp_path: Path) -> None:
    parts = tmp_path / "c.json.parts"
    parts.mkdir()
    (parts / f"{time.time_ns()}-1.jsonl").write_text('{"key": "a", "role": "new", "detections": []}\n{"key": 1}\n')
    with pytest.raises(ValueError, match=r"-1\.jsonl, line 2 is no recorded answer"):
        gather(tmp_path / "c.json")
    assert len(list(parts.iterdir())) == 1
    assert not (tmp_path / "c.json").exists()


def test_the_same_answers_are_the_same_bytes_whoever_recorded_them(tmp_path: Path) -> None:
    """Each sample's answer is the first of its process here."""
    for name, order in (("x.json", "abc"), ("y.json", "cab")):
        for sample_id in order:
            detector = Recording(Sees(), tmp_path / name)
            detector.detect(ask(sample_id))
            detector.close()
        gather(tmp_path / name)
    assert (tmp_path / "x.json").read_bytes() == (tmp_path / "y.json").read_bytes()
