from __future__ import annotations

import io

import pytest

from dagster_gsi.progress import Lines, duration, progress


def test_lines_come_seldom_and_tell_rate_and_time_left_of_this_run() -> None:
    seconds = iter([0.0, 4.0, 20.0, 21.0, 40.0])
    stream = io.StringIO()
    lines = Lines("make set", 100, "pairs", done=40, stream=stream, clock=lambda: next(seconds))
    for _ in range(3):
        lines.advance(10)
    lines.close()
    # The forty of an earlier run count towards the whole, not in the rate: 20 in 20 s, and 40 are left.
    assert stream.getvalue().splitlines() == [
        "make set: 60/100 pairs (60%), 1.00 pairs/s, about 0:40 left",
        "make set: 70/100 pairs (70%), 0.75 pairs/s, took 0:40",
    ]


def test_nothing_to_do_is_all_done() -> None:
    stream = io.StringIO()
    Lines("make set", 0, "pairs", stream=stream, clock=lambda: 0.0).close()
    assert stream.getvalue() == "make set: 0/0 pairs (100%), 0.00 pairs/s, took 0:00\n"


def test_without_a_terminal_progress_is_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("edit warp", 2, "pictures") as advance:
        advance(2)
    assert capsys.readouterr().err.startswith("edit warp: 2/2 pictures (100%)")


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (61.4, "1:01"), (3599.6, "1:00:00"), (7325, "2:02:05")])
def test_durations_are_minutes_and_seconds(seconds: float, text: str) -> None:
    assert duration(seconds) == text
