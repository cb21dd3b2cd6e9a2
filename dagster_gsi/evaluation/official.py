"""The published evaluator's figures (aim-uofa/GSI-Bench at 8f2641b), defects included, as functions of its formats.

Accuracy is kept where compliance fails, a move counts whichever way it went, a turn whatever its angle: compare models
with published numbers by these figures and with each other by the strict ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dagster_gsi.evaluation.official_pictures import Locality, Picture, likeness, locality, same_view
from dagster_gsi.geometry.pose import Array, rotation_angle
from dagster_gsi.interchange.official_boxes import (
    SAME_2D,
    SAME_3D,
    SAME_3D_CLOSE,
    Detections,
    Record,
    distance,
    entry,
    overlap,
    picture_of,
    picture_of_original,
    same,
)
from dagster_gsi.interchange.official_prompts import operation_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.interchange.official_judgements import Answer

Kind = Literal["real", "syn"]

NEEDS = {
    "move": ("original_bbox_3d", "new_bbox_3d", "rotation_matrix", "camera_intrinsics"),
    "rotate": ("original_bbox_3d", "new_rotation_matrix", "rotation_matrix", "camera_intrinsics"),
    "remove": ("original_bbox_3d",),
    "scale": ("original_bbox_3d", "new_bbox_3d", "rotation_matrix", "camera_intrinsics"),
    "view": (),
}
"""What the edit must hold for an answer to be judged; where nothing comes so far, the published evaluator never asks."""
_TINY = 1e-5
_NO_VIEW = (
    "too few picture points to tell whether the view is the same (the published evaluator ends with an error here): "
    "taken for another view"
)


@dataclass(frozen=True, slots=True)
class Score:
    """What the three modes of the evaluator print for one sample, each in [0, 1] where it is a score."""

    operation: str
    compliance: float
    accuracy: float
    locality: Locality
    gate: bool
    remark: str | None = None
    """What the figures alone do not tell; where it is set, the published evaluator prints none for this sample."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The aggregate of one model on one set, from 0 to 100."""

    instruction_compliance: float
    spatial_accuracy: float
    locality_ssim: float
    locality_lpips: float
    appearance: float

    @property
    def average(self) -> float:
        return (self.instruction_compliance + self.spatial_accuracy + self.locality_lpips + self.appearance) / 4


def gate(measured: Locality, kind: Kind) -> bool:
    """Whether the background is enough as it was; an untouched background or a similar look will do for real ones."""
    alike, near = measured.ssim > 0.6, measured.lpips < 0.3
    return (alike or near) if kind == "real" else (alike and near)


def score(
    source_HW3: Picture,
    edited_HW3: Picture,
    truth_HW3: Picture | None,
    record: Record,
    origin: Detections,
    found: Detections,
    *,
    kind: Kind,
) -> Score:
    """All figures of one sample. `edited_HW3` has the source's size; `truth_HW3` is used by view changes alone."""
    operation = operation_of(record["prompt"])
    measured = locality(source_HW3, edited_HW3, record, origin, found)
    passed = gate(measured, kind)
    if operation == "view":
        both = 0.0 if truth_HW3 is None else likeness(edited_HW3, truth_HW3)
        return Score(operation, both, both, measured, passed)
    picture_4 = picture_of_original(record, origin)
    if not passed or picture_4 is None or (operation != "remove" and not found):
        return Score(operation, 0.0, 0.0, measured, passed)
    judged = {"move": _move, "rotate": _rotate, "remove": _remove, "scale": _scale}[operation]
    compliance, accuracy = judged(record, picture_4, origin, found)
    # Matching points is half of a sample's time: not where it would change nothing.
    if operation == "rotate" and (compliance or accuracy != 0):
        alike = same_view(source_HW3, edited_HW3)
        if not alike:
            return Score(operation, 0.0, 0.0, measured, gate=False, remark=_NO_VIEW if alike is None else None)
    return Score(operation, float(compliance), float(accuracy), measured, passed)


def summary(scores: Mapping[str, Score], judgements: Mapping[str, Answer]) -> Summary:
    """Means over all samples; `scores` by `<image>_<query>`, `judgements` by the judge's index."""
    answers = {key: answer_of(key, judgements) for key in scores}
    rows = [figures(one, answer.score if (answer := answers[key]) else None) for key, one in scores.items()]
    ic, sa, ssim, lpips, ac = np.array(rows).mean(axis=0) if rows else np.zeros(5)
    return Summary(float(ic), float(sa), float(ssim), float(lpips), float(ac))


def figures(one: Score, judgement: float | None) -> tuple[float, float, float, float, float]:
    """IC, SA, SSIM, EL and AC of one sample as the aggregate counts them, from 0 to 100."""
    # A compliance of nan is not above 0.
    if not one.compliance > 0:
        return 100 * one.compliance, 100 * one.accuracy, 0.0, 0.0, 0.0
    if not judgement:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    kept = one.locality
    return 100 * one.compliance, 100 * one.accuracy, 100 * kept.ssim, 100 - 100 * kept.lpips, 10 * judgement


