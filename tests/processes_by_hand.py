"""What tests ask about processes that they did not start themselves."""

from __future__ import annotations

import os
import time
from pathlib import Path


def gone(pid: int, *, within_s: float) -> bool:
    """Whether a process ends within a moment; an orphan that nobody has reaped yet counts as ended."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False
