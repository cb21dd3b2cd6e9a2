"""Is an edit possible, real and visible? Checks of one candidate, the cheap ones first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle, carrier, region_point_2
from dagster_gsi.scenes.hull import load_hull
from dagster_gsi.scenes.scene import Interior
from dagster_gsi.synthesis.change import shown_change
from dagster_gsi.synthesis.rejection import Rejection
from dagster_gsi.synthesis.tabletop import moved_things
from dagster_gsi.synthesis.visibility import mask_fraction, unoccluded_fraction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely import Polygon

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.operations.base import Operation
    from dagster_gsi.operations.receptacle import Region
    from dagster_gsi.rendering.base import Geometry, View
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Scene, Thing

# Closer than this after the edit, two things look as if they touched.
_LEAST_GAP = 0.004
# What overlaps less than this in height lies one on the other.
_TOUCHING = 0.005
# A changed view still shows the scene: half of the silhouettes that the source showed, and nothing so near that it is no
# longer looked at but into. Beyond a made-up room is a void, of which no more than a corner may be seen; homes have windows.
_LEAST_SHOWN, _NEAREST = 0.5, 0.15
_LEAST_FILLED, _LEAST_FILLED_INDOORS = 0.95, 0.75
# A picture whose tenth is nearer than this shows a wall or a cupboard that somebody stands beside.
_BESIDE, _MOST_BESIDE = 0.45, 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """When a sample counts as visible; see the `synthesize` section of params.yaml."""

    visible: float
    """Least fraction of the target's silhouette that nothing hides, before and after."""
    mask_fraction: float
    """Least area of the target in the picture, before and after."""
    pixel_change: float
    """Least mean change of the pixels inside the target's masks, in levels of 255."""
    look_change: float
    """Least LPIPS inside the target's masks: a turned cactus has other pixels and the same look."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An edit that has passed everything that needs no path-traced picture."""

    edit: Operation
    after: Scene
    figures: dict[str, float]


def blocked(geometry: Geometry) -> Rejection | None:
    """Why nobody would take the picture, or None."""
    depth_HW = geometry.depth_HW
    beside = np.mean((depth_HW > 0) & (depth_HW < _BESIDE))
    return Rejection("too near to something") if beside > _MOST_BESIDE else None


def look_at(
    scene: Scene, geometry: Geometry, catalogue: Catalogue, limits: Limits
) -> tuple[dict[str, dict[str, float]], Counter[str]]:
    """The things that an edit may be asked of, each with how much of it is seen, and why the others may not."""
    seen: dict[str, dict[str, float]] = {}
    unseen: Counter[str] = Counter()
    for index, thing in enumerate(scene.things):
        figures = _seen(thing, index, scene, geometry, catalogue, "before")
        if reason := _unseen(figures, limits, "before"):
            unseen[f"thing: {reason}"] += 1
        else:
            seen[thing.name] = figures
    return seen, unseen


def examine(
    edit: Operation,
    scene: Scene,
    seen: Mapping[str, Mapping[str, float]],
    view: View,
    catalogue: Catalogue,
    limits: Limits,
) -> Candidate | Rejection:
    """Try `edit`, which is not `misplaced`, on `scene`: it rests in physics where the text says, nothing else moves, and
    the target is seen clearly after it.

    `seen` is what `look_at` found, which was something.
    """
    if edit.target is None:
        return _seen_from_elsewhere(edit, scene, seen, view, catalogue)
    figures = dict(seen[edit.target])
    after = edit.apply(scene)
    stays = after.has(edit.target)
    if moved := moved_things(after, catalogue):
        return Rejection("target does not rest" if edit.target in moved else "others move")
    geometry = view.trace(after)
    if stays:
        target = after.find(edit.target)
        figures |= _seen(target, scene.index(edit.target), after, geometry, catalogue, "after")
        if unseen := _unseen(figures, limits, "after"):
            return Rejection(unseen)
        if isinstance(edit, Place):
            reference = after.find(edit.reference)
            other = _seen(reference, scene.index(edit.reference), after, geometry, catalogue, "after")
            if unseen := _unseen(other, limits, "after"):
                return Rejection(f"reference {unseen}")
    else:
        figures |= {"visible_after": 0.0, "mask_fraction_after": 0.0}
    # What does not show in a sketch will not show in the picture, which takes ten times as long.
    change = shown_change(view.sketch(scene), view.sketch(after), scene.index(edit.target), limits)
    return change if isinstance(change, Rejection) else Candidate(edit, after, figures)


def _seen_from_elsewhere(
    edit: Operation, scene: Scene, seen: Mapping[str, Mapping[str, float]], view: View, catalogue: Catalogue
) -> Candidate | Rejection:
    """Whether the changed view still shows the scene. Its figures are means over the things that the source shows."""
    after = edit.apply(scene)
    geometry = view.trace(after)
    least_filled = _LEAST_FILLED_INDOORS if isinstance(scene.room, Interior) else _LEAST_FILLED
    if np.mean(geometry.depth_HW > 0) < least_filled:
        return Rejection("looks out of the room")
    if geometry.depth_HW[geometry.depth_HW > 0].min() < _NEAREST:
        return Rejection("too near to something")
    later = [_seen(scene.find(name), scene.index(name), after, geometry, catalogue, "after") for name in seen]
    figures = {
        name: float(np.mean([one[name] for one in ones]))
        for ones, when in ((list(seen.values()), "before"), (later, "after"))
        for name in (f"visible_{when}", f"mask_fraction_{when}")
    }
    if figures["visible_after"] < _LEAST_SHOWN:
        return Rejection("scene out of view")
    return Candidate(edit, after, figures)


