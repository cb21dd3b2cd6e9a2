"""Boxes as the published evaluator writes and compares them: [x, y, z, w, h, l, yaw] in camera axes, metres, radians.

x is right, y down, z forward; `yaw` turns about y. Its conventions are kept even where they lose something (overlap
ignores every rotation but yaw), because its figures depend on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.geometry.pose import Array

Detections = list[dict[str, Any]]
Record = dict[str, Any]
"""One edit: prompt, target, original_bbox_3d, rotation_matrix, camera_intrinsics and, by operation, new_bbox_3d or
new_rotation_matrix."""

_SIGNS_83 = np.array([[x, y, z] for y in (-1, 1) for x, z in ((1, 1), (1, -1), (-1, -1), (-1, 1))], dtype=np.float64)
# What counts as the same box: sums of squared differences over all entries, metres and radians (or pixels) alike.
SAME_3D, SAME_3D_CLOSE, SAME_2D = 1e-1, 1e-3, 100.0


def entry(record: Record, key: str) -> Any:
    """What the edit says under `key`; without it the published evaluator ends with an error."""
    if record.get(key) is None:
        raise ValueError(f"the edit has no `{key}`, which this operation or its detections need")
    return record[key]


def same(first: Sequence[Any] | Array, second: Sequence[Any] | Array, threshold: float) -> bool:
    return bool(np.sum((np.asarray(first, dtype=np.float64) - np.asarray(second)) ** 2) < threshold)


def corners_83(box: Sequence[float], rotation_33: Array | None = None) -> Array:
    """Corners in camera axes, the four with least y first, in order around the box."""
    if rotation_33 is None:
        c, s = np.cos(box[6]), np.sin(box[6])
        rotation_33 = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    return _SIGNS_83 * np.asarray(box[3:6]) / 2 @ rotation_33.T + np.asarray(box[:3])


def picture_of(box: Sequence[float], rotation: Sequence[Sequence[float]], matrix: Sequence[Sequence[float]]) -> Array:
    """Axis-aligned frame (left, top, right, bottom) around the projected corners."""
    # A corner in the plane of the camera is at infinity, and a box may be there as a whole.
    with np.errstate(divide="ignore", invalid="ignore"):
        rays_83 = corners_83(box, np.asarray(rotation)) @ np.asarray(matrix).T
        pixels_82 = rays_83[:, :2] / rays_83[:, 2:]
    return np.concatenate([pixels_82.min(axis=0), pixels_82.max(axis=0)])


def overlap(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes turned by their yaw alone."""
    from shapely import GEOSException, Polygon

    corners = [corners_83(box) for box in (first, second)]
    bases = [Polygon(c[:4, [0, 2]]) for c in corners]
    if not all(base.is_valid for base in bases):
        return 0.0
    (low_1, high_1), (low_2, high_2) = ((c[:, 1].min(), c[:, 1].max()) for c in corners)
    try:
        shared = bases[0].intersection(bases[1]).area
    except GEOSException:
        return 0.0
    common = shared * max(0.0, min(high_1, high_2) - max(low_1, low_2))
    union = bases[0].area * (high_1 - low_1) + bases[1].area * (high_2 - low_2) - common
    return float(common / union) if union > 0 else 0.0


def distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Metres between the centres."""
    return float(np.linalg.norm(np.asarray(first[:3]) - np.asarray(second[:3])))


def picture_of_original(record: Record, origin: Detections) -> Array | None:
    """2D box of the first detection in the source that is the box of the record; without it nothing is scored."""
    for detection in origin:
        if same(detection["bbox_3d"], entry(record, "original_bbox_3d"), SAME_3D):
            return np.asarray(detection["bbox_2d"], dtype=np.float64)
    return None
