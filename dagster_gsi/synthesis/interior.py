"""Rooms of real floor plans: furnished, with small things on the furniture, seen from where people would stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.homes.furnishing import furnish
from dagster_gsi.homes.partition import rooms_of
from dagster_gsi.homes.scores import Limits
from dagster_gsi.homes.shell import is_indoors, shell_levels, shell_name
from dagster_gsi.homes.viewpoints import viewpoints
from dagster_gsi.homes.wall_faces import ground
from dagster_gsi.scenes.scene import Interior, Lighting, Scene
from dagster_gsi.synthesis.arrangement import put_things
from dagster_gsi.synthesis.framing import aimed
from dagster_gsi.synthesis.rejection import Rejection
from dagster_gsi.synthesis.tabletop import settled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shapely import Geometry

    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.homes.furnishing import Furnishing
    from dagster_gsi.homes.home import Home, Level
    from dagster_gsi.homes.partition import FloorRoom
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Support, Thing

# Views of one arrangement; each costs a load of the renderer, and a new arrangement costs little more.
_VIEWS = 3
_FEWEST_THINGS = 3
_BARE, _FUTILE = "nothing to put things on", 2
# What makes a room a bathroom.
_SANITARY = frozenset({"toilet", "bathtub", "shower"})
# Panoramas that look like what is seen through a window.
_OUTDOORS = ("bridge", "city", "esplanade")
# Nearer than across a living room, so that a cup is more than a few pixels.
_LIMITS = Limits(nearest=0.5, farthest=2.6, least_share=0.006, least_objects=_FEWEST_THINGS)
# Metres around a room in which furniture still belongs to it: walls are thick, and shelves stand in niches.
_REACH = 0.1
# Metres: walls are no thicker, and what is behind an open passage begins there.
_BEHIND = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A room of a home that scenes can be in."""

    home: Home
    level: Level
    floor: FloorRoom
    bathroom: bool


def places_in(homes: Sequence[Home], *, bathroom: bool) -> tuple[Place, ...]:
    """The rooms that are bathrooms, or those that are not; terraces and balconies are neither."""
    found = []
    for home in homes:
        for level in shell_levels(home):
            for floor in rooms_of(home, level.id):
                place = Place(home, level, floor, _is_bathroom(home, floor))
                indoors = floor.room is not None and is_indoors(home, floor.room)
                if place.bathroom is bathroom and indoors:
                    found.append(place)
    return tuple(found)


def draw_interiors(
    places: Sequence[Place],
    furniture: Catalogue,
    objects: Catalogue,
    rng: np.random.Generator,
    *,
    image_size: int,
) -> Iterator[Scene | Rejection]:
    """Scenes without end, some views of a room in turn; every room is equally likely.

    A room that has offered nothing to put things on twice, however it was furnished, is not tried again.
    """
    rooms, bare = list(places), [0] * len(places)
    while True:
        index = int(rng.integers(len(rooms)))
        scenes = list(_scenes_of(rooms[index], furniture, objects, rng, image_size=image_size))
        yield from scenes
        bare[index] += any(isinstance(one, Rejection) and one.reason == _BARE for one in scenes)
        if bare[index] >= _FUTILE and len(rooms) > 1:
            del rooms[index], bare[index]


def _scenes_of(
    place: Place, furniture: Catalogue, objects: Catalogue, rng: np.random.Generator, *, image_size: int
) -> Iterator[Scene | Rejection]:
    furnishing = furnish(place.home, place.level, furniture, rng)
    # Classes of furniture may be shared between the splits, but nothing is put onto what both have.
    here = [one for one in furnishing.supports if one.body.asset in objects.cards and _is_in(one.body, place.floor)]
    if not here:
        yield Rejection(_BARE)
        return
    headroom = [_headroom(support, furnishing, place.level) for support in here]
    given = {body.name for body in (*(support.body for support in furnishing.supports), *furnishing.fixtures)}
    things = put_things(here, objects, headroom, rng, bathroom=place.bathroom, given=given)
    room, lighting = _interior(place, objects, rng), _lighting(place, furnishing, objects, rng)
    # Where nothing stands yet, any camera will do.
    scene = Scene(tuple(here), things, _nowhere(image_size), room, lighting)
    things = settled(scene, objects).things if things else ()
    if len(things) < _FEWEST_THINGS:
        yield Rejection("too few things stand")
        return
    carrying = {support.name for support in here}
    others = (support.body for support in furnishing.supports if support.name not in carrying)
    around = tuple(body for body in (*furnishing.fixtures, *others) if _is_around(body, place.floor))
    scene = replace(scene, things=things, fixtures=around)
    views = _views(place, scene, rng, image_size=image_size)
    if not views:
        yield Rejection("no good view of the room")
    for camera in views:
        yield replace(scene, camera=camera)


