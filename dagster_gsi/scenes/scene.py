"""What stands where: a scene is a value, and an edit makes another one.

An object's frame has its origin at the middle of the underside of its bounding box, +z up and its front to -y.
`pose_wo` puts it into the world; `scale` multiplies all its lengths about that origin, so a scaled object keeps
standing on its support.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Array, Pose

if TYPE_CHECKING:
    from dagster_gsi.geometry.camera import Camera


@dataclass(frozen=True, slots=True)
class Words:
    """The same thing said in the two languages of the instructions."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """One object of a scene: which asset it is, where it stands and how large."""

    name: str
    asset: str
    category: Words
    description: Words
    size_3: Array
    """Width (x), depth (y) and height (z) in metres at scale 1."""
    symmetry: int
    """Turns by 360/symmetry degrees about the vertical axis look the same: 1 is none, 0 is every angle."""
    pose_wo: Pose
    scale: float = 1.0

    @property
    def box(self) -> Box:
        lengths_3 = self.size_3 * self.scale
        up = Pose(np.eye(3), np.array([0.0, 0.0, lengths_3[2] / 2]))
        return Box(self.pose_wo @ up, lengths_3)

    @property
    def centre_3(self) -> Array:
        return self.box.centre_3


@dataclass(frozen=True, slots=True)
class Room:
    """The surroundings of a tabletop scene: floor, two walls and what they are made of (texture names)."""

    floor: str
    wall: str
    depth: float
    """Distance in metres from the support's centre to the wall behind it, seen from the camera."""
    side: float
    """Signed distance in metres to the side wall: positive is on the camera's right."""
    height: float


@dataclass(frozen=True, slots=True)
class Lighting:
    """An environment picture turned about the vertical axis, and one rectangular lamp above."""

    environment: str
    environment_yaw: float
    environment_strength: float
    lamp_3: tuple[float, float, float]
    """Centre of the lamp in the world, in metres."""
    lamp_size: float
    lamp_rgb: tuple[float, float, float]
    """Radiance of the lamp; only ratios matter, exposure is set from the source image."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Objects on a support in a room, seen by a camera."""

    support: Thing
    surface: int
    """Index of the support surface (in the support's card) that the objects stand on."""
    support_texture: str | None
    """Wood or stone texture that replaces the support's own plain colour, or None to leave it as it is."""
    things: tuple[Thing, ...]
    camera: Camera
    room: Room
    lighting: Lighting

    def find(self, name: str) -> Thing:
        for thing in self.things:
            if thing.name == name:
                return thing
        names = ", ".join(thing.name for thing in self.things)
        raise KeyError(f"no {name!r} in this scene; it has: {names}")

    def index(self, name: str) -> int:
        """Position of a thing among the things."""
        return self.things.index(self.find(name))

    def has(self, name: str) -> bool:
        return any(thing.name == name for thing in self.things)

    def with_thing(self, changed: Thing) -> Self:
        """The scene with the thing of that name replaced."""
        self.find(changed.name)
        return replace(self, things=tuple(changed if t.name == changed.name else t for t in self.things))

    def without(self, name: str) -> Self:
        self.find(name)
        return replace(self, things=tuple(t for t in self.things if t.name != name))

    def of_category(self, category: str) -> tuple[Thing, ...]:
        """All things whose English category is `category`."""
        return tuple(t for t in self.things if t.category.en == category)
