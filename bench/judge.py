"""How the perceptual judge scores true answers and spoilt ones; prints one JSON line.

`python -m bench.judge FOLDER [--pictures OUT]`: FOLDER is a set of GSI-Syn. Each true picture is spoilt in ways whose
order is known: the target recoloured, blurred or exchanged; a hole painted over, left with a ghost or filled with another
thing. The scores are means over the samples, out of 100. `--pictures` writes sheets of the first samples to look at.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.judges.base import Request
from dagster_gsi.judges.perceptual import Perceptual
from dagster_gsi.samples.shards import read_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.samples.sample import Pictures, Sample

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]
SHEET = 10
# Of 255, between the strongest and the weakest channel in the mean.
COLOURED = 25


def main() -> None:
    import cv2
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=Path, help="folder for sheets of the first samples")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    names, requests = [], []
    for number, (sample, pictures) in enumerate(read_set(arguments.folder)):
        cases = dict(spoilt(sample, pictures))
        names += [(sample.edit.name, case) for case in cases]
        requests += cases.values()
        if arguments.pictures is not None and number < SHEET:
            write_sheet(arguments.pictures / f"{sample.id}.png", cases)
    judge = Perceptual()
    judge.judge(requests[:2])
    started = time.process_time()
    verdicts = judge.judge(requests)
    spent = (time.process_time() - started) / len(requests)
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (operation, case), verdict in zip(names, verdicts, strict=True):
        if verdict.score is not None:
            scores[operation][case].append(10 * verdict.score)
    means = {o: {c: round(float(np.mean(v)), 1) for c, v in cases.items()} for o, cases in sorted(scores.items())}
    print(json.dumps({"set": arguments.folder.name, "version": judge.version, "cpu_seconds": spent, "scores": means}))


def spoilt(sample: Sample, pictures: Pictures) -> Iterator[tuple[str, Request]]:
    """The true answer and its spoilt forms, by name."""
    name, camera = sample.edit.target, sample.before.camera
    source, target = (np.asarray(p.convert("RGB")) for p in (pictures.source, pictures.target))
    before_ids, after_ids = pictures.source_geometry.ids_HW, pictures.target_geometry.ids_HW
    truth = Request(
        sample_id=sample.id,
        operation=sample.edit.name,
        instruction=sample.instruction.en,
        source_HW3=source,
        edited_HW3=target,
        mask_HW=np.zeros(before_ids.shape, dtype=bool),
        others_HW=before_ids > 1,
        before_4=None,
        after_4=None,
    )
    if name is None:
        yield from ((case, replace(truth, edited_HW3=edited)) for case, edited in _spoilt_views(target))
        return
    mask = before_ids == sample.instances[name]
    truth = replace(
        truth,
        mask_HW=mask,
        others_HW=truth.others_HW & ~mask,
        before_4=sample.before.find(name).box.picture(camera),
    )
    other = _largest_other(before_ids, sample.instances[name])
    if sample.edit.name == "remove":
        yield "truth", truth
        yield "truth_jpeg_60", replace(truth, edited_HW3=_jpeg(target, 60))
        yield from ((case, replace(truth, edited_HW3=edited)) for case, edited in _spoilt_holes(source, mask, other))
        return
    truth = replace(truth, after_4=sample.after.find(name).box.picture(camera))
    there = after_ids == sample.instances[name]
    yield "truth", truth
    yield "truth_frame_off", replace(truth, after_4=_off(truth.after_4))
    yield "truth_jpeg_60", replace(truth, edited_HW3=_jpeg(target, 60))
    yield from ((case, replace(truth, edited_HW3=e)) for case, e in _spoilt_targets(target, there, source, other))


def _spoilt_targets(target: Picture, there: Mask, source: Picture, other: Mask) -> Iterator[tuple[str, Picture]]:
    import cv2

    for sigma in (1, 2, 4):
        yield f"blur_{sigma}", _where(there, cv2.GaussianBlur(target, (0, 0), sigma), target)
    # Grey things have no hue that could be turned.
    if np.ptp(target[there], axis=1).mean() > COLOURED:
        for degrees in (20, 60, 120, 180):
            yield f"hue_{degrees}", _where(there, _turned_hue(target, degrees), target)
    yield "darker", _where(there, (target * 0.5).astype(np.uint8), target)
    yield "flat", _where(there, np.full_like(target, target[there].mean(axis=0)), target)
    if other.any():
        yield "another", _pasted(_painted(target, there), there, source, other)
    yield "gone", _painted(target, there)


def _spoilt_holes(source: Picture, mask: Mask, other: Mask) -> Iterator[tuple[str, Picture]]:
    import cv2

    painted = _painted(source, mask)
    yield "painted", painted
    yield "flat", _where(_grown(mask), np.full_like(source, _ring(source, mask).mean(axis=0)), source)
    for sigma in (2, 4, 8):
        yield f"blurred_{sigma}", _where(_grown(mask), cv2.GaussianBlur(source, (0, 0), sigma), source)
    yield "ghost", _where(_grown(mask), (painted * 0.6 + source * 0.4).astype(np.uint8), source)
    noise = np.random.default_rng(0).normal(0, 40, source.shape)
    yield "noisy", _where(_grown(mask), np.clip(painted + noise, 0, 255).astype(np.uint8), source)
    if other.any():
        yield "another", _pasted(painted, mask, source, other)
    yield "left", source


def _spoilt_views(target: Picture) -> Iterator[tuple[str, Picture]]:
    import cv2

    yield "truth", target
    for sigma in (1, 2, 4):
        yield f"blur_{sigma}", cv2.GaussianBlur(target, (0, 0), sigma)
    for degrees in (20, 60, 120, 180):
        yield f"hue_{degrees}", _turned_hue(target, degrees)


def _painted(picture: Picture, mask: Mask) -> Picture:
    """The mask painted over from its edge inwards (Telea), as a classical editor would."""
    import cv2

    return cv2.inpaint(picture, _grown(mask).astype(np.uint8), 3, cv2.INPAINT_TELEA)


def _pasted(picture: Picture, mask: Mask, source: Picture, other: Mask) -> Picture:
    """The other thing's silhouette from the source, brought to the size of the mask's frame and set into its middle."""
    import cv2

    (left, top, right, bottom), (x0, y0, x1, y1) = _frame(mask), _frame(other)
    zoom = min((right - left) / (x1 - x0), (bottom - top) / (y1 - y0))
    size = (max(1, round((x1 - x0) * zoom)), max(1, round((y1 - y0) * zoom)))
    crop = cv2.resize(source[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)
    shape = cv2.resize(other[y0:y1, x0:x1].astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    x, y = (left + right - size[0]) // 2, bottom - size[1]
    pasted = picture.copy()
    window = pasted[y : y + size[1], x : x + size[0]]
    window[shape] = crop[shape]
    return pasted


def _largest_other(ids: NDArray[np.uint16], target: int) -> Mask:
    values, counts = np.unique(ids[(ids > 1) & (ids != target)], return_counts=True)
    return ids == values[counts.argmax()] if len(values) else np.zeros(ids.shape, dtype=bool)


def _turned_hue(picture: Picture, degrees: float) -> Picture:
    import cv2

    hls = cv2.cvtColor(picture, cv2.COLOR_RGB2HLS)
    hls[..., 0] = ((hls[..., 0].astype(int) + degrees // 2) % 180).astype(np.uint8)
    return cv2.cvtColor(hls, cv2.COLOR_HLS2RGB)


def _jpeg(picture: Picture, quality: int) -> Picture:
    import cv2

    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def _off(frame_4: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a detector's error of 3 % of the frame makes of it."""
    size_2 = frame_4[2:] - frame_4[:2]
    return frame_4 + 0.03 * np.array([1, 1, 1.5, 0.5]) * np.tile(size_2, 2)


def _where(mask: Mask, inside: Picture, outside: Picture) -> Picture:
    return np.where(mask[..., None], inside, outside)


def _grown(mask: Mask, by: int = 3) -> Mask:
    import cv2

    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1))) > 0


def _ring(picture: Picture, mask: Mask) -> Picture:
    return picture[_grown(mask, 8) & ~_grown(mask)]


def _frame(mask: Mask) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def write_sheet(path: Path, cases: dict[str, Request]) -> None:
    import cv2

    tiles = []
    for name, request in {"source": None, **cases}.items():
        tile = (next(iter(cases.values())).source_HW3 if request is None else request.edited_HW3).copy()
        cv2.putText(tile, name, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 0, 0), 1)
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 4)
    rows = [np.hstack(tiles[k : k + 4]) for k in range(0, len(tiles), 4)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
