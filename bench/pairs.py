"""What a pair at 512 px costs, and what of that are the renders it takes; prints one JSON line.

The pairs of a scene share their source, so n pairs of m scenes take n + m renders. What those cost by themselves is
measured on some of the pairs.

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
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.recipes import ASSETS, HOMES, recipe, use_one_thread
from dagster_gsi.rendering.mitsuba import open_view
from dagster_gsi.samples.shards import read_samples, write_shard
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.stages.workers import count_one, num_workers, run_pool
from dagster_gsi.synthesis.pairs import Recipe, synthesize_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.samples.sample import Pictures, Sample

SETS = ("table-train", "room-train")
IMAGE_SIZE, SAMPLES_PER_PIXEL = 512, 8
SHARDS, PAIRS_PER_SHARD = 4, 7
# Of so many pairs of each shard the renders are done once more and timed.
TIMED = 2


def write(one: Recipe, path: Path, pairs: int) -> tuple[float, float]:
    """Make a shard; returns processor seconds and the most memory that the process has had, in MB."""
    use_one_thread()
    started = time.process_time()
    write_shard(path, _counted(synthesize_shard(one, 0, pairs, Catalogue(ASSETS), HOMES)))
    return time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def render(one: Recipe, path: Path) -> list[float]:
    """The two pictures of some pairs of a shard and no more; returns processor seconds of each picture."""
    use_one_thread()
    catalogue, seconds = Catalogue(ASSETS), []
    for sample in list(read_samples(path))[:: max(1, PAIRS_PER_SHARD // TIMED)][:TIMED]:
        view = open_view(
            sample.before, catalogue, variant=one.variant, samples_per_pixel=one.samples_per_pixel, seed=one.seed
        )
        view.trace(sample.before)
        for state in (sample.before, sample.after):
            started = time.process_time()
            view.render(state)
            seconds.append(time.process_time() - started)
    return seconds


def measure(key: str, folder: Path) -> dict[str, float]:
    recipes = [recipe(key, seed=seed, image_size=IMAGE_SIZE, samples_per_pixel=SAMPLES_PER_PIXEL) for seed in range(9)]
    warm, *others = recipes
    workers = num_workers(0)
    # Compiles what every later run finds compiled on disk.
    write(warm, folder / "warm.tar", 2)
    paths = [folder / f"{key}-shard-{one.seed:05d}.tar" for one in others[:SHARDS]]
    started = time.monotonic()
    tasks = [(one, path, PAIRS_PER_SHARD) for one, path in zip(others, paths, strict=False)]
    made = list(run_pool(write, tasks, workers=workers, advance=_tell))
    waited = time.monotonic() - started
    spent, pairs = sum(seconds for seconds, _ in made), SHARDS * PAIRS_PER_SHARD
    scenes = {sample.scene_id + path.name for path in paths for sample in read_samples(path)}
    again = list(zip(others, paths, strict=False))
    bare = [s for some in run_pool(render, again, workers=workers, advance=_tell) for s in some]
    return {
        "cpu_seconds": spent / pairs,
        "render_cpu_seconds": float(np.mean(bare)),
        "renders_a_pair": (pairs + len(scenes)) / pairs,
        "overhead": spent / (float(np.mean(bare)) * (pairs + len(scenes))),
        "per_hour_of_two_cores": 2 * 3600 * pairs / spent,
        "per_hour_as_waited": 3600 * pairs / waited,
        "workers": workers,
        "peak_mb": max(peak for _, peak in made),
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
