"""Detections in the published form, as the official detector answers them and as its cache keeps them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from dagster_gsi.detectors.base import Detection
from dagster_gsi.interchange.official_form import box_of, detection_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
    if not isinstance(score, int | float) or not math.isfinite(score):
        raise ValueError(f"iou_score is {score!r}, no finite number")
    return min(max(float(score), 0.0), 1.0)


def read_cache(path: Path) -> dict[str, dict[str, Any]]:
    """The whole file; its entries are looked at when they are asked for."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} is missing: set detectors.cached.path to an infer_cache.json") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read as JSON ({error})") from error
    if not isinstance(document, dict) or not all(isinstance(entry, dict) for entry in document.values()):
        raise ValueError(f"{path} is no detector cache: it must hold one object with one object a sample")
    return document
