"""What stands and hangs in rooms and no library has: blocks, mirrors, pictures and furniture for bathrooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.assets.solids import box, ellipsoid, lathe, prism

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dagster_gsi.assets.solids import Solid


def _block(paint: str) -> Sequence[Solid]:
    return [box(100, 100, 100, paint)]


def _cylinder() -> Sequence[Solid]:
    return [lathe([(0, 0), (50, 0), (50, 100), (0, 100)], "plaster", segments=48)]


def _framed(width: float, height: float, border: float, frame: str, inside: Sequence[Solid]) -> Sequence[Solid]:
    """Four bars around what is inside, which lies on the wall 1.2 cm deep; it hangs against +y."""
    side = box(border, 3, height, frame)
    rail = box(width - 2 * border, 3, border, frame)
    back = box(width - 2 * border, 0.6, height - 2 * border, inside[0].paint).moved(y=0.8, z=border)
    bars = [side.moved(x=(border - width) / 2), side.moved(x=(width - border) / 2), rail, rail.moved(z=height - border)]
    board = box(width - 2 * border, 0.4, height - 2 * border, "card").moved(y=1.3, z=border)
    return [*bars, back, board, *(solid.moved(z=border) for solid in inside[1:])]


def _mirror() -> Sequence[Solid]:
    return _framed(60, 90, 3, "oak", [box(1, 1, 1, "silver glass")])


def _mirror_plain() -> Sequence[Solid]:
    return _framed(80, 65, 1, "chrome", [box(1, 1, 1, "silver glass")])


def _mirror_round() -> Sequence[Solid]:
    rim = lathe([(31, 0), (34, 0), (34, 3), (31, 3), (31, 0)], "black", segments=64)
    glass = lathe([(0, 0.5), (31, 0.5), (31, 1.5), (0, 1.5)], "silver glass", segments=64)
    board = lathe([(0, 0.2), (31, 0.2)], "card", segments=64)
    return [solid.turned("x", 90).moved(y=1.5, z=34) for solid in (rim, glass, board)]


def _flat(outline: Sequence[tuple[float, float]], paint: str, y: float) -> Solid:
    """A thin sheet with this outline, as seen from the front."""
    return prism(np.array(outline, dtype=float), 0.2, paint).turned("x", 90).moved(y=y)


def _picture_hills() -> Sequence[Solid]:
    """A landscape of three ranges under an evening sky, 84 by 54 cm inside."""
    inside: list[Solid] = [box(1, 1, 1, "sky")]
    for paint, base, swing, y in (("far", 26.0, 7.0, 0.4), ("near", 17.0, 6.0, 0.2), ("front", 8.0, 4.0, 0.0)):
        xs = np.linspace(42, -42, 40)
        tops = base + swing * (np.sin(xs / 11 + base) + 0.5 * np.sin(xs / 4.3 + 2 * base)) / 1.5
        strips = zip(xs[:-1], xs[1:], tops[:-1], tops[1:], strict=True)
        inside += [
            _flat([(right, 0), (right, high), (left, low), (left, 0)], paint, y) for right, left, high, low in strips
        ]
    sun = [(22 + 6 * np.cos(angle), 38 + 6 * np.sin(angle)) for angle in np.linspace(0, 2 * np.pi, 32, endpoint=False)]
    return _framed(90, 60, 3, "walnut", [*inside, _flat(sun, "orange", 0.45)])


def _picture_fields() -> Sequence[Solid]:
    """Coloured fields on cream, 44 by 64 cm inside."""
    fields = [
        (-18, 6, 16, 24, "navy"),
        (0, 6, 18, 12, "orange"),
        (0, 20, 18, 26, "mint"),
        (-18, 32, 16, 14, "yellow"),
        (-18, 48, 36, 10, "rose"),
    ]
    sheets = [
        _flat([(x, z), (x + width, z), (x + width, z + height), (x, z + height)], paint, 0.4)
        for x, z, width, height, paint in fields
    ]
    return _framed(50, 70, 3, "black", [box(1, 1, 1, "cream"), *sheets])


def _picture_circles() -> Sequence[Solid]:
    """Three discs on white, 54 cm square inside."""
    discs = [(-8, 32, 14, "teal", 0.4), (9, 26, 11, "yellow", 0.2), (-2, 15, 7, "red", 0.0)]
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    sheets = [
        _flat([(x + radius * np.cos(a), z + radius * np.sin(a)) for a in angles], paint, y)
        for x, z, radius, paint, y in discs
    ]
    return _framed(60, 60, 3, "white", [box(1, 1, 1, "paper"), *sheets])


def _rug() -> Sequence[Solid]:
    stripes = [box(200, 8, 1.2, "cream").moved(y=y) for y in (-50, 50)]
    return [box(200, 140, 1.1, "navy"), *stripes]


def _counter() -> Sequence[Solid]:
    """A vanity of oak with a bowl at its right, and room to put things on at its left."""
    body = [box(120, 50, 72, "oak").moved(y=1, z=8), box(114, 44, 8, "black").moved(y=1)]
    doors = [box(38, 1.6, 66, "oak").moved(x=x, y=-24.8, z=11) for x in (-39.5, 0, 39.5)]
    handles = [box(10, 1.5, 1.5, "black").moved(x=x, y=-26, z=70) for x in (-39.5, 0, 39.5)]
    bowl = lathe([(0, 0), (11, 0), (18, 5), (20, 12), (19, 12), (17, 6), (10, 1.5), (0, 1.5)], "white", segments=48)
    tap = [
        lathe([(0, 0), (2, 0), (2, 24), (0, 24)], "chrome").moved(x=32, y=22, z=83),
        lathe([(0, 0), (1.2, 0), (1.2, 14), (0, 14)], "chrome").turned("x", 90).moved(x=32, y=22, z=105),
    ]
    return [*body, *doors, *handles, box(122, 53, 3, "white").moved(z=80), bowl.moved(x=32, y=-2, z=83), *tap]


def _vanity() -> Sequence[Solid]:
    """The same, small and white, with its bowl in the middle."""
    body = [box(76, 44, 72, "white").moved(y=1, z=8), box(70, 38, 8, "gray").moved(y=1)]
    doors = [box(37, 1.6, 66, "white").moved(x=x, y=-21.8, z=11) for x in (-18.9, 18.9)]
    knobs = [ellipsoid(2.6, 2.6, 2.6, "chrome").moved(x=x, y=-23.6, z=62) for x in (-3, 3)]
    bowl = lathe([(0, 0), (10, 0), (15, 5), (17, 11), (16, 11), (14, 6), (9, 1.5), (0, 1.5)], "white", segments=48)
    tap = [
        lathe([(0, 0), (2, 0), (2, 22), (0, 22)], "chrome").moved(y=19, z=83),
        lathe([(0, 0), (1.2, 0), (1.2, 13), (0, 13)], "chrome").turned("x", 90).moved(y=19, z=103),
    ]
    return [*body, *doors, *knobs, box(80, 47, 3, "grain").moved(z=80), bowl.moved(y=-3, z=83), *tap]


def _shower_cubicle() -> Sequence[Solid]:
    """For a corner: glass in front and at its left, the walls of the room behind and at its right."""
    tray = [box(90, 90, 6, "white"), box(80, 80, 0.4, "plaster").moved(z=5.8)]
    drain = lathe([(0, 6.2), (4, 6.2), (4, 6.6), (0, 6.6)], "chrome").moved(y=25)
    posts = [
        box(2.5, 2.5, 194, "chrome").moved(x=x, y=y, z=6) for x, y in ((-43.7, -43.7), (43.7, -43.7), (-43.7, 43.7))
    ]
    across, along = box(85, 2.5, 2.5, "chrome"), box(2.5, 85, 2.5, "chrome")
    rails = [rail.moved(z=z) for z in (6, 197.5) for rail in (across.moved(y=-43.7), along.moved(x=-43.7))]
    panes = [box(85, 0.8, 189, "pane").moved(y=-43.7, z=8.5), box(0.8, 85, 189, "pane").moved(x=-43.7, z=8.5)]
    handle = lathe([(0, 0), (1, 0), (1, 30), (0, 30)], "chrome").moved(x=30, y=-46, z=95)
    column = [
        lathe([(0, 0), (1.2, 0), (1.2, 110), (0, 110)], "chrome").moved(y=40, z=95),
        lathe([(0, 0), (1.2, 0), (1.2, 34), (0, 34)], "chrome").turned("x", 90).moved(y=41, z=204),
        lathe([(0, 0), (11, 0), (11, 1.5), (1.5, 4), (0, 4)], "chrome").moved(y=9, z=200),
        box(26, 5, 5, "chrome", bevel=1).moved(y=41, z=100),
    ]
    return [*tray, drain, *posts, *rails, *panes, handle, *column]


def _bath_shelf() -> Sequence[Solid]:
    posts = [box(2.5, 2.5, 84, "black").moved(x=x, y=y) for x in (-31, 31) for y in (-15, 15)]
    return [*posts, *(box(68, 36, 2.5, "grain").moved(z=z) for z in (6, 43, 83))]


def _bath_cabinet() -> Sequence[Solid]:
    """A bathroom cabinet with two doors and a free top."""
    doors = [box(29, 1.6, 66, "white").moved(x=x, y=-17.6, z=11) for x in (-14.8, 14.8)]
    knobs = [ellipsoid(2.6, 2.6, 2.6, "chrome").moved(x=x, y=-19.4, z=46) for x in (-2.6, 2.6)]
    legs = [box(4, 4, 8, "oak").moved(x=x, y=y) for x in (-27, 27) for y in (-13, 13)]
    return [box(60, 34, 72, "white").moved(z=8), *doors, *knobs, *legs, box(62, 37, 2.5, "grain").moved(z=80)]


FURNITURE: dict[str, Callable[[], Sequence[Solid]]] = {
    "block-white": lambda: _block("plaster"),
    "block-wood": lambda: _block("grain"),
    "block-gray": lambda: _block("gray"),
    "cylinder": _cylinder,
    "mirror-oak": _mirror,
    "mirror-plain": _mirror_plain,
    "mirror-round": _mirror_round,
    "picture-hills": _picture_hills,
    "picture-fields": _picture_fields,
    "picture-circles": _picture_circles,
    "rug": _rug,
    "bath-counter": _counter,
    "bath-shelf": _bath_shelf,
    "bath-vanity": _vanity,
    "shower-cubicle": _shower_cubicle,
    "bath-cabinet": _bath_cabinet,
}
