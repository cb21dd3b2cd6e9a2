"""The real worker, started as for the real detector, on a checkout that stands in for the official one."""

from __future__ import annotations

import ast
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.detectors import detany3d_worker
from dagster_gsi.detectors.base import UnansweredError
from dagster_gsi.detectors.detany3d import DetAny3D, open_detany3d
from dagster_gsi.interchange.official_form import detection_of
from dagster_gsi.interchange.official_frame import official_frame
from tests.detectors.detany3d_by_hand import MODEL, calls, params, query, tell, write_checkout
from tests.processes_by_hand import gone
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
FRAME = official_frame(SCENE.camera)
MUGS = SCENE.of_category("mug")
SEEN = [{**detection_of(mug.box, "a mug", FRAME), "iou_score": 0.5 + 0.1 * k} for k, mug in enumerate(MUGS)]


@pytest.fixture
def detector(tmp_path: Path) -> Iterator[DetAny3D]:
    tell(write_checkout(tmp_path), SEEN)
    opened = open_detany3d(params(), tmp_path)
    yield opened
    opened.close()


def opened(tmp_path: Path, model: str) -> DetAny3D:
    tell(write_checkout(tmp_path, model), SEEN)
    return open_detany3d(params(), tmp_path)


def failure(tmp_path: Path, model: str) -> str:
    detector = opened(tmp_path, model)
    with pytest.raises(ValueError) as caught:
        detector.detect(query(SCENE))
    detector.close()
    assert not isinstance(caught.value, UnansweredError)
    return str(caught.value)


def test_official_boxes_become_boxes_in_the_world_with_their_scores(detector: DetAny3D) -> None:
    found = detector.detect(query(SCENE))
    assert [d.confidence for d in found] == [0.5, 0.6]
    for detection, mug in zip(found, MUGS, strict=True):
        assert detection.box.pose_wb.is_close(mug.box.pose_wb)
        assert detection.box.size_3 == pytest.approx(mug.box.size_3)
        assert detection.label == "mug"
    assert [dict(d.record or {}) for d in found] == SEEN


def test_the_official_class_is_called_as_the_official_code_calls_it(tmp_path: Path, detector: DetAny3D) -> None:
    asked = query(SCENE)
    detector.detect(asked)
    (call,) = calls(tmp_path / "GSI Bench/evaluation")
    assert call["prompts"] == ["mug"]
    assert call["intrinsics"] == FRAME.matrix_33.tolist()
    assert call["sum"] == int(asked.picture_HW3.sum())
    assert call["thresholds"] == [0.47, 0.25]
    assert call["gpu"] == "0"


def test_one_worker_answers_many_questions_and_sees_each_picture(tmp_path: Path, detector: DetAny3D) -> None:
    asked = [query(SCENE, seed=seed) for seed in range(4)]
    for one in asked:
        detector.detect(one)
    made = calls(tmp_path / "GSI Bench/evaluation")
    assert [call["sum"] for call in made] == [int(one.picture_HW3.sum()) for one in asked]


def test_nothing_seen_is_no_error(tmp_path: Path, detector: DetAny3D) -> None:
    tell(tmp_path / "GSI Bench/evaluation", [])
    assert detector.detect(query(SCENE)) == ()


def test_nothing_is_written_to_the_checkout_or_the_weights(tmp_path: Path) -> None:
    repo = write_checkout(tmp_path, MODEL.replace('HERE / "calls.jsonl"', "os.devnull"))
    tell(repo, SEEN)
    before = set(tmp_path.rglob("*"))
    detector = open_detany3d(params(), tmp_path)
    detector.detect(query(SCENE))
    detector.close()
    assert set(tmp_path.rglob("*")) == before


def test_thresholds_and_the_gpu_are_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,GPU-5")
    repo = write_checkout(tmp_path)
    tell(repo, [])
    detector = open_detany3d(params(device="cuda:1", box_threshold=0.3, text_threshold=0.2), tmp_path)
    detector.detect(query(SCENE))
    detector.close()
    assert (calls(repo)[0]["thresholds"], calls(repo)[0]["gpu"]) == ([0.3, 0.2], "GPU-5")
    assert detector.version == "detany3d-1 (box 0.3, text 0.2)"


def test_neither_our_modules_nor_the_users_reach_the_other_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/models.py").write_text("raise SystemExit('the wrong models')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    guard = "import sys\nassert not any(n.startswith('dagster_gsi') for n in sys.modules)\nassert 'base' not in sys.modules\n"
    detector = opened(tmp_path, guard + MODEL)
    assert len(detector.detect(query(SCENE))) == 2
    detector.close()


def test_a_missing_package_is_named_with_what_installs_it(tmp_path: Path) -> None:
    message = failure(tmp_path, "from box import Box_that_is_not_there_either\n".replace("box", "box_of_nobody"))
    assert "the environment lacks a package: box_of_nobody is missing" in message
    assert sys.executable in message
    (tmp_path / "again").mkdir()
    assert "xformers is missing (to install: xformers)" in failure(tmp_path / "again", "import xformers.ops\n")


def test_a_package_whose_libraries_are_missing_says_which(tmp_path: Path) -> None:
    message = failure(tmp_path, "raise ImportError('libGL.so.1: cannot open shared object file', name='cv2')\n")
    assert "cv2 cannot be imported: libGL.so.1: cannot open shared object file" in message


def test_a_checkout_of_something_else_is_told(tmp_path: Path) -> None:
    assert "has no class DetAny3DInference" in failure(tmp_path, "x = 1\n")
    (tmp_path / "again").mkdir()
    assert "is not the official code: it has no module utils.train_utils" in failure(
        tmp_path / "again", "from utils.train_utils import nothing\n"
    )


