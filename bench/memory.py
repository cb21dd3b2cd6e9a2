"""Does a worker's memory stay flat? One process opens many scenes of every environment; prints one JSON line.

Each scene is opened, traced and rendered once, small, since what might pile up are models, meshes and kernels and not
pixels. Resident memory is noted as it goes. Run by `bench/run.py`.

    python -m bench.memory [SCENES]
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.rendering.mitsuba import open_view, use_threads
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.synthesis.environments import Environment, draw_scenes
from dagster_gsi.synthesis.rejection import Rejection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.scenes.scene import Scene

DATA = Path(__file__).parents[1] / "data"
ENVIRONMENTS: tuple[Environment, ...] = ("table", "room", "bathroom")
SCENES, EVERY = 500, 25
IMAGE_SIZE = 64


def scenes(catalogue: Catalogue) -> Iterator[Scene]:
    """One environment after the other, without end."""
    drawn = [
        draw_scenes(environment, "train", catalogue, DATA / "homes", np.random.default_rng(seed), image_size=IMAGE_SIZE)
        for seed, environment in enumerate(ENVIRONMENTS)
    ]
    while True:
        for one in drawn:
            yield next(scene for scene in one if not isinstance(scene, Rejection))


def megabytes() -> float:
    """Resident memory of this process, without garbage."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(count: int) -> dict[str, object]:
    use_threads(1)
    catalogue, variant = Catalogue(DATA / "assets"), best_variant("auto")
    noted = []
    for number, scene in zip(range(1, count + 1), scenes(catalogue), strict=False):
        view = open_view(scene, catalogue, variant=variant, samples_per_pixel=1, seed=number)
        view.trace(scene)
        view.render(scene)
        if number % EVERY == 0:
            noted.append(round(megabytes(), 1))
            print(f"{number} scenes: {noted[-1]:.0f} MB", file=sys.stderr)
    fifth = max(1, len(noted) // 5)
    return {
        "growth": round(float(np.mean(noted[-fifth:]) / np.mean(noted[fifth : 2 * fifth])), 4),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        "noted_mb": noted,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else SCENES)))
