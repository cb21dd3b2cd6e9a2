"""From a layout to a scene of ours: things at rest on one table, apart and upright, and why the others are left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.assets.form import as_id
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.physics.world import World
from dagster_gsi.synthesis.framing import framed
from dagster_gsi.synthesis.layouts import set_up
from dagster_gsi.synthesis.tabletop import as_thing, settled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.catalogue import Card, Catalogue
    from dagster_gsi.scenes.scene import Scene, Thing
    from dagster_gsi.sources.mesatask import Layout, Placed

NO_MODEL, NOT_ANNOTATED, DISCARDED = "no model of that uid", "no annotation that can be read", "marked for deletion"
UNUSABLE = "model cannot be used"
STACKED, FLOATS, SUNK = "stands on another thing", "floats", "reaches through the table"
OFF, INSIDE, TOPPLES = "beside the table", "inside another thing", "topples or slides"
TOO_FEW = "too few things are left"
"""Reasons, in the order in which they are looked for."""

# Layouts are rounded and their models lie some millimetres in or above the table; physics puts those right.
_NEAR = 0.02
# Things that touch in a layout overlap by a little; settling moves them apart.
_DEEP = 0.005
# An edit needs something that stays.
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Dropped:
    """An object of a layout that the scene does without, or, without a name, the whole layout."""

    instance: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An object of a layout with its model."""

    placed: Placed
    card: Card
    offset_3: Array
    """Of the model's origin from the middle of the layout's box before the yaw."""

    @property
    def yaw(self) -> float:
        return self.placed.turns()[0]

    @property
    def base_3(self) -> Array:
        """The middle of the base, from the middle of the table top, in metres."""
        return self.placed.centre_3 + Pose.about_z(self.yaw, np.zeros(3)).rotation_33 @ self.offset_3


def make_scene(
    layout: Layout,
    candidates: Sequence[Candidate],
    table: Card,
    catalogue: Catalogue,
    rng: np.random.Generator,
    *,
    image_size: int,
) -> tuple[Scene | None, tuple[Dropped, ...]]:
    """The scene, or None where too little is left, and what was left out; `catalogue` has all cards that are named.

    What stands on other things goes: a scene of ours has one surface. Then what overlaps, the smaller first, and at last
    what does not rest.
    """
    scene, heading = set_up(table, catalogue, rng, image_size=image_size)
    names = _names(layout, candidates)
    things, dropped = _on_the_table(candidates, names, scene)
    scene = _apart(replace(scene, things=things), catalogue)
    dropped += [Dropped(names[one.name], INSIDE) for one in things if not scene.has(one.name)]
    resting = settled(scene, catalogue) if scene.things else scene
    dropped += [Dropped(names[one.name], TOPPLES) for one in scene.things if not resting.has(one.name)]
    if len(resting.things) < FEWEST:
        return None, (*dropped, Dropped("", TOO_FEW, f"{len(resting.things)} of {len(layout.placed)}"))
    camera = framed(scene.supports[0].body, heading, rng, image_size=image_size, things=resting.things)
    return replace(resting, camera=camera), tuple(dropped)


def _names(layout: Layout, candidates: Sequence[Candidate]) -> dict[str, str]:
    """Instances of the layout by the names of their things: the category and the place in the layout, from 1."""
    order = {placed.instance: number for number, placed in enumerate(layout.placed, start=1)}
    return {f"{as_id(one.card.category_en)}-{order[one.placed.instance]}": one.placed.instance for one in candidates}


def _on_the_table(
    candidates: Sequence[Candidate], names: Mapping[str, str], scene: Scene
) -> tuple[tuple[Thing, ...], list[Dropped]]:
    """The things whose base is on the table's top, set exactly on it."""
    from shapely import Point

    height, top = scene.supports[0].height, scene.supports[0].polygon()
    upright = {
        name: as_thing(one.card, name, Pose.upright(one.yaw, one.base_3 + [0.0, 0.0, height]))
        for name, one in zip(names, candidates, strict=True)
    }
    things: list[Thing] = []
    dropped: list[Dropped] = []
    for name, thing in upright.items():
        base = float(thing.pose_wo.translation_3[2]) - height
        others = [other for other in upright.values() if other is not thing]
        if base > _NEAR:
            reason = STACKED if any(_carries(other, thing) for other in others) else FLOATS
            dropped.append(Dropped(names[name], reason, f"{100 * base:.1f} cm above the table"))
        elif base < -_NEAR:
            dropped.append(Dropped(names[name], SUNK, f"{-100 * base:.1f} cm below the top"))
        elif not top.covers(Point(thing.pose_wo.translation_3[:2])):
            dropped.append(Dropped(names[name], OFF))
        else:
            place_3 = np.append(thing.pose_wo.translation_3[:2], height)
            things.append(replace(thing, pose_wo=Pose.upright(thing.pose_wo.yaw, place_3)))
    return tuple(things), dropped


def _carries(lower: Thing, upper: Thing) -> bool:
    """Whether the base of `upper` is over `lower` and no higher than just above its top, as on a plate or in a cup."""
    from shapely import Polygon

    bases = [float(thing.pose_wo.translation_3[2]) for thing in (lower, upper)]
    if not bases[0] < bases[1] < bases[0] + lower.size_3[2] + _NEAR:
        return False
    return bool(Polygon(lower.box.footprint_42()).intersects(Polygon(upper.box.footprint_42())))


def _apart(scene: Scene, catalogue: Catalogue) -> Scene:
    """The scene without things that are inside others: of the two that overlap most, the smaller goes, again and again."""
    while len(scene.things) > 1:
        poses = {one.name: one.pose_wo for one in scene.things}
        overlaps = World(scene, catalogue).overlaps(poses, deeper_than=_DEEP)
        if not overlaps:
            break
        worst = max(overlaps, key=lambda overlap: (overlap.depth, overlap.first, overlap.second))
        pair = (scene.find(worst.first), scene.find(worst.second))
        scene = scene.without(min(pair, key=lambda one: (float(np.prod(one.size_3)), one.name)).name)
    return scene
