"""A stand-in for AI2-THOR's controller: rooms of boxes that answer `reset` and `step` as ai2thor 5 documents it.

Everything here is in Unity's frame and worked out with nothing of ours: left-handed, y up, degrees clockwise from above. A
`quirk` of an object is what the simulator is known to do to it, or may do.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPoint, Polygon

Vector = NDArray[np.float64]
Quirk = Literal[
    "refused",
    "5 cm off",
    "falls over",
    "pushes",
    "vanishes",
    "stays",
    "breaks",
    "restless",
    "splinters",
    "scaled by less",
    "carried by nothing",
    "moves the agent",
]

AGENT_HEIGHT, CAMERA_HEIGHT = 0.9, 0.675
STEP = 0.004
"""What a thing falls in its first step, in metres, and twice as much in each one after."""


def _turn(yaw: float, pitch: float) -> Vector:
    """Unity's matrix: pitch first, then yaw."""
    (cx, cy), (sx, sy) = np.cos(np.radians([pitch, yaw])), np.sin(np.radians([pitch, yaw]))
    return np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]]) @ np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])


@lru_cache(maxsize=256)
def _shape(
    size: tuple[float, float, float], base: tuple[float, float, float], yaw: float, pitch: float
) -> tuple[Vector, Polygon]:
    """The corners of a box and its outline on the ground."""
    signs = np.array([[x, y, z] for z in (1, -1) for y in (0, 2) for x in (1, -1)])
    corners = np.array(base) + (signs * np.array(size) / 2) @ _turn(yaw, pitch).T
    return corners, MultiPoint(corners[:, [0, 2]]).convex_hull


@dataclass
class Item:
    """A box. `pivot` is how far above the middle of its base its transform is, as a part of its height."""

    kind: str
    name: str
    size: tuple[float, float, float]
    base: tuple[float, float, float]
    """Middle of its underside."""
    yaw: float = 0.0
    pitch: float = 0.0
    pickupable: bool = True
    moveable: bool = False
    receptacle: bool = False
    pivot: float = 0.5
    colour: tuple[int, int, int] = (200, 60, 60)
    quirk: Quirk | None = None
    is_moving: bool = False
    is_broken: bool = False
    is_touched: bool = False
    speed: float = 0.0
    tremor: float = 0.0
    id: str = ""

    def __post_init__(self) -> None:
        x, y, z = self.base
        # Ids keep the place where the object was when the scene was loaded.
        self.id = self.id or f"{self.kind}|{x:+06.2f}|{y:+06.2f}|{z:+06.2f}"

    @property
    def turn(self) -> Vector:
        return _turn(self.yaw, self.pitch)

    @property
    def centre(self) -> Vector:
        return np.array(self.base) + self.turn @ [0, self.size[1] / 2, 0]

    @property
    def position(self) -> Vector:
        return np.array(self.base) + self.turn @ [0, self.size[1] * self.pivot, 0]

    def put(self, position: Vector) -> None:
        self.base = tuple((position - self.turn @ [0, self.size[1] * self.pivot, 0]).tolist())

    @property
    def corners(self) -> Vector:
        return _shape(self.size, self.base, self.yaw, self.pitch)[0]

    @property
    def bottom(self) -> float:
        return float(self.corners[:, 1].min())

    @property
    def top(self) -> float:
        return float(self.corners[:, 1].max())

    @property
    def footprint(self) -> Polygon:
        return _shape(self.size, self.base, self.yaw, self.pitch)[1]


@dataclass
class StandInEvent:
    """What one action came to; its pictures are made when somebody looks."""

    metadata: dict[str, Any]
    items: list[Item]
    eye: Vector
    angles: tuple[float, float]
    """Yaw and horizon in degrees."""

    @property
    def frame(self) -> NDArray[np.uint8]:
        return self._picture[0]

    @property
    def depth_frame(self) -> NDArray[np.float32]:
        return self._picture[1]

    @cached_property
    def instance_masks(self) -> Mapping[str, NDArray[np.bool_]]:
        owner = self._picture[2]
        return {item.id: owner == index for index, item in enumerate(self.items) if (owner == index).any()}

    @cached_property
    def _picture(self) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
        """Colours, depth along the optical axis and which item is seen, by one ray a pixel."""
        width, height = self.metadata["screenWidth"], self.metadata["screenHeight"]
        focal = height / 2 / np.tan(np.radians(self.metadata["fov"] / 2))
        across, up = np.meshgrid(
            (np.arange(width) + 0.5 - width / 2) / focal, (height / 2 - np.arange(height) - 0.5) / focal
        )
        yaw, tilt = np.radians(self.angles)
        right = np.array([np.cos(yaw), 0, -np.sin(yaw)])
        forward = np.array([np.sin(yaw) * np.cos(tilt), -np.sin(tilt), np.cos(yaw) * np.cos(tilt)])
        upward = np.cross(forward, right)  # y is z cross x, by either hand
        rays = across[..., None] * right + up[..., None] * upward + forward
        depth, owner = np.full(across.shape, 20.0), np.full(across.shape, -1)
        colours = np.full((*across.shape, 3), (180, 200, 220), dtype=np.uint8)
        for index, item in enumerate(self.items):
            met, local = _meet(item, self.eye, rays)
            nearer = (met > 0) & (met < depth)
            depth[nearer], owner[nearer] = met[nearer], index
            colours[nearer] = _paint(item, local[nearer])
        return colours, depth.astype(np.float32), owner