def answer_of(key: str, judgements: Mapping[str, Answer]) -> Answer | None:
    """The answer about a sample, by the first of its names that was judged; None where none was."""
    image, _, query = key.rpartition("_")
    names = (f"{image}_edit_{query}", f"{image}_edit_{query}.jpg", f"{image}_edit_{query}.png")
    return next((judgements[name] for name in names if name in judgements), None)


def _move(record: Record, picture_4: Array, origin: Detections, found: Detections) -> tuple[bool, float]:
    wanted, original = entry(record, "new_bbox_3d"), entry(record, "original_bbox_3d")
    aim_4 = picture_of(wanted, entry(record, "rotation_matrix"), entry(record, "camera_intrinsics"))
    moved = _candidate(wanted, aim_4, picture_4, origin, found, SAME_3D)
    common = 0.0 if moved is None else overlap(wanted, moved["bbox_3d"])
    gone = 0.0 if moved is None else distance(original, moved["bbox_3d"])
    ratio = gone / (distance(original, wanted) + _TINY)
    accuracy = 0.3 * common + 0.7 * np.exp(-(np.log(np.sqrt(ratio) + _TINY) ** 2))
    if len(found) != len(origin):
        accuracy *= 0.5
    return accuracy > 0.05, accuracy


def _rotate(record: Record, picture_4: Array, origin: Detections, found: Detections) -> tuple[bool, float]:
    original = entry(record, "original_bbox_3d")
    wanted_33 = np.asarray(entry(record, "new_rotation_matrix"))
    aim_4 = picture_of(original, wanted_33.tolist(), entry(record, "camera_intrinsics"))
    turned = _candidate(original, aim_4, picture_4, origin, found, SAME_3D_CLOSE)
    if turned is None:
        return False, 0.0
    if turned.get("rotation_matrix") is None:
        raise ValueError("the detection of the turned thing has no `rotation_matrix`")
    before_33, found_33 = np.asarray(entry(record, "rotation_matrix")), np.asarray(turned["rotation_matrix"])
    compliance = not same(before_33, found_33, 1e-4)
    if distance(turned["bbox_3d"], original) >= 0.5:
        return compliance, 0.0
    ratio = rotation_angle(before_33, found_33) / (rotation_angle(before_33, wanted_33) + _TINY)
    near = np.exp(-rotation_angle(wanted_33, found_33))
    return compliance, 0.5 * np.exp(-(np.log(ratio + _TINY) ** 2)) + 0.5 * near


def _remove(record: Record, picture_4: Array, origin: Detections, found: Detections) -> tuple[bool, float]:
    original = entry(record, "original_bbox_3d")
    remains = any(
        overlap(original, detection["bbox_3d"]) > 0.1 or same(picture_4, detection["bbox_2d"], SAME_2D)
        for detection in found
    )
    accuracy = 0.0 if remains else float(np.clip(1 - 0.3 * (len(origin) - len(found) - 1), 0.0, 1.0))
    return accuracy >= 0.5, accuracy


def _scale(record: Record, picture_4: Array, origin: Detections, found: Detections) -> tuple[bool, float]:
    wanted, original = entry(record, "new_bbox_3d"), entry(record, "original_bbox_3d")
    aim_4 = picture_of(wanted, entry(record, "rotation_matrix"), entry(record, "camera_intrinsics"))
    scaled = _candidate(wanted, aim_4, picture_4, origin, found, SAME_3D_CLOSE)
    lengths_3 = np.asarray(original[3:6]) + _TINY
    asked_3 = np.asarray(wanted[3:6]) / lengths_3
    got_3 = np.ones(3) if scaled is None else np.asarray(scaled["bbox_3d"][3:6]) / lengths_3
    accuracy = np.exp(-np.mean(np.log(got_3 / (asked_3 + _TINY) + _TINY) ** 2))
    return bool(np.linalg.norm(got_3 - 1) > 0.2), float(accuracy)


def _candidate(
    wanted: list[float], aim_4: Array, picture_4: Array, origin: Detections, found: Detections, close: float
) -> dict[str, Any] | None:
    """Of the boxes that were not in the source and shifted visibly, the one whose centre is nearest to `wanted`."""
    asked_shift = float(np.linalg.norm(aim_4 - picture_4)) + _TINY
    best, least = None, np.inf
    for detection in found:
        known = any(
            same(detection["bbox_3d"], other["bbox_3d"], close) or same(detection["bbox_2d"], other["bbox_2d"], SAME_2D)
            for other in origin
        )
        shift = float(np.linalg.norm(np.asarray(detection["bbox_2d"]) - picture_4))
        away = distance(detection["bbox_3d"], wanted)
        if not known and shift / asked_shift > 0.2 and away < least:
            best, least = detection, away
    return best
