"""Edits carried out in AI2-THOR by its actions, and held against what was asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import Pose, rotation_angle
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.receptacle import Receptacle, carrier, region_point_2
from dagster_gsi.operations.scale import Scale
from dagster_gsi.sources.thor_controller import Refusal, act
from dagster_gsi.sources.thor_frames import angles, place, point_3
from dagster_gsi.sources.thor_scene import State, read_state
from dagster_gsi.synthesis.rejection import Rejection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.operations.base import Operation
    from dagster_gsi.operations.receptacle import Region
    from dagster_gsi.scenes.scene import Scene, Thing
    from dagster_gsi.sources.thor_bodies import Body
    from dagster_gsi.sources.thor_controller import Controller

SHIFT, TURN = 0.01, float(np.radians(2))
"""How far a thing may be from where it is asked to be, or another from where it was: metres and radians."""
# Of a length of the target after a scaling: more and it is another factor.
_STRETCH = 0.02
# Set down exactly on its support, a thing would touch it, which the simulator counts as a collision.
_LIFT = 0.01
# Closer than this after the edit, two boxes look as if they touched.
_LEAST_GAP = 0.004
# A scene that was loaded anew is the same to the millimetre.
_SAME = 1e-3
# At rest is what moves by less than a tenth of a millimetre over so many steps of the simulator.
_STILL, _STILL_STEPS, _MOST_STEPS = 1e-4, 5, 100


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """An edit that was carried out, and is as it was asked."""

    state: State
    after: Scene
    """With the target where the simulator says it is."""
    figures: dict[str, float]


def misplaced(edit: Operation, before: Scene, after: Scene) -> Rejection | None:
    """Why the ideal state cannot be, from boxes and outlines alone. A removal always can."""
    from shapely import Polygon

    assert edit.target is not None
    if not after.has(edit.target):
        return None
    target = after.find(edit.target)
    footprint = Polygon(target.box.footprint_42())
    if not after.support_of(target).polygon().contains(footprint):
        return Rejection("off the support")
    for other in after.things:
        apart = Polygon(other.box.footprint_42()).distance(footprint)
        if other.name != target.name and apart < _LEAST_GAP and _share_heights(other, target):
            return Rejection("collision")
    points_N3 = target.box.corners_83()
    if isinstance(edit, Receptacle):
        edges: tuple[Region, ...] = ("left", "right") if edit.region == "centre" else (edit.region,)
        height = target.pose_wo.translation_3[2]
        named = [[*region_point_2(carrier(after, edit.receptacle), edge, after), height] for edge in edges]
        points_N3 = np.concatenate([points_N3, np.array(named)])
    pixels_N2, depth_N = after.camera.project(points_N3)
    if not (
        (pixels_N2 >= 0).all() and (pixels_N2 <= [after.camera.width, after.camera.height]).all() and depth_N.min() > 0
    ):
        return Rejection("out of the picture")
    if isinstance(edit, Move) and not _reads_as_said(edit, before, after):
        return Rejection("direction unclear in the picture")
    return None


def _share_heights(one: Thing, other: Thing) -> bool:
    (low, high), (base, top) = (
        (z_8.min(), z_8.max()) for z_8 in (one.box.corners_83()[:, 2], other.box.corners_83()[:, 2])
    )
    return bool(low < top and base < high)


def _reads_as_said(edit: Move, before: Scene, after: Scene) -> bool:
    """Whether the shift in the picture goes mostly the way that the text says."""
    (u0, v0), (u1, v1) = (
        scene.camera.project(scene.find(edit.target).pose_wo.translation_3[None])[0][0] for scene in (before, after)
    )
    along = {"left": u0 - u1, "right": u1 - u0, "toward": v1 - v0, "away": v0 - v1}[edit.direction]
    across = abs(v1 - v0) if edit.direction in ("left", "right") else abs(u1 - u0)
    return bool(along > 1.0 and along > across)


def carry_out(edit: Operation, before: Scene, state: State, controller: Controller) -> Done | Rejection:
    """Do the edit by actions, wait until all is at rest, and compare."""
    assert edit.target is not None
    ideal, body = edit.apply(before), state.bodies[edit.target]
    wanted = _wanted(edit.target, before, ideal, body)
    refusal = _act(edit, body, wanted, controller)
    if refusal is not None:
        return refusal
    settled = _settled(controller)
    if isinstance(settled, Rejection):
        return settled
    figures: dict[str, float] = {}
    reason = _difference(edit, state, settled, ideal, wanted, figures)
    if reason is not None:
        return Rejection(reason)
    after = ideal
    if wanted is not None:
        # What was really done, to the last millimetre.
        target, found = ideal.find(edit.target), settled.bodies[edit.target]
        moved = found.pose_wt @ wanted.inverse() @ target.pose_wo
        after = ideal.with_thing(replace(target, pose_wo=moved))
    return Done(settled, after, figures)


def _wanted(name: str, before: Scene, ideal: Scene, body: Body) -> Pose | None:
    """Where the transform of the target is to be; None where the target is to be gone."""
    if not ideal.has(name):
        return None
    old, new = before.find(name), ideal.find(name)
    # The transform in the thing's own frame, whose origin is at its base, grows with it.
    own = old.pose_wo.inverse() @ body.pose_wt
    return new.pose_wo @ Pose(own.rotation_33, own.translation_3 * (new.scale / old.scale))


def _act(edit: Operation, body: Body, wanted: Pose | None, controller: Controller) -> Refusal | None:
    if wanted is None:
        outcome = act(controller, "RemoveFromScene", objectId=body.id)
        return outcome if isinstance(outcome, Refusal) else None
    if isinstance(edit, Scale):
        outcome = act(controller, "ScaleObject", objectId=body.id, scale=edit.factor, scaleOverSeconds=0.0)
        if isinstance(outcome, Refusal):
            return outcome
    outcome = act(
        controller,
        "TeleportObject",
        objectId=body.id,
        position=place(wanted.translation_3 + [0.0, 0.0, _LIFT]),
        rotation=angles(wanted.rotation_33),
    )
    return outcome if isinstance(outcome, Refusal) else None


def _settled(controller: Controller) -> State | Rejection:
    """The state after everything has come to rest."""
    earlier: Mapping[str, Array] = {}
    still = 0
    for _ in range(_MOST_STEPS):
        event = act(controller, "Pass")
        if isinstance(event, Refusal):
            return event
        objects = event.metadata["objects"]
        places = {entry["name"]: point_3(entry["position"]) for entry in objects}
        at_rest = not any(entry["isMoving"] for entry in objects)
        still = still + 1 if at_rest and farthest_moved(earlier, places) < _STILL else 0
        if still == _STILL_STEPS:
            return read_state(event)
        earlier = places
    return Rejection("does not come to rest")


def farthest_moved(earlier: Mapping[str, Array], later: Mapping[str, Array]) -> float:
    """How far any object that both have is from where it was, in metres."""
    shifts = [float(np.linalg.norm(later[name] - at_3)) for name, at_3 in earlier.items() if name in later]
    return max(shifts, default=0.0)


def _difference(
    edit: Operation, before: State, after: State, ideal: Scene, wanted: Pose | None, figures: dict[str, float]
) -> str | None:
    """What is not as it was asked, or None; notes how far the target is off."""
    assert edit.target is not None
    if reason := others_changed(before, after, edit.target):
        return reason
    found = after.bodies.get(edit.target)
    if wanted is None:
        return None if found is None and edit.target not in after.masks else "target is still there"
    if found is None:
        return "target vanishes"
    if found.is_broken and not before.bodies[edit.target].is_broken:
        return "target breaks"
    off, turned = _apart(found.pose_wt, wanted)
    figures |= {"position_error": off, "rotation_error": turned}
    if turned > TURN:
        return "target falls over or turns"
    if off > SHIFT:
        return "target ends elsewhere"
    target = ideal.find(edit.target)
    lengths_3 = target.size_3 * target.scale
    if (
        np.abs(found.box.size_3 / lengths_3 - 1).max() > _STRETCH
        and np.abs(found.box.size_3 - lengths_3).max() > SHIFT / 2
    ):
        return "target has another size"
    if before.bodies[target.on].id not in found.parents:
        return "target is not on its support"
    return None


def others_changed(before: State, after: State, target: str | None) -> str | None:
    """What happened to anything but the target, or None."""
    names, left = before.bodies.keys() - {target}, after.bodies.keys() - {target}
    if names - left:
        return "others vanish"
    if left - names:
        return "others appear"
    for name in names:
        off, turned = _apart(before.bodies[name].pose_wt, after.bodies[name].pose_wt)
        if off > SHIFT or turned > TURN:
            return "others move"
    if not before.camera.pose_wc.is_close(after.camera.pose_wc, atol=1e-3):
        return "camera moves"
    return None


def is_same(one: State, other: State) -> bool:
    """Whether two states show the same scene: everything where it was to the millimetre, and as large."""
    return (
        others_changed(one, other, None) is None
        and farthest_moved(_places(one), _places(other)) < _SAME
        and all(
            np.abs(body.box.size_3 - other.bodies[name].box.size_3).max() < _SAME for name, body in one.bodies.items()
        )
    )


def _places(state: State) -> dict[str, Array]:
    return {name: body.pose_wt.translation_3 for name, body in state.bodies.items()}


def _apart(one: Pose, other: Pose) -> tuple[float, float]:
    """Metres and radians between two poses."""
    off = float(np.linalg.norm(one.translation_3 - other.translation_3))
    return off, rotation_angle(one.rotation_33, other.rotation_33)