def _views(place: Place, scene: Scene, rng: np.random.Generator, *, image_size: int) -> list[Camera]:
    """Cameras in the shell's frame, whose floor is at z = 0; the plan has heights of its own."""
    up_3 = np.array([0.0, 0.0, place.level.elevation])

    def raised(thing: Thing) -> Box:
        box = thing.box
        return replace(box, pose_wb=Pose(np.eye(3), up_3) @ box.pose_wb)

    objects = [raised(thing) for thing in scene.things]
    blockers = [raised(thing) for thing in scene.furniture]
    views = viewpoints(
        place.floor, place.home, objects, blockers, rng, image_size=image_size, count=_VIEWS, limits=_LIMITS
    )
    cameras = []
    for camera, seen in zip(views.chosen, views.seen, strict=True):
        eye_3 = camera.pose_wc.translation_3 - up_3
        cameras.append(aimed(eye_3, [scene.things[index] for index in seen], rng, image_size=image_size))
    return cameras


def _interior(place: Place, catalogue: Catalogue, rng: np.random.Generator) -> Interior:
    floors, walls = catalogue.textures["floor"], catalogue.textures["wall"]
    return Interior(
        home=place.home.name,
        room=place.floor.name,
        shell=shell_name(place.home, place.level),
        floor=floors[rng.integers(len(floors))],
        wall=walls[rng.integers(len(walls))],
    )


def _lighting(place: Place, furnishing: Furnishing, catalogue: Catalogue, rng: np.random.Generator) -> Lighting:
    """The lamps of the room; light from others would come through doors, and cost as much to look for."""
    lamps = tuple(lamp for lamp in furnishing.lamps if _contains(place.floor, np.array(lamp.place_3[:2])))
    views = [name for name in catalogue.environments if name in _OUTDOORS] or list(catalogue.environments)
    return Lighting(
        environment=views[rng.integers(len(views))],
        environment_yaw=float(rng.uniform(-np.pi, np.pi)),
        environment_strength=float(rng.uniform(1.5, 3.0)),
        lamps=lamps or furnishing.lamps,
    )


def _headroom(support: Support, furnishing: Furnishing, level: Level) -> float:
    """Metres from the top to what hangs over it."""
    from shapely import Polygon

    top = support.polygon()
    above = [
        float(body.pose_wo.translation_3[2]) - support.height
        for body in (*furnishing.fixtures, *(other.body for other in furnishing.supports))
        if body.pose_wo.translation_3[2] > support.height and Polygon(body.box.footprint_42()).intersects(top)
    ]
    return min(above, default=level.height - support.height)


def _is_bathroom(home: Home, floor: FloorRoom) -> bool:
    return any(
        piece.category in _SANITARY and _contains(floor, piece.box.centre_3[:2])
        for piece in home.furniture
        if piece.level == floor.level
    )


def _is_in(body: Thing, floor: FloorRoom) -> bool:
    return _contains(floor, body.centre_3[:2])


def _is_around(body: Thing, floor: FloorRoom) -> bool:
    """Whether furniture is in the room, in its walls or right behind them: doors are closed, nothing else is seen."""
    from shapely import Polygon

    return _is_within(_BEHIND, Polygon(body.box.footprint_42()), floor)


def _contains(floor: FloorRoom, point_2: np.ndarray) -> bool:
    from shapely import Point

    return _is_within(_REACH, Point(point_2), floor)


def _is_within(metres: float, shape: Geometry, floor: FloorRoom) -> bool:
    """Whether a shape of the plan is nearer than that to one of the rooms that the floor reaches into."""
    return any(ground(part.outline_N2).distance(shape) < metres for part in floor.parts)


def _nowhere(image_size: int) -> Camera:
    from dagster_gsi.geometry.camera import Camera

    eye_3 = np.array([0.0, 0.0, 1.5])
    return Camera.look_at(eye_3, eye_3 + [1.0, 0.0, -0.1], fov=1.0, width=image_size, height=image_size)
