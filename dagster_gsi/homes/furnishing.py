"""A home's furniture as things of a catalogue, in the frame of the level's shell: its floor is at z = 0.

Every piece that is seen becomes a model of its class, stretched to the piece's size. Small things that people put down are
left out: those of a scene take their places.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.homes.check import footprint_N2
from dagster_gsi.homes.models import Models, class_of, is_wooden, size_of
from dagster_gsi.homes.shell import is_indoors
from dagster_gsi.homes.tops import Obstacle, support_on
from dagster_gsi.homes.wall_faces import ground, standing_walls
from dagster_gsi.scenes.scene import Lamp, Support, Thing, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.homes.home import Home, Level, Piece, RoomArea
    from dagster_gsi.homes.models import Fit
    from dagster_gsi.scenes.catalogue import Card, Catalogue

# Metres: movable things smaller than this that stand on or in others were put down by somebody; within so little of
# another's top something stands on it.
_SMALL, _RESTING = 0.5, 0.03
# What ends so little above the floor would lie in its plane, and what begins so little under the ceiling is above it.
_SUNK, _TOUCHING = 2e-3, 0.02
# From so high on a lamp hangs, metres above the floor.
_HANGING = 1.5
# Lamps: side in metres and radiance in rooms of no area and from so many square metres on; metres under the ceiling.
_SIDES, _RADIANCES, _LARGE, _BELOW = (0.3, 0.6), (8.0, 12.0), 25.0, 0.06
_WARM = (1.0, 0.93, 0.82)
_LEAST_ROOM = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Furnishing:
    """What stands in a level, and what lights it."""

    supports: tuple[Support, ...]
    fixtures: tuple[Thing, ...]
    """Furniture that nothing is put onto."""
    lamps: tuple[Lamp, ...]
    """One a room that is indoors."""
    left_out: tuple[Piece, ...]
    """Pieces that the catalogue has no model for. Small things that were put down are not among them."""


def furnish(home: Home, level: Level, catalogue: Catalogue, rng: np.random.Generator) -> Furnishing:
    """The furniture of a level, in the home's order.

    `rng` chooses among models that fit equally well, and the wood that plain supports are covered with.
    """
    models, woods = Models(catalogue, level, rng), _Woods(catalogue, rng)
    counts: Counter[str] = Counter()
    bodies: list[tuple[Card, Thing]] = []
    standing = _standing(home, level)
    fits = _fits(standing, models)
    for piece in standing:
        fit = fits.get(piece.id)
        if fit is None:
            continue
        word = "-".join((class_of(piece, level) or fit.card.category_en).lower().split())
        counts[word] += 1
        bodies.append((fit.card, _thing(f"{word}-{counts[word]}", piece, fit, level)))
    obstacles = [Obstacle.of_thing(body, catalogue) for _, body in bodies]
    obstacles += [Obstacle.of_wall(plan, top) for _, top, plan in standing_walls(home, level)]
    left_out = tuple(piece for piece in standing if piece.id not in fits)
    supports, fixtures = [], []
    for card, body in bodies:
        upright = body.pose_wo.tilt < 1e-6
        support = support_on(card, body, obstacles, level.height) if upright else None
        if support is None:
            fixtures.append(body)
        else:
            supports.append(replace(support, texture=woods.cover_of(card)))
    return Furnishing(tuple(supports), tuple(fixtures), _lamps(home, level), left_out)


def _standing(home: Home, level: Level) -> list[Piece]:
    """The pieces between the level's floor and ceiling, without those that were put down."""
    levels = {level.id, *_roofs(home, level)}
    low, high = level.elevation + _SUNK, level.elevation + level.height - _TOUCHING
    there = [p for p in home.furniture if p.visible and p.level in levels and p.height > low and p.base < high]
    return [piece for piece in there if not _is_put_down(piece, there)]


def _roofs(home: Home, level: Level) -> list[str]:
    """Levels without rooms that begin in this one's height: authors draw the roof over an attic on one of its own."""
    roomy = {room.level for room in home.floors}
    top = level.elevation + level.height - _TOUCHING
    return [other.id for other in home.levels if other.id not in roomy and level.elevation <= other.elevation < top]


