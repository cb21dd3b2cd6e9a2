"""How a known thing looks: the light on it and how clear its glass is, learnt from the picture where its pose is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.detectors.shading import Shading, learnt
from dagster_gsi.detectors.splats import splat, unholed
from dagster_gsi.detectors.stance import STILL, eye_of, facing, in_camera, stance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dagster_gsi.detectors.surface import Surface
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Thing

# What is solid so little behind glass, in metres, is a label on it; so many pixels around show its colour too.
_LABEL, _BESIDE = 0.01, 5
# Glass is as clear as its material says, unless the picture shows more than so many in a hundred of its points darker or
# brighter than any glass so clear could be: renderers lose light between walls.
_WITNESSES = 80
_MOST_OPAQUE = 0.97


def appearance(
    thing: Thing, surface: Surface, source_HW3: Array, behind_HW3: Array, mask_HW: NDArray[np.bool_], camera: Camera
) -> tuple[Surface, Shading]:
    """The thing's surface and the light on it, from the points that are seen where the source picture shows it.

    `behind_HW3` is the picture without the thing. The surface is as given but for how much its glass hides.
    """
    import cv2

    rotation_33, base_3, scale = stance(thing, STILL)
    points_c_N3 = in_camera(surface.points_N3, rotation_33 * scale, base_3, camera)
    normals_N3 = facing(surface.normals_N3, rotation_33, points_c_N3, camera)
    shown_M = surface.showing(eye_of(rotation_33, base_3, scale, camera))
    splats = unholed(splat(points_c_N3, camera, shown_M), camera)
    on_thing_P = mask_HW.ravel()[splats.pixels_P]
    pixels_M, points_M = splats.pixels_P[on_thing_P], splats.points_P[on_thing_P]
    seen_M3 = source_HW3.reshape(-1, 3)[pixels_M]
    if not surface.is_glass:
        return surface, learnt(surface, normals_N3, points_M, seen_M3)
    # What the glass itself shows: without what is seen through it, be it the thing's own inside or the background.
    through_HW3, is_solid_N = behind_HW3.copy(), surface.opacity_N >= 1
    inside = splat(points_c_N3, camera, shown_M[is_solid_N[shown_M]])
    is_solid_M = is_solid_N[points_M]
    solid_M = points_M[is_solid_M]
    # Of these points alone: what is not seen yet costs the most.
    asked_Q = np.union1d(solid_M, inside.points_P)
    light = learnt(surface.subset(asked_Q), normals_N3[asked_Q], np.searchsorted(asked_Q, solid_M), seen_M3[is_solid_M])
    through_HW3.reshape(-1, 3)[inside.pixels_P] = light.still_N3[np.searchsorted(asked_Q, inside.points_P)]
    # A label's points leave holes, through which the glass under it would learn the label's colours.
    depth_HW = np.full(mask_HW.shape, np.inf, dtype=np.float32)
    depth_HW.ravel()[inside.pixels_P] = inside.depths_P
    nearest_HW = cv2.erode(depth_HW, np.ones((_BESIDE, _BESIDE), np.uint8))
    own_M = is_solid_M | (nearest_HW.ravel()[pixels_M] > points_c_N3[points_M, 2] + _LABEL)
    pixels_M, points_M, seen_M3 = pixels_M[own_M], points_M[own_M], seen_M3[own_M]
    through_M3 = through_HW3.reshape(-1, 3)[pixels_M]
    surface = replace(surface, opacity_N=_calibrated(surface, points_M, seen_M3, through_M3))
    opacity_M1 = surface.opacity_N[points_M, None]
    seen_M3 = np.clip((seen_M3 - (1 - opacity_M1) * through_M3) / opacity_M1, 0.0, 1.0)
    return surface, learnt(surface, normals_N3, points_M, seen_M3)


def _calibrated(surface: Surface, points_M: NDArray[np.int64], seen_M3: Array, through_M3: Array) -> Array:
    """Opacity of all points (N,), that of each glass raised until what is seen through it can look as it does."""
    # Opacity times a colour from 0 to 1 and the rest times what is behind is what is seen.
    behind_M3 = np.clip(through_M3, 0.02, 0.98)
    least_M = np.maximum(1 - seen_M3 / behind_M3, (seen_M3 - behind_M3) / (1 - behind_M3)).max(axis=1)
    opacity_N = surface.opacity_N.copy()
    for kind in np.unique(surface.opacity_N[points_M]):
        if kind < 1:
            least = float(np.percentile(least_M[surface.opacity_N[points_M] == kind], _WITNESSES))
            opacity_N[surface.opacity_N == kind] = np.clip(least, kind, max(kind, _MOST_OPAQUE))
    return opacity_N
