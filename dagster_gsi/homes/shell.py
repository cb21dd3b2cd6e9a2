"""The shell of a home's level: its walls, floors, ceilings, doors and windows as one model.

The model's frame is the home's, moved up or down so that the level's floor is at z = 0: x and y are those of the plan, and
the origin is not in its middle. Materials have their roles as names (see `sheets.MATERIALS`); what is outside is nothing.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from dagster_gsi.homes.check import footprint_N2
from dagster_gsi.homes.holes import holes
from dagster_gsi.homes.joinery import add_joinery
from dagster_gsi.homes.sheets import Sheets
from dagster_gsi.homes.wall_faces import add_walls, closed, ground, slabs, standing_walls
from dagster_gsi.scenes.mesh import Mesh

if TYPE_CHECKING:
    from dagster_gsi.homes.home import Home, Level, RoomArea

# What is under so much of ceilings or roofs, or has so much of its outline along walls, is indoors.
_COVERED, _ENCLOSED = 0.5, 0.75
# Metres: from so high on, walls enclose and roofs cover; outlines lie so near the walls that they follow.
_OVERHEAD, _BESIDE = 1.8, 0.3
# Rooms end where their authors clicked: gaps narrower than twice this between them are closed.
_GAP = 0.02


def shell_levels(home: Home) -> tuple[Level, ...]:
    """The levels that have a shell: those with a room indoors. Terraces and roofs alone are none."""
    roomy = {room.level for room in home.floors if is_indoors(home, room)}
    return tuple(level for level in home.levels if level.id in roomy)


def shell_name(home: Home, level: Level) -> str:
    """Name of the level's shell in the catalogue: `shell-studio-ground`."""
    names = {other.id: _word(other.name) or _word(other.id) for other in home.levels}
    word = names[level.id]
    if not word or list(names.values()).count(word) > 1:
        word = f"{word}-{home.levels.index(level)}".strip("-")
    return f"shell-{_word(home.name) or hashlib.sha256(home.name.encode()).hexdigest()[:8]}-{word}"


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")


def is_indoors(home: Home, room: RoomArea) -> bool:
    """Whether a room has a ceiling, a roof over it or walls around it; terraces and balconies have not."""
    from shapely import Polygon, union_all

    if room.ceiling_visible:
        return True
    level, outline = home.level(room.level), ground(room.outline_N2)
    high = [plan for _, _, plan in standing_walls(home, level, _OVERHEAD)]
    enclosed = outline.boundary.intersection(union_all(high).buffer(_BESIDE)).length / outline.boundary.length
    roofs = [piece for piece in home.furniture if piece.visible and _is_over(room.floor_height, piece.height, level)]
    above = [Polygon(footprint_N2(piece)) for piece in roofs]
    above += [ground(r.outline_N2) for r in home.rooms if r.level == room.level and r.ceiling_visible]
    covered = outline.intersection(union_all(above)).area / outline.area
    return bool(enclosed >= _ENCLOSED or covered >= _COVERED)


def _is_over(floor: float, height: float, level: Level) -> bool:
    # A roof may rise as high again as the storey under it.
    return _OVERHEAD < height - floor < 2 * level.height


def shell_mesh(home: Home, level: Level) -> Mesh:
    """The level's shell."""
    sheets = Sheets()
    cuts = holes(home, level)
    sheets.area("floor", _floor(home, level), 0.0, up=True)
    sheets.area("ceiling", _ceiling(home, level), level.height, up=False)
    add_walls(sheets, slabs(home, level, cuts), level.height)
    for cut in cuts:
        add_joinery(sheets, cut)
    return Mesh(sheets.parts())


def _floor(home: Home, level: Level) -> Any:
    """All floors, under the walls too, and where nobody drew one between them: there are no chasms in stairwells."""
    rooms = [room for room in home.floors if room.level == level.id]
    return _whole(rooms, [plan for _, _, plan in standing_walls(home, level)])


def _ceiling(home: Home, level: Level) -> Any:
    """Over all that is indoors, and over the walls that reach it."""
    rooms = [room for room in home.rooms if room.level == level.id]
    indoors = [r for r in rooms if r.ceiling_visible or (r.floor_visible and is_indoors(home, r))]
    return _whole(indoors, [plan for _, top, plan in standing_walls(home, level) if top == level.height])


def _whole(rooms: list[RoomArea], walls: list[Any]) -> Any:
    """The union of rooms and walls without the holes in it."""
    from shapely import Polygon, get_parts, union_all

    union = union_all([*(ground(room.outline_N2) for room in rooms), *walls])
    pieces = [piece for piece in get_parts(closed(union, _GAP)) if piece.geom_type == "Polygon"]
    return union_all([Polygon(piece.exterior) for piece in pieces])
