"""Sweet Home 3D homes: `.sh3d` archives, and the XML in them by itself.

Since version 5.3 an archive holds `Home.xml`; older ones hold only `Home`, a serialized Java object, which is code as much
as data and is refused. Nothing is unpacked: see `dagster_gsi.archives` for what of an archive is looked at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.archives import opened
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.homes.elements import read_elements
from dagster_gsi.homes.furniture import read_finish, read_furniture
from dagster_gsi.homes.home import Home, Level, RoomArea, StoredCamera
from dagster_gsi.homes.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.homes.elements import Element

SUFFIXES = (".sh3d", ".xml")
_DOCUMENT, _SERIALIZED = "Home.xml", "Home"
# What Sweet Home 3D itself assumes, in metres.
_WALL_HEIGHT = 2.5
_FULL_TURN = 2 * np.pi


def read_home(path: Path) -> Home:
    """The home in a `.sh3d` archive or a bare XML file. Raises ValueError that names the file and what is wrong."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path} is no home: its name must end in {' or '.join(SUFFIXES)}")
    if not path.is_file():
        raise ValueError(f"{path} is missing or no file")
    return home_of(_document(path) if suffix == ".sh3d" else path.read_bytes(), str(path), path.stem)


def _document(path: Path) -> bytes:
    with opened(path) as members:
        if _DOCUMENT in members.names():
            return members.read(_DOCUMENT)
        if _SERIALIZED in members.names():
            raise ValueError(
                f"{path} was written by a Sweet Home 3D before 5.3: it holds a Java object and no {_DOCUMENT}. Open it in a "
                "newer version (free, www.sweethome3d.com) and save it again"
            )
    raise ValueError(f"{path} holds no {_DOCUMENT}: it is no home of Sweet Home 3D")


def home_of(data: bytes, source: str, name: str) -> Home:
    """The home in an XML document; `source` is what messages call it."""
    root = read_elements(data, source, "home")
    said = {prop.text("name").lower(): prop.text("value") for prop in root.named("property")}
    levels = _levels(root)
    walls = [_wall(element, f"wall-{number}", levels, root) for number, element in enumerate(root.named("wall"))]
    furniture = read_furniture(root, levels, walls)
    return Home(
        name=name,
        source=source,
        licence=said.get("license", said.get("licence", "")),
        author=said.get("author", ""),
        copyright=said.get("copyright", ""),
        levels=tuple(levels),
        walls=tuple(walls),
        rooms=tuple(_room(element, f"room-{number}", levels) for number, element in enumerate(root.named("room"))),
        openings=tuple(furniture.openings),
        pieces=tuple(furniture.pieces),
        lights=tuple(furniture.lights),
        cameras=tuple(
            _camera(camera)
            for camera in root.named("observerCamera", "camera")
            if camera.text("attribute") == "storedCamera"
        ),
    )


def _levels(root: Element) -> list[Level]:
    """Storeys in the order of the file; a home without any has one, which all things are on."""
    ceiling = root.length("wallHeight", _WALL_HEIGHT, positive=True)
    levels = [
        Level(
            id=element.text("id", f"level-{number}"),
            name=element.text("name"),
            elevation=element.length("elevation", 0.0),
            height=element.length("height", ceiling, positive=True),
        )
        for number, element in enumerate(root.named("level"))
    ]
    for place, element in enumerate(root.named("level")):
        if levels[place].id in {level.id for level in levels[:place]}:
            element.fault("is there twice", "id")
    return levels or [Level(id="ground", name="", elevation=0.0, height=ceiling)]


def _level(element: Element, levels: Sequence[Level]) -> Level:
    key = element.choice("level", [level.id for level in levels], levels[0].id)
    return next(level for level in levels if level.id == key)


def _wall(element: Element, key: str, levels: Sequence[Level], root: Element) -> Wall:
    level = _level(element, levels)
    height = element.length("height", root.length("wallHeight", _WALL_HEIGHT), positive=True)
    sweep = -element.number("arcExtent", 0.0) + 0.0
    if abs(sweep) >= _FULL_TURN:
        element.fault("must be less than a full turn, in radians", "arcExtent")
    wall = Wall(
        id=element.text("id", key),
        level=level.id,
        start_2=(element.length("xStart"), -element.length("yStart") + 0.0),
        end_2=(element.length("xEnd"), -element.length("yEnd") + 0.0),
        thickness=element.length("thickness", 0.0, positive=True),
        base=level.elevation,
        height_start=height,
        height_end=element.length("heightAtEnd", height, positive=True),
        # Written clockwise. Less than a thousandth of a degree is the rounding of a straight wall.
        sweep=sweep if abs(sweep) > 1e-5 else 0.0,
        left=read_finish(element, "leftSide", "leftSideTexture"),
        right=read_finish(element, "rightSide", "rightSideTexture"),
        joined_start=element.text("wallAtStart") or None,
        joined_end=element.text("wallAtEnd") or None,
    )
    if wall.sweep and not wall.chord:
        element.fault("a round wall cannot end where it starts", "arcExtent")
    return wall


def _room(element: Element, key: str, levels: Sequence[Level]) -> RoomArea:
    level = _level(element, levels)
    points = [(point.length("x"), -point.length("y") + 0.0) for point in element.named("point")]
    if len(points) < 3:
        element.fault(f"has {len(points)} corners, and a room needs three")
    return RoomArea(
        id=element.text("id", key),
        name=element.text("name"),
        level=level.id,
        outline_N2=np.array(points),
        floor_height=level.elevation,
        ceiling_height=level.elevation + level.height,
        floor=read_finish(element, "floor", "floorTexture"),
        ceiling=read_finish(element, "ceiling", "ceilingTexture"),
        floor_visible=element.flag("floorVisible", default=True),
        ceiling_visible=element.flag("ceilingVisible", default=True),
    )


def _camera(element: Element) -> StoredCamera:
    """Yaw is written clockwise from the plan's downward direction, pitch downwards, height above the world's zero."""
    yaw, pitch = element.number("yaw"), element.number("pitch")
    fov = element.number("fieldOfView")
    if not 0 < fov < np.pi:
        element.fault("must be between 0 and pi, in radians", "fieldOfView")
    ahead_3 = np.array([-np.sin(yaw), -np.cos(yaw), 0.0])
    forward_3 = np.cos(pitch) * ahead_3 - np.sin(pitch) * np.array([0.0, 0.0, 1.0])
    right_3 = np.cross(ahead_3, [0.0, 0.0, 1.0])
    rotation_33 = np.stack([right_3, np.cross(forward_3, right_3), forward_3], axis=1)
    eye_3 = np.array([element.length("x"), -element.length("y") + 0.0, element.length("z")])
    return StoredCamera(element.text("name"), Pose(rotation_33, eye_3), fov)
