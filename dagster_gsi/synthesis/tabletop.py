"""Tabletop scenes: a support, a handful of things that stand on it, a room, light, and a camera."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import Pose, wrapped
from dagster_gsi.physics.world import World
from dagster_gsi.scenes.hull import load_hull
from dagster_gsi.scenes.scene import Lamp, Lighting, Room, Scene, Support, Thing, Words
from dagster_gsi.synthesis.framing import framed
from dagster_gsi.synthesis.rejection import Rejection

if TYPE_CHECKING:
    from shapely import Polygon

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.catalogue import Card, Catalogue

FEWEST_THINGS, MOST_THINGS = 4, 10
SUPPORT_NAME = "support"
# Gaps people leave between things on a table; it also leaves room for small moves.
_GAP = 0.015
_PLACEMENT_TRIES = 40
# Half width and half depth of the area that is laid out and pictured: what one sees of a table from arm's length.
_HALF_WIDTHS, _HALF_DEPTHS = (0.28, 0.50), (0.20, 0.34)
# A removal needs two of a kind, so most scenes have a kind that comes in twos or threes.
_CHANCE_OF_A_KIND = 0.75
_SETTLE_SECONDS = 0.6
_MOST_TILT = np.radians(3)
_MOST_SLIDE = 0.02
# A settled scene that is let go again may not creep further than this.
_MOST_DRIFT, _MOST_TURN = 0.002, np.radians(1)


def sample_scene(catalogue: Catalogue, rng: np.random.Generator, *, image_size: int) -> Scene | Rejection:
    """Draw a scene whose things all stand at rest, upright and apart, inside the picture."""
    support = _support(catalogue, rng)
    heading = rng.uniform(-np.pi, np.pi)
    empty = framed(support.body, heading, rng, image_size=image_size)
    room, lighting = room_around(catalogue, support.body, empty.ahead_3, rng), lighting_for(catalogue, empty, rng)
    scene = Scene((support,), (), empty, room, lighting)
    things = _laid_out(_chosen(catalogue, rng), scene, catalogue, rng)
    if len(things) < FEWEST_THINGS:
        return Rejection("no room on the support")
    scene = settled(replace(scene, things=things), catalogue)
    if len(scene.things) < FEWEST_THINGS:
        return Rejection("things toppled")
    camera = framed(support.body, heading, rng, image_size=image_size, things=scene.things)
    return replace(scene, camera=camera)


def settled(scene: Scene, catalogue: Catalogue) -> Scene:
    """The scene after gravity has had its way, without the things that toppled, slid away or do not rest.

    Things that stand are set exactly upright on the surface, so that an edit of the scene is exact too; the result is
    let go once more to see that this state rests.
    """
    start = {thing.name: thing.pose_wo for thing in scene.things}
    after = World(scene, catalogue).rest(start, seconds=_SETTLE_SECONDS)
    standing = tuple(
        replace(
            thing,
            pose_wo=Pose.upright(
                after[thing.name].yaw,
                np.append(after[thing.name].translation_3[:2], scene.support_of(thing).height),
            ),
        )
        for thing in scene.things
        if after[thing.name].tilt < _MOST_TILT
        and np.linalg.norm(after[thing.name].translation_3[:2] - start[thing.name].translation_3[:2]) < _MOST_SLIDE
    )
    scene = replace(scene, things=standing)
    restless = moved_things(scene, catalogue)
    return replace(scene, things=tuple(thing for thing in standing if thing.name not in restless))


def moved_things(scene: Scene, catalogue: Catalogue) -> tuple[str, ...]:
    """Names of the things that do not stay where the scene says they are when let go."""
    poses = {thing.name: thing.pose_wo for thing in scene.things}
    world = World(scene, catalogue)
    after = world.rest(poses, seconds=_SETTLE_SECONDS / 2)
    overlapping = {name for overlap in world.overlaps(poses) for name in (overlap.first, overlap.second)}
    return tuple(
        name
        for name, pose in poses.items()
        if name in overlapping
        or np.linalg.norm(after[name].translation_3 - pose.translation_3) > _MOST_DRIFT
        or after[name].tilt > _MOST_TURN
        or abs(wrapped(after[name].yaw - pose.yaw)) > _MOST_TURN
    )


def as_thing(card: Card, name: str, pose_wo: Pose, *, on: str = SUPPORT_NAME) -> Thing:
    return Thing(
        name=name,
        asset=card.id,
        category=Words(card.category_en, card.category_zh),
        description=Words(card.description_en, card.description_zh),
        size_3=np.array(card.size),
        symmetry=card.symmetry,
        pose_wo=pose_wo,
        on=on,
    )


def _support(catalogue: Catalogue, rng: np.random.Generator) -> Support:
    cards = catalogue.of_kind("support")
    card = cards[rng.integers(len(cards))]
    texture = wood_or_own(catalogue, rng)
    return support_of(card, as_thing(card, SUPPORT_NAME, Pose.identity()), texture=texture)


def wood_or_own(catalogue: Catalogue, rng: np.random.Generator) -> str | None:
    """What a table is covered with: half of them with one of the woods, the others with what their model has."""
    woods = catalogue.textures["wood"]
    return woods[rng.integers(len(woods))] if rng.random() < 0.5 else None


def support_of(card: Card, body: Thing, *, texture: str | None = None, surface: int = 0) -> Support:
    """The support that furniture with that card is where `body` stands."""
    top = card.surfaces[surface]
    return Support(body, top.height * float(body.stretch_3[2]), np.array(top.outline) * body.stretch_3[:2], texture)


def room_around(catalogue: Catalogue, support: Thing, ahead_3: Array, rng: np.random.Generator) -> Room:
    floors, walls = catalogue.textures["floor"], catalogue.textures["wall"]
    # The support must not reach into a wall, whichever way it is turned.
    reach = float(np.max(np.abs(support.box.footprint_42() @ ahead_3[:2])))
    radius = float(np.linalg.norm(support.size_3[:2])) / 2
    return Room(
        floor=floors[rng.integers(len(floors))],
        wall=walls[rng.integers(len(walls))],
        depth=reach + float(rng.uniform(0.03, 1.4)),
        side=float(rng.choice((-1, 1)) * (radius + rng.uniform(0.2, 1.5))),
        height=2.7,
    )


def lighting_for(catalogue: Catalogue, camera: Camera, rng: np.random.Generator) -> Lighting:
    """A lamp above and beside the viewer's line of sight: from straight above, shadows hide under their things."""
    environments = catalogue.environments
    warmth, strength = rng.uniform(-1, 1), float(rng.uniform(8, 14))
    beside, behind = rng.choice((-1, 1)) * rng.uniform(0.7, 1.4), rng.uniform(0.0, 1.0)
    x, y, _ = beside * camera.right_3 - behind * camera.ahead_3
    return Lighting(
        environment=environments[rng.integers(len(environments))],
        environment_yaw=float(rng.uniform(-np.pi, np.pi)),
        environment_strength=float(rng.uniform(0.5, 1.3)),
        lamps=(
            Lamp(
                place_3=(float(x), float(y), float(rng.uniform(2.1, 2.5))),
                size=float(rng.uniform(0.4, 0.8)),
                rgb=(strength * (1 + 0.12 * warmth), strength, strength * (1 - 0.18 * warmth)),
            ),
        ),
    )


