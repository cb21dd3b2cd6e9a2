"""A set in the published benchmark's files, small enough to know its figures by heart.

The pictures are one grey each where nothing is to be seen in them, and noise where the formulas need a background. A mug
of 0.2 m stands 2 m in front of a camera whose frame is the evaluator's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIZE = 64
UPRIGHT = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
QUARTER = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]
CAMERA = [[900.0, 0.0, 448.0], [0.0, 900.0, 448.0], [0.0, 0.0, 1.0]]
MUG = [0.0, 0.0, 2.0, 0.2, 0.2, 0.2, 0.0]
AWAY = [0.4, 0.0, 2.0, 0.2, 0.2, 0.2, 0.0]
"""Half a metre from another mug would be another one: 0.4 m right of the first."""
FRAMES = {"MUG": [400.0, 400.0, 496.0, 496.0], "AWAY": [580.0, 400.0, 676.0, 496.0]}


def noise(seed: int, size: int = SIZE) -> Image.Image:
    """A picture with something everywhere, smooth enough to be enlarged."""
    coarse = np.random.default_rng(seed).integers(0, 256, (size // 8, size // 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)


def seen(box: list[float], frame: list[float], rotation: list[list[float]] = UPRIGHT) -> dict[str, Any]:
    return {"label": "mug", "bbox_3d": box, "bbox_2d": frame, "rotation_matrix": rotation}


def edit(prompt: str, **more: Any) -> dict[str, Any]:
    common = {"original_bbox_3d": MUG, "camera_intrinsics": CAMERA, "rotation_matrix": UPRIGHT}
    return {"prompt": prompt, "target": "mug", **common, **more}


class OfficialSet:
    """The files of one set and one model's pictures, made one sample at a time."""

    def __init__(self, root: Path) -> None:
        self.dataset, self.edited, self.out = root / "set", root / "pictures", root / "out"
        self.dataset.mkdir()
        self.edited.mkdir()
        self.detections, self.judgements = root / "infer_cache.json", root / "predictions.json"
        self.cache: dict[str, Any] = {}
        self.answers: list[Any] = []

    def add(
        self,
        image: str,
        asked: dict[str, Any],
        *,
        origin: list[dict[str, Any]] | None = None,
        found: list[dict[str, Any]] | None = None,
        score: Any = 10,
        edited: Image.Image | None = None,
        truth: Image.Image | None = None,
    ) -> None:
        """One sample with the query 0; the model's picture is the source itself unless given."""
        source = noise(len(self.cache))
        source.save(self.dataset / f"{image}.png")
        (edited or source).save(self.edited / f"{image}_edit_0.png")
        if truth is not None:
            truth.save(self.dataset / f"{image}_x_gtedit_0.png")
        self.write_edit(image, asked)
        origin = [seen(MUG, FRAMES["MUG"])] if origin is None else origin
        self.cache[f"{image}_0"] = {
            "origin_result": {"detections": origin},
            "new_result": {"detections": found or []},
        }
        told = json.dumps({"score": score, "reasoning": "as asked"})
        self.answers.append({"prediction": f"||V^=^V||\n{told}\n||V^=^V||", "meta": {"index": f"{image}_edit_0"}})
        self.save()

    def write_edit(self, image: str, document: Any) -> None:
        (self.dataset / f"{image}_edit_0.json").write_text(json.dumps(document), encoding="utf-8")

    def save(self) -> None:
        self.detections.write_text(json.dumps(self.cache), encoding="utf-8")
        self.judgements.write_text(json.dumps(self.answers), encoding="utf-8")

    @property
    def arguments(self) -> list[str]:
        """Of `gsi evaluate official`."""
        files = {
            "dataset": self.dataset,
            "edited": self.edited,
            "detections": self.detections,
            "judgements": self.judgements,
            "out": self.out,
        }
        given = [text for name, path in files.items() for text in (f"--{name}", str(path))]
        return ["evaluate", "official", *given, "--kind", "syn", "--name", "toy", "--model", "mine"]

    def read(self, name: str) -> Any:
        return json.loads((self.out / name).read_text(encoding="utf-8"))

    def reasons(self, state: str) -> dict[str, str]:
        """The last reason a sample, of those with that state."""
        return {p["sample"]: p["reason"] for p in self.read("problems.json") if p["state"] == state}
