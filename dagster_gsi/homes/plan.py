"""The floor plan of a home as a picture: walls, openings, rooms, furniture, lamps and stored cameras, level by level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.files import replacing
from dagster_gsi.homes.canvas import Canvas, text_width
from dagster_gsi.homes.check import footprint_N2
from dagster_gsi.homes.colours import INK, LOW_WALL, QUIET, WALL, room_ink
from dagster_gsi.homes.home import counted
from dagster_gsi.homes.joints import joined_outlines
from dagster_gsi.homes.labels import label_furniture, label_room, label_views
from dagster_gsi.homes.symbols import View, draw_lamp, draw_opening, draw_outline, draw_piece, draw_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from PIL import Image

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Home, Level, Piece, RoomArea

# Pixels of the finished picture.
_MARGIN, _HEAD, _FOOT, _LEVEL_TITLE, _NOTE, _NARROWEST = 28, 62, 58, 30, 20, 720
_SIDE = 1500
"""The longer side of all levels together; but a metre is never more than so many pixels."""
_MOST_SCALE = 130.0
# Metres. Around the walls there is room for what stands outside; plans are cut above kitchen counters and below cabinets
# on the wall; lower walls are railings and parapets.
_AROUND, _CUT, _LOW = 0.5, 1.3, 1.2
# Roofs and lawns are drawn as boxes, too: what covers this much more of the plan is left out, square metres.
_SPRAWLING = 30.0
# Names of rooms may stand on carpets.
_FLAT = 0.1
# Metres and pixels of the scale bar.
_BARS, _LONGEST_BAR = (0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0), 220.0


def draw_plan(home: Home) -> Image.Image:
    """All levels that are lived in, at one scale, in the columns that make the best proportioned sheet."""
    return draw_sheet(home, _draw_level, said=_contents(home))


def draw_sheet(
    home: Home, draw_level: Callable[[Canvas, Home, Level], None], *, said: str, notes: Sequence[str] = ()
) -> Image.Image:
    """A sheet with a plan of each level, which `draw_level` draws; `said` is below its title, `notes` below the plans."""
    levels = lived_in(home)
    low_2, high_2 = _bounds(home, levels)
    extent_2 = high_2 - low_2
    columns = min(range(1, len(levels) + 1), key=lambda count: _unshapely(extent_2, len(levels), count))
    rows = -(-len(levels) // columns)
    scale = min(_SIDE / float(max(extent_2 * [columns, rows])), _MOST_SCALE)
    titles = _LEVEL_TITLE * (len(levels) > 1)
    wide, tall = (max(1, round(float(length) * scale)) for length in extent_2)
    below = _HEAD + (titles + tall) * rows
    foot = below + _NOTE * len(notes)
    canvas = Canvas(max(_NARROWEST, 2 * _MARGIN + wide * columns), foot + _FOOT, scale=scale)
    _head(canvas, home, said)
    for place, level in enumerate(levels):
        left, top = _MARGIN + wide * (place % columns), _HEAD + (titles + tall) * (place // columns) + titles
        if titles:
            canvas.text((left + wide / 2, top - titles / 2), level.name or level.id, size=15, ink=QUIET, bold=True)
        # A sheet of its own, so that what stands far outside ends at its edge.
        sheet = Canvas(wide, tall, corner_2=np.array([low_2[0], high_2[1]]), scale=scale)
        draw_level(sheet, home, level)
        canvas.paste(sheet, left, top)
    for place, note in enumerate(notes):
        size = _fitting(note, (12.5, 11.5, 10.5, 9.5), canvas.width - 2 * _MARGIN)
        canvas.text((_MARGIN, below + _NOTE * (place + 0.5)), note, size=size, ink=INK, anchor="lm")
    _foot(canvas, home, foot)
    return canvas.picture()


def lived_in(home: Home) -> list[Level]:
    """Levels with rooms in which something is built; all where there are none such."""
    roomy = {room.level for room in home.floors}
    built = {wall.level for wall in home.walls} | {piece.level for piece in home.furniture}
    return [level for level in home.levels if level.id in roomy & built] or list(home.levels)


def _unshapely(extent_2: Array, count: int, columns: int) -> float:
    """How far a sheet with so many columns is from four thirds."""
    rows = -(-count // columns)
    return abs(float(np.log(extent_2[0] * columns / (extent_2[1] * rows) * 0.75)))


def save_plan(home: Home, path: Path) -> None:
    """Write the plan; the suffix is the format."""
    save_picture(draw_plan(home), path)


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture whole or not at all; the suffix is the format."""
    with replacing(path) as partial:
        picture.save(partial, format="JPEG" if path.suffix.lower() in {".jpg", ".jpeg"} else "PNG")


def _bounds(home: Home, levels: list[Level]) -> tuple[Array, Array]:
    """Lower left and upper right of what is drawn, in metres."""
    shown = {level.id for level in levels}
    outlines = [wall.outline_N2() for wall in home.walls if wall.level in shown]
    outlines += [room.outline_N2 for room in home.floors if room.level in shown]
    outlines = outlines or [footprint_N2(piece) for piece in home.furniture] or [np.array([[0.0, 0.0], [4.0, 3.0]])]
    points_N2 = np.concatenate(outlines)
    return points_N2.min(axis=0) - _AROUND, points_N2.max(axis=0) + _AROUND


