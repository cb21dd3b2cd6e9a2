"""One edited picture with its sample: read, or a reason why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dagster_gsi.detectors.association import seek
from dagster_gsi.detectors.base import Known, Query
from dagster_gsi.detectors.viewpoint import find_viewpoint
from dagster_gsi.evaluation.compliance.base import thing_in
from dagster_gsi.interchange.official_picture import DAMAGE
from dagster_gsi.judges.base import Request
from dagster_gsi.operations.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dagster_gsi.detectors.base import Detector
    from dagster_gsi.detectors.viewpoint import Viewpoint
    from dagster_gsi.evaluation.table import Status
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.rendering.base import Geometry
    from dagster_gsi.samples.sample import Pictures, Sample
    from dagster_gsi.scenes.scene import Thing

# Models put out their own sizes; a picture of the same proportions is brought to the source's size. Rounding to whole
# blocks of 32 pixels changes the proportions of a 512 pixel picture by up to 3 %.
_PROPORTION = 0.03
# Kinds of pixels that become 8-bit RGB without a guess: what lies beside the colours, such as transparency, is dropped.
_EIGHT_BIT = frozenset({"RGB", "RGBA", "L", "LA", "P", "PA", "CMYK"})
# Another thing is where it was if it is found this near: half of what counts as moved.
_KEPT = 0.025
# What the source hardly shows cannot be missed: less than a patch of 6 x 6 in 256 x 256 pixels is behind something.
_LEAST_SHOWN = 0.00055


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
        """Where the target is in the source; nowhere if there is none."""
        return self._mask_in(self.pictures.source_geometry)

    @cached_property
    def target_mask_HW(self) -> NDArray[np.bool_]:
        """Where the target is in the true answer; nowhere if there is none."""
        return self._mask_in(self.pictures.target_geometry)

    @cached_property
    def known(self) -> Known:
        sample = self.sample
        return Known(sample.before, self.source_HW3, self.pictures.source_geometry, dict(sample.instances))

    @cached_property
    def viewpoint(self) -> Viewpoint | None:
        """Where the edited picture is taken from, found once for all that ask; None if it shows another scene."""
        assert self.edited_HW3 is not None
        return find_viewpoint(self.edited_HW3, self.known)

    def _mask_in(self, geometry: Geometry) -> NDArray[np.bool_]:
        name = self.sample.edit.target
        value = -1 if name is None else self.sample.instances[name]
        return np.asarray(geometry.ids_HW.astype(np.int32) == value)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the detector saw in the edited picture."""

    target: Thing | None
    confidence: float | None
    lost: tuple[str, ...]
    """Other things that are not where they were; looked for where a removal is judged."""
    reference: Thing | None = None
    """What a placement is relative to, as it was found."""
    viewpoint: Camera | None = None
    """Where a changed view was found to be taken from."""


def read_case(sample: Sample, pictures: Pictures, path: Path, failure: str | None) -> Case:
    """Read the edited picture at `path`; `failure` is the editor's own reason for not making one."""
    if not path.is_file():
        return Case(sample, pictures, None, "missing", failure or _missing(path))
    try:
        picture = _opened(path)
    except DAMAGE as error:
        return Case(sample, pictures, None, "unreadable", f"{path.name} cannot be read: {error}")
    width, height = pictures.source.size
    if abs(picture.width / picture.height * height / width - 1) > _PROPORTION:
        reason = f"{path.name} is {picture.width} x {picture.height}: not the proportions of {width} x {height}."
        return Case(sample, pictures, None, "missized", reason)
    if picture.size != pictures.source.size:
        picture = picture.resize(pictures.source.size, Image.Resampling.LANCZOS)
    return Case(sample, pictures, np.asarray(picture), "scored", "")


