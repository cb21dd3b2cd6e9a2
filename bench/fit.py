"""How well the detector `fit` finds things, and what the strict protocol makes of it. Prints tables and one JSON line.

`python -m bench.fit data/gsi_syn/table-test --samples 48 --out looks.jsonl` looks at true pictures, at true pictures
made worse, at untouched ones and at the true answers of other samples. Every look is a line of the file `--out`; looks
that it holds are not repeated, so delete it to measure another state of the code.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PIL import Image, ImageFilter

from dagster_gsi.detectors.fit import Fit
from dagster_gsi.evaluation import strict
from dagster_gsi.evaluation.case import Case, look
from dagster_gsi.geometry.pose import wrapped
from dagster_gsi.judges.base import Verdict
from dagster_gsi.samples.shards import read_set
from dagster_gsi.scenes.catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dagster_gsi.detectors.base import Detection, Query
    from dagster_gsi.samples.sample import Pictures, Sample
    from dagster_gsi.scenes.scene import Scene

    Look = dict[str, Any]

ASSETS = Path(__file__).parents[1] / "data/assets"


def _jpeg(picture: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=40)
    return Image.open(buffer).convert("RGB")


def _blurred(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def _noisy(picture: Image.Image) -> Image.Image:
    pixels_HW3 = np.asarray(picture, dtype=np.float64)
    return _picture(pixels_HW3 + np.random.default_rng(0).normal(0, 8, pixels_HW3.shape))


def _tinted(picture: Image.Image) -> Image.Image:
    return _picture(np.asarray(picture, dtype=np.float64) * [1.1, 1.0, 0.9] + 5)


def _picture(pixels_HW3: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(np.clip(pixels_HW3, 0, 255)).astype(np.uint8))


WORSE: dict[str, Callable[[Image.Image], Image.Image]] = {
    "truth": lambda picture: picture,
    "jpeg": _jpeg,
    "blur": _blurred,
    "noise": _noisy,
    "tint": _tinted,
}
# How far along the set the sample is whose true answer is shown instead: mostly of the same scene, and of another one.
OTHERS = {"next": 1, "fifth": 5}
KINDS = (*WORSE, "identity", *OTHERS)


@dataclass
class Recorded:
    """A detector that remembers what it said about each thing, and for how long it thought."""

    detector: Fit
    version: ClassVar[str] = Fit.version
    finds_all: ClassVar[bool] = Fit.finds_all
    any_label: ClassVar[bool] = Fit.any_label
    said: dict[str, Detection | None] = field(default_factory=dict)
    seconds: float = 0.0

    def detect(self, query: Query) -> tuple[Detection, ...]:
        started = time.process_time()
        detections = self.detector.detect(query)
        self.seconds += time.process_time() - started
        self.said[query.target] = detections[0] if detections else None
        return detections


def looked(kind: str, sample: Sample, pictures: Pictures, shown: Image.Image, state: Scene | None) -> Look:
    """What was found in `shown`, against where the target is in `state` (None where the picture is of another scene)."""
    target = sample.edit.target
    assert target is not None
    detector = Recorded(Fit(Catalogue(ASSETS)))
    case = Case(sample, pictures, np.asarray(shown.convert("RGB")), "scored", "")
    kept = strict.measure_locality(case)
    found = look(case, detector, at_others=sample.edit.name == "remove" and kept.gate)
    figures = strict.figures(case, found, kept, Verdict(10.0, ""))
    one: Look = {
        "kind": kind,
        "sample": sample.id,
        "operation": sample.edit.name,
        "target": target,
        "ic": figures["ic"],
        "sa": figures["sa"],
        "reason": figures["reason"],
        "confidence": found.confidence,
        "present": found.target is not None,
        "seconds": detector.seconds,
        "lost": list(found.lost),
    }
    if state is None:
        return one
    one["right"] = one["present"] == state.has(target)
    detection = detector.said[target]
    if detection is None or not state.has(target):
        return one
    true = state.find(target)
    period = 2 * np.pi / max(true.symmetry, 1)
    turn = 0.0 if true.symmetry == 0 else wrapped(detection.box.pose_wb.yaw - true.pose_wo.yaw, period=period)
    base_3 = detection.box.centre_3 - [0.0, 0.0, detection.box.size_3[2] / 2]
    one["position"] = float(np.linalg.norm(base_3 - true.pose_wo.translation_3))
    one["rotation"] = float(np.degrees(abs(turn)))
    one["scale"] = abs(float(detection.box.size_3[0] / true.box.size_3[0]) - 1)
    return one


@cache
def _pairs(folder: Path) -> list[tuple[Sample, Pictures]]:
    return list(read_set(folder))


def work(folder: Path, kinds: tuple[str, ...], samples: int, part: tuple[int, int], done: set[str]) -> list[Look]:
    """The looks at every n-th sample from the k-th, `part` = (k, n)."""
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    # The detector is not asked about changed views, which have no target.
    pairs = [pair for pair in _pairs(folder) if pair[0].edit.target is not None]
    chosen = np.unique(np.linspace(0, len(pairs) - 1, min(samples, len(pairs))).round().astype(int))
    looks = []
    for index in chosen[part[0] :: part[1]]:
        sample, pictures = pairs[index]
        for kind in kinds:
            if f"{kind} {sample.id}" in done:
                continue
            if kind in WORSE:
                shown, state = WORSE[kind](pictures.target.convert("RGB")), sample.after
            elif kind == "identity":
                shown, state = pictures.source, sample.before
            else:
                other, shown_pictures = pairs[(index + OTHERS[kind]) % len(pairs)]
                shown = shown_pictures.target
                state = other.after if other.scene_id == sample.scene_id else None
            looks.append(looked(kind, sample, pictures, shown, state))
    return looks


def table(looks: Iterable[Look]) -> list[dict[str, Any]]:
    """Medians and ninetieth percentiles of each kind and operation."""
    groups: dict[tuple[str, str], list[Look]] = {}
    for one in looks:
        groups.setdefault((one["kind"], one["operation"]), []).append(one)
        groups.setdefault((one["kind"], "all"), []).append(one)
    rows = []
    for kind, operation in sorted(groups, key=lambda key: (KINDS.index(key[0]), key[1])):
        group = groups[kind, operation]
        row: dict[str, Any] = {"kind": kind, "operation": operation, "count": len(group)}
        for name, unit in (("position", 100), ("rotation", 1), ("scale", 100)):
            errors = [one[name] * unit for one in group if name in one]
            row[name] = [round(float(np.percentile(errors, q)), 2) for q in (50, 90)] if errors else None
        rights = [one["right"] for one in group if "right" in one]
        row["right"] = round(100 * float(np.mean(rights)), 1) if rights else None
        for name in ("ic", "sa", "seconds"):
            row[name] = round(float(np.mean([one[name] for one in group])), 2)
        row["slowest"] = round(max(one["seconds"] for one in group), 2)
        rows.append(row)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--samples", type=int, default=48)
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    lines = asked.out.read_text(encoding="utf-8").splitlines() if asked.out.is_file() else []
    looks: list[Look] = [json.loads(line) for line in lines]
    done = {f"{one['kind']} {one['sample']}" for one in looks}
    with ProcessPoolExecutor(asked.workers) as pool, asked.out.open("a", encoding="utf-8") as out:
        futures = [
            pool.submit(work, asked.folder, tuple(asked.kinds), asked.samples, (part, asked.samples), done)
            for part in range(asked.samples)
        ]
        for future in as_completed(futures):
            for one in future.result():
                looks.append(one)
                out.write(json.dumps(one) + "\n")
            out.flush()
    rows = table(looks)
    print(
        "kind     operation count  position cm     rotation deg    scale %         right     IC     SA  cpu s  slowest"
    )
    for row in rows:
        errors = "".join(
            f"{'-' if row[name] is None else '{:.2f} / {:.2f}'.format(*row[name]):<16}"
            for name in ("position", "rotation", "scale")
        )
        print(
            f"{row['kind']:<9}{row['operation']:<9}{row['count']:>6}  {errors}{row['right'] or '-'!s:>5} "
            f"{row['ic']:>6.1f} {row['sa']:>6.1f} {row['seconds']:>6.2f} {row['slowest']:>8.2f}"
        )
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
