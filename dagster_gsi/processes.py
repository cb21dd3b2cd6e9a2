"""Programs that run beside this one, with everything that they start themselves."""

from __future__ import annotations

import os
import signal
import subprocess


def end_group(process: subprocess.Popen[bytes], *, grace_s: float) -> None:
    """End a process that leads a session of its own, and all of its children: by SIGTERM, and by SIGKILL where it stays.

    A group that is already gone is fine.
    """
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wanted)
        except ProcessLookupError:
            break
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
