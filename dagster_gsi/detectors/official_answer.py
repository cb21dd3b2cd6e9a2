"""A detection in the published form, as the official detector answers it and as its cache keeps it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dagster_gsi.detectors.base import Detection
from dagster_gsi.interchange.official_form import box_of, detection_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.geometry.camera import Camera


def detection_from(record: Mapping[str, Any], label: str, frame: Camera) -> Detection:
    """Ours; `frame` is the published one of the picture's camera. ValueError says which figure is none."""
    return Detection(label, box_of(record, frame), _confidence(record), record)


def record_from(detection: Detection, frame: Camera) -> Mapping[str, Any]:
    """The published one: as the detector gave it, or made from the box."""
    if detection.record is not None:
        return detection.record
    return {**detection_of(detection.box, detection.label, frame), "iou_score": detection.confidence}


def _confidence(record: Mapping[str, Any]) -> float:
    """The official code has no other figure of how sure it is than this one; where it is missing, all count the same."""
    score = record.get("iou_score")
    if score is None:
        return 1.0
    if not isinstance(score, float | int) or not -math.inf < score < math.inf:
        raise ValueError(f"iou_score is {score!r}, no finite number")
    return min(max(float(score), 0.0), 1.0)
