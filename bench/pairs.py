"""What a pair at 512 px costs, and what of that are the renders in it; prints one JSON line.

Renders are timed where they are made: every picture that the synthesizer asks for, so the pairs of a scene share a source.
Two clocks are read. Wall time is what a user waits for, and is right only where nothing else runs. Processor seconds, on
one thread a worker, are right on a shared machine too, but for what neighbours take from caches. Run by `bench/run.py`.

    python -m bench.pairs [SET ...]
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.recipes import ASSETS, HOMES, recipe
from dagster_gsi.rendering.mitsuba import MitsubaView
from dagster_gsi.samples.shards import write_shard
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.stages.synthesize import use_one_thread
from dagster_gsi.stages.workers import count_one, num_workers, run_pool
from dagster_gsi.synthesis.pairs import Recipe, synthesize_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.rendering.base import Frame
    from dagster_gsi.samples.sample import Pictures, Sample
    from dagster_gsi.scenes.scene import Scene

SETS = ("table-train", "room-train")
IMAGE_SIZE, SAMPLES_PER_PIXEL = 512, 8
# Four of each operation: the last scene of a short shard has an edit or two, and they pay for its source alone.
PAIRS_PER_SHARD = 28


@dataclass(frozen=True)
class Cost:
    """Of one shard, or of some."""

    seconds: float
    """Of the processor."""
    rendering: float
    """Those of them that were spent in renders."""
    renders: int
    peak: float
    """The most memory that a process has had, in bytes."""


def write(one: Recipe, path: Path, pairs: int) -> Cost:
    """Make a shard."""
    use_one_thread()
    timed: list[float] = []
    with _timed_renders(timed):
        started = time.process_time()
        write_shard(path, _counted(synthesize_shard(one, 0, pairs, Catalogue(ASSETS), HOMES)))
        seconds = time.process_time() - started
    return Cost(seconds, sum(timed), len(timed), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


@contextmanager
def _timed_renders(seconds: list[float]) -> Iterator[None]:
    render = MitsubaView.render

    def timed(view: MitsubaView, state: Scene) -> Frame:
        started = time.process_time()
        frame = render(view, state)
        seconds.append(time.process_time() - started)
        return frame

    MitsubaView.render = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        MitsubaView.render = render  # type: ignore[method-assign]


def measure(key: str, folder: Path) -> dict[str, float]:
    workers = num_workers(0)
    warm, *others = (
        recipe(key, seed=seed, image_size=IMAGE_SIZE, samples_per_pixel=SAMPLES_PER_PIXEL)
        for seed in range(workers + 1)
    )
    # Compiles what every later run finds compiled on disk.
    write(warm, folder / "warm.tar", 2)
    paths = [folder / f"{key}-shard-{one.seed:05d}.tar" for one in others]
    started = time.monotonic()
    tasks = [(one, path, PAIRS_PER_SHARD) for one, path in zip(others, paths, strict=True)]
    made = list(run_pool(write, tasks, workers=workers, advance=_tell))
    waited = time.monotonic() - started
    spent, rendering = sum(cost.seconds for cost in made), sum(cost.rendering for cost in made)
    pairs = workers * PAIRS_PER_SHARD
    return {
        "cpu_seconds": spent / pairs,
        "overhead": spent / rendering,
        "renders_a_pair": sum(cost.renders for cost in made) / pairs,
        "per_hour_of_two_cores": 2 * 3600 * pairs / spent,
        "per_hour_as_waited": 3600 * pairs / waited,
        "workers": workers,
        "peak_mb": max(cost.peak for cost in made) / 1e6,
        "bytes": sum(path.stat().st_size for path in paths) / pairs,
    }


def _counted(pairs: Iterator[tuple[Sample, Pictures]]) -> Iterator[tuple[Sample, Pictures]]:
    for pair in pairs:
        yield pair
        count_one()


def _tell(count: int) -> None:
    print(count, end=" ", file=sys.stderr, flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps({key: measure(key, Path(name)) for key in sys.argv[1:] or SETS}))