def test_without_grounding_dino_every_answer_would_be_none_so_it_is_refused(tmp_path: Path) -> None:
    """The official code goes on without it, and sees nothing in any picture."""
    model = MODEL.replace("self.dino_available = True", "self.dino_available = False")
    assert "lacks a package: groundingdino is missing" in failure(tmp_path, model)


def test_a_machine_without_a_gpu_is_told_before_the_weights_are_read(tmp_path: Path) -> None:
    fake = "import sys, types\ntorch = types.ModuleType('torch')\ntorch.__version__ = '2.0'\n"
    fake += "torch.cuda = types.SimpleNamespace(is_available=lambda: False)\nsys.modules['torch'] = torch\n"
    assert "detectors.detany3d.device: torch 2.0 sees no CUDA GPU" in failure(tmp_path, fake + MODEL)


OUT_OF_MEMORY = "raise RuntimeError('CUDA out of memory. Tried to allocate 2.00 GiB')"


def test_memory_that_runs_out_while_loading_or_looking_has_its_own_message(tmp_path: Path) -> None:
    loading = failure(tmp_path, MODEL.replace("self.dino_available = True", OUT_OF_MEMORY))
    assert "the GPU's memory ran out while the models were loaded: RuntimeError: CUDA out of memory." in loading
    assert "set evaluate.workers to 1" in loading
    (tmp_path / "again").mkdir()
    looking = failure(tmp_path / "again", MODEL.replace('return {"detections"', OUT_OF_MEMORY + "\n        return {0"))
    assert looking.startswith("detany3d ran out of GPU memory: RuntimeError: CUDA out of memory.")


def test_anything_else_that_fails_while_loading_shows_the_end_of_its_errors(tmp_path: Path) -> None:
    message = failure(tmp_path, MODEL.replace("self.dino_available = True", "raise KeyError('state_dict')"))
    assert "the models could not be loaded: KeyError: 'state_dict'" in message
    assert "Loading SAM model..." in message
    assert "from a child" in message


def test_one_bad_picture_does_not_end_the_worker(tmp_path: Path) -> None:
    model = MODEL.replace("def detections(self):", "def detections(self):\n        self.n = getattr(self, 'n', 0) + 1")
    model = model.replace(
        "        return json", "        if self.n == 2: raise ZeroDivisionError('nothing there')\n        return json"
    )
    detector = opened(tmp_path, model)
    assert len(detector.detect(query(SCENE))) == 2
    with pytest.raises(UnansweredError, match="could not look at the picture: ZeroDivisionError: nothing there"):
        detector.detect(query(SCENE))
    worker = detector._worker
    assert len(detector.detect(query(SCENE))) == 2
    assert detector._worker is worker
    detector.close()


def test_a_broken_device_is_left_with_its_process_and_asked_again_in_a_new_one(tmp_path: Path) -> None:
    once = "if not (HERE / 'broken').exists():\n            (HERE / 'broken').touch()\n            "
    model = MODEL.replace(
        "        return json",
        f"        {once}raise RuntimeError('CUDA error: an illegal memory access')\n        return json",
    )
    detector = opened(tmp_path, model)
    assert len(detector.detect(query(SCENE))) == 2
    assert len(calls(tmp_path / "GSI Bench/evaluation")) == 2
    detector.close()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
def test_the_worker_ends_with_whoever_started_it_in_the_middle_of_its_work(
    tmp_path: Path, stop: signal.Signals
) -> None:
    slow = "(HERE / 'pid').write_text(str(os.getpid()))\n        import time; time.sleep(60)\n        return json"
    tell(write_checkout(tmp_path, MODEL.replace("return json", slow)), SEEN)
    script = (
        "from pathlib import Path\nfrom dagster_gsi.detectors.detany3d import open_detany3d\n"
        "from tests.detectors.detany3d_by_hand import params, query\nfrom tests.scenes_by_hand import *\n"
        f"open_detany3d(params(), Path({str(tmp_path)!r})).detect(query(two_mugs_and_a_book()))"
    )
    pid = tmp_path / "GSI Bench/evaluation/models/pid"
    with subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2]) as parent:
        while not pid.exists() or not pid.read_text():
            assert parent.poll() is None
            time.sleep(0.02)
        parent.send_signal(stop)
    assert gone(int(pid.read_text()), within_s=4)


def test_a_picture_that_cannot_be_read_or_has_another_size_is_refused_by_the_worker_itself(tmp_path: Path) -> None:
    repo = write_checkout(tmp_path)
    tell(repo, [])
    made = open_detany3d(params(), tmp_path).installation
    made.prepare(tmp_path)
    (tmp_path / "none.png").write_bytes(b"\x89PNG, but no more")
    hand = np.eye(3).tolist()
    questions = [
        dict(made.settings),
        {"id": 1, "image": "none.png", "prompt": "mug", "intrinsics": hand, "size": [4, 4]},
        {"id": 2, "image": "nowhere.png", "prompt": "mug", "intrinsics": hand, "size": [4, 4]},
    ]
    with subprocess.Popen(
        made.command, cwd=tmp_path, env=dict(made.environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers = []
        for question in questions:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            answers.append(json.loads(process.stdout.readline()))
    assert answers[0]["protocol"] == detany3d_worker.PROTOCOL
    assert [(answer["id"], answer["kind"]) for answer in answers[1:]] == [(1, "image"), (2, "image")]
    assert process.returncode == 0


def test_the_worker_is_python_3_8_and_knows_nothing_of_this_project() -> None:
    """Of what its environment has, it uses numpy and Pillow, which the official code needs as well."""
    source = Path(detany3d_worker.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imports = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imports - set(sys.stdlib_module_names) == {"numpy", "PIL"}
