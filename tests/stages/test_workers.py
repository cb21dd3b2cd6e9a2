"""The pool does every task once, counts progress, raises what fails, and leaves no process behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from dagster_gsi.stages.workers import count_one, num_workers, run_pool


def squared(number: int) -> int:
    count_one()
    return number * number


def test_every_task_is_done_once_and_counted() -> None:
    advances: list[int] = []
    results = list(run_pool(squared, [(n,) for n in range(5)], workers=2, advance=advances.append))
    assert sorted(results) == [0, 1, 4, 9, 16]
    assert sum(advances) == 5


def test_the_first_error_of_a_task_is_raised_here() -> None:
    with pytest.raises(ValueError, match="invalid literal for int"):
        list(run_pool(int, [("7",), ("seven",)], workers=1, advance=lambda _: None))


def test_a_worker_that_is_killed_is_told_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"a worker process was killed.*smaller number"):
        list(run_pool(os._exit, [(9,)], workers=1, advance=lambda _: None))


def test_no_tasks_start_no_processes() -> None:
    assert list(run_pool(pow, [], workers=2, advance=lambda _: None)) == []


def test_zero_workers_mean_one_a_core() -> None:
    assert num_workers(0) == len(os.sched_getaffinity(0))
    assert num_workers(3) == 3


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(how: signal.Signals) -> None:
    script = (
        "import time\n"
        "from dagster_gsi.stages.workers import run_pool\n"
        "if __name__ == '__main__':\n"
        "    print('ready', flush=True)\n"
        "    list(run_pool(time.sleep, [(60,), (60,)], workers=2, advance=lambda _: None))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    deadline = time.monotonic() + 20
    while len(_session(parent.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(_session(parent.pid)) >= 3
    time.sleep(1.0)  # the workers set up their watch before they begin to work
    parent.send_signal(how)
    while _session(parent.pid) - {parent.pid} and time.monotonic() < deadline:
        parent.poll()
        time.sleep(0.1)
    parent.wait(10)
    assert _session(parent.pid) == set()


def _session(leader: int) -> set[int]:
    """Processes of the session that `leader` began, from the process table."""
    listed = subprocess.run(["ps", "-eo", "pid=,sid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return {int(pid) for pid, session, state in rows if int(session) == leader and not state.startswith("Z")}