def misplaced(edit: Operation, before: Scene, catalogue: Catalogue) -> Rejection | None:
    """Why the ideal state cannot be, from outlines alone: hulls that keep apart seen from above never collide.

    It takes neither physics nor a picture, so that many edits can be held against these rules.
    """
    after = edit.apply(before)
    if edit.target is None or not after.has(edit.target):
        return None
    target = after.find(edit.target)
    footprint = load_hull(catalogue.model_path(target.asset)).footprint(target)
    if not after.support_of(target).polygon().contains(footprint):
        return Rejection("off the support")
    for other in after.things:
        if other.name != target.name and other.on == target.on:
            distance = load_hull(catalogue.model_path(other.asset)).footprint(other).distance(footprint)
            if distance < _LEAST_GAP:
                return Rejection("collision")
    if any(_is_in_the_way(body, target, footprint, catalogue) for body in after.furniture if body.name != target.on):
        return Rejection("furniture in the way")
    if not _in_picture(target.box.corners_83(), after.camera):
        return Rejection("out of the picture")
    if isinstance(edit, Receptacle) and not _in_picture(_what_names(edit, after, target), after.camera):
        return Rejection("edge out of the picture")
    if isinstance(edit, Move) and not _reads_as_said(edit, before, after):
        return Rejection("direction unclear in the picture")
    return None


def _is_in_the_way(body: Thing, target: Thing, footprint: Polygon, catalogue: Catalogue) -> bool:
    """Whether furniture hangs or stands where the target would be, by what of its hull is above the target's base."""
    from shapely import MultiPoint

    points_N3, (low_x, low_y, low_z), (high_x, high_y, high_z) = _standing(body, catalogue)
    left, front, right, back = footprint.bounds
    base = float(target.pose_wo.translation_3[2])
    top = base + float(target.size_3[2]) * target.scale
    if low_x >= right or high_x <= left or low_y >= back or high_y <= front:
        return False
    if low_z >= top - _TOUCHING or high_z <= base + _TOUCHING:
        return False
    above_N2 = points_N3[points_N3[:, 2] > base + _TOUCHING, :2]
    return bool(MultiPoint(above_N2).convex_hull.intersects(footprint))


@lru_cache(maxsize=256)
def _standing(body: Thing, catalogue: Catalogue) -> tuple[Array, list[float], list[float]]:
    """Points (N, 3) of furniture in the world, and their bounds: a few rooms are asked for them again and again."""
    points_N3 = load_hull(catalogue.model_path(body.asset)).in_world(body)
    return points_N3, points_N3.min(axis=0).tolist(), points_N3.max(axis=0).tolist()


def _in_picture(points_N3: Array, camera: Camera) -> bool:
    pixels_N2, _ = camera.project(points_N3)
    return bool((pixels_N2 >= 0).all() and (pixels_N2 <= [camera.width, camera.height]).all())


def _what_names(edit: Receptacle, scene: Scene, target: Thing) -> Array:
    """Points (N, 3) that the picture must show for the region to mean something: its edge, or both sides of a centre."""
    named: tuple[Region, ...] = ("left", "right") if edit.region == "centre" else (edit.region,)
    height = target.pose_wo.translation_3[2]
    return np.array([[*region_point_2(carrier(scene, edit.receptacle), one, scene), height] for one in named])


def _reads_as_said(edit: Move, before: Scene, after: Scene) -> bool:
    """Whether the shift in the picture goes mostly the way that the text says."""
    (u0, v0), (u1, v1) = (
        scene.camera.project(scene.find(edit.target).pose_wo.translation_3[None])[0][0] for scene in (before, after)
    )
    along = {"left": u0 - u1, "right": u1 - u0, "toward": v1 - v0, "away": v0 - v1}[edit.direction]
    across = abs(v1 - v0) if edit.direction in ("left", "right") else abs(u1 - u0)
    return bool(along > 1.0 and along > across)


def _seen(
    thing: Thing, index: int, scene: Scene, geometry: Geometry, catalogue: Catalogue, when: str
) -> dict[str, float]:
    hull_N3 = load_hull(catalogue.model_path(thing.asset)).in_world(thing)
    return {
        f"visible_{when}": unoccluded_fraction(hull_N3, index, scene.camera, geometry),
        f"mask_fraction_{when}": mask_fraction(index, geometry),
    }


def _unseen(figures: Mapping[str, float], limits: Limits, when: str) -> str | None:
    """Why a thing does not count as clearly seen, or None if it does."""
    if figures[f"visible_{when}"] < limits.visible:
        return f"hidden {when}"
    if figures[f"mask_fraction_{when}"] < limits.mask_fraction:
        return f"too small {when}"
    return None
