"""What a pair costs beyond the two renders it contains; prints one JSON line. Run by `bench/run.py`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.rendering.mitsuba import open_view, use_threads
from dagster_gsi.samples.shards import read_samples, write_shard
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.stages.workers import count_one, num_workers, run_pool
from dagster_gsi.synthesis.candidates import Limits
from dagster_gsi.synthesis.pairs import Recipe, synthesize_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.samples.sample import Pictures, Sample

ASSETS = Path(__file__).parents[1] / "data/assets"
PAIRS_PER_SHARD, SHARDS = 8, 4


def recipe(seed: int) -> Recipe:
    limits = Limits(visible=0.6, mask_fraction=0.004, pixel_change=10.0, look_change=0.15)
    return Recipe(
        name="bench",
        environment="table",
        split="test",
        seed=seed,
        image_size=512,
        samples_per_pixel=8,
        edits_per_scene=3,
        variant=best_variant("auto"),
        limits=limits,
    )


def write(seed: int, folder: Path, pairs_asked: int = PAIRS_PER_SHARD) -> None:
    use_threads(1)
    pairs = synthesize_shard(recipe(seed), 0, pairs_asked, Catalogue(ASSETS))
    write_shard(folder / f"shard-{seed:05d}.tar", _counted(pairs))


def overhead(folder: Path) -> float:
    """One thread makes a shard; then the same thread renders the two pictures of each of its pairs, and no more."""
    use_threads(1)
    write(0, folder, 2)  # compiles what every later run finds compiled
    started = time.process_time()
    write(1, folder)
    spent = time.process_time() - started
    catalogue, bare = Catalogue(ASSETS), 0.0
    for sample in read_samples(folder / "shard-00001.tar"):
        view = open_view(sample.before, catalogue, variant=recipe(1).variant, samples_per_pixel=8, seed=1)
        started = time.process_time()
        view.render(sample.before)
        view.render(sample.after)
        bare += time.process_time() - started
    return spent / bare


def pairs_per_hour(folder: Path) -> float:
    started = time.monotonic()
    tasks = [(seed, folder) for seed in range(10, 10 + SHARDS)]
    for _ in run_pool(write, tasks, workers=num_workers(0), advance=lambda n: print(n, end=" ", file=sys.stderr)):
        pass
    return 3600 * PAIRS_PER_SHARD * SHARDS / (time.monotonic() - started)


def _counted(pairs: Iterator[tuple[Sample, Pictures]]) -> Iterator[tuple[Sample, Pictures]]:
    for pair in pairs:
        yield pair
        count_one()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        hourly = pairs_per_hour(Path(name))
        print(json.dumps({"overhead": overhead(Path(name)), "pairs_per_hour": hourly}))
