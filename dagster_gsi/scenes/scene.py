"""What stands where: a scene is a value, and an edit makes another one.

An object's frame has its origin at the middle of the underside of its bounding box, +z up and its front to -y.
`pose_wo` puts it into the world; `scale` multiplies all its lengths about that origin, so a scaled object keeps
standing on its support. Edits change things and the camera; supports, fixtures, room and light stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Array, Pose

if TYPE_CHECKING:
    from shapely import Polygon

    from dagster_gsi.geometry.camera import Camera


@dataclass(frozen=True, slots=True)
class Words:
    """The same thing said in the two languages of the instructions."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """One object of a scene: which asset it is, where it stands and how large.

    Furniture is a thing, too; only furniture is stretched.
    """

    name: str
    asset: str
    category: Words
    description: Words
    size_3: Array
    """Width (x), depth (y) and height (z) in metres at scale 1."""
    symmetry: int
    """Turns by 360/symmetry degrees about the vertical axis look the same: 1 is none, 0 is every angle."""
    pose_wo: Pose
    on: str = "support"
    """Name of the support that it stands on; what stands on the floor has its own name here."""
    scale: float = 1.0
    stretch_3: Array = field(default_factory=lambda: np.ones(3))
    """Factors of the model's width, depth and height that make it `size_3` large; a negative width mirrors it."""

    def in_world(self, points_N3: Array) -> Array:
        """Points (N, 3) of the model where the thing stands."""
        return self.pose_wo.apply(points_N3 * (self.stretch_3 * self.scale))

    @property
    def box(self) -> Box:
        lengths_3 = self.size_3 * self.scale
        up = Pose(np.eye(3), np.array([0.0, 0.0, lengths_3[2] / 2]))
        return Box(self.pose_wo @ up, lengths_3)

    @property
    def centre_3(self) -> Array:
        return self.box.centre_3


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """Furniture with a level top that things stand on."""

    body: Thing
    top: float
    """Metres from its base to that top."""
    outline_N2: Array
    """Convex outline of the top in the body's frame, counter-clockwise, in metres."""
    texture: str | None = None
    """Wood or stone texture that replaces the body's own plain colours, or None to leave them as they are."""

    @classmethod
    def boxy(cls, body: Thing) -> Self:
        """The support whose top is that of its box."""
        width, depth, height = body.size_3 * body.scale
        corners_42 = np.array([[-width, -depth], [width, -depth], [width, depth], [-width, depth]]) / 2
        return cls(body, float(height), corners_42)

    @property
    def name(self) -> str:
        return self.body.name

    @property
    def height(self) -> float:
        """Of the top in the world, in metres."""
        return float(self.body.pose_wo.translation_3[2]) + self.top

    def polygon(self) -> Polygon:
        """Outline of the top on the world's ground plane."""
        from shapely import Polygon

        pose = self.body.pose_wo
        return Polygon(self.outline_N2 @ pose.rotation_33[:2, :2].T + pose.translation_3[:2])


@dataclass(frozen=True, slots=True)
class Room:
    """The made-up surroundings of a tabletop: floor, two walls and what they are made of (texture names)."""

    floor: str
    wall: str
    depth: float
    """Distance in metres from the support's centre to the wall behind it, seen from the camera."""
    side: float
    """Signed distance in metres to the side wall: positive is on the camera's right."""
    height: float


@dataclass(frozen=True, slots=True)
class Interior:
    """A real floor plan around the scene: its walls, floors and ceilings are one model, the shell, where it was drawn."""

    home: str
    """Name of the home in `data/homes`."""
    room: str
    """Name of the room that the camera stands in."""
    shell: str
    """Name of the asset."""
    floor: str
    wall: str
    """Textures of the floors and of the walls of the room that the camera stands in."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """A square that shines downwards."""

    place_3: tuple[float, float, float]
    """Its centre in the world, in metres."""
    size: float
    """Side in metres."""
    rgb: tuple[float, float, float]
    """Radiance; only ratios matter, exposure is set from the source image."""


@dataclass(frozen=True, slots=True)
class Lighting:
    """An environment picture turned about the vertical axis, and lamps."""

    environment: str
    environment_yaw: float
    environment_strength: float
    lamps: tuple[Lamp, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Things on supports in a room, seen by a camera."""

    supports: tuple[Support, ...]
    """At least one."""
    things: tuple[Thing, ...]
    """What edits are asked of."""
    camera: Camera
    room: Room | Interior
    lighting: Lighting
    fixtures: tuple[Thing, ...] = ()
    """Furniture that stands around: nothing is put onto it."""

    def support(self, name: str) -> Support:
        for support in self.supports:
            if support.name == name:
                return support
        names = ", ".join(support.name for support in self.supports)
        raise KeyError(f"no support {name!r} in this scene; it has: {names}")

    def has_support(self, name: str) -> bool:
        return any(support.name == name for support in self.supports)

    def support_of(self, thing: Thing) -> Support:
        """What the thing stands on."""
        return self.support(thing.on)

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

    @property
    def furniture(self) -> tuple[Thing, ...]:
        """Supports and fixtures."""
        return (*(support.body for support in self.supports), *self.fixtures)
