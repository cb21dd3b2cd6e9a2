"""Two Ray nodes of one core against one: tasks of pure computing; what a task and what a run cost by themselves.

Prints one JSON line. Run by `bench/run.py`, as `ray`. Not named after the library, which it would hide.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dagster_gsi.stages.compute import ComputeParams, run_tasks
from tests.ray_by_hand import add_node, address, cluster

# A run of some minutes, as of a real shard: what it takes to begin on each node should not be a tenth of it.
ROUNDS, TASKS, WARM_TASKS, SECONDS, EMPTY_TASKS = 2, 24, 4, 2.5, 300


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning of the first task to the end of the last; what a run costs once is left out."""

    seconds: float
    received: float
    """Processor seconds that the tasks were given, for each second of the span."""


def computed(rounds: int) -> tuple[float, float, float]:
    """Some arithmetic that takes the same cycles every time; when it began and ended, and its processor seconds."""
    began, spent, number = time.monotonic(), time.process_time(), 1
    for _ in range(rounds):
        number = (number * 1_103_515_245 + 12_345) % 2_147_483_648
    return began, time.monotonic(), time.process_time() - spent


def rounds_that_take(seconds: float) -> int:
    return int(1_000_000 * seconds / computed(1_000_000)[2])


def measure(rounds: int, tasks: int, at: str, root: Path) -> Span:
    compute = ComputeParams(address=at)
    times = list(
        run_tasks(computed, [(rounds,)] * tasks, root=root, compute=compute, workers=0, advance=lambda _: None)
    )
    seconds = max(ended for _, ended, _ in times) - min(began for began, _, _ in times)
    return Span(seconds, sum(spent for *_, spent in times) / seconds)


def main(root: Path) -> dict[str, float]:
    """One node and two in turn. On a shared machine the same arithmetic takes half as long again at times, so the best round
    of each counts; and what the processor gave to the tasks says how much of it Ray leaves them, however fast it is.
    """
    rounds = rounds_that_take(SECONDS)
    ones, twos = [], []
    with cluster(1) as found:
        at = address(found)
        empty = measure(0, EMPTY_TASKS, at, root)
        for _ in range(ROUNDS):
            ones.append(measure(rounds, TASKS, at, root))
            node = add_node(found)
            # A node that joins starts its own helpers for some seconds, and here they would take the cores of both.
            measure(rounds, WARM_TASKS, at, root)
            twos.append(measure(rounds, TASKS, at, root))
            found.remove_node(node)
            print(f"{ones[-1]} {twos[-1]}", file=sys.stderr)
    return {
        "speedup": min(one.seconds for one in ones) / min(two.seconds for two in twos),
        "received": statistics.median(two.received for two in twos) / statistics.median(one.received for one in ones),
        "overhead_ms": 1000 * empty.seconds / EMPTY_TASKS,
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(main(Path(folder))))
