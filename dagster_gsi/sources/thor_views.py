"""Where AI2-THOR's agent looks from: places all over the floor, and from each what shows most things well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.sources.thor_controller import Refusal, act
from dagster_gsi.sources.thor_frames import place, points_N3, rotation_33
from dagster_gsi.sources.thor_scene import furniture_under, read_state
from dagster_gsi.synthesis.rejection import Rejection

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.sources.thor_controller import Controller, Event
    from dagster_gsi.sources.thor_scene import State

_YAWS = (0, 45, 90, 135, 180, 225, 270, 315)
# Level, and down at tables: at 30 degrees a table 1.5 m away is in the middle of the picture.
_HORIZONS = (0, 30)
# Of these, some are chosen: 16 looks from each, of some 30 ms, are ten seconds a scene.
_PLACES = 20
# An edit needs what it is asked of and something it is told from or held against.
_LEAST_THINGS = 2
# The agent may end elsewhere though the simulator says that it was done.
_SHIFT, _TURN = 0.01, np.radians(0.5)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A place of the agent and where it looks."""

    at_3: Array
    """In our world, in metres, as high as the simulator says that the agent stands."""
    yaw: float
    horizon: float
    """Degrees as Unity counts them: clockwise, downwards."""
    num_things: int = 0
    """How many things on furniture it shows whole and large enough."""
    share: float = 0.0
    """Part of the picture that they cover."""


def go(view: View, controller: Controller) -> Event | Rejection:
    """Look from there."""
    rotation = {"x": 0.0, "y": float(view.yaw), "z": 0.0}
    event = act(controller, "Teleport", position=place(view.at_3), rotation=rotation, horizon=float(view.horizon))
    if isinstance(event, Refusal):
        return event
    agent = event.metadata["agent"]
    off_3 = points_N3([[agent["position"][axis] for axis in "xyz"]])[0] - view.at_3
    wanted, found = (
        rotation_33({"x": tilt, "y": yaw, "z": 0.0})
        for tilt, yaw in (
            (view.horizon, view.yaw),
            (agent["cameraHorizon"], agent["rotation"]["y"]),
        )
    )
    # Floors are not level to the last centimetre: the height is the simulator's business.
    if np.linalg.norm(off_3[:2]) > _SHIFT or np.abs(wanted - found).max() > _TURN:
        return Rejection("agent ends elsewhere")
    return event


def choose_views(
    controller: Controller, count: int, least_mask: float, rng: np.random.Generator, rejections: Counter[str]
) -> list[View]:
    """At most `count` views that show things well, far from each other; those given up are counted by reason."""
    event = act(controller, "GetReachablePositions")
    if isinstance(event, Refusal) or not event.metadata["actionReturn"]:
        rejections["scene: nowhere to stand"] += 1
        return []
    reachable_N3 = points_N3([[one["x"], one["y"], one["z"]] for one in event.metadata["actionReturn"]])
    first = int(rng.integers(len(reachable_N3)))
    good = []
    for index in dispersed(reachable_N3[:, :2], [first], min(_PLACES, len(reachable_N3))):
        looks = _looks(reachable_N3[index], controller, least_mask, rejections)
        best = max(looks, key=lambda view: (view.num_things, view.share), default=None)
        if best is not None:
            good.append(best)
    if not good:
        return []
    most = max(range(len(good)), key=lambda number: (good[number].num_things, good[number].share))
    places_N2 = np.array([view.at_3[:2] for view in good])
    return [good[index] for index in dispersed(places_N2, [most], min(count, len(good)))]


def dispersed(points_N2: Array, chosen: Sequence[int], count: int) -> list[int]:
    """Indices of `count` points: those `chosen`, and then always the one that is farthest from all before it."""
    found = list(chosen)
    nearest_N = np.min(np.linalg.norm(points_N2[:, None] - points_N2[found][None], axis=2), axis=1)
    while len(found) < count:
        found.append(int(nearest_N.argmax()))
        nearest_N = np.minimum(nearest_N, np.linalg.norm(points_N2 - points_N2[found[-1]], axis=1))
    return found


def _looks(at_3: Array, controller: Controller, least_mask: float, rejections: Counter[str]) -> list[View]:
    looks = []
    for yaw in _YAWS:
        for horizon in _HORIZONS:
            event = go(View(at_3, yaw, horizon), controller)
            if isinstance(event, Rejection):
                rejections[f"view: {event.reason}"] += 1
                continue
            shares = _shares(read_state(event), least_mask)
            if len(shares) < _LEAST_THINGS:
                rejections["view: shows too little"] += 1
            else:
                looks.append(View(at_3, yaw, horizon, len(shares), sum(shares)))
    return looks


def _shares(state: State, least_mask: float) -> list[float]:
    """Parts of the picture that things on furniture cover, of those that are shown whole and large enough. What is behind
    something has a small mask.
    """
    found = []
    for name, mask_HW in state.masks.items():
        body, share = state.bodies[name], float(np.mean(mask_HW))
        is_whole = not (mask_HW[[0, -1]].any() or mask_HW[:, [0, -1]].any())
        if body.can_move and is_whole and share >= least_mask and furniture_under(body, state) is not None:
            found.append(share)
    return found
