"""Pieces of furniture, doors, windows and lamps of a Sweet Home 3D file, in our frames.

Its plan has x to the right and y downwards in centimetres and turns clockwise; a piece's `x` and `y` are its middle and
its `elevation` is that of its underside above the floor of its level. A piece may be tipped, by `pitch` about the axis
across it or by `roll` about the one through its front; it then stands on its lowest point.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose, turn_about
from dagster_gsi.homes.categories import category_of
from dagster_gsi.homes.home import Finish, Light, Opening, Piece, Sash, Source, Texture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dagster_gsi.homes.elements import Element
    from dagster_gsi.homes.home import Level
    from dagster_gsi.homes.wall import Wall

THINNEST = 1e-4
"""Metres: a side of no length is read as this, because a box has a volume; `check` finds such pieces."""
_ACROSS_3, _THROUGH_3 = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
# A person steps over a sill of 5 cm and stoops below 1.8 m.
_HIGHEST_SILL, _LOWEST_LINTEL = 0.05, 1.8
# Doors are drawn into walls by hand: within 20 degrees, and not wholly beside it.
_MOST_ASKEW = np.radians(20.0)
_GROUP, _LAMP, _OPENING = "furnitureGroup", "light", "doorOrWindow"
_KINDS = (_GROUP, _LAMP, _OPENING, "pieceOfFurniture", "shelfUnit")


@dataclass(slots=True)
class Furniture:
    """What has been read so far."""

    pieces: list[Piece] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    lights: list[Light] = field(default_factory=list)


def read_furniture(root: Element, levels: Sequence[Level], walls: Sequence[Wall]) -> Furniture:
    """All pieces of the home in the order of the file, those in groups too; each opening with the wall that it is in."""
    found = Furniture()
    for number, (element, level, groups, visible) in enumerate(_flattened(root, levels)):
        piece = _piece(element, f"piece-{number}", level, groups, visible=visible)
        if element.tag == _OPENING or element.flag("doorOrWindow", default=False):
            found.openings.append(_opening(element, piece, level, walls))
        elif element.tag == _LAMP:
            found.lights.append(_light(element, piece))
        else:
            found.pieces.append(piece)
    return found


Placed = tuple["Element", "Level", tuple[str, ...], bool]


def _flattened(
    parent: Element, levels: Sequence[Level], groups: tuple[str, ...] = (), inherited: tuple[str, bool] = ("", True)
) -> Iterator[Placed]:
    """Pieces with their level, groups and visibility: a group's hold for all in it, its place and angle do not."""
    known = {level.id: level for level in levels}
    for element in parent.named(*_KINDS):
        key = element.choice("level", list(known), inherited[0] or levels[0].id)
        visible = inherited[1] and element.flag("visible", default=True)
        if element.tag == _GROUP:
            yield from _flattened(element, levels, (*groups, element.text("name")), (key, visible))
        else:
            yield element, known[key], groups, visible


def _piece(element: Element, key: str, level: Level, groups: tuple[str, ...], *, visible: bool) -> Piece:
    catalogue, name = element.text("catalogId") or None, element.text("name")
    rotation = element.numbers("modelRotation", 9)
    size_3 = np.array([max(element.length(n, positive=True), THINNEST) for n in ("width", "depth", "height")])
    top = element.number("dropOnTopElevation", 1.0)
    return Piece(
        id=element.text("id", key),
        name=name,
        catalogue=catalogue,
        category=category_of(catalogue, name),
        level=level.id,
        box=_box(element, size_3, level),
        mirrored=element.flag("modelMirrored", default=False),
        movable=element.flag("movable", default=True),
        visible=visible,
        finish=read_finish(element),
        materials=tuple((material.text("name"), read_finish(material)) for material in element.named("material")),
        model=element.text("model") or None,
        model_rotation_33=_rows(rotation) if rotation else None,
        top=top * float(size_3[2]) if top >= 0 else None,
        groups=groups,
    )


def _rows(numbers: tuple[float, ...]) -> tuple[tuple[float, float, float], ...]:
    return tuple((numbers[k], numbers[k + 1], numbers[k + 2]) for k in (0, 3, 6))


