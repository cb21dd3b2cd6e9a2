"""One sample of each operation over one picture, and the published archives imitated."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dagster_gsi.interchange.official_form import record_of
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import View
from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import write_shard
from tests.samples_by_hand import make_pair
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()
EDITS: tuple[Operation, ...] = (
    Move("book", "left", 0.4),
    Place("mug-2", "book", "left", 0.2),
    Receptacle("mug-1", "table", "farthest", (0.1, 0.3)),
    Rotate("book", float(np.radians(45))),
    Scale("book", 1.25),
    Remove("mug-1", "leftmost"),
    View("turn_left", float(np.radians(10))),
)
# As the published generators ask for the same edits.
PROMPTS = {
    "move": "Move the book 40 centimeters left relative to the camera view.",
    "place": "Move the mug's center to the left of the book's center by 20 centimeters, relative to the camera view.",
    "receptacle": "Move the mug to the edge farthest from the camera of the table.",
    "rotate": "Rotate the book 45 degrees counter-clockwise.",
    "scale": "Please enlarge the book by 25%.",
    "remove": "Remove the mug at the leftmost position.",
    "view": "Rotate the camera 10 degrees to the left.",
}


def smooth_picture(seed: int = 0) -> Image.Image:
    """Ramps with a few blocks: enough for a background to be recognised by."""
    rng = np.random.default_rng(seed)
    picture_HW3 = np.zeros((96, 128, 3), dtype=np.uint8)
    picture_HW3[..., 0] = np.linspace(0, 255, 128)
    picture_HW3[..., 1] = np.linspace(0, 255, 96)[:, None]
    for y, x in rng.integers(0, 80, (12, 2)):
        picture_HW3[y : y + 9, x : x + 12] = rng.integers(0, 256, 3)
    return Image.fromarray(picture_HW3)


def seven_samples(set_name: str = "toy-test") -> list[tuple[Sample, Pictures]]:
    """One sample an operation, all of one scene; the true picture has a block where the book was."""
    pairs = []
    for number, edit in enumerate(EDITS):
        sample, pictures = make_pair(number, set_name=set_name)
        truth_HW3 = np.array(smooth_picture())
        truth_HW3[44:50, 60:70] = 200
        sample = replace(
            sample,
            id=f"{set_name}-{number:04}-{edit.name}",
            scene_id=f"{set_name}-scene",
            edit=edit,
            before=SCENE,
            after=edit.apply(SCENE),
            instruction=edit.instruction(SCENE, np.random.default_rng(number)),
        )
        pairs.append((sample, replace(pictures, source=smooth_picture(), target=Image.fromarray(truth_HW3))))
    return pairs


def write_seven(folder: Path, set_name: str = "toy-test") -> list[tuple[Sample, Pictures]]:
    pairs = seven_samples(set_name)
    write_shard(folder / "shard-00000.tar", pairs)
    write_manifest(folder)
    return pairs


def published_records() -> dict[str, dict[str, Any]]:
    """Edits' files by operation, in the published words and without anything of ours."""
    return {edit.name: {**record_of(edit, SCENE, edit.apply(SCENE)), "prompt": PROMPTS[edit.name]} for edit in EDITS}


def published_files(image: str = "036bce3393_frame_008270", source: str = "jpg") -> dict[str, bytes]:
    """A flat folder as it is distributed: one source, an edit an operation, drawings for people, a true picture."""
    files = {f"{image}.{source}": encoded(smooth_picture(), source)}
    for query, (operation, record) in enumerate(published_records().items()):
        files[f"{image}_edit_{query}.json"] = json.dumps(record).encode()
        files[f"{image}_edit_{query}_vis.jpg"] = encoded(smooth_picture(query), "jpg")
        if operation == "view":
            files[f"{image}_x_gtedit_{query}.png"] = encoded(smooth_picture(9), "png")
    return files


def encoded(picture: Image.Image, ending: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG" if ending in {"jpg", "jpeg"} else "PNG")
    return buffer.getvalue()


def write_archive(path: Path, inner: str, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{inner}/{name}" if inner else name, data)
    return path
