"""The talk with a worker: one JSON object a line over its standard streams. `detany3d_worker` says what is said."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
import weakref
from typing import TYPE_CHECKING, Any, BinaryIO

from dagster_gsi.detectors.detany3d_worker import PROTOCOL
from dagster_gsi.processes import end_group

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.detectors.detany3d_setup import Installation

Answer = dict[str, Any]
# A picture has some tens of detections of 2 kB each.
_LONGEST_LINE = 16 * 2**20
# Enough for a traceback's last frames and its message.
_TAIL_LINES = 15
# A process that has been asked to stop gets this long to free its GPU before it is killed.
_GRACE_S = 5.0
# A process closes its output when it ends, and has ended a moment later.
_EXIT_S = 1.0


class WorkerCrash(Exception):  # noqa: N818 - it is retried; what users see is a ValueError
    """The worker ended by itself."""


class WorkerTimeout(Exception):  # noqa: N818 - as above
    """The worker did not answer in time, and was ended."""


class Worker:
    """A running worker. Whatever goes wrong in the talk ends it, so that no late answer meets a later question."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self.stderr: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        try:
            # A session of its own, so that whatever it starts is ended with it, and Ctrl-C is ours to handle.
            self.process = subprocess.Popen(
                installation.command,
                cwd=folder,
                env=dict(installation.environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.stderr,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise ValueError(
                f"params.yaml, detectors.detany3d.python: {installation.command[0]} cannot be started "
                f"({error.strerror})"
            ) from error
        # Also when this process ends in the ordinary way; after a kill the worker sees the end of its input.
        self.end = weakref.finalize(self, _end, self.process)
        self.unread = bytearray()

    def greet(self, settings: Answer, timeout_s: float) -> Answer:
        """Tell the settings; what the worker says of itself when it has loaded everything, or why it could not."""
        hello = self._exchange(settings, timeout_s)
        if hello.get("protocol") != PROTOCOL:
            self.end()
            raise ValueError(
                f"the worker of detany3d speaks version {hello.get('protocol')!r} of the protocol, not {PROTOCOL}: "
                "install this project anew"
            )
        if "error" in hello:
            self.end()
        return hello

    def ask(self, request: Answer, timeout_s: float) -> Answer:
        answer = self._exchange(request, timeout_s)
        if answer.get("id") != request["id"] or not ("error" in answer or isinstance(answer.get("detections"), list)):
            self.end()
            raise ValueError(
                f"the worker of detany3d answered question {request['id']} with {json.dumps(answer)[:200]}; "
                f"it was ended\n{self.tail()}"
            )
        return answer

    def tail(self) -> str:
        """The end of what it wrote to stderr, and of what libraries printed."""
        self.stderr.seek(0)
        lines = self.stderr.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:]) or "(it wrote nothing to stderr)"

    def _exchange(self, message: Answer, timeout_s: float) -> Answer:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            line = self._line(time.monotonic() + timeout_s)
        except BrokenPipeError:
            raise self._crash() from None
        except BaseException:
            self.end()
            raise
        try:
            answer = json.loads(line)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            self.end()
            raise ValueError(
                f"the worker of detany3d wrote {line[:80]!r} where an answer was due, and was ended: something in its "
                f"environment writes to the stream of the answers\n{self.tail()}"
            )
        return answer

    def _line(self, deadline: float) -> bytes:
        assert self.process.stdout is not None
        searched = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while (end := self.unread.find(b"\n", searched)) < 0:
                searched = len(self.unread)
                if searched > _LONGEST_LINE:
                    raise ValueError(
                        f"the worker of detany3d wrote a line of more than {_LONGEST_LINE >> 20} MiB, and was ended"
                    )
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise WorkerTimeout(self.tail())
                data = os.read(self.process.stdout.fileno(), 2**16)
                if not data:
                    raise self._crash()
                self.unread += data
        line = bytes(self.unread[:end])
        del self.unread[: end + 1]
        return line

    def _crash(self) -> WorkerCrash:
        """How it ended, with the last it said."""
        try:
            how = _ending(self.process.wait(_EXIT_S))
        except subprocess.TimeoutExpired:
            how = "after it closed its output and lived on"
        self.end()
        return WorkerCrash(f"{how}; the end of its errors:\n{self.tail()}")


def _ending(status: int) -> str:
    if status >= 0:
        return f"with exit code {status}"
    killed = " (most likely the machine's memory ran out)" if -status == signal.SIGKILL else ""
    return f"by {signal.Signals(-status).name}{killed}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the worker and everything it started."""
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()
    end_group(process, grace_s=_GRACE_S)