def kitchen(**quirks: Quirk) -> list[Item]:
    """A dining table with a mug, a book, a statue and two cups on it, and a side table with a vase; quirks by kind."""
    items = [
        Item("Floor", "Floor_1", (8, 0.02, 8), (0, -0.02, 0), pickupable=False, receptacle=True, colour=(120, 120, 110)),
        Item("DiningTable", "Table_1", (1.4, 0.75, 0.9), (0, 0, 0), pickupable=False, moveable=True, receptacle=True,
             pivot=0.0, colour=(150, 110, 60)),
        Item("SideTable", "Side_1", (0.6, 0.6, 0.6), (1.2, 0, 0.1), pickupable=False, receptacle=True, pivot=0.0,
             colour=(90, 90, 140)),
        Item("Mug", "Mug_1", (0.10, 0.12, 0.14), (-0.25, 0.75, -0.15), yaw=20, pivot=0.3, colour=(210, 40, 40)),
        Item("Book", "Book_1", (0.22, 0.05, 0.16), (0.2, 0.75, 0.15), yaw=350, colour=(40, 160, 60)),
        Item("Statue", "Statue_1", (0.09, 0.22, 0.12), (0.15, 0.75, -0.2), yaw=5, pivot=0.0, colour=(230, 200, 40)),
        Item("Cup", "Cup_1", (0.10, 0.13, 0.10), (-0.5, 0.75, 0.2), colour=(60, 90, 220)),
        Item("Cup", "Cup_2", (0.10, 0.13, 0.10), (-0.05, 0.75, 0.3), colour=(70, 200, 220)),
        Item("Vase", "Vase_1", (0.10, 0.20, 0.12), (1.2, 0.6, 0.1), yaw=30, colour=(200, 60, 200)),
    ]  # fmt: skip
    for item in items:
        item.quirk = quirks.get(item.kind.lower())
    return items


