"""How a known thing stands after a change that is being tried, and its points as a camera sees them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import Array, Pose

if TYPE_CHECKING:
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.scenes.scene import Scene, Thing

Placement = Array
"""Change from the pose before: metres along world x and y, radians about the vertical, logarithm of the scale."""
STILL: Placement = np.zeros(4)


def placed(thing: Thing, placement: Placement) -> Thing:
    """The thing after the change; it turns and grows about the middle of its base."""
    rotation_33, base_3, scale = stance(thing, placement)
    return replace(thing, pose_wo=Pose(rotation_33, base_3), scale=scale)


def on_other_tops(thing: Thing, scene: Scene) -> tuple[Thing, ...]:
    """The thing over its place, or under it, at the height of each top that it does not stand on."""
    x, y, _ = thing.pose_wo.translation_3
    return tuple(
        replace(thing, on=support.name, pose_wo=Pose(thing.pose_wo.rotation_33, np.array([x, y, support.height])))
        for support in scene.supports
        if support.name != thing.on
    )


def stance(thing: Thing, placement: Placement) -> tuple[Array, Array, float]:
    """Rotation, base and scale of the thing after the change."""
    c, s = np.cos(placement[2]), np.sin(placement[2])
    rotation_33 = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ thing.pose_wo.rotation_33
    base_3 = thing.pose_wo.translation_3 + np.array([placement[0], placement[1], 0.0])
    return rotation_33, base_3, thing.scale * float(np.exp(placement[3]))


def in_camera(points_N3: Array, scaled_33: Array, base_3: Array, camera: Camera) -> Array:
    """Points of the object's frame in camera axes."""
    to_camera_33 = camera.pose_wc.rotation_33.T
    return points_N3 @ (to_camera_33 @ scaled_33).T + to_camera_33 @ (base_3 - camera.pose_wc.translation_3)


def eye_of(rotation_33: Array, base_3: Array, scale: float, camera: Camera) -> Array:
    """Where the camera is, in the frame of the object at scale 1."""
    return rotation_33.T @ (camera.pose_wc.translation_3 - base_3) / scale


def facing(normals_P3: Array, rotation_33: Array, points_c_P3: Array, camera: Camera) -> Array:
    """Normals of the object's frame in the world, turned towards the viewer: models have faces that are inside out."""
    normals_w_P3 = normals_P3 @ rotation_33.T
    away_P = np.einsum("pc,pc->p", normals_w_P3 @ camera.pose_wc.rotation_33, points_c_P3)
    return normals_w_P3 * np.where(away_P > 0, -1.0, 1.0)[:, None]
