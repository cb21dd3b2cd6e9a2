from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.editors import CommandSettings, open_editor
from dagster_gsi.editors.base import Editor, Failure, Request
from dagster_gsi.geometry.camera import Camera
from tests.processes_by_hand import gone

CAMERA = Camera.look_at(np.array([0.0, -1.0, 1.0]), np.zeros(3), fov=1.0, width=8, height=6)
# What a user's script may look like: turns every picture round, takes its id into the red channel.
GOOD = """
import json, pathlib, sys
from PIL import Image
asked, made = map(pathlib.Path, sys.argv[1:])
for line in (asked / "requests.jsonl").read_text(encoding="utf-8").splitlines():
    request = json.loads(line)
    assert request["instruction_zh"] == "把杯子移走"
    Image.open(asked / request["source"]).rotate(180).save(made / f"{request['sample_id']}.png")
"""


def _requests(count: int) -> list[Request]:
    rng = np.random.default_rng(0)
    return [
        Request(
            f"sample-{index}",
            Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)),
            "Remove the cup.",
            "把杯子移走",
            np.ones((6, 8), dtype=bool),
            np.ones((6, 8), dtype=np.float32),
            CAMERA,
        )
        for index in range(count)
    ]


def _editor(tmp_path: Path, script: str, timeout_s: float | None = None) -> Editor:
    path = tmp_path / "edit it.py"
    path.write_text(script, encoding="utf-8")
    command = shlex.join([sys.executable, path.name])
    return _open(CommandSettings(kind="command", command=command, timeout_s=timeout_s), tmp_path)


def _open(settings: CommandSettings, root: Path) -> Editor:
    def no_truth(sample_id: str) -> Image.Image:
        raise AssertionError(f"the truth of {sample_id} is not for a command")

    return open_editor(settings, root=root, answer=no_truth)


def test_a_command_gets_the_pictures_and_texts_and_its_results_come_back_in_order(tmp_path: Path) -> None:
    requests = _requests(3)
    edited = dict(_editor(tmp_path, GOOD).edit_all(iter(requests)))
    assert list(edited) == [request.sample_id for request in requests]
    for request in requests:
        result = edited[request.sample_id]
        assert isinstance(result, Image.Image)
        assert np.array_equal(np.asarray(result), np.asarray(request.source)[::-1, ::-1])


def test_nothing_to_do_starts_nothing(tmp_path: Path) -> None:
    assert list(_editor(tmp_path, "raise SystemExit(1)").edit_all([])) == []


def test_a_missing_and_a_broken_output_are_failures_and_the_others_count(tmp_path: Path) -> None:
    script = GOOD + '(made / "sample-0.png").unlink()\n(made / "sample-1.png").write_bytes(b"no picture")\n'
    results = [result for _, result in _editor(tmp_path, script).edit_all(_requests(3))]
    assert isinstance(results[0], Failure)
    assert results[0].reason == "there is no sample-0.png"
    assert isinstance(results[1], Failure)
    assert "sample-1.png cannot be read" in results[1].reason
    assert isinstance(results[2], Image.Image)


def test_an_output_of_another_size_is_brought_to_the_source_s(tmp_path: Path) -> None:
    script = GOOD.replace(".rotate(180)", ".resize((64, 48))")
    results = [result for _, result in _editor(tmp_path, script).edit_all(_requests(1))]
    assert isinstance(results[0], Image.Image)
    assert results[0].size == (8, 6)


def test_a_crash_shows_the_exit_code_and_the_end_of_its_errors(tmp_path: Path) -> None:
    editor = _editor(tmp_path, "import sys\nprint('x' * 9, file=sys.stderr)\nraise RuntimeError('CUDA out of memory')")
    with pytest.raises(ValueError, match=r"(?s)failed with exit code 1.*RuntimeError: CUDA out of memory"):
        list(editor.edit_all(_requests(1)))


def test_a_command_that_writes_nothing_at_all_is_told_where_to_write(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"wrote no picture: it must leave <sample_id>.png"):
        list(_editor(tmp_path, "").edit_all(_requests(2)))


def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'no-such-model' cannot be started \(No such file or directory\)"):
        list(_open(CommandSettings(kind="command", command="no-such-model --fast"), tmp_path).edit_all(_requests(1)))


@pytest.mark.parametrize(("command", "message"), [("'", "cannot be split"), ("  ", "blank")])
def test_a_command_line_that_is_none_is_refused_before_anything_runs(
    tmp_path: Path, command: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        _open(CommandSettings(kind="command", command=command), tmp_path)


# A model server left behind would hold the GPU: the script starts a child of its own and hangs.
HANGING = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
path = pathlib.Path("child.pid")
path.with_suffix(".part").write_text(str(child.pid))
path.with_suffix(".part").rename(path)
print("loading the model", file=sys.stderr, flush=True)
time.sleep(60)
"""


def test_a_hanging_command_ends_at_its_timeout_with_all_its_children(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"(?s)was stopped after 1.5 s: raise `timeout_s`.*loading the model"):
        list(_editor(tmp_path, HANGING, timeout_s=1.5).edit_all(_requests(1)))
    assert gone(int((tmp_path / "child.pid").read_text()), within_s=2)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_stage_takes_the_command_and_its_children_along(tmp_path: Path, stop: signal.Signals) -> None:
    (tmp_path / "hang.py").write_text(HANGING, encoding="utf-8")
    stage = (
        "import sys; from pathlib import Path; from types import SimpleNamespace as Any; from PIL import Image\n"
        "from dagster_gsi.editors.command import CommandEditor\n"
        "asked = Any(sample_id='a', source=Image.new('RGB', (4, 4)), instruction_en='', instruction_zh='')\n"
        "list(CommandEditor((sys.executable, 'hang.py'), None, Path.cwd()).edit_all([asked]))"
    )
    with subprocess.Popen([sys.executable, "-c", stage], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        while not (tmp_path / "child.pid").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(stop)
        assert process.wait(20) != 0
    assert gone(int((tmp_path / "child.pid").read_text()), within_s=2)
