"""How far a stage is: a bar on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS_BETWEEN_LINES = 10.0
"""Often enough that a log does not look dead, seldom enough that it can be read."""


@contextmanager
def progress(label: str, total: int, unit: str, *, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how many more are done.

    `done` are those finished by an earlier, interrupted run: they count towards the whole but not in the rate.
    """
    if sys.stderr.isatty():
        with _bar(label, total, unit, done) as advance:
            yield advance
    else:
        lines = Lines(label, total, unit, done)
        yield lines.advance
        lines.close()


class Lines:
    """Progress as plain lines, at most one in `SECONDS_BETWEEN_LINES` and one at the end."""

    def __init__(
        self,
        label: str,
        total: int,
        unit: str,
        done: int = 0,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._before = self._done = done
        self._stream, self._clock = stream or sys.stderr, clock
        self._started = self._last = clock()

    def advance(self, count: int) -> None:
        self._done += count
        now = self._clock()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            self._write(f"{self._rate(now)}, about {duration(self._left(now))} left")

    def close(self) -> None:
        now = self._clock()
        self._write(f"{self._rate(now)}, took {duration(now - self._started)}")

    def _rate(self, now: float) -> str:
        elapsed = max(now - self._started, 1e-9)
        return f"{(self._done - self._before) / elapsed:.2f} {self._unit}/s"

    def _left(self, now: float) -> float:
        made = self._done - self._before
        return (self._total - self._done) * (now - self._started) / made if made else 0.0

    def _write(self, tail: str) -> None:
        share = 100 * self._done // self._total if self._total else 100
        print(
            f"{self._label}: {self._done}/{self._total} {self._unit} ({share}%), {tail}", file=self._stream, flush=True
        )


def duration(seconds: float) -> str:
    """Minutes and seconds as m:ss, with hours as h:mm:ss."""
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole:02}" if hours else f"{minutes}:{whole:02}"


@contextmanager
def _bar(label: str, total: int, unit: str, done: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    started, made = time.monotonic(), 0
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total, completed=done, unit=unit, rate="")

        def advance(count: int) -> None:
            nonlocal made
            made += count
            rate = made / max(time.monotonic() - started, 1e-9)
            bar.update(task, advance=count, rate=f"{rate:.2f}/s")

        yield advance
