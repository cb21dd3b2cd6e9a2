"""A set in the published benchmark's files, made of noise, and what the published evaluator does with one sample."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dagster_gsi.interchange.official_boxes import picture_of

if TYPE_CHECKING:
    from pathlib import Path

# Width and height of sources, as often as among the 60 reference cases.
SIZES = [(320, 240)] * 4 + [(256, 256)] * 7 + [(400, 300)] * 6 + [(480, 360)] * 6 + [(360, 480)] * 5 + [(512, 512)] * 5
SIZES = [SIZES[k * 7 % len(SIZES)] for k in range(len(SIZES))]
LARGEST, EACH = (896, 896), 30
OPERATIONS = ("move", "rotate", "remove", "scale", "view")
_PROMPTS = {
    "move": "Move the mug.",
    "rotate": "Rotate the mug.",
    "remove": "Remove the mug.",
    "scale": "Enlarge the mug.",
    "view": "Look the camera to the left.",
}
_BLOCK = 12


def make_set(root: Path, count: int, size: tuple[int, int] | None = None, seed: int = 0) -> None:
    """`count` samples under `root`, each operation as often; sizes as in the reference cases, or all of `size`."""
    rng = np.random.default_rng(seed)
    for name in ("set", "pictures"):
        (root / name).mkdir(parents=True)
    cache, answers = {}, []
    for number in range(count):
        image, operation = f"scene{number:04d}", OPERATIONS[number % len(OPERATIONS)]
        wanted = size or (LARGEST if number % EACH == 3 else SIZES[number % len(SIZES)])
        source = _noise(rng, wanted)
        edited = np.clip(source + rng.normal(0, 3, source.shape), 0, 255).astype(np.uint8)
        Image.fromarray(source).save(root / "set" / f"{image}.png")
        shrunk = Image.fromarray(edited)
        # A third of the outputs has another size than the source.
        shrunk = shrunk.resize((wanted[0] // 2, wanted[1] // 2)) if number % 3 == 1 else shrunk
        shrunk.save(root / "pictures" / f"{image}_edit_0.png")
        if operation == "view":
            Image.fromarray(_noise(rng, wanted)).save(root / "set" / f"{image}_x_gtedit_0.png")
        record, cache[f"{image}_0"] = _boxes(rng, operation)
        (root / "set" / f"{image}_edit_0.json").write_text(json.dumps(record), encoding="utf-8")
        told = json.dumps({"score": int(rng.integers(11)), "reasoning": "ok"})
        answers.append({"prediction": f"||V^=^V||\n{told}\n||V^=^V||", "meta": {"index": f"{image}_edit_0"}})
    (root / "infer_cache.json").write_text(json.dumps(cache), encoding="utf-8")
    (root / "predictions.json").write_text(json.dumps(answers), encoding="utf-8")


def arguments(root: Path) -> list[str]:
    """Of `gsi evaluate official` on such a set."""
    files = {
        "dataset": root / "set",
        "edited": root / "pictures",
        "detections": root / "infer_cache.json",
        "judgements": root / "predictions.json",
        "out": root / "out",
    }
    given = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    return ["evaluate", "official", *given, "--kind", "real", "--name", "noise", "--model", "bench"]


def published_pass(source: Path, edited: Path, truth: Path | None, *, rotate: bool) -> None:
    """What one of the three passes does with one sample, at least: read, frame, build the network, compare whole maps.

    The network's published weights file of 233 MB, which each rebuild reads as well, is not there to be read.
    """
    from skimage.metrics import structural_similarity

    from dagster_gsi.evaluation.official_pictures import framed, same_view
    from dagster_gsi.judges.lpips import lpips_map

    Image.open(edited).convert("RGB")
    pictures = [Image.open(path).convert("RGB") for path in (source, edited)]
    pixels = [np.asarray(picture.resize(pictures[0].size)) for picture in pictures]
    pairs = [[framed(one) for one in pixels]]
    if truth is not None:
        pairs.append([pixels[1], np.asarray(Image.open(truth).convert("RGB"))])
    if rotate:
        same_view(pixels[0], pixels[1])
    for first, second in pairs:
        reach = float(second.max() - second.min())
        structural_similarity(first, second, data_range=reach, channel_axis=-1, full=True)
        _build_alexnet()
        lpips_map(first[None], second[None])


def alexnet_features() -> Any:
    """The network up to the last of its features, with random weights."""
    from torch.nn import Conv2d, MaxPool2d, ReLU, Sequential

    layers = (
        *(Conv2d(3, 64, 11, stride=4, padding=2), ReLU(inplace=True), MaxPool2d(3, stride=2)),
        *(Conv2d(64, 192, 5, padding=2), ReLU(inplace=True), MaxPool2d(3, stride=2)),
        *(Conv2d(192, 384, 3, padding=1), ReLU(inplace=True)),
        *(Conv2d(384, 256, 3, padding=1), ReLU(inplace=True)),
        *(Conv2d(256, 256, 3, padding=1), ReLU(inplace=True)),
    )
    return Sequential(*layers)


def _build_alexnet() -> Any:
    from torch.nn import Linear

    return alexnet_features(), [Linear(a, b) for a, b in ((9216, 4096), (4096, 4096), (4096, 1000))]


def _noise(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    coarse = rng.integers(0, 256, (size[1] // _BLOCK, size[0] // _BLOCK, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def _boxes(rng: np.random.Generator, operation: str) -> tuple[dict[str, Any], dict[str, Any]]:
    camera = [[1000.0, 0.0, 448.0], [0.0, 1000.0, 448.0], [0.0, 0.0, 1.0]]

    def seen(box: list[float]) -> dict[str, Any]:
        c, s = np.cos(box[6]), np.sin(box[6])
        rotation = [[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]]
        return {
            "label": "mug",
            "bbox_3d": box,
            "bbox_2d": picture_of(box, rotation, camera).tolist(),
            "rotation_matrix": rotation,
        }

    yaw = float(rng.uniform(-3, 3))
    old = [*rng.uniform(-0.5, 0.5, 2).tolist(), 2.5, 0.3, 0.3, 0.3, yaw]
    new = {
        "move": [old[0] + 0.6, *old[1:]],
        "rotate": [*old[:6], yaw + 1.0],
        "scale": [*old[:3], 0.5, 0.5, 0.5, yaw],
    }.get(operation)
    before, after = seen(old), [] if new is None else [seen(new)]
    record: dict[str, Any] = {"prompt": _PROMPTS[operation], "target": "mug", "original_bbox_3d": old}
    record |= {"camera_intrinsics": camera, "rotation_matrix": before["rotation_matrix"]}
    if new is not None:
        record["new_bbox_3d"] = old if operation == "rotate" else new
        record["new_rotation_matrix"] = after[0]["rotation_matrix"]
    return record, {"origin_result": {"detections": [before]}, "new_result": {"detections": after}}
