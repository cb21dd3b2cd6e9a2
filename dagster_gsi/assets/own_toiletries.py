"""Small things that stand about in bathrooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.assets.solids import Solid, box, ellipsoid, lathe, prism

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _toilet_paper() -> Sequence[Solid]:
    return [
        lathe([(2.2, 0), (5.6, 0), (5.8, 0.3), (5.8, 9.7), (5.6, 10), (2.2, 10)], "paper"),
        lathe([(2.0, 0), (2.2, 0), (2.2, 10.02), (2.0, 10.02)], "card"),
    ]


def _brush_cup() -> Sequence[Solid]:
    cup = lathe([(0, 0), (3.4, 0), (3.8, 10), (3.5, 10), (3.1, 0.6), (0, 0.6)], "mint")

    def brush(paint: str) -> list[Solid]:
        handle = lathe([(0, 0), (0.5, 0.3), (0.6, 6), (0.35, 12), (0.45, 17), (0, 17.3)], paint, segments=16)
        return [handle, box(0.9, 1.2, 2.2, "white").moved(y=-0.9, z=14.7)]

    return [
        cup,
        *(part.turned("y", -11).moved(x=0.4, z=0.8) for part in brush("red")),
        *(part.turned("z", 120).turned("y", 12).moved(x=-0.5, y=0.6, z=0.8) for part in brush("blue")),
    ]


def _soap_dish() -> Sequence[Solid]:
    dish = lathe([(0, 0), (5, 0), (6.5, 1.8), (6.2, 1.9), (4.8, 0.6), (0, 0.6)], "white").scaled(y=0.75)
    return [dish, ellipsoid(9, 6, 2.8, "rose").moved(z=2.0)]


def _tissue_box() -> Sequence[Solid]:
    opening = lathe([(0, 0), (4.5, 0), (4.5, 0.05), (0, 0.05)], "navy").scaled(y=0.35).moved(z=8.5)
    tissue = lathe([(3.6, 0), (1.6, 2.4), (3.0, 5.2), (0.6, 6.4), (0, 5.0)], "paper", segments=14).scaled(y=0.45)
    return [box(23, 12, 8.5, "teal"), opening, tissue.moved(z=8.4)]


def _duck() -> Sequence[Solid]:
    body = lathe([(0, 0), (2.8, 0), (4.2, 1.6), (4.3, 3.4), (3.2, 5.2), (0, 6.0)], "yellow").scaled(x=0.85, y=1.15)
    eyes = [ellipsoid(0.8, 0.5, 0.9, "black").moved(x=x, y=-4.75, z=8.6) for x in (-1.2, 1.2)]
    wings = [ellipsoid(1.4, 5, 2.8, "yellow").moved(x=x, y=0.6, z=3.6) for x in (-3.6, 3.6)]
    tail = ellipsoid(3.4, 3.2, 2.2, "yellow").turned("x", -35).moved(y=4.6, z=5.0)
    beak = ellipsoid(2.8, 2.6, 1.0, "orange").moved(y=-5.2, z=7.2)
    return [body, ellipsoid(5.4, 5.4, 5.2, "yellow").moved(y=-2.4, z=7.8), *eyes, *wings, tail, beak]


def _hair_dryer() -> Sequence[Solid]:
    """It lies on its side: on the end of its handle it would not stand."""
    barrel = lathe(
        [(0, 0), (3.2, 0), (4.4, 2), (4.4, 11), (3.2, 15), (2.6, 20), (2.2, 20), (2.2, 19), (0, 19)], "lilac"
    )
    nozzle = lathe([(2.7, 18), (2.9, 18), (2.4, 23), (1.9, 23), (2.2, 19)], "black")
    grille = lathe([(0, -0.3), (2.9, -0.3), (3.0, 0.2)], "black")
    handle = box(3.4, 2.8, 13, "lilac", bevel=0.8).moved(y=-2, z=-14)
    upright = [part.turned("x", 90).moved(y=4) for part in (barrel, nozzle, grille)]
    switch = box(1.2, 0.6, 2.6, "black").moved(y=-3.6, z=-8)
    return [part.turned("y", 90) for part in [*upright, handle, switch]]


def _toothpaste() -> Sequence[Solid]:
    """A tube that stands on its cap and gets wider and flatter upwards."""
    levels, across, along = (
        [2.4, 4, 12, 14.5, 16.5, 17.5],
        [1.7, 1.8, 1.85, 2.1, 2.4, 2.4],
        [1.7, 1.8, 1.85, 0.8, 0.12, 0.12],
    )
    round_F33 = lathe([(0, 2.4), *((1, z) for z in levels), (0, 17.5)], "white").triangles_F33
    heights_F3 = round_F33[..., 2]
    shares = [np.interp(heights_F3, levels, across), np.interp(heights_F3, levels, along), np.ones_like(heights_F3)]
    cap = lathe([(0, 0), (1.5, 0), (1.6, 2.2), (1.2, 2.5), (0, 2.5)], "blue")
    return [Solid(round_F33 * np.stack(shares, axis=2), "white"), cap, box(5.0, 0.6, 1.2, "blue").moved(z=16.6)]


def _pump_bottle() -> Sequence[Solid]:
    body = lathe([(0, 0), (3.4, 0), (3.6, 0.4), (3.6, 12), (3.2, 13.4), (1.3, 14.4), (1.3, 15.4), (0, 15.4)], "amber")
    label = lathe([(3.62, 3), (3.65, 3), (3.65, 10), (3.62, 10)], "cream")
    pump = lathe(
        [(0, 15.2), (1.5, 15.2), (1.5, 16.6), (0.5, 16.8), (0.5, 19), (1.1, 19.1), (1.1, 20.2), (0, 20.3)], "black"
    )
    return [body, label, pump, box(1.0, 4.4, 0.8, "black").moved(y=-2.2, z=19.2)]


def _perfume() -> Sequence[Solid]:
    return [
        box(6, 3, 7, "rose", bevel=0.5),
        lathe([(0, 7), (1.0, 7), (1.0, 7.8), (0, 7.8)], "chrome"),
        box(2.6, 2.6, 2.6, "black").moved(z=7.6),
    ]


def _detergent() -> Sequence[Solid]:
    body = lathe(
        [(0, 0), (5.6, 0), (6, 0.6), (6, 14), (5.2, 18), (3.0, 22), (2.3, 23.5), (2.3, 24), (0, 24)], "blue"
    ).scaled(x=1.5, y=0.8)
    label = lathe([(6.02, 4), (6.06, 4), (6.06, 12), (6.02, 12)], "yellow").scaled(x=1.5, y=0.8)
    return [body, label, lathe([(0, 23.8), (3.0, 23.8), (2.8, 28), (0, 28)], "red")]


def _towel_roll() -> Sequence[Solid]:
    """A towel rolled up, lying on its free end; its front shows the turns."""
    turns = np.linspace(0, 5.5 * np.pi, 89)
    radii = 0.5 + 3.6 * turns / turns[-1]
    thick = 0.95
    parts = []
    for first, second, inner, outer in zip(turns[:-1], turns[1:], radii[:-1], radii[1:], strict=True):
        ring = [
            (inner * np.cos(first), inner * np.sin(first)),
            ((inner + thick) * np.cos(first), (inner + thick) * np.sin(first)),
            ((outer + thick) * np.cos(second), (outer + thick) * np.sin(second)),
            (outer * np.cos(second), outer * np.sin(second)),
        ]
        parts.append(prism(np.array(ring), 26, "mint").turned("x", 90).moved(y=13))
    return parts


def _cotton_jar() -> Sequence[Solid]:
    jar = lathe([(0, 0), (4.2, 0), (4.5, 0.5), (4.5, 8), (4.2, 8.4), (0, 8.4)], "white")
    lid = lathe([(0, 8.4), (4.7, 8.4), (4.7, 9.2), (0, 9.4)], "oak")
    return [jar, lid, ellipsoid(1.8, 1.8, 1.8, "oak").moved(z=10)]


def _stick() -> Sequence[Solid]:
    body = lathe([(0, 0), (1.9, 0), (1.9, 8), (0, 8)], "green").scaled(x=1.3, y=0.75)
    return [body, lathe([(0, 8), (1.95, 8), (1.9, 11), (1.2, 12), (0, 12.2)], "white").scaled(x=1.3, y=0.75)]


def _mouthwash() -> Sequence[Solid]:
    body = box(8.5, 5, 15, "teal", bevel=1.2)
    neck = lathe([(2.4, 15), (1.6, 16.5), (1.6, 17), (0, 17)], "teal")
    label = box(6, 0.1, 7, "paper").moved(y=-2.55, z=4)
    return [body, neck, lathe([(0, 16.4), (1.9, 16.4), (1.9, 20), (0, 20)], "white"), label]


TOILETRIES: dict[str, Callable[[], Sequence[Solid]]] = {
    "toilet-paper": _toilet_paper,
    "toothbrush-cup": _brush_cup,
    "soap-dish": _soap_dish,
    "tissue-box": _tissue_box,
    "duck": _duck,
    "hair-dryer": _hair_dryer,
    "toothpaste": _toothpaste,
    "pump-bottle": _pump_bottle,
    "perfume": _perfume,
    "detergent": _detergent,
    "towel-roll": _towel_roll,
    "cotton-jar": _cotton_jar,
    "stick": _stick,
    "mouthwash": _mouthwash,
}
