"""The user's own model, in its own process and environment.

The command is run once, with two more arguments: a folder with `requests.jsonl` and the source pictures, and a folder
for the results. Each line of `requests.jsonl` has `sample_id`, `source` (file name beside it), `instruction_en`,
`instruction_zh`, `width` and `height`. The command leaves `<sample_id>.png` for each in the second folder.
"""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NoReturn

from pydantic import Field, PositiveFloat

from dagster_gsi.editors.base import EditError, Failure, Settings
from dagster_gsi.editors.folder import read_edited
from dagster_gsi.processes import end_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from PIL import Image

    from dagster_gsi.editors.base import Request

# Enough for a traceback's last frames and its message.
_TAIL_LINES = 15
# A process that has been asked to stop gets this long to free its GPU before it is killed.
_GRACE_S = 5.0


class CommandSettings(Settings):
    """`kind: command`"""

    kind: Literal["command"]
    command: str = Field(min_length=1)
    """As typed in a shell, without pipes and variables; it runs in the project's root."""
    timeout_s: PositiveFloat | None = None
    """For all pictures together; without it the command may take as long as it likes."""


@dataclass(frozen=True, slots=True)
class CommandEditor:
    """Runs a command over a folder of requests and reads what it made."""

    command: tuple[str, ...]
    timeout_s: float | None
    root: Path

    def edit_all(self, requests: Iterable[Request]) -> Iterator[tuple[str, Image.Image | Failure]]:
        with tempfile.TemporaryDirectory(prefix="edits-") as scratch:
            asked, made = Path(scratch, "requests"), Path(scratch, "outputs")
            asked.mkdir()
            made.mkdir()
            pending = write_requests(asked, requests)
            if not pending:
                return
            self._run(asked, made)
            if not any(made.glob("*.png")):
                raise ValueError(
                    f"the command {shlex.join(self.command)!r} ended well but wrote no picture: "
                    "it must leave <sample_id>.png in the folder that is its last argument"
                )
            for sample_id, size in pending.items():
                try:
                    yield sample_id, read_edited(made, sample_id, size)
                except EditError as error:
                    yield sample_id, Failure(str(error))

    def _run(self, asked: Path, made: Path) -> None:
        with _termination_raises(), asked.with_name("stderr").open("w+b") as stderr:
            process = self._start([*self.command, str(asked), str(made)], stderr)
            try:
                status = process.wait(self.timeout_s)
            except subprocess.TimeoutExpired:
                raise ValueError(
                    f"the command {shlex.join(self.command)!r} was stopped after {self.timeout_s:g} s: "
                    f"raise `timeout_s` or make it faster\n{_tail(stderr)}"
                ) from None
            finally:
                end_group(process, grace_s=_GRACE_S)
            if status != 0:
                raise ValueError(
                    f"the command {shlex.join(self.command)!r} failed with exit code {status}; "
                    f"the end of its errors:\n{_tail(stderr)}"
                )

    def _start(self, command: list[str], stderr: BinaryIO) -> subprocess.Popen[bytes]:
        try:
            # A session of its own, so that whatever the command starts can be ended with it.
            return subprocess.Popen(command, cwd=self.root, stderr=stderr, start_new_session=True)
        except OSError as error:
            raise ValueError(
                f"the command {self.command[0]!r} cannot be started ({error.strerror}): give the full path of the "
                "interpreter of your model's environment, or make the file executable"
            ) from error


def open_command(settings: CommandSettings, root: Path) -> CommandEditor:
    try:
        words: Sequence[str] = shlex.split(settings.command)
    except ValueError as error:
        raise ValueError(f"the command {settings.command!r} cannot be split into words: {error}") from error
    if not words:
        raise ValueError("the command is blank: say what to run")
    return CommandEditor(tuple(words), settings.timeout_s, root)


def write_requests(folder: Path, requests: Iterable[Request]) -> dict[str, tuple[int, int]]:
    """Write `requests.jsonl` and one `<sample_id>.png` a request; returns the sizes (width, height) by sample id."""
    sizes: dict[str, tuple[int, int]] = {}
    with (folder / "requests.jsonl").open("w", encoding="utf-8") as lines:
        for request in requests:
            name = f"{request.sample_id}.png"
            request.source.convert("RGB").save(folder / name)
            width, height = sizes[request.sample_id] = request.source.size
            line = {
                "sample_id": request.sample_id,
                "source": name,
                "instruction_en": request.instruction_en,
                "instruction_zh": request.instruction_zh,
                "width": width,
                "height": height,
            }
            lines.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
    return sizes


@contextmanager
def _termination_raises() -> Iterator[None]:
    """Let SIGTERM, by which DVC and Dagster stop a stage, unwind the stack as Ctrl-C does; only the main thread may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tail(stderr: BinaryIO) -> str:
    stderr.seek(0)
    lines = stderr.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:]) or "(it wrote nothing to stderr)"
