"""What the published protocol costs here: `python -m bench.official` prints one JSON line. Run by `bench/run.py`.

* `cpu_seconds`: processor seconds a sample of the whole command, its start included, over 40 samples in the sizes of the
  reference cases; `cpu_seconds_running` is without the start.
* `ratio`: of the published evaluator's three passes, 2.4 s a sample measured on the original, to `cpu_seconds`;
  `ratio_running` to the other. `ratio_imitated` has in the place of 2.4 s what an imitation of the passes takes in this
  run, a lower bound: it reads no weights. `imitated_seconds` is that.
* `lpips_over_features`: pictures a second through LPIPS over pictures a second through AlexNet's features alone, as torch
  computes them.
* `memory_growth`: peak memory for 1,000 samples over that for 100.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.official_set import OPERATIONS, alexnet_features, arguments, make_set, published_pass

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLISHED_SECONDS, PASSES = 2.4, 3
SAMPLES, IMITATED = 40, 10
FEW, MANY, SMALL = 100, 1_000, (64, 64)
BATCH, SIDE = 8, 256
_LEAST_SECONDS = 3.0


def whole_command(root: Path) -> tuple[float, float]:
    """Processor seconds and peak memory (KiB) of the command as a user starts it."""
    command = [sys.executable, "-m", "dagster_gsi", *arguments(root)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def running(root: Path) -> float:
    """Processor seconds of all samples, in this process."""
    from dagster_gsi.evaluation.official_run import Inputs, Run

    files = (root / "set", root / "pictures", root / "infer_cache.json", root / "predictions.json")
    started = time.process_time()
    Run(Inputs(*files, "real")).evaluate(lambda _: None)
    return time.process_time() - started


def imitated(root: Path) -> float:
    """Processor seconds that three passes of the published evaluator take a sample, at least."""
    started = time.process_time()
    for number in range(IMITATED):
        image, operation = root / "set" / f"scene{number:04d}.png", OPERATIONS[number % len(OPERATIONS)]
        truth = image.with_name(f"{image.stem}_x_gtedit_0.png") if operation == "view" else None
        for _ in range(PASSES):
            published_pass(image, root / "pictures" / f"{image.stem}_edit_0.png", truth, rotate=operation == "rotate")
    return (time.process_time() - started) / IMITATED


def lpips_over_features() -> float:
    import torch

    from dagster_gsi.judges.lpips import lpips

    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 256, (BATCH, SIDE, SIDE, 3), dtype=np.uint8) for _ in range(2))
    both_B3HW = torch.tensor(np.concatenate([first, second])).permute(0, 3, 1, 2).float() / 127.5 - 1

    # With its channels last it is a little faster.
    features = alexnet_features().to(memory_format=torch.channels_last)
    both_B3HW = both_B3HW.contiguous(memory_format=torch.channels_last)

    def bare() -> None:
        with torch.inference_mode():
            features(both_B3HW)

    def compared() -> None:
        lpips(first, second)

    # In turns, so that whatever else the machine does slows both.
    spent = {bare: 0.0, compared: 0.0}
    for work in (bare, compared):
        work()
    while min(spent.values()) < _LEAST_SECONDS:
        for work in spent:
            spent[work] += _seconds(work)
    return spent[bare] / spent[compared]


def _seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        # First: a process begins with the peak of the one that started it, and this one is still small.
        peaks = []
        for count in (FEW, MANY):
            make_set(root / str(count), count, SMALL)
            peaks.append(whole_command(root / str(count))[1])
        import cv2
        import torch

        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        make_set(root / "mixed", SAMPLES)
        cpu = whole_command(root / "mixed")[0] / SAMPLES
        bare = running(root / "mixed") / SAMPLES
        passes = imitated(root / "mixed")
    figures = {
        "cpu_seconds": cpu,
        "cpu_seconds_running": bare,
        "imitated_seconds": passes,
        "ratio": PUBLISHED_SECONDS / cpu,
        "ratio_running": PUBLISHED_SECONDS / bare,
        "ratio_imitated": passes / cpu,
        "lpips_over_features": lpips_over_features(),
        "memory_growth": peaks[1] / peaks[0],
    }
    print(json.dumps({key: round(value, 4) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
