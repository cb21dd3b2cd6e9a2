"""What is drawn over a sample's pictures: where its target was, was asked to be and was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import Array, Pose, wrapped
from dagster_gsi.geometry.shift import Shift
from dagster_gsi.geometry.wireframe import edges_N23, faces_N, pictured
from dagster_gsi.operations.receptacle import carrier
from dagster_gsi.reporting.strokes import Pen, Stroke

if TYPE_CHECKING:
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.reporting.readings import Record
    from dagster_gsi.reporting.strokes import Frame
    from dagster_gsi.samples.sample import Sample
    from dagster_gsi.scenes.scene import Scene, Thing

# Found lies thin above asked, so that both show where they agree.
ORIGINAL = Pen((236, 236, 232), 2.0)
ASKED = Pen((64, 220, 110), 6.5)
FOUND = Pen((255, 140, 26), 2.4)
LOST = Pen((244, 70, 84), 2.6)
ANCHOR = Pen((110, 190, 255), 2.0)
# Many boxes at once need thinner lines.
_ASKED_OF_MANY = 4.5
# Below this the detector prefers its answer only a little to the empty background.
_SURE = 0.3


@dataclass(frozen=True, slots=True)
class Outlines:
    """Strokes over either picture and what they mean."""

    source: tuple[Stroke, ...]
    edited: tuple[Stroke, ...]
    legend: tuple[tuple[Pen, str], ...]

    def frame(self) -> Frame | None:
        """Around all lines over both pictures; None where no line is in view."""
        ends = [stroke.lines_N22.reshape(-1, 2) for stroke in (*self.source, *self.edited)]
        ends_N2 = np.concatenate([np.zeros((0, 2)), *ends])
        if not len(ends_N2):
            return None
        (left, top), (right, bottom) = ends_N2.min(axis=0), ends_N2.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


def outlines_of(sample: Sample, record: Record) -> Outlines:
    """The boxes of one sample and one row: of the target, or of everything where it is the camera that should move."""
    return _of_camera(sample, record) if sample.edit.target is None else _of_target(sample, sample.edit.target, record)


def found_thing(sample: Sample, name: str, record: Record) -> Thing | None:
    """The target as it was found, or None. Of headings that look the same, the one nearest to the asked heading."""
    if record["found_x"] is None:
        return None
    before = sample.before.find(name)
    wanted = (sample.after.find(name) if sample.after.has(name) else before).pose_wo.yaw
    turn = np.radians(record["found_yaw"]) - wanted
    yaw = wanted + (wrapped(turn, period=2 * np.pi / before.symmetry) if before.symmetry else 0.0)
    at_3 = np.array([record["found_x"], record["found_y"], record["found_z"]])
    return replace(before, pose_wo=Pose.upright(yaw, at_3), scale=record["found_scale"])


def found_camera(camera: Camera, record: Record) -> Camera | None:
    """Where the edited picture was found to be taken from, or None."""
    if record["found_turn"] is None:
        return None
    turn, tilt = (float(np.radians(record[f"found_{name}"])) for name in ("turn", "tilt"))
    metres = {name: record[f"found_{name}"] for name in ("forward", "sideways", "up")}
    return Shift(turn, tilt, **metres).of(camera)


def _of_target(sample: Sample, name: str, record: Record) -> Outlines:
    scene, camera = sample.before, sample.before.camera
    with_front = sample.edit.name == "rotate" and scene.find(name).symmetry == 1
    strokes: list[Stroke] = []
    legend: list[tuple[Pen, str]] = []

    def add(thing: Thing, pen: Pen, meaning: str) -> None:
        strokes.append(_stroke(thing, pen, camera, with_front=with_front and pen in (ORIGINAL, ASKED, found_pen)))
        if (pen, meaning) not in legend:
            legend.append((pen, meaning))

    found_pen = _pen_of_found(record)
    if record["reference"] is not None:
        add(scene.find(record["reference"]), ANCHOR, "reference")
    if record["receptacle"] is not None:
        strokes.append(_top(sample, name, record["receptacle"]))
        legend.append((ANCHOR, "receptacle"))
    add(scene.find(name), ORIGINAL, "original")
    if sample.after.has(name):
        add(sample.after.find(name), ASKED, "asked")
    if (found := found_thing(sample, name, record)) is not None:
        confidence = "" if record["confidence"] is None else f" (confidence {record['confidence']:.2f})"
        add(found, found_pen, f"found{confidence}")
    for other in _lost(scene, record):
        add(other, LOST, "lost, should have stayed")
    return Outlines(tuple(strokes), tuple(strokes), tuple(legend))


def _of_camera(sample: Sample, record: Record) -> Outlines:
    """Everything as the source shows it, and as it should and does appear from where the camera went."""
    asked, found = sample.after.camera, found_camera(sample.before.camera, record)
    source = [_stroke(thing, ORIGINAL, sample.before.camera) for thing in sample.before.things]
    asked_pen = replace(ASKED, width=_ASKED_OF_MANY)
    edited = [_stroke(thing, asked_pen, asked) for thing in sample.before.things]
    legend = [(ORIGINAL, "things in the source"), (asked_pen, "as the asked view shows them")]
    if found is not None:
        pen = _pen_of_found(record)
        edited += [_stroke(thing, pen, found) for thing in sample.before.things]
        legend.append((pen, "as the found view shows them"))
    return Outlines(tuple(source), tuple(edited), tuple(legend))


def _pen_of_found(record: Record) -> Pen:
    return replace(FOUND, dashed=record["confidence"] is not None and record["confidence"] < _SURE)


def _lost(scene: Scene, record: Record) -> list[Thing]:
    """The things that should have stayed and did not."""
    return [scene.find(name) for name in (record["lost"] or "").split(", ") if name]


def _stroke(thing: Thing, pen: Pen, camera: Camera, *, with_front: bool = False) -> Stroke:
    box = thing.box
    lines_N23 = edges_N23(box)
    is_behind_N = ~faces_N(box, camera.pose_wc.translation_3)
    if with_front:
        arrow_N23 = _front_N23(thing)
        lines_N23 = np.concatenate([lines_N23, arrow_N23])
        is_behind_N = np.concatenate([is_behind_N, np.zeros(len(arrow_N23), dtype=np.bool_)])
    pixels_K22, kept_K = pictured(lines_N23, camera)
    return Stroke(pen, pixels_K22, is_behind_N[kept_K].tolist())


def _top(sample: Sample, name: str, receptacle: str) -> Stroke:
    """The outline of what the target should stand on, at the height of its base."""
    height = sample.after.find(name).pose_wo.translation_3[2]
    corners_43 = np.column_stack([carrier(sample.before, receptacle).box.footprint_42(), np.full(4, height)])
    lines_423 = np.stack([corners_43, np.roll(corners_43, -1, axis=0)], axis=1)
    pixels_K22, _ = pictured(lines_423, sample.before.camera)
    return Stroke(ANCHOR, pixels_K22, [False] * len(pixels_K22))


def _front_N23(thing: Thing) -> Array:
    """An arrow on the base from the middle out of the front, -y."""
    depth = thing.box.size_3[1]
    tip, head = 0.9 * depth, 0.22 * depth
    points_o_43 = np.array([[0, 0, 0], [0, -tip, 0], [-head, head - tip, 0], [head, head - tip, 0]])
    middle_3, tip_3, left_3, right_3 = thing.pose_wo.apply(points_o_43)
    return np.array([[middle_3, tip_3], [tip_3, left_3], [tip_3, right_3]])
