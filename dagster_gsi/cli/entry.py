"""From arguments to an exit code: every expected error ends in one message, never in a traceback."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
"""What shells expect of a program that Ctrl-C ended."""
_STOPPED = "interrupted; what was complete is kept, and the same command continues there"


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; `--debug` or `GSI_DEBUG=1` lets errors through as tracebacks."""
    from typer.main import get_command

    from dagster_gsi.cli.app import build

    # DVC and Dagster end a stage by SIGTERM: raised as an exit, it unwinds the stack, and worker processes end.
    signal.signal(signal.SIGTERM, _exit)
    debug = "--debug" in arguments or os.environ.get("GSI_DEBUG", "0") not in {"", "0"}
    given = [argument for argument in arguments if argument != "--debug"]
    try:
        # Commands return nothing; a number is the code that typer makes of Ctrl-C and of `--help`.
        code = get_command(build()).main(given, prog_name="gsi", standalone_mode=False)
        return _say(_STOPPED, INTERRUPTED) if code == INTERRUPTED else int(code or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _say(_STOPPED, INTERRUPTED)
    except SystemExit as error:
        return _say(error.code, 1) if isinstance(error.code, str) else int(error.code or 0)
    except (ValueError, OSError) as error:
        if debug:
            raise
        return _say(explain(error), 1)


def explain(error: ValueError | OSError) -> str:
    """The message for an expected error."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        where = f" while writing {error.filename}" if error.filename else ""
        return f"the disk is full{where}: free some space (`gsi doctor` shows what the project uses) and start again"
    return str(error) or type(error).__name__


def _say(message: str, code: int) -> int:
    sys.stdout.flush()
    print(f"gsi: {message}", file=sys.stderr, flush=True)
    return code


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    sys.exit(128 + number)
