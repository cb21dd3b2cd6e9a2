"""Of the candidates that are tried, how many become pairs? By environment and operation; prints one JSON line.

Small pictures: the rules, physics and what is seen decide, and hardly the number of pixels. The sets are test sets with the
limits of params.yaml. Run by `bench/run.py`.

    python -m bench.acceptance [ENVIRONMENT ...]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.recipes import ASSETS, ENVIRONMENTS, HOMES, recipe
from dagster_gsi.samples.acceptance import cells_of
from dagster_gsi.samples.shards import read_samples, shard_paths, write_shard
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.stages.synthesize import use_one_thread
from dagster_gsi.stages.workers import run_pool
from dagster_gsi.synthesis.pairs import synthesize_shard

IMAGE_SIZE, SAMPLES_PER_PIXEL = 128, 4
SHARDS, PAIRS_PER_SHARD = 4, 21


def write(environment: str, shard: int, folder: Path) -> None:
    use_one_thread()
    one = recipe(f"{environment}-test", seed=5, image_size=IMAGE_SIZE, samples_per_pixel=SAMPLES_PER_PIXEL)
    samples = synthesize_shard(one, shard, PAIRS_PER_SHARD, Catalogue(ASSETS), HOMES)
    write_shard(folder / f"shard-{shard:05d}.tar", samples)


def measure(environment: str, folder: Path) -> dict[str, dict[str, object]]:
    """By operation: the share accepted, of how many, and the most frequent reason against."""
    tasks = [(environment, shard, folder) for shard in range(SHARDS)]
    for _ in run_pool(write, tasks, workers=0, advance=lambda _: None):
        pass
    samples = [sample for path in shard_paths(folder) for sample in read_samples(path)]
    rejected: Counter[str] = Counter()
    for sample in samples:
        rejected.update(sample.rejections)
    return {
        cell.operation: {
            "acceptance": cell.acceptance,
            "candidates": cell.num_candidates,
            "worst": next(iter(cell.failed), None),
        }
        for cell in cells_of(Counter(sample.edit.name for sample in samples), rejected)
    }


def main(environments: list[str]) -> dict[str, dict[str, dict[str, object]]]:
    found = {}
    for environment in environments:
        with tempfile.TemporaryDirectory() as folder:
            found[environment] = measure(environment, Path(folder))
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:] or list(ENVIRONMENTS))))
