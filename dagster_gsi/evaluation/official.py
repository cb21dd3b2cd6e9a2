"""The published evaluator's figures (aim-uofa/GSI-Bench at 8f2641b), defects included, as functions of its formats.

Accuracy is kept where compliance fails, a move counts whichever way it went, a turn whatever its angle: compare models
with published numbers by these figures and with each other by the strict ones.
"""

from __future__ import annotations

import json
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
    overlap,
    picture_of,
    picture_of_original,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["real", "syn"]

_VERBS = {
    "move": ("move", "shift", "relocate", "place", "put", "push", "pull"),
    "rotate": ("rotate", "turn", "spin"),
    "remove": ("remove",),
    "scale": ("scale", "resize", "make", "shrink", "reduce", "enlarge", "expand", "increase"),
    "view": ("view", "changeview", "look"),
}
_DELIMITER = "||V^=^V||"
_TINY = 1e-5


@dataclass(frozen=True, slots=True)
class Score:
    """What the three modes of the evaluator print for one sample, each in [0, 1] where it is a score."""

    operation: str
    compliance: float
    accuracy: float
    locality: Locality
    gate: bool


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


def operation_of(prompt: str) -> str:
    """Kind of edit by the first word of the prompt; a word that is in no list is an error, as in the original."""
    words = prompt.split(" ")
    verb = words[1].lower() if words[0].lower() == "please" and len(words) > 1 else words[0].lower()
    if "camera" in prompt and "from the camera" not in prompt and "to the camera" not in prompt:
        return "view"
    for operation, verbs in _VERBS.items():
        if verb in verbs or verb == operation:
            return operation
    raise ValueError(f"the prompt {prompt!r} begins with none of the verbs that the official protocol knows")


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
    if operation == "rotate":
        passed = passed and same_view(source_HW3, edited_HW3)
    picture_4 = picture_of_original(record, origin)
    if not passed or picture_4 is None or (operation != "remove" and not found):
        return Score(operation, 0.0, 0.0, measured, passed)
    judged = {"move": _move, "rotate": _rotate, "remove": _remove, "scale": _scale}[operation]
    compliance, accuracy = judged(record, picture_4, origin, found)
    return Score(operation, float(compliance), float(accuracy), measured, passed)


def judgements_of(document: Iterable[Mapping[str, Any]]) -> dict[str, float | None]:
    """Scores of the judge's file by its index; None where an answer cannot be read."""
    scores: dict[str, float | None] = {}
    for entry in document:
        try:
            scores[entry["meta"]["index"]] = json.loads(entry["prediction"].split(_DELIMITER)[1])["score"]
        except (IndexError, KeyError, TypeError, ValueError):
            scores[entry["meta"]["index"]] = None
    return scores


def summary(scores: Mapping[str, Score], judgements: Mapping[str, float | None]) -> Summary:
    """Means over all samples; `scores` by `<image>_<query>`, `judgements` by the judge's index."""
    rows = [figures(one, _judgement(key, judgements)) for key, one in scores.items()]
    ic, sa, ssim, lpips, ac = np.array(rows).mean(axis=0) if rows else np.zeros(5)
    return Summary(float(ic), float(sa), float(ssim), float(lpips), float(ac))


def figures(one: Score, judgement: float | None) -> tuple[float, float, float, float, float]:
    """IC, SA, SSIM, EL and AC of one sample as the aggregate counts them, from 0 to 100."""
    if one.compliance <= 0:
        return 100 * one.compliance, 100 * one.accuracy, 0.0, 0.0, 0.0
    if not judgement:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    kept = one.locality
    return 100 * one.compliance, 100 * one.accuracy, 100 * kept.ssim, 100 - 100 * kept.lpips, 10 * judgement


def _judgement(key: str, judgements: Mapping[str, float | None]) -> float | None:
    image, _, query = key.rpartition("_")
    for index in (f"{image}_edit_{query}", f"{image}_edit_{query}.jpg", f"{image}_edit_{query}.png"):
        if index in judgements:
            return judgements[index]
    return None


def _move(record: Record, picture_4: Array, origin: Detections, found: Detections) -> tuple[bool, float]:
    wanted, original = record["new_bbox_3d"], record["original_bbox_3d"]
    aim_4 = picture_of(wanted, record["rotation_matrix"], record["camera_intrinsics"])
    moved = _candidate(wanted, aim_4, picture_4, origin, found, SAME_3D)
    common = 0.0 if moved is None else overlap(wanted, moved["bbox_3d"])
    gone = 0.0 if moved is None else distance(original, moved["bbox_3d"])
    ratio = gone / (distance(original, wanted) + _TINY)
    accuracy = 0.3 * common + 0.7 * np.exp(-(np.log(np.sqrt(ratio) + _TINY) ** 2))
    if len(found) != len(origin):
        accuracy *= 0.5
    return accuracy > 0.05, accuracy


def _rotate(record: Record, picture_4: Array, origin: Detections, found: Detections) -> tuple[bool, float]:
    original = record["original_bbox_3d"]
    before_33, wanted_33 = np.asarray(record["rotation_matrix"]), np.asarray(record["new_rotation_matrix"])
    aim_4 = picture_of(original, wanted_33.tolist(), record["camera_intrinsics"])
    turned = _candidate(original, aim_4, picture_4, origin, found, SAME_3D_CLOSE)
    if turned is None:
        return False, 0.0
    found_33 = np.asarray(turned["rotation_matrix"])
    compliance = not same(before_33, found_33, 1e-4)
    if distance(turned["bbox_3d"], original) >= 0.5:
        return compliance, 0.0
    ratio = rotation_angle(before_33, found_33) / (rotation_angle(before_33, wanted_33) + _TINY)
    near = np.exp(-rotation_angle(wanted_33, found_33))
    return compliance, 0.5 * np.exp(-(np.log(ratio + _TINY) ** 2)) + 0.5 * near


def _remove(record: Record, picture_4: Array, origin: Detections, found: Detections) -> tuple[bool, float]:
    original = record["original_bbox_3d"]
    remains = any(
        overlap(original, detection["bbox_3d"]) > 0.1 or same(picture_4, detection["bbox_2d"], SAME_2D)
        for detection in found
    )
    accuracy = 0.0 if remains else float(np.clip(1 - 0.3 * (len(origin) - len(found) - 1), 0.0, 1.0))
    return accuracy >= 0.5, accuracy


def _scale(record: Record, picture_4: Array, origin: Detections, found: Detections) -> tuple[bool, float]:
    wanted, original = record["new_bbox_3d"], record["original_bbox_3d"]
    aim_4 = picture_of(wanted, record["rotation_matrix"], record["camera_intrinsics"])
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