def _chosen(catalogue: Catalogue, rng: np.random.Generator) -> list[Card]:
    """Which objects to lay out, tall ones first; every category is equally likely, however many models it has."""
    by_category: dict[str, list[Card]] = {}
    for card in catalogue.of_kind("object"):
        by_category.setdefault(card.category_en, []).append(card)
    count = int(rng.integers(FEWEST_THINGS + 1, MOST_THINGS + 1))
    chosen: list[Card] = []
    categories = sorted(by_category)
    if rng.random() < _CHANCE_OF_A_KIND:
        kind = by_category[categories[rng.integers(len(categories))]]
        copies = int(rng.integers(2, 4))
        chosen += [kind[i] for i in rng.permutation(np.resize(np.arange(len(kind)), max(copies, len(kind))))[:copies]]
        categories.remove(kind[0].category_en)
    for index in rng.permutation(len(categories))[: count - len(chosen)]:
        alike = by_category[categories[index]]
        chosen.append(alike[rng.integers(len(alike))])
    return sorted(chosen, key=lambda card: -card.size[2])


def _laid_out(cards: list[Card], scene: Scene, catalogue: Catalogue, rng: np.random.Generator) -> tuple[Thing, ...]:
    """Things at random free places on the surface, the tall ones rather at the back."""
    from shapely import prepare

    free, height = scene.supports[0].polygon(), scene.supports[0].height
    prepare(free)
    focus_2 = _focus(free, rng)
    half_2 = np.array([rng.uniform(*_HALF_WIDTHS), rng.uniform(*_HALF_DEPTHS)])
    axes_22 = np.stack([scene.camera.right_3[:2], scene.camera.ahead_3[:2]])
    facing = float(np.arctan2(*(scene.camera.ahead_3[[1, 0]]))) - np.pi / 2
    things: list[Thing] = []
    taken: list[Polygon] = []
    for index, card in enumerate(cards):
        # From +0.7 for the tallest to -0.5 for the lowest, in units of the half depth.
        back = 0.7 - 1.2 * index / max(1, len(cards) - 1)
        for _ in range(_PLACEMENT_TRIES):
            place_2 = np.array([rng.uniform(-1, 1), np.clip(rng.normal(back, 0.5), -1, 1)]) * half_2
            yaw = facing + (rng.normal(0, 0.6) if card.has_front else rng.uniform(-np.pi, np.pi))
            pose = Pose.upright(float(yaw), np.append(focus_2 + place_2 @ axes_22, height))
            thing = as_thing(card, f"{card.category_en.replace(' ', '-')}-{index + 1}", pose)
            footprint = load_hull(catalogue.model_path(card.id)).footprint(thing)
            if free.contains(footprint) and all(footprint.distance(other) > _GAP for other in taken):
                things.append(thing)
                taken.append(footprint)
                break
    return tuple(things)


def _focus(surface: Polygon, rng: np.random.Generator) -> Array:
    """The middle of the layout: near the middle of small surfaces, anywhere with some margin on large ones."""
    left, bottom, right, top = surface.bounds
    slack_2 = np.maximum(0, np.array([right - left, top - bottom]) / 2 - np.array([_HALF_WIDTHS[1], _HALF_DEPTHS[1]]))
    return np.array([(left + right) / 2, (bottom + top) / 2]) + rng.uniform(-1, 1, 2) * slack_2
