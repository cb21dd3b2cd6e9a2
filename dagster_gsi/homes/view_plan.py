"""The floor plan with the viewpoints that were tried and chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.homes.colours import CAMERA, room_ink
from dagster_gsi.homes.plan import draw_names, draw_sheet, draw_walls, furniture_on, rooms_on
from dagster_gsi.homes.survey import figures
from dagster_gsi.homes.symbols import View, draw_piece, draw_view
from dagster_gsi.homes.viewpoints import REASONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from dagster_gsi.homes.canvas import Canvas, Ink
    from dagster_gsi.homes.home import Home, Level
    from dagster_gsi.homes.survey import LevelViews
    from dagster_gsi.homes.viewpoints import Views

# Lays itself over rooms and furniture, so that what is drawn upon them is seen.
_VEIL: Ink = (255, 255, 255, 130)
_FLOORS: tuple[tuple[int, int, int], ...] = (
    (0, 128, 128), (200, 90, 30), (120, 70, 180), (40, 140, 60), (190, 50, 110), (120, 110, 20), (60, 100, 190), (130, 80, 60),
)  # fmt: skip
"""Colours of places to stand in, in turn."""
_FAINT = 120
# Of rejected views, by how near they came to being chosen.
_TICKS: tuple[Ink, ...] = ((174, 179, 187, 110), (174, 179, 187, 110), (134, 140, 150, 210), (70, 76, 88, 235))
_THING: Ink = (34, 39, 48, 170)
# Metres: dots of the floor, where ticks begin and end; and pixels of the finished picture: numbers of views.
_DOT, _FROM, _TO, _NUMBER = 0.012, 0.02, 0.06, 8.5


def draw_views(home: Home, found: Sequence[LevelViews]) -> Image.Image:
    """Free floor as dots, a colour a place; rejected views as ticks; chosen ones as sectors with numbers."""
    by_level = {level.level.id: level for level in found}
    firsts, number = {}, 1
    for level in found:
        firsts[level.level.id] = number
        number += sum(len(views.picked) for views in level.views)

    def draw(canvas: Canvas, home: Home, level: Level) -> None:
        _draw_level(canvas, home, by_level[level.id], firsts[level.id])

    return draw_sheet(home, draw, said=_LEGEND, notes=figures(found))


_LEGEND = "dots: free floor, a colour a place · squares: stand-ins · grey: rejected views, dark where good · blue: chosen views"


def _draw_level(canvas: Canvas, home: Home, found: LevelViews, first: int) -> None:
    rooms, (low, _) = rooms_on(home, found.level), furniture_on(home, found.level)
    for room in rooms:
        canvas.polygon(room.outline_N2, fill=room_ink(room.name))
    for piece in low:
        draw_piece(canvas, piece)
    wide, tall = canvas.width / canvas.scale, canvas.height / canvas.scale
    sheet_42 = canvas.corner_2 + np.array([[0.0, 0.0], [wide, 0.0], [wide, -tall], [0.0, -tall]])
    canvas.polygon(sheet_42, fill=_VEIL)
    for cube in found.stand_ins:
        canvas.polygon(cube.footprint_42(), fill=_THING)
    draw_walls(canvas, home, found.level)
    for place, ground in enumerate(found.floor.rooms):
        for point_2 in ground.points_N2:
            canvas.disc(point_2, _DOT * canvas.scale, fill=(*_FLOORS[place % len(_FLOORS)], _FAINT))
    for views in found.views:
        _draw_rejected(canvas, views)
    chosen = [_view(views, index) for views in found.views for index in views.picked]
    draw_names(canvas, rooms, low, [view.eye_2 for view in chosen])
    for view in chosen:
        draw_view(canvas, view)
    for number, view in enumerate(chosen, start=first):
        canvas.disc(view.eye_2, _NUMBER, fill=CAMERA, line=(255, 255, 255))
        x, y = (float(part) for part in canvas.pixels(view.eye_2))
        canvas.text((x, y), str(number), size=10.5, ink=(255, 255, 255), bold=True)


def _draw_rejected(canvas: Canvas, views: Views) -> None:
    """A tick from each place in each direction, as dark as the best of the views there."""
    best: dict[tuple[float, float, float], int] = {}
    for index, reason in enumerate(views.reasons):
        if reason is not None:
            x, y, _ = views.candidates.eyes_N3[index]
            key = (float(x), float(y), float(views.candidates.headings_N[index]))
            best[key] = max(best.get(key, 0), REASONS.index(reason))
    for (x, y, heading), rank in sorted(best.items(), key=lambda item: item[1]):
        towards_2 = np.array([np.cos(heading), np.sin(heading)])
        ends_22 = np.array([x, y]) + np.stack([_FROM * towards_2, _TO * towards_2])
        canvas.line(ends_22, ink=_TICKS[rank], width=1.0 if rank < 3 else 1.4)


def _view(views: Views, index: int) -> View:
    candidates = views.candidates
    return View("", candidates.eyes_N3[index, :2], float(candidates.headings_N[index]), float(candidates.fovs_N[index]))