@dataclass
class StandIn:
    """Answers like `ai2thor.controller.Controller`."""

    rooms: Mapping[str, Callable[[], list[Item]]]
    width: int = 112
    height: int = 84
    fov: float = 50.0
    reachable: Iterable[tuple[float, float]] = ((-0.25, -1.1), (0.25, -1.1), (0.0, 1.1))
    agent_slips: bool = False
    """The agent lands 25 cm from where it is sent, and all is well."""
    forgets: bool = False
    """A scene that is loaded anew has its mug elsewhere from the third time on."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """All actions."""
    resets: int = 0
    stopped: bool = False

    def reset(self, scene: str) -> StandInEvent:
        self.scene, self.items, self.resets = scene, copy.deepcopy(self.rooms[scene]()), self.resets + 1
        if self.forgets and self.resets > 2:
            self._named("Mug_1").base = (-0.25 + 0.02 * self.resets, 0.75, -0.15)
        self.at, self.yaw, self.horizon = (0.25, -1.1), 0.0, 0.0
        return self._event("Initialize", "", None)

    def stop(self) -> None:
        self.stopped = True

    def step(self, action: str, **arguments: Any) -> StandInEvent:
        self.asked.append({"action": action, **arguments})
        failure, returned = getattr(self, f"_{action}")(**arguments)
        return self._event(action, failure, returned)

    # Actions: why it was not done, or nothing; and what it returns.

    def _Pass(self) -> tuple[str, Any]:
        for item in self.items:
            if item.quirk == "restless" and item.tremor:
                item.tremor = -item.tremor
                item.base = (item.base[0] + item.tremor, *item.base[1:])
            elif item.is_moving:
                self._fall(item)
        return "", None

    def _GetReachablePositions(self) -> tuple[str, Any]:
        return "", [{"x": x, "y": AGENT_HEIGHT, "z": z} for x, z in self.reachable]

    def _Teleport(self, position: dict, rotation: dict, horizon: float) -> tuple[str, Any]:
        if (position["x"], position["z"]) not in {(float(x), float(z)) for x, z in self.reachable}:
            return "Collided with: wall.", None
        self.at = (position["x"] + (0.25 if self.agent_slips else 0.0), position["z"])
        self.yaw, self.horizon = rotation["y"], horizon
        return "", None

    def _GetSpawnCoordinatesAboveReceptacle(self, objectId: str, anywhere: bool) -> tuple[str, Any]:
        item = self._by_id(objectId)
        assert anywhere
        if not item.receptacle:
            return f"{objectId} is not a receptacle", None
        across, along = (
            np.linspace(-length / 2 + 0.01, length / 2 - 0.01, 5) for length in (item.size[0], item.size[2])
        )
        points = [item.centre + item.turn @ [x, item.size[1] / 2, z] for x in across for z in along]
        return "", [dict(zip("xyz", point.tolist(), strict=True)) for point in points]

    def _TeleportObject(self, objectId: str, position: dict, rotation: dict) -> tuple[str, Any]:
        item = self._by_id(objectId)
        if item.quirk == "refused":
            return f"{objectId} is colliding with Wall_1 after teleport.", None
        old = item.base, item.yaw, item.pitch
        item.yaw, item.pitch = rotation["y"], rotation["x"]
        item.put(np.array([position[axis] for axis in "xyz"]))
        hit = next((other for other in self.items if other is not item and _overlap(item, other)), None)
        if hit is not None:
            item.base, item.yaw, item.pitch = old
            return f"{objectId} is colliding with {hit.id} after teleport.", None
        item.is_moving = item.is_touched = True
        self._mischief(item)
        return "", None

    def _ScaleObject(self, objectId: str, scale: float, scaleOverSeconds: float) -> tuple[str, Any]:
        assert scaleOverSeconds == 0
        item = self._by_id(objectId)
        if item.quirk == "refused":
            return "Target object not found within the specified visibility.", None
        position = item.position
        factor = scale**0.5 if item.quirk == "scaled by less" else scale
        item.size = tuple(length * factor for length in item.size)
        item.put(position)  # about the transform: with one in the middle, it reaches into the table now
        return "", None

    def _RemoveFromScene(self, objectId: str) -> tuple[str, Any]:
        item = self._by_id(objectId)
        if item.quirk == "refused":
            return f"{objectId} cannot be removed", None
        if item.quirk != "stays":
            self.items.remove(item)
            if item.quirk == "pushes":
                self._push(item)
        return "", None

    # The world.

    def _mischief(self, item: Item) -> None:
        match item.quirk:
            case "5 cm off":
                item.base = (item.base[0] + 0.05, item.base[1], item.base[2])
            case "falls over":
                item.pitch, item.base = 90.0, (item.base[0], item.base[1] + item.size[2] / 2, item.base[2])
            case "pushes":
                self._push(item)
            case "vanishes":
                self.items.remove(item)
            case "breaks":
                item.is_broken = True
            case "restless":
                item.tremor = 0.003
            case "moves the agent":
                self.at = (self.at[0] + 0.25, self.at[1])
            case "splinters":
                self.items.append(Item("Mug", "Splinter_1", (0.02, 0.02, 0.02), (0.5, 0.75, 0.3)))
            case _:
                pass

    def _push(self, item: Item) -> None:
        """The nearest thing gives way by 3 cm."""
        others = [other for other in self.items if other is not item and other.pickupable]
        nearest = min(others, key=lambda other: float(np.linalg.norm(other.centre - item.centre)))
        nearest.base = (nearest.base[0] + 0.03, nearest.base[1], nearest.base[2])

    def _fall(self, item: Item) -> None:
        below = [other.top for other in self.items if other is not item and other.footprint.intersects(item.footprint)
                 and other.top <= item.bottom + 1e-6]  # fmt: skip
        item.speed = 2 * item.speed if item.speed else STEP
        drop = min(item.speed, item.bottom - max(below, default=0.0))
        item.base = (item.base[0], item.base[1] - drop, item.base[2])
        item.is_moving = drop == item.speed

    def _by_id(self, id_: str) -> Item:
        return next(item for item in self.items if item.id == id_)

    def _named(self, name: str) -> Item:
        return next(item for item in self.items if item.name == name)

    def carriers(self) -> list[Item | None]:
        """For each item the highest receptacle that it stands on."""
        outlines = [(item.bottom, item.top, item.footprint) for item in self.items]
        found = []
        for item, (bottom, _, footprint) in zip(self.items, outlines, strict=True):
            on = [
                (top, other)
                for other, (_, top, below) in zip(self.items, outlines, strict=True)
                if other.receptacle and other is not item and abs(top - bottom) < 0.012 and below.intersects(footprint)
            ]
            found.append(max(on, key=lambda pair: pair[0])[1] if on else None)
        return found

    # What is seen and said.

    def _event(self, action: str, failure: str, returned: Any) -> StandInEvent:
        eye = np.array([self.at[0], AGENT_HEIGHT + CAMERA_HEIGHT, self.at[1]])
        metadata = {
            "sceneName": self.scene,
            "lastAction": action,
            "lastActionSuccess": not failure,
            "errorMessage": failure,
            "actionReturn": returned,
            "screenWidth": self.width,
            "screenHeight": self.height,
            "fov": self.fov,
            "cameraPosition": dict(zip("xyz", eye.tolist(), strict=True)),
            "agent": {
                "position": {"x": self.at[0], "y": AGENT_HEIGHT, "z": self.at[1]},
                "rotation": {"x": 0.0, "y": self.yaw, "z": 0.0},
                "cameraHorizon": self.horizon,
            },
            "objects": self._said_of_all(),
        }
        return StandInEvent(metadata, copy.deepcopy(self.items), eye, (self.yaw, self.horizon))

    def _said_of_all(self) -> list[dict[str, Any]]:
        carriers = self.carriers()
        return [
            _said(
                item,
                None if item.quirk == "carried by nothing" and item.is_touched else carrier,
                [other.id for other, under in zip(self.items, carriers, strict=True) if under is item],
            )
            for item, carrier in zip(self.items, carriers, strict=True)
        ]


def _said(item: Item, carrier: Item | None, carried: list[str]) -> dict[str, Any]:
    corners = item.corners
    low, high = corners.min(axis=0), corners.max(axis=0)
    around = [[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
    return {
        "name": item.name,
        "objectId": item.id,
        "objectType": item.kind,
        "position": dict(zip("xyz", item.position.tolist(), strict=True)),
        "rotation": {"x": item.pitch, "y": item.yaw, "z": 0.0},
        "pickupable": item.pickupable,
        "moveable": item.moveable,
        "receptacle": item.receptacle,
        "parentReceptacles": None if carrier is None else [carrier.id],
        "receptacleObjectIds": carried if item.receptacle else None,
        "isMoving": item.is_moving,
        "isBroken": item.is_broken,
        "axisAlignedBoundingBox": {
            "cornerPoints": around,
            "center": dict(zip("xyz", ((low + high) / 2).tolist(), strict=True)),
            "size": dict(zip("xyz", (high - low).tolist(), strict=True)),
        },
        "objectOrientedBoundingBox": {"cornerPoints": corners.tolist()} if item.pickupable or item.moveable else None,
    }


def _meet(item: Item, eye: Vector, rays: Vector) -> tuple[Vector, Vector]:
    """Where rays meet a box, as a multiple of them (0 beside it), and that point in parts of the box's half sizes."""
    origin, half = item.turn.T @ (eye - item.centre), np.array(item.size) / 2
    turned = rays @ item.turn
    turned = np.where(np.abs(turned) < 1e-12, 1e-12, turned)
    ends = (-half - origin) / turned, (half - origin) / turned
    near, far = np.minimum(*ends), np.maximum(*ends)
    enters = np.maximum(np.maximum(near[..., 0], near[..., 1]), near[..., 2])
    leaves = np.minimum(np.minimum(far[..., 0], far[..., 1]), far[..., 2])
    met = np.where((enters <= leaves) & (enters > 0), enters, 0.0)
    return met, (origin + met[..., None] * turned) / half


def _paint(item: Item, local: Vector) -> NDArray[np.uint8]:
    """Each side has a shade and a pattern of its own, so that a turn shows."""
    side = np.abs(local).argmax(axis=-1) * 2 + (
        np.take_along_axis(local, np.abs(local).argmax(axis=-1)[:, None], -1)[:, 0] > 0
    )
    shade = np.array([0.45, 0.7, 0.3, 1.0, 0.6, 0.85])[side]
    stripes = np.where((local * np.array([2.5, 2.0, 1.5])).sum(axis=-1) % 1.0 < 0.35 + side * 0.05, 1.0, 0.6)
    return (np.array(item.colour) * (shade * stripes)[:, None]).astype(np.uint8)


def _overlap(one: Item, other: Item) -> bool:
    apart = one.bottom >= other.top - 1e-6 or other.bottom >= one.top - 1e-6
    return not apart and one.footprint.intersection(other.footprint).area > 1e-9
