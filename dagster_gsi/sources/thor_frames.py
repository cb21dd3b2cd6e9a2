"""AI2-THOR's frames and ours.

Unity's world is left-handed: x to the right, y up, z ahead, in metres; angles are degrees, and a positive yaw turns
clockwise as seen from above. Ours is right-handed with +z up. Exchanging y and z leads from either to the other: it is
a reflection, its own inverse, and it turns clockwise into what our counter-clockwise angles call negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.geometry.pose import Array

_EXCHANGE_33 = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
# With the pitch within a hundredth of a degree of straight up or down, yaw and roll turn about the same axis.
_UPRIGHT_COSINE = np.sin(np.radians(0.01))

Triple = dict[str, float]
"""What the simulator says and takes for places and angles: x, y and z."""


def point_3(triple: Mapping[str, float]) -> Array:
    """A place of the simulator's in our world."""
    return np.array([triple["x"], triple["z"], triple["y"]], dtype=np.float64)


def points_N3(points: object) -> Array:
    """Places of the simulator's, as lists of x, y and z, in our world."""
    return np.asarray(points, dtype=np.float64).reshape(-1, 3)[:, [0, 2, 1]]


def place(point_w_3: Array) -> Triple:
    """A point of our world as the simulator takes it."""
    x, y, z = point_w_3.tolist()
    return {"x": x, "y": z, "z": y}


def rotation_33(angles: Mapping[str, float]) -> Array:
    """Rotation in our world for Unity's angles: about z, then x, then y, all of its fixed axes."""
    return np.asarray(_EXCHANGE_33 @ _unity_33(angles["x"], angles["y"], angles["z"]) @ _EXCHANGE_33)


def angles(rotation_w_33: Array) -> Triple:
    """Unity's angles in degrees, in [0, 360), for a rotation in our world."""
    unity_33 = _EXCHANGE_33 @ rotation_w_33 @ _EXCHANGE_33
    pitch = np.arcsin(np.clip(-unity_33[1, 2], -1.0, 1.0))
    if np.cos(pitch) > _UPRIGHT_COSINE:
        yaw = np.arctan2(unity_33[0, 2], unity_33[2, 2])
        roll = np.arctan2(unity_33[1, 0], unity_33[1, 1])
    else:
        yaw, roll = np.arctan2(-unity_33[2, 0], unity_33[0, 0]), 0.0
    return {name: float(np.degrees(angle) % 360) for name, angle in (("x", pitch), ("y", yaw), ("z", roll))}


def pose(position: Mapping[str, float], rotation: Mapping[str, float]) -> Pose:
    """The pose of one of Unity's transforms in our world."""
    return Pose(rotation_33(rotation), point_3(position))


def camera_of(metadata: Mapping[str, Any]) -> Camera:
    """The agent's camera. `fov` is Unity's: vertical, in degrees; a positive horizon looks down."""
    width, height = int(metadata["screenWidth"]), int(metadata["screenHeight"])
    agent = metadata["agent"]
    turned_33 = _unity_33(float(agent["cameraHorizon"]), float(agent["rotation"]["y"]), 0.0)
    # Camera axes are right, down and forward; Unity's right, up and forward.
    rotation_wc_33 = _EXCHANGE_33 @ turned_33 @ np.diag([1.0, -1.0, 1.0])
    focal = height / 2 / np.tan(np.radians(float(metadata["fov"])) / 2)
    pose_wc = Pose(rotation_wc_33, point_3(metadata["cameraPosition"]))
    return Camera(pose_wc, float(focal), float(focal), width / 2, height / 2, width, height)


def _unity_33(pitch: float, yaw: float, roll: float) -> Array:
    """Unity's rotation matrix for degrees about x, y and z."""
    (cx, cy, cz), (sx, sy, sz) = (f(np.radians([pitch, yaw, roll])) for f in (np.cos, np.sin))
    about_x_33 = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
    about_y_33 = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_z_33 = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(about_y_33 @ about_x_33 @ about_z_33)