def _box(element: Element, size_3: Any, level: Level) -> Box:
    pitch, roll = element.number("pitch", 0.0), element.number("roll", 0.0)
    # It has one of the two; the program that wrote it takes pitch before roll, too.
    tip_33 = turn_about(_ACROSS_3, -pitch) if pitch else turn_about(_THROUGH_3, roll)
    middle_3 = np.array([element.length("x"), -element.length("y"), 0.0]) + 0.0
    rotation_33 = Pose.upright(-element.number("angle", 0.0), np.zeros(3)).rotation_33 @ tip_33
    tall = float(np.abs(rotation_33[2]) @ size_3)
    if pitch or roll:
        # That of the tipped model, which may be less than its tipped box's.
        tall = max(element.length("heightInPlan", tall, positive=True), THINNEST)
    middle_3[2] = level.elevation + element.length("elevation", 0.0) + tall / 2
    return Box(Pose(rotation_33, middle_3), size_3)


def read_finish(element: Element, prefix: str = "", attribute: str | None = None) -> Finish:
    """The colour, texture and shininess of an element, or of one side of it: `leftSide` of `leftSideColor`."""

    def named(word: str) -> str:
        return f"{prefix}{word}" if prefix else word.lower()

    textures = [t for t in element.named("texture") if attribute is None or t.text("attribute") == attribute]
    shininess = named("Shininess")
    return Finish(
        colour=element.colour(named("Color")),
        texture=_texture(textures[0]) if textures else None,
        shininess=element.number(shininess) if shininess in element.attributes else None,
    )


def _texture(element: Element) -> Texture:
    size = element.length("width", 1.0, positive=True), element.length("height", 1.0, positive=True)
    return Texture(element.text("name"), element.text("image") or None, size)


def _opening(element: Element, piece: Piece, level: Level, walls: Sequence[Wall]) -> Opening:
    sill = piece.base - level.elevation
    is_door = sill <= _HIGHEST_SILL and float(piece.box.size_3[2]) >= _LOWEST_LINTEL
    wall, along = _wall_of(piece, walls)
    sashes = tuple(_sash(sash, piece) for sash in element.named("sash"))
    return Opening(piece, "door" if is_door else "window", wall, along, sashes)


def _wall_of(piece: Piece, walls: Sequence[Wall]) -> tuple[str | None, float | None]:
    """The wall of the same level that the middle of an opening is nearest to, of those that it is really in."""
    middle_2 = piece.box.centre_3[:2]
    found: list[tuple[float, str, float]] = []
    for wall in walls:
        if wall.level != piece.level or wall.length == 0:
            continue
        along, aside = wall.locate(middle_2)
        inside = 0.0 <= along <= wall.length and abs(aside) <= (wall.thickness + float(piece.box.size_3[1])) / 2
        askew = abs((piece.box.pose_wb.yaw - wall.direction(along) + np.pi / 2) % np.pi - np.pi / 2)
        if inside and askew <= _MOST_ASKEW and wall.top(along) > piece.base:
            found.append((abs(aside), wall.id, along))
    return min(found)[1:] if found else (None, None)


def _sash(element: Element, piece: Piece) -> Sash:
    """Its axis is given in shares of the piece from its left rear corner, its angles in the piece's frame."""
    width, depth = (float(length) for length in piece.box.size_3[:2])
    side = -1.0 if piece.mirrored else 1.0
    hinge_3 = [side * (element.number("xAxis") - 0.5) * width, (0.5 - element.number("yAxis")) * depth, 0.0]
    x, y, _ = piece.box.pose_wb.apply(np.array([hinge_3]))[0]
    start, end = element.number("startAngle"), element.number("endAngle")
    closed = (np.pi - start if piece.mirrored else start) + piece.box.pose_wb.yaw
    return Sash((float(x), float(y)), element.number("width") * width, float(closed), side * (end - start))


def _light(element: Element, piece: Piece) -> Light:
    """Sources are given in shares of the box from its left front lower corner."""
    sources = []
    for source in element.named("lightSource"):
        shares_3 = np.array([source.number("x"), source.number("y"), source.number("z")]) - 0.5
        x, y, z = piece.box.pose_wb.apply((shares_3 * piece.box.size_3)[None])[0]
        diameter = source.number("diameter") * float(piece.box.size_3[0]) if "diameter" in source.attributes else None
        sources.append(Source((float(x), float(y), float(z)), source.colour("color") or (1.0, 1.0, 1.0), diameter))
    return Light(piece, element.number("power", 0.5), tuple(sources))
