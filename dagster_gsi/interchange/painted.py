"""Instance map and depth of a scene of boxes, for sets that come without any: approximate by as much as a thing differs
from its box, and by what stands in front of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.rendering.base import FIRST_THING, Geometry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.scenes.scene import Scene


def paint(scene: Scene, instances: Mapping[str, int], *, over: str | None) -> Geometry:
    """What a ray through each pixel centre meets if all things are their boxes and nothing else is there.

    The thing `over` lies over all others: boxes hide more than things do.
    """
    camera = scene.camera
    ids_HW = np.zeros((camera.height, camera.width), dtype=np.uint16)
    depth_HW = np.zeros((camera.height, camera.width), dtype=np.float32)
    for thing in sorted(scene.things, key=lambda thing: thing.name == over):
        rows, columns, met_HW = _met(thing.box, camera)
        beaten_HW = depth_HW[rows, columns]
        nearer_HW = (met_HW > 0) & ((beaten_HW == 0) | (met_HW < beaten_HW) | (thing.name == over))
        ids_HW[rows, columns][nearer_HW] = instances[thing.name]
        depth_HW[rows, columns][nearer_HW] = met_HW[nearer_HW]
    return Geometry(ids_HW, depth_HW)


def instances_of(scene: Scene) -> dict[str, int]:
    return {thing.name: FIRST_THING + number for number, thing in enumerate(scene.things)}


def _met(box: Box, camera: Camera) -> tuple[slice, slice, NDArray[np.float64]]:
    """The part of the picture around a box, and the depth at which its face is met there; 0 beside it."""
    rows, columns = _around(box, camera)
    v_H, u_W = np.arange(rows.start, rows.stop) + 0.5, np.arange(columns.start, columns.stop) + 0.5
    u_HW, v_HW = np.meshgrid(u_W, v_H)
    # Rays of length 1 along the optical axis, so that what they are multiplied by is depth.
    rays_HW3 = np.stack(
        [(u_HW - camera.centre_x) / camera.focal_x, (v_HW - camera.centre_y) / camera.focal_y, np.ones_like(u_HW)],
        axis=-1,
    )
    pose_bc = box.pose_wb.inverse() @ camera.pose_wc
    rays_HW3 = rays_HW3 @ pose_bc.rotation_33.T
    # A ray in a plane between two faces meets neither, and infinities say so.
    with np.errstate(divide="ignore", invalid="ignore"):
        ends_2HW3 = np.stack([(side * box.size_3 / 2 - pose_bc.translation_3) / rays_HW3 for side in (-1, 1)])
    enters_HW = ends_2HW3.min(axis=0).max(axis=-1)
    leaves_HW = ends_2HW3.max(axis=0).min(axis=-1)
    return rows, columns, np.where((enters_HW <= leaves_HW) & (enters_HW > 0), enters_HW, 0.0)


def _around(box: Box, camera: Camera) -> tuple[slice, slice]:
    """The pixels that a box may be in, or none for one that reaches behind the camera."""
    pixels_82, depth_8 = camera.project(box.corners_83())
    if (depth_8 <= 0).any():
        return slice(0, 0), slice(0, 0)
    low_2 = np.clip(np.floor(pixels_82.min(axis=0)), 0, (camera.width, camera.height)).astype(int)
    high_2 = np.clip(np.ceil(pixels_82.max(axis=0)), low_2, (camera.width, camera.height)).astype(int)
    return slice(int(low_2[1]), int(high_2[1])), slice(int(low_2[0]), int(high_2[0]))
