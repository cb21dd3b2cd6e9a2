"""The talk with a worker that misbehaves in every way a process can: a stand-in that speaks the protocol and plays a part."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dagster_gsi.detectors import DetectorsParams, check_detector, open_detector
from dagster_gsi.detectors.base import UnansweredError
from dagster_gsi.detectors.detany3d import DetAny3D, open_detany3d
from dagster_gsi.detectors.detany3d_setup import Installation
from tests.detectors.detany3d_by_hand import params, query, write_checkout
from tests.processes_by_hand import gone
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
# Greets and answers well; a part replaces how it greets or what it does with a question. `times` counts its starts.
STAND_IN = """
import json, os, signal, subprocess, sys, time
def say(answer):
    print(json.dumps(answer), flush=True)
with open("starts", "a") as starts:
    starts.write("x")
times = os.path.getsize("starts")
hello = json.loads(sys.stdin.readline())
def greet():
    say({"protocol": 1, "loaded": {}})
def answer(question):
    say({"id": question["id"], "detections": []})
#PART
greet()
for line in sys.stdin:
    answer(json.loads(line))
"""


@pytest.fixture
def playing(tmp_path: Path) -> Iterator[Callable[..., DetAny3D]]:
    """Makes a detector whose worker plays a part; it ends with the test."""
    made = []

    def make(part: str, **changes: object) -> DetAny3D:
        script = tmp_path / "stand in.py"
        script.write_text(STAND_IN.replace("#PART", part), encoding="utf-8")
        command = (sys.executable, "-I", str(script))
        installation = Installation(command, {"protocol": 1, "repo": "the-repo"}, {}, dict(os.environ))
        made.append(DetAny3D(installation, params(**changes)))
        return made[-1]

    yield make
    for detector in made:
        detector.close()


def starts(detector: DetAny3D) -> int:
    return len((detector._folder / "starts").read_text())


def refused(detector: DetAny3D) -> str:
    """The message of a detector that cannot work at all; asked again, it says the same without trying."""
    messages = []
    for _ in range(2):
        with pytest.raises(ValueError) as caught:
            detector.detect(query(SCENE))
        assert not isinstance(caught.value, UnansweredError)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert starts(detector) == 1
    return messages[0]


def unanswered(detector: DetAny3D) -> str:
    with pytest.raises(UnansweredError) as caught:
        detector.detect(query(SCENE))
    return str(caught.value)


def test_it_starts_with_the_first_question_and_answers_the_others_too(playing: Callable[..., DetAny3D]) -> None:
    detector = playing("")
    assert not (detector._folder / "starts").exists()
    assert [detector.detect(query(SCENE)) for _ in range(3)] == [(), (), ()]
    assert starts(detector) == 1


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("package", "the environment lacks a package: whoops\ninstall it for "),
        ("repo", "detectors.detany3d.repo: the-repo is not the official code: whoops"),
        ("device", "detectors.detany3d.device: whoops; it needs an NVIDIA GPU"),
        ("memory", "the GPU's memory ran out while the models were loaded: whoops"),
        ("grounding", "whoops: without it no text is understood"),
        ("failure", "the models could not be loaded: whoops; the end of its errors:\nas it said"),
    ],
)
def test_each_reason_for_not_loading_has_its_own_words(
    playing: Callable[..., DetAny3D], kind: str, message: str
) -> None:
    part = (
        "def greet():\n    print('as it said', file=sys.stderr)\n"
        f"    say({{'protocol': 1, 'error': 'whoops', 'kind': {kind!r}}})"
    )
    assert message in refused(playing(part))


def test_another_version_of_the_protocol_is_refused(playing: Callable[..., DetAny3D]) -> None:
    message = refused(playing("def greet():\n    say({'protocol': 2, 'loaded': {}})"))
    assert "speaks version 2 of the protocol, not 1" in message


def test_a_worker_that_ends_while_loading_shows_its_exit_code_and_last_words(playing: Callable[..., DetAny3D]) -> None:
    message = refused(playing("def greet():\n    sys.exit('no such luck')"))
    assert message == "detany3d ended while it was loaded, with exit code 1; the end of its errors:\nno such luck"


def test_a_worker_that_is_killed_while_loading_is_told_from_one_that_fails(playing: Callable[..., DetAny3D]) -> None:
    message = refused(playing("def greet():\n    os.kill(os.getpid(), signal.SIGKILL)"))
    assert "by SIGKILL (most likely the machine's memory ran out)" in message
    assert "(it wrote nothing to stderr)" in message


def test_a_worker_that_never_gets_ready_is_ended_after_its_time(playing: Callable[..., DetAny3D]) -> None:
    part = "def greet():\n    print('reading weights', file=sys.stderr, flush=True)\n    time.sleep(60)"
    started = time.monotonic()
    message = refused(playing(part, start_timeout_s=0.5))
    assert time.monotonic() - started < 30
    assert "was not loaded within 0.5 s (detectors.detany3d.start_timeout_s)" in message
    assert message.endswith("reading weights")


KILLED = "def answer(question):\n    {when}\n    os.kill(os.getpid(), signal.SIGKILL)"
GOOD = "return say({'id': question['id'], 'detections': []})"


def test_after_one_crash_the_question_is_asked_again_in_a_new_worker(playing: Callable[..., DetAny3D]) -> None:
    detector = playing(KILLED.format(when=f"if times > 1: {GOOD}"))
    assert detector.detect(query(SCENE)) == ()
    assert detector.detect(query(SCENE)) == ()
    assert starts(detector) == 2


def test_a_picture_that_ends_two_workers_is_left_and_the_next_one_is_looked_at(
    playing: Callable[..., DetAny3D],
) -> None:
    detector = playing(KILLED.format(when=f"if question['id'] != 1: {GOOD}"))
    assert "ended twice over one picture, by SIGKILL (most likely the machine's memory" in unanswered(detector)
    assert detector.detect(query(SCENE)) == ()
    assert starts(detector) == 3


def test_three_pictures_in_a_row_that_end_it_are_the_end(playing: Callable[..., DetAny3D]) -> None:
    detector = playing(KILLED.format(when="print(question['id'], file=sys.stderr, flush=True)"))
    unanswered(detector)
    unanswered(detector)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"(?s)given up after 3 pictures in a row: .* by SIGKILL.*\n3$") as caught:
            detector.detect(query(SCENE))
        assert not isinstance(caught.value, UnansweredError)
    assert starts(detector) == 6


def test_a_late_answer_is_no_answer_to_the_next_question(playing: Callable[..., DetAny3D]) -> None:
    part = f"def answer(question):\n    if question['id'] == 1: time.sleep(60)\n    {GOOD}"
    detector = playing(part, timeout_s=0.5)
    message = unanswered(detector)
    assert "did not answer within 0.5 s (detectors.detany3d.timeout_s) and was ended" in message
    assert detector.detect(query(SCENE)) == ()
    assert starts(detector) == 2


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("print('Loading checkpoint shards: 100%', flush=True)", "wrote b'Loading checkpoint shards: 100%' where an"),
        ("print('[1, 2]', flush=True)", "wrote b'[1, 2]' where an answer was due"),
        ("os.write(1, bytes([255, 254, 10]))", "where an answer was due"),
        ("say({'id': question['id'] + 1, 'detections': []})", 'answered question 1 with {"id": 2, "detections": []}'),
        ("say({'id': question['id']})", 'answered question 1 with {"id": 1}'),
        ("say({'id': question['id'], 'detections': 'none'})", "answered question 1 with"),
        ("sys.stdout.write('x' * (17 << 20))", "a line of more than 16 MiB"),
    ],
    ids=["text", "no object", "no text", "wrong id", "nothing said", "no list", "huge line"],
)
def test_what_is_no_answer_ends_the_worker(playing: Callable[..., DetAny3D], said: str, message: str) -> None:
    detector = playing(f"def answer(question):\n    {said}\n    time.sleep(60)")
    with pytest.raises(ValueError) as caught:
        detector.detect(query(SCENE))
    assert message in str(caught.value)
    assert detector._worker is None


def test_a_worker_that_closes_its_output_and_lives_on_is_ended(playing: Callable[..., DetAny3D]) -> None:
    part = "def answer(question):\n    os.close(1); sys.stdin.close(); time.sleep(60)"
    detector = playing(part)
    started = time.monotonic()
    assert "ended twice over one picture, after it closed its output and lived on" in unanswered(detector)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "detection",
    [{}, {"bbox_3d": [0, 0, 1, 1, 1, 1, float("nan")]}, {"bbox_3d": [0, 0, 1, 1, 1, 1, 0], "iou_score": "good"}],
    ids=["empty", "NaN", "no score"],
)
def test_a_detection_that_is_no_box_is_not_passed_over(
    playing: Callable[..., DetAny3D], detection: dict[str, object]
) -> None:
    part = f"nan = float('nan')\ndef answer(question):\n    say({{'id': question['id'], 'detections': [{detection}]}})"
    assert "answered with what is no box" in unanswered(playing(part))


def test_what_the_worker_started_ends_with_it(playing: Callable[..., DetAny3D]) -> None:
    part = "child = subprocess.Popen(['sleep', '60'])\nopen('child', 'w').write(str(child.pid))"
    detector = playing(part)
    detector.detect(query(SCENE))
    pid = int((detector._folder / "child").read_text())
    detector.close()
    assert gone(pid, within_s=4)


def test_a_detector_that_nobody_holds_any_more_ends_its_worker(
    playing: Callable[..., DetAny3D], tmp_path: Path
) -> None:
    write_checkout(tmp_path)
    detector = playing("")
    detector.detect(query(SCENE))
    worker = detector._worker
    assert worker is not None
    process, detector._worker = worker.process, None
    del worker
    assert process.wait(10) is not None


# What is not there is said before anything is started.


def test_without_settings_the_keys_are_named(tmp_path: Path) -> None:
    keys = r"detectors\.detany3d\.repo, detectors\.detany3d\.weights and detectors\.detany3d\.python"
    with pytest.raises(ValueError, match=keys):
        open_detector("detany3d", DetectorsParams(), tmp_path)
    with pytest.raises(ValueError, match=keys):
        check_detector("detany3d", DetectorsParams(), tmp_path, ["a"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repo": "nowhere"}, r"detectors\.detany3d\.repo: there is no folder .*nowhere"),
        ({"repo": "weights"}, r"detectors\.detany3d\.repo: .*weights has no models/model\.py; name the folder `evalu"),
        ({"weights": "nowhere"}, r"detectors\.detany3d\.weights: there is no folder .*nowhere"),
        (
            {"weights": "GSI Bench"},
            r"detectors\.detany3d\.weights: .* lacks other_exp_ckpt\.pth, sam_vit_h_4b8939\.pth",
        ),
        ({"python": "bin/python"}, r"detectors\.detany3d\.python: .*bin/python is no program; name the interpreter"),
        ({"python": "no-such-python"}, r"detectors\.detany3d\.python: no-such-python is no program"),
        ({"python": "weights/GroundingDINO_SwinB_cfg.py"}, r"detectors\.detany3d\.python: .* is no program"),
    ],
)
def test_what_is_missing_is_said_with_its_key(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    write_checkout(tmp_path)
    with pytest.raises(ValueError, match=message):
        open_detany3d(params(**changes), tmp_path)


def test_a_program_that_is_none_cannot_be_started(tmp_path: Path) -> None:
    write_checkout(tmp_path)
    (tmp_path / "python").write_bytes(b"\x7fELF")
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "a").mkdir()
    with pytest.raises(ValueError, match=r"python cannot be started \(Exec format error\)"):
        open_detany3d(params(python="./a/../python"), tmp_path).detect(query(SCENE))


def test_a_gpu_that_is_not_shown_to_this_process_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_checkout(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with pytest.raises(ValueError, match=r"detectors\.detany3d\.device: cuda:1, but CUDA_VISIBLE_DEVICES shows 1: 3"):
        open_detany3d(params(device="cuda:1"), tmp_path)


def test_grounding_dinos_configuration_may_lie_in_the_checkout(tmp_path: Path) -> None:
    repo = write_checkout(tmp_path)
    name = "GroundingDINO_SwinB_cfg.py"
    inside = repo / "src/groundingdino/groundingdino/config" / name
    inside.parent.mkdir(parents=True)
    (tmp_path / "weights" / name).rename(inside)
    links = open_detany3d(params(), tmp_path).installation.links
    assert links[f"GroundingDINO/groundingdino/config/{name}"] == inside
