"""How much of a thing is seen, from an instance map and the thing's hull."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.rendering.base import FIRST_THING, Geometry

if TYPE_CHECKING:
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Support

# Where on a top is looked, from its outline (0) to its middle (1); how near in metres what is seen there is to it; and how
# much of it must be seen.
_INWARDS, _NEAR_TOP, _LEAST_TOP = (0.05, 0.35, 0.7), 0.03, 0.6


def mask_fraction(index: int, geometry: Geometry) -> float:
    """Part of the picture that shows the thing with that index among the scene's things."""
    return float(np.mean(geometry.ids_HW == FIRST_THING + index))


def unoccluded_fraction(hull_w_N3: Array, index: int, camera: Camera, geometry: Geometry) -> float:
    """Part of the thing's silhouette that is inside the picture and not behind another thing, in [0, 1].

    The silhouette is that of the hull; a pixel of it counts as hidden where another thing is seen in front of the
    hull's middle, or furniture in front of all of it. What shows through a gap of the thing itself, such as a handle, is behind it and hides nothing.
    """
    import cv2

    pixels_N2, depth_N = camera.project(hull_w_N3)
    outline = cv2.convexHull(pixels_N2.astype(np.float32))
    area = cv2.contourArea(outline)
    silhouette_HW = np.zeros(geometry.ids_HW.shape, dtype=np.uint8)
    cv2.fillConvexPoly(silhouette_HW, np.rint(outline).astype(np.int32), 1)
    inside_HW = silhouette_HW.astype(bool)
    things_HW = (geometry.ids_HW >= FIRST_THING) & (geometry.ids_HW != FIRST_THING + index)
    # What the thing stands on lies below it, in front of its middle; furniture hides it only from in front of all of it.
    furniture_HW = (geometry.ids_HW < FIRST_THING) & (geometry.depth_HW > 0)
    hiding_HW = (things_HW & (geometry.depth_HW < depth_N.mean())) | (
        furniture_HW & (geometry.depth_HW < depth_N.min())
    )
    hiding_HW &= inside_HW
    in_picture = min(1.0, inside_HW.sum() / max(area, 1.0))
    return float(in_picture * (1 - hiding_HW.sum() / max(1, inside_HW.sum())))


def is_top_seen(support: Support, camera: Camera, geometry: Geometry) -> bool:
    """Whether the picture shows most of a support's top, or things on it, and the whole outline lies in the picture."""
    outline_N3 = support.body.pose_wo.apply(
        np.column_stack([support.outline_N2, np.full(len(support.outline_N2), support.top)])
    )
    inner_M3 = np.concatenate([outline_N3 + share * (outline_N3.mean(axis=0) - outline_N3) for share in _INWARDS])
    pixels_M2, depth_M = camera.project(inner_M3)
    column_M, row_M = np.floor(pixels_M2).astype(int).T
    in_picture_M = (depth_M > 0) & (column_M >= 0) & (column_M < camera.width) & (row_M >= 0) & (row_M < camera.height)
    if not in_picture_M.all():
        return False
    seen_M = geometry.depth_HW[row_M, column_M]
    is_thing_M = geometry.ids_HW[row_M, column_M] >= FIRST_THING
    return bool(np.mean((np.abs(seen_M - depth_M) < _NEAR_TOP) | is_thing_M) > _LEAST_TOP)
