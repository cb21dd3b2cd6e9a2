"""What is behind a thing: the picture as it would be without it, and how far away that is.

Other things that it hides are known by their models and painted as they would look. The surface that it stands on and
what lies beyond are each continued from what is seen of them around the hole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.detectors.grade import window
from dagster_gsi.detectors.shading import learnt
from dagster_gsi.detectors.splats import closed, splat, unholed
from dagster_gsi.detectors.stance import STILL, facing, in_camera, stance
from dagster_gsi.detectors.surface import cloud_of
from dagster_gsi.rendering.base import SUPPORT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dagster_gsi.detectors.base import Known
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Thing

# Pixels around the hole that it is continued from (Telea's radius is smaller; the rest is for what bounds them).
_MARGIN = 24
_TELEA_RADIUS = 3
# A pixel of the outline is a mean of both sides.
_RIM = 1
# What is less of a hidden thing's points than this is a speck.
_LEAST_POINTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """A picture without one of its things."""

    picture_HW3: Array
    """sRGB in [0, 1]; where the thing was not, that of the source."""
    depth_HW: Array
    """Metres to what is there; 0 is nothing."""


def background(thing: Thing, mask_HW: NDArray[np.bool_], known: Known, catalogue: Catalogue) -> Background:
    """The known picture without `thing`, which covers `mask_HW` of it."""
    import cv2

    hole_HW = cv2.dilate(mask_HW.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=_RIM) > 0
    level_HW, on_level_HW = _level(thing, known)
    picture_HW3 = _continued(known, hole_HW, on_level_HW)
    depth_HW = np.where(mask_HW, level_HW, known.geometry.depth_HW.astype(np.float64))
    eye_3 = known.scene.camera.pose_wc.translation_3
    hidden = [
        other for other in known.scene.things if other.name != thing.name and _may_hide(thing, other, hole_HW, known)
    ]
    for other in sorted(hidden, key=lambda one: -float(np.linalg.norm(one.centre_3 - eye_3))):
        _paint(other, hole_HW, known, catalogue, picture_HW3, depth_HW)
    return Background(picture_HW3, depth_HW)


def _level(thing: Thing, known: Known) -> tuple[Array, NDArray[np.bool_]]:
    """Depth of the level that the thing stands on, and which pixels show it where nothing hides it."""
    from shapely import contains_xy

    scene = known.scene
    origin_3, rays_HW3 = scene.camera.rays()
    down_HW = rays_HW3[..., 2]
    level = float(thing.pose_wo.translation_3[2])
    reach_HW = np.where(down_HW < -1e-6, (level - origin_3[2]) / np.minimum(down_HW, -1e-6), 0.0)
    places_HW2 = origin_3[:2] + reach_HW[..., None] * rays_HW3[..., :2]
    polygon = scene.support_of(thing).polygon()
    on_level_HW = contains_xy(polygon, places_HW2[..., 0], places_HW2[..., 1]) & (reach_HW > 0)
    return reach_HW * (rays_HW3 @ scene.camera.pose_wc.rotation_33[:, 2]), on_level_HW


def _continued(known: Known, hole_HW: NDArray[np.bool_], on_level_HW: NDArray[np.bool_]) -> Array:
    """The picture with its hole painted over from around it (Telea 2004): the level from the level, the rest from the rest."""
    import cv2

    rows, columns = window(hole_HW, _MARGIN)
    part_HW3, hole_HW = known.picture_HW3[rows, columns], hole_HW[rows, columns]
    is_support_HW = known.geometry.ids_HW[rows, columns] == SUPPORT
    is_thing_HW = known.geometry.ids_HW[rows, columns] > SUPPORT
    result_HW3 = known.picture_HW3 / 255.0
    part_result_HW3 = result_HW3[rows, columns]
    for layer_HW, seen_HW in (
        (on_level_HW[rows, columns], is_support_HW),
        (~on_level_HW[rows, columns], ~is_support_HW & ~is_thing_HW),
    ):
        wanted_HW = hole_HW & layer_HW
        if not wanted_HW.any():
            continue
        shown_HW = seen_HW & ~hole_HW
        unknown_HW = ~shown_HW if shown_HW.any() else hole_HW
        painted_HW3 = cv2.inpaint(part_HW3, unknown_HW.astype(np.uint8), _TELEA_RADIUS, cv2.INPAINT_TELEA) / 255.0
        part_result_HW3[wanted_HW] = painted_HW3[wanted_HW]
    return result_HW3


def _may_hide(thing: Thing, other: Thing, hole_HW: NDArray[np.bool_], known: Known) -> bool:
    """Whether a part of the other may be behind the hole: it borders on the hole, or is not seen at all."""
    import cv2

    camera = known.scene.camera
    to_camera = camera.pose_wc.inverse()
    nearest = to_camera.apply(thing.box.corners_83())[:, 2].min()
    corners_83 = other.box.corners_83()
    if to_camera.apply(corners_83)[:, 2].min() <= 0 or to_camera.apply(corners_83)[:, 2].max() < nearest:
        return False
    other_HW = known.geometry.ids_HW == known.instances[other.name]
    if other_HW.any():
        return bool((cv2.dilate(hole_HW.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)[other_HW].any())
    pixels_82, _ = camera.project(corners_83)
    low_2, high_2 = pixels_82.min(axis=0), pixels_82.max(axis=0)
    rows, columns = (
        slice(max(0, int(lo)), max(0, int(hi) + 1)) for lo, hi in zip(low_2[::-1], high_2[::-1], strict=True)
    )
    return bool(hole_HW[rows, columns].any())


def _paint(
    other: Thing,
    hole_HW: NDArray[np.bool_],
    known: Known,
    catalogue: Catalogue,
    picture_HW3: Array,
    depth_HW: Array,
) -> None:
    """Put what the hole shows of another thing into the picture and the depth."""
    import cv2

    camera = known.scene.camera
    surface = cloud_of(catalogue.model_path(other.asset))
    rotation_33, base_3, scale = stance(other, STILL)
    points_c_N3 = in_camera(surface.points_N3, rotation_33 * scale, base_3, camera)
    splats = unholed(splat(points_c_N3, camera), camera)
    shown_P = (known.geometry.ids_HW == known.instances[other.name]).ravel()[splats.pixels_P]
    revealed_P = hole_HW.ravel()[splats.pixels_P] & (splats.depths_P < depth_HW.ravel()[splats.pixels_P])
    revealed_P |= hole_HW.ravel()[splats.pixels_P] & shown_P
    if revealed_P.sum() < _LEAST_POINTS:
        return
    # Light is learnt for the points that matter only: a thing has tens of thousands.
    part = surface.subset(splats.points_P)
    normals_P3 = facing(part.normals_N3, rotation_33, points_c_N3[splats.points_P], camera)
    seen_M3 = known.picture_HW3.reshape(-1, 3)[splats.pixels_P[shown_P & ~revealed_P]] / 255.0
    shading = learnt(part, normals_P3, np.flatnonzero(shown_P & ~revealed_P), seen_M3)
    chosen_Q = np.flatnonzero(revealed_P)
    opaque_Q1 = np.ones((len(chosen_Q), 1))
    kept = replace(splats, **{name: getattr(splats, name)[chosen_Q] for name in ("pixels_P", "points_P", "depths_P")})
    painted_HW4 = closed(np.concatenate([shading.still_N3[chosen_Q], opaque_Q1], axis=1), kept, camera)
    inside_HW = hole_HW & (painted_HW4[..., 3] > 0)
    picture_HW3[inside_HW] = painted_HW4[inside_HW][:, :3]
    # Points of the inside that show between those of the outside are specks.
    smooth_HW3 = cv2.medianBlur(picture_HW3.astype(np.float32), 3)
    picture_HW3[inside_HW] = smooth_HW3[inside_HW]
    depth_HW.ravel()[kept.pixels_P] = kept.depths_P
