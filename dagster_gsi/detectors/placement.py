"""Placements of a known thing, and how well each explains an edited picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dagster_gsi.detectors.background import Background
from dagster_gsi.detectors.evidence import Evidence, evidence, thing_cost
from dagster_gsi.detectors.grade import Graded, blurred
from dagster_gsi.detectors.splats import Splats, around, closed, softened, splat, unhidden, unholed
from dagster_gsi.detectors.stance import Placement, eye_of, facing, in_camera, stance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dagster_gsi.detectors.shading import Shading
    from dagster_gsi.detectors.surface import Surface
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Thing

# The longer side of the pictures that are compared; larger ones are brought to it.
FINEST = 256
# Points a pixel of the thing's outside. A quarter of it is seen at a time (Cauchy), so 6 points meet in a pixel there
# and hardly a hole is left.
_POINTS_PER_PIXEL = 1.5
# Beyond these nobody asks for a size, and a speck explains any blemish.
_LEAST_SCALE, _MOST_SCALE = 0.4, 2.5
# A straight rim, of whose neighbours two thirds are inside, counts half: its pixels are of two colours.
_RIM = 1.6


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Scores placements of one thing at one working size; lower is better and 0 is what absence scores."""

    thing: Thing
    surface: Surface
    shading: Shading
    evidence: Evidence
    num_points: int

    def score(self, placement: Placement) -> float:
        cost_P, weight_P, pixels_P = self._costs(placement)
        return float((weight_P * (cost_P - self.evidence.background_HW.ravel()[pixels_P])).sum())

    def doubtful(self, placement: Placement) -> float:
        """How much better than the background a pixel is explained, without relying on the background behind it."""
        cost_P, weight_P, pixels_P = self._costs(placement)
        if len(pixels_P) == 0:
            return -1.0
        return float(np.average(self.evidence.doubtful_HW.ravel()[pixels_P] - cost_P, weights=weight_P))

    def _costs(self, placement: Placement) -> tuple[Array, Array, NDArray[np.int64]]:
        """Cost and weight at each pixel of the silhouette; a size beyond all reason covers none."""
        if not np.log(_LEAST_SCALE) <= placement[3] <= np.log(_MOST_SCALE):
            return np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64)
        camera, surface = self.evidence.camera, self.surface
        count = self._count(placement)
        rotation_33, base_3, scale = stance(self.thing, placement)
        points_c_N3 = in_camera(surface.points_N3[:count], rotation_33 * scale, base_3, camera)
        shown_M = surface.showing(eye_of(rotation_33, base_3, scale, camera), count)
        splats = unhidden(splat(points_c_N3, camera, shown_M), self.evidence.depth_HW)
        colours_P4 = self._colours(points_c_N3, shown_M, splats, rotation_33, turned=bool(placement[2]))
        seen_P3 = self.evidence.edited_HW3.reshape(-1, 3)[splats.pixels_P]
        behind_P3 = self.evidence.filled_HW3.reshape(-1, 3)[splats.pixels_P] if surface.is_glass else 0.0
        colours_P3 = colours_P4[:, :3] + (1 - colours_P4[:, 3:]) * behind_P3
        soft_P3, inside_P = softened(colours_P3, splats, camera, self.evidence.blur)
        weight_P = np.clip(1 - _RIM * (1 - inside_P), 0.15, 1.0)
        return thing_cost(seen_P3, soft_P3, self.evidence.noise), weight_P, splats.pixels_P

    def painted(self, placement: Placement, camera: Camera) -> NDArray[np.float32]:
        """The thing as seen by a finer camera: colour times opacity, and opacity, (H, W, 4)."""
        surface = self.surface
        finer = camera.width // self.evidence.camera.width
        count = self._count(placement, finer)
        rotation_33, base_3, scale = stance(self.thing, placement)
        points_c_N3 = in_camera(surface.points_N3[:count], rotation_33 * scale, base_3, camera)
        depth_HW = self.evidence.depth_HW.repeat(finer, axis=0).repeat(finer, axis=1)

        def layer(chosen_M: NDArray[np.int64], before_HW: Array) -> tuple[NDArray[np.float32], Splats]:
            seen = unhidden(unholed(splat(points_c_N3, camera, chosen_M), camera), before_HW)
            colours_P3 = self._surface_colours(points_c_N3, seen, rotation_33, turned=bool(placement[2]))
            opacity_P1 = surface.opacity_N[seen.points_P, None]
            return closed(np.concatenate([colours_P3 * opacity_P1, opacity_P1], axis=1), seen, camera), seen

        shown_M = surface.showing(eye_of(rotation_33, base_3, scale, camera), count)
        is_solid_M = surface.opacity_N[shown_M] >= 1
        solid_HW4, solid = layer(shown_M[is_solid_M], depth_HW)
        if not surface.is_glass:
            return solid_HW4
        depth_HW.ravel()[solid.pixels_P] = solid.depths_P
        glass_HW4, glass = layer(shown_M[~is_solid_M], depth_HW)
        if len(glass.pixels_P) == 0:
            return solid_HW4
        rows, columns = around(glass, camera)
        solid_HW4[rows, columns] *= 1 - glass_HW4[rows, columns, 3:]
        solid_HW4[rows, columns] += glass_HW4[rows, columns]
        return solid_HW4

    def _count(self, placement: Placement, finer: int = 1) -> int:
        """How many points a picture needs to be without holes: a larger and a finer one needs more."""
        grown = float(np.exp(2 * max(placement[3], 0.0)))
        return min(len(self.surface.points_N3), round(self.num_points * grown * finer**2))

    def _colours(
        self,
        points_c_N3: Array,
        shown_M: NDArray[np.int64],
        splats: Splats,
        rotation_33: Array,
        *,
        turned: bool,
    ) -> Array:
        """Colour times opacity, and opacity, of each pixel: behind glass come the thing's own opaque parts."""
        colours_P3 = self._surface_colours(points_c_N3, splats, rotation_33, turned=turned)
        if not self.surface.is_glass:
            return np.concatenate([colours_P3, np.ones((len(colours_P3), 1))], axis=1)
        inner_P4 = np.zeros((len(colours_P3), 4))
        inner = splat(points_c_N3, self.evidence.camera, shown_M[self.surface.opacity_N[shown_M] >= 1])
        # Both lists of pixels are sorted, so the front pixel of each inner one is found by bisection.
        place_Q = np.minimum(np.searchsorted(splats.pixels_P, inner.pixels_P), max(len(splats.pixels_P) - 1, 0))
        shown_Q = (
            splats.pixels_P[place_Q] == inner.pixels_P if len(splats.pixels_P) else np.zeros(len(place_Q), dtype=bool)
        )
        inner = Splats(inner.pixels_P[shown_Q], inner.points_P[shown_Q], inner.depths_P[shown_Q])
        inner_P4[place_Q[shown_Q], :3] = self._surface_colours(points_c_N3, inner, rotation_33, turned=turned)
        inner_P4[place_Q[shown_Q], 3] = 1.0
        opacity_P1 = self.surface.opacity_N[splats.points_P, None]
        front_P4 = np.concatenate([colours_P3 * opacity_P1, opacity_P1], axis=1)
        return front_P4 + (1 - opacity_P1) * inner_P4

    def _surface_colours(self, points_c_N3: Array, splats: Splats, rotation_33: Array, *, turned: bool) -> Array:
        index_P = splats.points_P
        if not turned:
            return self.shading.still_N3[index_P]
        normals_P3 = facing(self.surface.normals_N3[index_P], rotation_33, points_c_N3[index_P], self.evidence.camera)
        return self.shading.turned(self.surface, normals_P3, index_P)


