"""How a camera goes from one view of a scene to another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from dagster_gsi.geometry.pose import Array, Pose, turn_about, wrapped

if TYPE_CHECKING:
    from dagster_gsi.geometry.camera import Camera

_UP_3 = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True)
class Shift:
    """Tilted about its own right, turned about the vertical through it, and moved along the first view's horizontal
    axes and the vertical. Radians and metres.
    """

    turn: float = 0.0
    """To the left."""
    tilt: float = 0.0
    """Upwards."""
    forward: float = 0.0
    sideways: float = 0.0
    """To the right."""
    up: float = 0.0

    @property
    def angles_2(self) -> Array:
        """Turn and tilt."""
        return np.array([self.turn, self.tilt])

    @property
    def metres_3(self) -> Array:
        """Forward, to the right, up."""
        return np.array([self.forward, self.sideways, self.up])

    def of(self, camera: Camera) -> Camera:
        """The camera after it."""
        turned_33 = turn_about(_UP_3, self.turn) @ turn_about(camera.right_3, self.tilt) @ camera.pose_wc.rotation_33
        axes_33 = np.stack([camera.ahead_3, camera.right_3, _UP_3])
        return replace(camera, pose_wc=Pose(turned_33, camera.pose_wc.translation_3 + self.metres_3 @ axes_33))

    def in_words(self) -> str:
        """As people say it; what is under half a degree or half a centimetre is left out."""
        parts = [
            f"{verb} {abs(value):.0f} {unit} {positive if value > 0 else negative}"
            for verb, value, unit, positive, negative in (
                ("turned", np.degrees(self.turn), "degrees", "left", "right"),
                ("tilted", np.degrees(self.tilt), "degrees", "up", "down"),
                ("moved", self.forward * 100, "cm", "forward", "back"),
                ("moved", self.sideways * 100, "cm", "right", "left"),
                ("moved", self.up * 100, "cm", "up", "down"),
            )
            if abs(value) >= 0.5
        ]
        return ", ".join(parts) or "stayed where it was"

    @classmethod
    def between(cls, first: Camera, second: Camera) -> Self:
        """The inverse of `of`; a roll of the second camera about its own axis is left out."""
        shift_3 = second.pose_wc.translation_3 - first.pose_wc.translation_3
        headings = [float(np.arctan2(*camera.pose_wc.rotation_33[[1, 0], 2])) for camera in (first, second)]
        heights = [float(np.arcsin(np.clip(camera.pose_wc.rotation_33[2, 2], -1.0, 1.0))) for camera in (first, second)]
        return cls(
            turn=wrapped(headings[1] - headings[0]),
            tilt=heights[1] - heights[0],
            forward=float(shift_3 @ first.ahead_3),
            sideways=float(shift_3 @ first.right_3),
            up=float(shift_3[2]),
        )
