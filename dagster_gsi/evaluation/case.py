"""One edited picture with its sample: read, or a reason why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from dagster_gsi.detectors.association import seek
from dagster_gsi.detectors.base import Known, Query
from dagster_gsi.evaluation.compliance.base import thing_in
from dagster_gsi.judges.base import Request

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.detectors.base import Detector
    from dagster_gsi.evaluation.table import Status
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.samples.sample import Pictures, Sample
    from dagster_gsi.scenes.scene import Thing

# Models put out their own sizes; a picture of the same proportions is brought to the source's size. Rounding to whole
# blocks of 32 pixels changes the proportions of a 512 pixel picture by up to 3 %.
_PROPORTION = 0.03
# Another thing is where it was if it is found this near: half of what counts as moved.
_KEPT = 0.025


@dataclass(frozen=True, eq=False)
class Case:
    """A sample and what an editor made of it."""

    sample: Sample
    pictures: Pictures
    edited_HW3: NDArray[np.uint8] | None
    """8-bit RGB at the source's size, or None where there is nothing to score."""
    status: Status
    reason: str

    @cached_property
    def source_HW3(self) -> NDArray[np.uint8]:
        return np.asarray(self.pictures.source.convert("RGB"))

    @cached_property
    def mask_HW(self) -> NDArray[np.bool_]:
        """Where the target is in the source."""
        return self.pictures.source_geometry.ids_HW == self.sample.instances[self.sample.edit.target]

    @cached_property
    def target_mask_HW(self) -> NDArray[np.bool_]:
        """Where the target is in the true answer."""
        return self.pictures.target_geometry.ids_HW == self.sample.instances[self.sample.edit.target]

    @cached_property
    def known(self) -> Known:
        sample = self.sample
        return Known(sample.before, self.source_HW3, self.pictures.source_geometry, dict(sample.instances))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the detector saw in the edited picture."""

    target: Thing | None
    confidence: float | None
    lost: tuple[str, ...]
    """Other things that are not where they were; looked for where a removal is judged."""


def read_case(sample: Sample, pictures: Pictures, path: Path, failure: str | None) -> Case:
    """Read the edited picture at `path`; `failure` is the editor's own reason for not making one."""
    if not path.is_file():
        return Case(sample, pictures, None, "missing", failure or f"{path.name} was not made.")
    try:
        picture = _opened(path)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        return Case(sample, pictures, None, "unreadable", f"{path.name} cannot be read: {error}")
    width, height = pictures.source.size
    if abs(picture.width / picture.height * height / width - 1) > _PROPORTION:
        reason = f"{path.name} is {picture.width} x {picture.height}: not the proportions of {width} x {height}."
        return Case(sample, pictures, None, "missized", reason)
    if picture.size != pictures.source.size:
        picture = picture.resize(pictures.source.size, Image.Resampling.LANCZOS)
    return Case(sample, pictures, np.asarray(picture), "scored", "")


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        if image.mode not in ("RGB", "RGBA", "L", "P", "CMYK"):
            raise ValueError(f"its pixels are of kind {image.mode}, not 8-bit colour")
        return image.convert("RGB")


def look(case: Case, detector: Detector, *, at_others: bool) -> Found:
    """Find the target, and whether the others are still there if `at_others`."""
    assert case.edited_HW3 is not None
    scene, name = case.sample.before, case.sample.edit.target
    target = scene.find(name)
    query = Query(case.edited_HW3, scene.camera, target.description.en, name, case.known, case.sample.id)
    if detector.finds_all:
        seen = seek(detector, query, at_others=at_others)
        if seen.target is None:
            return Found(None, None, seen.lost)
        return Found(thing_in(seen.target.box, target), seen.target.confidence, seen.lost)
    detections = detector.detect(query)
    best = max(detections, key=lambda detection: detection.confidence, default=None)
    lost = []
    for other in scene.things if at_others else ():
        # What the source does not show cannot be missed.
        if other.name == name or not (case.known.geometry.ids_HW == case.sample.instances[other.name]).any():
            continue
        there = detector.detect(replace(query, label=other.description.en, target=other.name, sample_id=""))
        if not any(np.linalg.norm(d.box.centre_3 - other.centre_3) <= _KEPT for d in there):
            lost.append(other.name)
    if best is None:
        return Found(None, None, tuple(lost))
    return Found(thing_in(best.box, target), best.confidence, tuple(lost))


def request_of(case: Case, found: Found) -> Request:
    """What a judge is told."""
    assert case.edited_HW3 is not None
    camera, name = case.sample.before.camera, case.sample.edit.target
    ids_HW = case.pictures.source_geometry.ids_HW
    things = [case.sample.instances[thing.name] for thing in case.sample.before.things if thing.name != name]
    return Request(
        sample_id=case.sample.id,
        operation=case.sample.edit.name,
        instruction=case.sample.instruction.en,
        source_HW3=case.source_HW3,
        edited_HW3=case.edited_HW3,
        mask_HW=case.mask_HW,
        others_HW=np.isin(ids_HW, things),
        before_4=case.sample.before.find(name).box.picture(camera),
        after_4=None if found.target is None else _frame(found.target, camera),
    )


def _frame(thing: Thing, camera: Camera) -> Array | None:
    """The thing's frame in the picture, or None where it reaches behind the camera and has none."""
    corners_82, depth_8 = camera.project(thing.box.corners_83())
    if (depth_8 <= 0).any():
        return None
    return np.concatenate([corners_82.min(axis=0), corners_82.max(axis=0)])