def judge_at(
    level: float,
    thing: Thing,
    surface: Surface,
    shading: Shading,
    pictures: Graded,
    behind: Background,
    mask_HW: NDArray[np.bool_],
    camera: Camera,
) -> Judge:
    """`level` is the working size as a part of the pictures' size."""
    width, height = round(camera.width * level), round(camera.height * level)
    camera = camera.resized(width, height)
    # Pixels of a coarser picture are means of several, whose noise is mostly gone.
    ready = evidence(
        Graded(
            _resized(pictures.edited_HW3, width, height),
            _resized(pictures.source_HW3, width, height),
            pictures.blur * level,
            pictures.noise * level,
        ),
        Background(
            _resized(blurred(behind.picture_HW3, pictures.blur), width, height),
            _nearest(behind.depth_HW, width, height),
        ),
        _resized(mask_HW.astype(np.float64), width, height) > 0.5,
        camera,
    )
    away = float(np.linalg.norm(thing.centre_3 - camera.pose_wc.translation_3))
    pixels = surface.area * thing.scale**2 * (camera.focal_x / away) ** 2
    count = int(np.clip(_POINTS_PER_PIXEL * pixels, 500, len(surface.points_N3)))
    return Judge(thing, surface, shading, ready, count)


def _resized(picture: Array, width: int, height: int) -> Array:
    import cv2

    if picture.shape[:2] == (height, width):
        return picture
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _nearest(depth_HW: Array, width: int, height: int) -> Array:
    return np.asarray(
        Image.fromarray(depth_HW.astype(np.float32)).resize((width, height), Image.Resampling.NEAREST), dtype=np.float64
    )
