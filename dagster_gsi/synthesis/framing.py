"""Cameras that someone would take the picture with: the things fill the frame, seen from a little above."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.camera import Camera

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Thing

# Horizontal fields of view of a phone's main lens and of a 50 mm lens.
_FOVS_DEG = (38.0, 54.0)
# Lower, things hide each other; higher, it is a plan, not a picture.
_ELEVATIONS_DEG = (24.0, 46.0)
# The outermost corner of the tightest framing lies this far inside the border, as a fraction of the picture.
_BORDER = 0.07
_LOOSENESS = (1.0, 1.25)
_NEAREST, _FARTHEST = 0.45, 4.0
# In a room: how much wider than the things the picture is, and from a phone's tele to its wide lens.
_ROOMINESS, _ROOM_FOVS_DEG = (1.15, 1.6), (36.0, 66.0)


def framed(
    support: Thing, heading: float, rng: np.random.Generator, *, image_size: int, things: tuple[Thing, ...] = ()
) -> Camera:
    """A roll-free camera that looks along `heading` (radians, where its view goes, from above) at `things`.

    Without things it looks at the support: good for its axes only.
    """
    fov, elevation = np.radians(rng.uniform(*_FOVS_DEG)), np.radians(rng.uniform(*_ELEVATIONS_DEG))
    forward_3 = np.array([np.cos(heading) * np.cos(elevation), np.sin(heading) * np.cos(elevation), -np.sin(elevation)])
    corners_N3 = np.concatenate([thing.box.corners_83() for thing in things or (support,)])
    target_3 = (corners_N3.min(axis=0) + corners_N3.max(axis=0)) / 2

    def at(distance: float) -> Camera:
        return Camera.look_at(
            target_3 - distance * forward_3, target_3, fov=float(fov), width=image_size, height=image_size
        )

    near, far = _NEAREST, _FARTHEST
    for _ in range(24):
        middle = (near + far) / 2
        near, far = (near, middle) if _holds(at(middle), corners_N3) else (middle, far)
    return at(far * rng.uniform(*_LOOSENESS))


def aimed(eye_3: Array, things: Sequence[Thing], rng: np.random.Generator, *, image_size: int) -> Camera:
    """A roll-free camera at `eye_3` that turns to the things and zooms in on them, as one would who stands there."""
    directions_N3 = np.concatenate([thing.box.corners_83() for thing in things]) - eye_3
    yaw_N, pitch_N = (
        np.arctan2(directions_N3[:, 1], directions_N3[:, 0]),
        np.arctan2(directions_N3[:, 2], np.hypot(directions_N3[:, 0], directions_N3[:, 1])),
    )
    # All lie within one picture, far less than half a turn apart.
    off_N = np.angle(np.exp(1j * (yaw_N - yaw_N[0])))
    yaw, pitch = yaw_N[0] + (off_N.min() + off_N.max()) / 2, (pitch_N.min() + pitch_N.max()) / 2
    spread = max(float(np.ptp(off_N)) * np.cos(pitch), float(np.ptp(pitch_N)))
    fov = float(np.clip(spread / (1 - 2 * _BORDER) * rng.uniform(*_ROOMINESS), *np.radians(_ROOM_FOVS_DEG)))
    ahead_3 = np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)])
    return Camera.look_at(eye_3, eye_3 + ahead_3, fov=fov, width=image_size, height=image_size)


def _holds(camera: Camera, points_N3: np.ndarray) -> bool:
    pixels_N2, depth_N = camera.project(points_N3)
    size_2 = np.array([camera.width, camera.height])
    inside = (pixels_N2 >= _BORDER * size_2) & (pixels_N2 <= (1 - _BORDER) * size_2)
    return bool((depth_N > 0).all() and inside.all())