def _draw_level(canvas: Canvas, home: Home, level: Level) -> None:
    """From the floor upwards, and what is written last."""
    rooms, (low, high) = rooms_on(home, level), furniture_on(home, level)
    lamps = [light.piece.box.centre_3[:2] for light in home.lights if light.piece in (*low, *high)]
    views = list(_views(home, level))
    for room in rooms:
        canvas.polygon(room.outline_N2, fill=room_ink(room.name))
    for piece in low:
        draw_piece(canvas, piece)
    draw_walls(canvas, home, level)
    for piece in high:
        draw_outline(canvas, piece)
    for middle_2 in lamps:
        draw_lamp(canvas, middle_2)
    for view in views:
        draw_view(canvas, view)
    label_furniture(canvas, low, [*lamps, *(view.eye_2 for view in views)])
    label_views(canvas, views)
    draw_names(canvas, rooms, low, [view.eye_2 for view in views])


def rooms_on(home: Home, level: Level) -> list[RoomArea]:
    """The rooms of a level, the largest first, because others may be drawn inside them."""
    return sorted((room for room in home.floors if room.level == level.id), key=lambda room: -room.area)


def furniture_on(home: Home, level: Level) -> tuple[list[Piece], list[Piece]]:
    """The furniture of a level below and above the plane at which the plan is cut, the highest last."""
    furniture = [piece for piece in home.furniture if piece.level == level.id and _is_drawn(piece, level)]
    low, high = (
        sorted((p for p in furniture if (p.base - level.elevation >= _CUT) is above), key=lambda p: p.height)
        for above in (False, True)
    )
    return low, high


def draw_names(canvas: Canvas, rooms: list[RoomArea], low: list[Piece], eyes: list[Array]) -> None:
    """Write the names of rooms where nothing stands but carpets, and no eye is."""
    tall = [piece for piece in low if piece.box.size_3[2] > _FLAT]
    for room in rooms:
        inner = [other for other in rooms if other.area < room.area]
        label_room(canvas, room, inner, tall, eyes)


def draw_walls(canvas: Canvas, home: Home, level: Level) -> None:
    """Walls and parapets with their doors and windows."""
    walls = [wall for wall in home.walls if wall.level == level.id]
    outlines = joined_outlines(walls)
    for wall in sorted(walls, key=lambda wall: wall.height_start):
        is_low = max(wall.height_start, wall.height_end) < _LOW
        canvas.polygon(outlines[wall.id], fill=LOW_WALL if is_low else WALL)
    for opening in home.openings:
        if opening.piece.level == level.id and opening.piece.visible:
            draw_opening(canvas, opening, home.wall(opening.wall) if opening.wall is not None else None)


def _is_drawn(piece: Piece, level: Level) -> bool:
    """Not what lies under the floor, nor roofs and lawns."""
    return piece.visible and piece.height > level.elevation - 1e-3 and float(np.prod(piece.box.size_3[:2])) < _SPRAWLING


def _views(home: Home, level: Level) -> Iterator[View]:
    """The stored cameras on a level: on the highest whose floor is below the eye."""
    low_2, high_2 = _bounds(home, [level])
    for camera in home.cameras:
        eye_3 = camera.pose_wc.translation_3
        below = [other for other in home.levels if other.elevation <= eye_3[2]] or [home.levels[0]]
        is_near = ((eye_3[:2] > low_2) & (eye_3[:2] < high_2)).all()
        if is_near and max(below, key=lambda other: other.elevation) is level:
            right_3 = camera.pose_wc.rotation_33[:, 0]
            yield View(camera.name, eye_3[:2], float(np.arctan2(right_3[0], -right_3[1])), camera.fov)


def _contents(home: Home) -> str:
    doors = sum(opening.kind == "door" for opening in home.openings)
    parts = [counted(len(home.floors), "room"), counted(len(home.pieces), "piece") + " of furniture"]
    parts += [counted(len(home.lights), "lamp"), counted(doors, "door"), counted(len(home.openings) - doors, "window")]
    parts.append(counted(len(home.cameras), "stored view"))
    return " · ".join(parts)


def _head(canvas: Canvas, home: Home, said: str) -> None:
    canvas.text((_MARGIN, 24), home.name, size=22, ink=INK, anchor="lm", bold=True)
    canvas.text((_MARGIN, 47), said, size=12.5, ink=QUIET, anchor="lm")


def _foot(canvas: Canvas, home: Home, top: float) -> None:
    """The scale bar, and who drew the home."""
    length = max((bar for bar in _BARS if bar * canvas.scale <= _LONGEST_BAR), default=_BARS[0])
    left, y, pixels = float(_MARGIN), top + 22.0, length * canvas.scale
    for part in range(4):
        ink = INK if part % 2 == 0 else (198, 203, 210)
        canvas.rectangle((left + pixels * part / 4, y, left + pixels * (part + 1) / 4, y + 5), fill=ink)
    canvas.text((left, y + 14), "0", size=11, ink=QUIET)
    canvas.text((left + pixels, y + 14), f"{length:g} m", size=11, ink=QUIET)
    said = " · ".join(text for text in (home.author, home.licence) if text) or "no licence stated"
    room = canvas.width - 2 * _MARGIN - pixels - 40
    size = _fitting(said, (11.0, 10.0, 9.0, 8.0, 7.0), room)
    canvas.text((canvas.width - _MARGIN, y + 4), said, size=size, ink=QUIET, anchor="rm")


def _fitting(words: str, sizes: tuple[float, ...], room: float) -> float:
    """The first size in which the words have room, or the last."""
    return next((size for size in sizes if text_width(words, size) <= room), sizes[-1])