def _fits(pieces: Sequence[Piece], models: Models) -> dict[str, Fit]:
    """Models of pieces by their ids, without those that would float because what they stand on has no model."""
    fits = {piece.id: fit for piece in pieces if (fit := models.for_piece(piece)) is not None}
    for piece in sorted(pieces, key=lambda piece: piece.base):
        below = [other.id in fits for other in pieces if _is_on(piece, other)]
        if below and not any(below):
            fits.pop(piece.id, None)
    return fits


def _is_put_down(piece: Piece, others: Sequence[Piece]) -> bool:
    """Whether it is a small thing that stands on another piece, or in it as in a shelf."""
    if not piece.movable or float(piece.box.size_3.max()) >= _SMALL:
        return False
    return any(_is_on(piece, other) for other in others)


def _is_on(piece: Piece, other: Piece) -> bool:
    from shapely import Point, Polygon

    if other is piece or not other.base + _RESTING < piece.base <= other.height + _RESTING:
        return False
    return bool(Polygon(footprint_N2(other)).contains(Point(piece.box.centre_3[:2])))


def _thing(name: str, piece: Piece, fit: Fit, level: Level) -> Thing:
    card, size_3 = fit.card, size_of(fit, piece)
    under = Pose(np.eye(3), np.array([0.0, 0.0, -size_3[2] / 2]))
    quarter = Pose.upright(np.pi / 2 if fit.turned else 0.0, np.zeros(3))
    down = Pose(np.eye(3), np.array([0.0, 0.0, -level.elevation]))
    mirrored = np.array([-1.0 if piece.mirrored and not fit.turned else 1.0, 1.0, 1.0])
    return Thing(
        name=name,
        asset=card.id,
        category=Words(card.category_en, card.category_zh),
        description=Words(card.description_en, card.description_zh),
        size_3=size_3,
        symmetry=card.symmetry,
        pose_wo=down @ piece.box.pose_wb @ under @ quarter,
        on=name,
        stretch_3=size_3 / np.array(card.size) * mirrored,
    )


class _Woods:
    """The wood on half of the furniture that may be of any, the same on all of a model."""

    def __init__(self, catalogue: Catalogue, rng: np.random.Generator) -> None:
        self._woods, self._rng = catalogue.textures.get("wood", ()), rng
        self._chosen: dict[str, str | None] = {}

    def cover_of(self, card: Card) -> str | None:
        if not is_wooden(card) or not self._woods:
            return None
        if card.id not in self._chosen:
            is_covered = self._rng.random() < 0.5
            self._chosen[card.id] = self._woods[self._rng.integers(len(self._woods))] if is_covered else None
        return self._chosen[card.id]


def _lamps(home: Home, level: Level) -> tuple[Lamp, ...]:
    rooms = [room for room in home.floors if room.level == level.id and room.area >= _LEAST_ROOM]
    return tuple(_lamp(home, level, room) for room in rooms if is_indoors(home, room))


def _lamp(home: Home, level: Level, room: RoomArea) -> Lamp:
    """Where one hangs already, or else in the middle of the widest part."""
    from shapely import Point, maximum_inscribed_circle

    share = min(room.area / _LARGE, 1.0)
    side, radiance = (low + share * (high - low) for low, high in (_SIDES, _RADIANCES))
    outline: Any = ground(room.outline_N2)
    hanging = [
        Point(light.piece.box.centre_3[:2])
        for light in home.lights
        if light.piece.level == level.id and light.piece.visible and light.piece.base > level.elevation + _HANGING
    ]
    # The whole square is in the room.
    inside = [spot for spot in hanging if outline.buffer(-side).contains(spot)]
    spot = inside[0] if inside else Point(maximum_inscribed_circle(outline).coords[0])
    red, green, blue = (radiance * part for part in _WARM)
    return Lamp((float(spot.x), float(spot.y), level.height - _BELOW), side, (red, green, blue))
