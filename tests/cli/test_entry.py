"""Exit codes and messages, as somebody at a terminal meets them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from rich.text import Text
from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_command
from typer.models import ParameterInfo
from typer.utils import get_params_from_function

from dagster_gsi.cli.app import build
from dagster_gsi.cli.entry import explain, run


@pytest.fixture
def project(toy_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(toy_project)
    return toy_project


def test_help_lists_every_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    for command in ("synthesize", "gate_syn", "edit", "evaluate", "report", "demo", "ui", "inspect", "doctor"):
        assert f"│ {command} " in text


def commands_of(command: click.Command, *words: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    for name, own in command.commands.items() if isinstance(command, TyperGroup) else ():
        yield from commands_of(own, *words, name)


def test_help_teaches_every_argument_and_option_of_every_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 400)
    kinds = set()
    for words, command in commands_of(get_command(build())):
        assert run([*words, "--help"]) == 0
        said = capsys.readouterr().out
        declared = {} if command.callback is None else get_params_from_function(command.callback)
        for param in command.params:
            if not isinstance(param, TyperArgument | TyperOption):
                continue
            info = declared[param.name or ""].default
            assert isinstance(info, ParameterInfo)
            assert info.help, f"{words} {param.name} has no help"
            assert Text.from_markup(info.help).plain in said, f"{words} {param.name}"
            kinds.add(type(param))
    assert kinds == {TyperArgument, TyperOption}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["edt"], "No such command 'edt'. Did you mean 'edit'?"),
        (["edit", "wrap"], "gsi edit: there is no 'wrap'; did you mean 'warp'? allowed: warp"),
        (["edit"], "gsi edit: which one? allowed: warp"),
        (["profile", "use", "huge"], "there is no profile 'huge'"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    del project
    assert run(arguments) != 0
    said = capsys.readouterr()
    assert message in said.err
    assert "Traceback" not in said.err + said.out


def test_a_wrong_parameter_is_told_on_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "params.yaml").write_text(
        "edit: {sets: [a], editors: {warp: {kind: warp}}, editor: 1}\n", encoding="utf-8"
    )
    assert run(["edit", "warp"]) == 1
    assert capsys.readouterr().err == (
        "gsi: params.yaml, edit.editor: unknown key; did you mean 'editors'? allowed: sets, editors\n"
    )


def test_debug_lets_the_error_through(project: Path) -> None:
    (project / "params.yaml").write_text("edit: {editors: {warp: {kind: warp}}}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"edit\.sets"):
        run(["--debug", "edit", "warp"])


def test_a_stage_that_misses_its_input_names_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "edit: {sets: [table-test], editors: {warp: {kind: warp}}}\n"
    (project / "params.yaml").write_text(text, encoding="utf-8")
    assert run(["edit", "warp"]) == 1
    assert "data/gsi_syn/table-test holds no shards: run `dvc repro`" in capsys.readouterr().err
    assert not (project / "reports").exists()


def test_a_full_disk_is_called_by_its_name() -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "data/x.tar")
    assert explain(error).startswith("the disk is full while writing data/x.tar: free some space")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stage_that_is_interrupted_ends_with_its_children(tmp_path: Path, number: signal.Signals, code: int) -> None:
    script = tmp_path / "stage.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "from dagster_gsi.cli import entry, stage\n"
        "def sleep(root, name, key, overrides):\n"
        "    child = subprocess.Popen(['sleep', '60'])\n"
        "    try:\n"
        "        print(child.pid, flush=True)\n"
        "        time.sleep(60)\n"
        "    finally:\n"
        "        child.terminate()\n"
        "        child.wait()\n"
        "stage.run_stage = sleep\n"
        "sys.exit(entry.run(['gate_syn']))\n",
        encoding="utf-8",
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(script)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        time.sleep(0.1)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in said
    assert not Path(f"/proc/{child}").exists()
