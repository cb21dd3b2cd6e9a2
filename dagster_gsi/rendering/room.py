"""The surroundings of a tabletop scene, as rectangles.

The room turns with the camera of the loaded scene: a wall behind the support, one at its side, a plain one on the other
side and a ceiling over the far half. Behind the camera and above it the room is open to the environment, which lights
it like a large window would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Room, Scene

# Side of one repeat of a floor or wall texture, in metres.
TILE = 1.6

# The walls reach so far past the camera that a turn of the view does not find their end.
_BEHIND = 2.5

# The free side of the room is at least so far away, in metres, to leave the support in a room and not in a corridor.
_FREE_SIDE = 2.6

# Boards and tiles have a sheen; walls do not.
FLOOR_ROUGHNESS = 0.45


@dataclass(frozen=True, slots=True, eq=False)
class Rectangle:
    """A flat piece of room that faces along `across_3` x `up_3`."""

    corner_3: Array
    across_3: Array
    up_3: Array
    """Edges from the corner, in metres, at right angles."""
    texture: str | None
    """Name in the catalogue, or None for plaster."""
    roughness: float = 0.9

    def corners_43(self) -> Array:
        c, a, u = self.corner_3, self.across_3, self.up_3
        return np.stack([c, c + a, c + a + u, c + u])

    def normal_3(self) -> Array:
        normal_3 = np.cross(self.across_3, self.up_3)
        return normal_3 / np.linalg.norm(normal_3)

    def uv_42(self) -> Array:
        """Texture coordinates at the corners, v upwards, one unit a tile."""
        width, height = np.linalg.norm(self.across_3) / TILE, np.linalg.norm(self.up_3) / TILE
        return np.array([[0, 0], [width, 0], [width, height], [0, height]])


def surroundings(room: Room, scene: Scene) -> tuple[Rectangle, ...]:
    """Floor, walls and ceiling of the room that is made up for a scene, all facing inwards."""
    camera = scene.camera
    ahead_3, right_3, up_3 = camera.ahead_3, camera.right_3, np.array([0.0, 0.0, 1.0])
    centre_3 = scene.supports[0].body.pose_wo.translation_3 * [1.0, 1.0, 0.0]
    free_side = -np.sign(room.side) * max(_FREE_SIDE, abs(room.side))
    left, right = min(room.side, free_side), max(room.side, free_side)
    behind = float(ahead_3 @ (centre_3 - camera.pose_wc.translation_3)) + _BEHIND

    def at(sideways: float, forward: float, height: float) -> Array:
        return np.asarray(centre_3 + sideways * right_3 + forward * ahead_3 + height * up_3)

    width, depth = right - left, room.depth + behind
    left_texture, right_texture = (None, room.wall) if room.side > 0 else (room.wall, None)
    return (
        Rectangle(at(left, -behind, 0.0), width * right_3, depth * ahead_3, room.floor, FLOOR_ROUGHNESS),
        Rectangle(at(left, room.depth, 0.0), width * right_3, room.height * up_3, room.wall),
        Rectangle(at(left, -behind, 0.0), depth * ahead_3, room.height * up_3, left_texture),
        Rectangle(at(right, room.depth, 0.0), -depth * ahead_3, room.height * up_3, right_texture),
        Rectangle(at(left, room.depth, room.height), width * right_3, -room.depth * ahead_3, None),
    )
