"""Two Ray nodes of one core against one: tasks of pure computing; what a task and what a run cost by themselves.

Prints one JSON line. Run by `bench/run.py`, as `ray`. Not named after the library, which it would hide.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from dagster_gsi.stages.compute import ComputeParams, run_tasks
from tests.ray_by_hand import add_node, address, cluster

TASKS, SECONDS, EMPTY_TASKS = 10, 2.5, 300


def computed(rounds: int) -> tuple[float, float]:
    """Some arithmetic that takes the same cycles every time; when it began and ended, by this machine's clock."""
    started, number = time.monotonic(), 1
    for _ in range(rounds):
        number = (number * 1_103_515_245 + 12_345) % 2_147_483_648
    return started, time.monotonic()


def rounds_that_take(seconds: float) -> int:
    started = time.process_time()
    computed(1_000_000)
    return int(1_000_000 * seconds / (time.process_time() - started))


def measure(rounds: int, tasks: int, at: str, root: Path, *, nodes: int) -> tuple[float, float]:
    """Seconds from the beginning of the first task to the end of the last, and the share in which nodes had a task.

    What a run costs once is left out.
    """
    compute = ComputeParams(address=at)
    times = list(
        run_tasks(computed, [(rounds,)] * tasks, root=root, compute=compute, workers=0, advance=lambda _: None)
    )
    span = max(ended for _, ended in times) - min(started for started, _ in times)
    return span, sum(ended - started for started, ended in times) / (nodes * span)


def main(root: Path) -> dict[str, float]:
    rounds = rounds_that_take(SECONDS)
    with cluster(1) as found:
        at = address(found)
        empty, _ = measure(0, EMPTY_TASKS, at, root, nodes=1)
        one, busy_one = measure(rounds, TASKS, at, root, nodes=1)
        add_node(found)
        two, busy_two = measure(rounds, TASKS, at, root, nodes=2)
    return {
        "speedup": one / two,
        "seconds": one,
        "busy_one": busy_one,
        "busy_two": busy_two,
        "overhead_ms": 1000 * empty / EMPTY_TASKS,
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(main(Path(folder))))
