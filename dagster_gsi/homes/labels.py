"""Names on a plan, where there is room for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.homes.canvas import text_height, text_width
from dagster_gsi.homes.check import footprint_N2
from dagster_gsi.homes.colours import CAMERA, INK, QUIET, piece_ink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.canvas import Canvas
    from dagster_gsi.homes.home import Piece, RoomArea
    from dagster_gsi.homes.symbols import View

# Pixels of the finished picture: sizes that are tried, the largest first, and what is left free around words.
_SIZES = (12.0, 11.0, 10.0, 9.0)
_PAD = 2.0
_ROOM, _ROOM_AREA, _SMALL_ROOM, _SMALL_AREA = 15.0, 12.0, 11.0, 9.5
_CRAMPED = 110.0
# Around the sign of a lamp or a camera.
_SIGN = 9.0
_HALO = (255, 255, 255, 190)
# Metres: how exactly the widest place is looked for, and how far behind an eye its name stands.
_EXACT, _BEHIND = 0.05, 0.16


def label_furniture(canvas: Canvas, pieces: Sequence[Piece], signs: Sequence[Array]) -> None:
    """Write each name into what is seen of its piece, in one line or two, level or upwards, where it fits.

    The pieces come from the lowest to the highest, as they are drawn.
    """
    from shapely import Point, Polygon, union_all

    grounds = [Polygon(canvas.pixels(footprint_N2(piece))) for piece in pieces]
    taken = union_all([Point(canvas.pixels(sign_2)).buffer(_SIGN) for sign_2 in signs])
    for place in reversed(range(len(pieces))):
        _label(canvas, pieces[place], grounds[place].difference(taken))
        taken = union_all([taken, grounds[place]])


def _label(canvas: Canvas, piece: Piece, seen: Any) -> None:
    from shapely import box

    spots = _spots(seen)
    for size in _SIZES:
        for words in dict.fromkeys((piece.name, _halved(piece.name))):
            half_2 = np.array([text_width(words, size), text_height(words, size)]) / 2 + _PAD
            for turned in (False, True):
                wide, tall = half_2[::-1] if turned else half_2
                for x, y in spots:
                    if seen.contains(box(x - wide, y - tall, x + wide, y + tall)):
                        canvas.text((x, y), words, size=size, ink=piece_ink(piece.category)[1], turned=turned)
                        return


def _spots(seen: Any) -> list[tuple[float, float]]:
    """Where words may stand: in the middle, or in the widest place."""
    from shapely.ops import polylabel

    parts = [part for part in getattr(seen, "geoms", [seen]) if part.geom_type == "Polygon" and part.area > 0]
    spots = []
    for part in sorted(parts, key=lambda part: -part.area):
        widest = polylabel(part, 2.0)
        spots += [(part.centroid.x, part.centroid.y), (widest.x, widest.y)]
    return spots


def _halved(words: str) -> str:
    """In two lines of about equal length."""
    gaps = [place for place, sign in enumerate(words) if sign == " "]
    if not gaps:
        return words
    middle = min(gaps, key=lambda place: abs(place - len(words) / 2))
    return f"{words[:middle]}\n{words[middle + 1 :]}"


def label_room(
    canvas: Canvas, room: RoomArea, inner: Sequence[RoomArea], furniture: Sequence[Piece], eyes: Sequence[Array]
) -> None:
    """Write name and area into the widest free place; where it is cramped, over the furniture."""
    from shapely import Point, Polygon, make_valid, union_all

    ground: Any = make_valid(Polygon(room.outline_N2))
    ground = ground.difference(union_all([make_valid(Polygon(other.outline_N2)) for other in inner]))
    taken = [Polygon(footprint_N2(piece)) for piece in furniture] + [Point(eye_2).buffer(0.35) for eye_2 in eyes]
    cramped = float(np.sqrt(room.area)) * canvas.scale < _CRAMPED
    size, area_size = (_SMALL_ROOM, _SMALL_AREA) if cramped else (_ROOM, _ROOM_AREA)
    needed = size * (1.2 if room.name else 0.7) / canvas.scale
    spot, clear = _widest(ground.difference(union_all(taken)))
    if spot is None or clear < needed:
        spot, clear = _widest(ground)
    if spot is None or clear < needed / 2:
        return
    x, y = (float(part) for part in canvas.pixels(spot))
    if room.name:
        canvas.text((x, y - size * 0.55), room.name, size=size, ink=INK, bold=True, halo=_HALO)
        y += size * 0.6
    _square_metres(canvas, (x, y), room.area, size=area_size)


def label_views(canvas: Canvas, views: Sequence[View]) -> None:
    """Write the names of stored views behind their eyes."""
    for view in views:
        behind_2 = view.eye_2 - _BEHIND * np.array([np.cos(view.heading), np.sin(view.heading)])
        x, y = (float(part) for part in canvas.pixels(behind_2))
        canvas.text((x, y + _SIGN), view.name, size=10, ink=CAMERA, halo=_HALO)


def _widest(ground: Any) -> tuple[Array | None, float]:
    """The point farthest from the edge, and how far it is, in metres."""
    from shapely.ops import polylabel

    best: tuple[Array | None, float] = (None, 0.0)
    for part in getattr(ground, "geoms", [ground]):
        if part.geom_type == "Polygon" and part.area > _EXACT:
            spot = polylabel(part, _EXACT)
            clear = float(part.boundary.distance(spot))
            if clear > best[1]:
                best = (np.array([spot.x, spot.y]), clear)
    return best


def _square_metres(canvas: Canvas, pixel_2: tuple[float, float], area: float, *, size: float) -> None:
    """The font has no raised 2: a small one stands in."""
    words, (x, y) = f"{area:.1f} m", pixel_2
    canvas.text((x, y), words, size=size, ink=QUIET, halo=_HALO)
    beside = x + text_width(words, size) / 2 + size * 0.22
    canvas.text((beside, y - size * 0.3), "2", size=size * 0.66, ink=QUIET)
