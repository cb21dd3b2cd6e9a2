"""A view of AI2-THOR as a scene of ours, made of boxes.

What stands on furniture is a thing, furniture that carries something is a support, all else that is seen is a fixture. A
support's top is as high as what stands on it says, and as wide as the places that the simulator offers on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.interchange.official_scene import NO_LIGHT, NO_ROOM
from dagster_gsi.rendering.base import FIRST_THING, SUPPORT, Geometry
from dagster_gsi.scenes.scene import Scene, Support, Thing
from dagster_gsi.sources.thor_bodies import read_bodies
from dagster_gsi.sources.thor_controller import act
from dagster_gsi.sources.thor_frames import camera_of, points_N3
from dagster_gsi.sources.thor_words import words_of
from dagster_gsi.synthesis.rejection import Rejection
from dagster_gsi.synthesis.visibility import mask_fraction, unoccluded_fraction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.sources.thor_bodies import Body
    from dagster_gsi.sources.thor_controller import Controller, Event

# Parts of the building: nothing is put onto them, and nobody says "the wall" of a thing.
_BUILDING = frozenset({"Ceiling", "Doorframe", "Doorway", "Floor", "Room", "Wall", "Window"})
# A thing on a top has its base there; more apart and it is on a lower board, in something, or leans on something.
_LEVEL = 0.015
_UPRIGHT = np.radians(3)


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What one event says."""

    bodies: Mapping[str, Body]
    """By name."""
    camera: Camera
    rgb_HW3: NDArray[np.uint8]
    depth_HW: NDArray[np.float32]
    masks: Mapping[str, NDArray[np.bool_]]
    """Of what is seen, by name."""

    def body_of(self, id_: str) -> Body | None:
        return next((body for body in self.bodies.values() if body.id == id_), None)


def read_state(event: Event) -> State:
    bodies, seen = read_bodies(event.metadata), event.instance_masks
    return State(
        bodies=bodies,
        camera=camera_of(event.metadata),
        # The simulator's pictures are views of its buffers, upside down.
        rgb_HW3=np.ascontiguousarray(event.frame[..., :3]),
        depth_HW=np.ascontiguousarray(event.depth_frame, dtype=np.float32),
        masks={name: np.asarray(seen[body.id]) for name, body in bodies.items() if body.id in seen},
    )


def parent_of(body: Body, state: State) -> Body | None:
    """What carries the body itself: of all furniture and things that it is said to be on or in, the smallest."""
    parents = [parent for id_ in body.parents if (parent := state.body_of(id_)) is not None]
    carriers = [parent for parent in parents if parent.kind not in _BUILDING]
    return min(carriers, key=lambda parent: float(np.prod(parent.box.size_3)), default=None)


def furniture_under(body: Body, state: State) -> Body | None:
    """The furniture that carries the body, maybe with a plate between; None is the floor."""
    parent, passed = parent_of(body, state), {body.name}
    while parent is not None and parent.can_be_held and parent.name not in passed:
        passed.add(parent.name)
        parent = parent_of(parent, state)
    return None if parent is None or parent.can_be_held else parent


def reconstruct(state: State, controller: Controller) -> Scene | Rejection:
    """The scene that a view shows."""
    tops: dict[str, list[Body]] = {}
    for body in state.bodies.values():
        if body.can_move and body.name in state.masks and (under := furniture_under(body, state)) is not None:
            tops.setdefault(under.name, []).append(body)
    supports = [
        support for name, on in tops.items() if (support := _support(state.bodies[name], on, state, controller))
    ]
    names = {support.name for support in supports}
    things = [_thing(body, name) for name, on in tops.items() if name in names for body in on if body.name not in names]
    if not things:
        return Rejection("nothing stands on furniture")
    known = names | {thing.name for thing in things}
    fixtures = [
        _thing(body, body.name)
        for name, body in state.bodies.items()
        if name in state.masks and name not in known and body.kind not in _BUILDING
    ]
    return Scene(tuple(supports), tuple(things), state.camera, NO_ROOM, NO_LIGHT, tuple(fixtures))


def _thing(body: Body, on: str) -> Thing:
    words, box = words_of(body.kind), body.box
    down = Pose(np.eye(3), np.array([0.0, 0.0, -box.size_3[2] / 2]))
    return Thing(
        name=body.name,
        asset="",
        category=words,
        description=words,
        size_3=np.array(box.size_3),
        symmetry=1,
        pose_wo=box.pose_wb @ down,
        on=on,
    )


def _support(body: Body, on: list[Body], state: State, controller: Controller) -> Support | None:
    """The furniture as a support, or None where there is no top to put things onto."""
    bases = [base_of(one) for one in on if parent_of(one, state) is body]
    event = act(controller, "GetSpawnCoordinatesAboveReceptacle", objectId=body.id, anywhere=True)
    if not bases or isinstance(event, Rejection) or not event.metadata["actionReturn"]:
        return None
    thing = _thing(body, body.name)
    offered_N3 = points_N3([[one["x"], one["y"], one["z"]] for one in event.metadata["actionReturn"]])
    outline_N2 = _outline(thing.pose_wo.inverse().apply(offered_N3)[:, :2])
    if outline_N2 is None:
        return None
    return Support(thing, float(np.median(bases)) - float(thing.pose_wo.translation_3[2]), outline_N2)


def base_of(body: Body) -> float:
    """Height of the lowest corner of its box in metres."""
    return float(body.box.corners_83()[:, 2].min())


def _outline(points_N2: Array) -> Array | None:
    from shapely import MultiPoint, Polygon
    from shapely.geometry.polygon import orient

    hull = MultiPoint(points_N2).convex_hull
    return np.array(orient(hull).exterior.coords[:-1]) if isinstance(hull, Polygon) else None


def geometry_of(state: State, scene: Scene) -> Geometry:
    """The maps of a state, with the values of `scene`, which may have things that are no longer there."""
    ids_HW = np.zeros(state.depth_HW.shape, dtype=np.uint16)
    for support in scene.supports:
        if support.name in state.masks:
            ids_HW[state.masks[support.name]] = SUPPORT
    for index, thing in enumerate(scene.things):
        if thing.name in state.masks:
            ids_HW[state.masks[thing.name]] = FIRST_THING + index
    return Geometry(ids_HW, state.depth_HW)


def seen(thing: Thing, state: State, scene: Scene, when: str) -> dict[str, float]:
    """How much of a thing is seen in a state. Its silhouette is that of its box; all that stands around may hide it."""
    index, geometry = scene.index(thing.name), geometry_of(state, scene)
    for number, fixture in enumerate(scene.fixtures):
        if fixture.name in state.masks:
            geometry.ids_HW[state.masks[fixture.name]] = FIRST_THING + len(scene.things) + number
    return {
        f"visible_{when}": unoccluded_fraction(thing.box.corners_83(), index, state.camera, geometry),
        f"mask_fraction_{when}": mask_fraction(index, geometry),
    }


def may_be_edited(thing: Thing, scene: Scene, state: State) -> bool:
    """Whether the thing stands on a top by itself: nothing on it, nothing below it but the support, upright and at rest."""
    body, support = state.bodies[thing.name], scene.support_of(thing)
    parent = parent_of(body, state)
    return bool(
        parent is not None
        and parent.name == support.name
        and not body.carries
        and not body.is_moving
        and thing.pose_wo.tilt < _UPRIGHT
        and abs(base_of(body) - support.height) < _LEVEL
    )