def _missing(path: Path) -> str:
    """What is there under nearly that name was most likely meant."""
    near = sorted(other.name for other in path.parent.glob(f"{path.stem}.*"))
    return f"{path.name} was not made" + (f"; {near[0]} does not count, by its ending." if near else ".")


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        if image.mode not in _EIGHT_BIT:
            raise ValueError(f"its pixels are of kind {image.mode}, not 8-bit colour")
        return image.convert("RGB")


def look(case: Case, detector: Detector, *, at_others: bool) -> Found:
    """Find the target, and whether the others are still there if `at_others`.

    Of a placement the reference is looked for too; of a changed view only where the camera is.
    """
    assert case.edited_HW3 is not None
    scene, edit = case.sample.before, case.sample.edit
    if edit.target is None:
        seen = case.viewpoint
        return Found(None, None, ()) if seen is None else Found(None, seen.confidence, (), viewpoint=seen.camera)
    target = scene.find(edit.target)
    query = Query(case.edited_HW3, scene.camera, target.description.en, target.name, case.known, case.sample.id)
    found = _sought(query, detector, at_others=at_others) if detector.finds_all else _asked_for(case, query, detector)
    if at_others and not detector.finds_all:
        found = replace(found, lost=tuple(_lost(case, query, detector)))
    if isinstance(edit, Place):
        found = replace(found, reference=_reference(scene.find(edit.reference), query, detector))
    return found


def _sought(query: Query, detector: Detector, *, at_others: bool) -> Found:
    """The answer of a detector that tells all things of a label and knows no names."""
    assert query.known is not None
    seen = seek(detector, query, at_others=at_others)
    if seen.target is None:
        return Found(None, None, seen.lost)
    target = query.known.scene.find(query.target)
    return Found(thing_in(seen.target.box, target), seen.target.confidence, seen.lost)


def _asked_for(case: Case, query: Query, detector: Detector) -> Found:
    best = max(detector.detect(query), key=lambda detection: detection.confidence, default=None)
    if best is None:
        return Found(None, None, ())
    return Found(thing_in(best.box, case.sample.before.find(query.target)), best.confidence, ())


def _lost(case: Case, query: Query, detector: Detector) -> Iterator[str]:
    for other in case.sample.before.things:
        shown = (case.known.geometry.ids_HW == case.sample.instances[other.name]).mean()
        if other.name == query.target or shown < _LEAST_SHOWN:
            continue
        there = detector.detect(_about(other, query))
        if not any(np.linalg.norm(d.box.centre_3 - other.centre_3) <= _KEPT for d in there):
            yield other.name


def _reference(reference: Thing, query: Query, detector: Detector) -> Thing | None:
    """Where the reference of a placement is in the edited picture.

    It is taken to be where it was unless it is found elsewhere: a target put in front of it may hide it from the
    detector, and a reference that vanished is a matter of locality. So small a shift as a detector errs is none.
    """
    if not detector.any_label:
        return reference
    if detector.finds_all:
        found = _sought(_about(reference, query), detector, at_others=False).target
    else:
        best = max(detector.detect(_about(reference, query)), key=lambda d: d.confidence, default=None)
        found = None if best is None else thing_in(best.box, reference)
    if found is None or np.linalg.norm(found.centre_3 - reference.centre_3) <= _KEPT:
        return reference
    return found


def _about(other: Thing, query: Query) -> Query:
    """The same picture, asked about another thing; answers are kept for targets only."""
    return replace(query, label=other.description.en, target=other.name, sample_id="")


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
        before_4=None if name is None else case.sample.before.find(name).box.picture(camera),
        after_4=None if found.target is None else _frame(found.target, camera),
    )


def _frame(thing: Thing, camera: Camera) -> Array | None:
    """The thing's frame in the picture, or None where it reaches behind the camera and has none."""
    corners_82, depth_8 = camera.project(thing.box.corners_83())
    if (depth_8 <= 0).any():
        return None
    return np.concatenate([corners_82.min(axis=0), corners_82.max(axis=0)])
