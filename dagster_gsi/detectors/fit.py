"""Analysis by synthesis: finds a known thing in an edited picture by asking where it would look like what is there.

The scene before the edit is known (meshes, poses, camera, picture, depth), the edit is not. The thing may have been
moved over its support, turned about the vertical, scaled, several of these, or be gone. Its look is predicted from
its mesh, lit as the source picture shows, and compared with the edited picture coarse to fine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dagster_gsi.detectors.base import Detection, Known, Query
from dagster_gsi.detectors.evidence import Evidence, evidence, matched, thing_cost
from dagster_gsi.detectors.shading import Shading, learnt
from dagster_gsi.detectors.splats import softened, splat, unhidden
from dagster_gsi.detectors.surface import Surface, surface_of
from dagster_gsi.geometry.pose import Array, Pose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Thing

# Working sizes, as parts of a picture whose longer side is at most `_FINEST`.
_FINEST = 256
_LEVELS = (0.25, 0.5, 1.0)
# Points a pixel of the thing's outside. A quarter of it is seen at a time (Cauchy), so 6 points meet in a pixel there
# and hardly a hole is left.
_POINTS_PER_PIXEL = 1.5
# The unchanged thing: at most this part of its pixels differ by more than this, noise and soft shadows aside.
_UNCHANGED_PART, _UNCHANGED_COLOUR = 0.04, 0.05
# A thing is there if it explains more than the background does by this much per pixel that it had in the source: a small
# copy of it explains any blemish. Where it stood the background is a guess, and guesses that are off must not bring back
# what is gone: not relying on them, the thing may explain less than the background by no more than this a pixel.
_LEAST_EVIDENCE, _LEAST_DOUBTFUL = 0.03, -0.15
# A simpler edit (only moved, only turned, only scaled) is preferred unless a general one explains more by this part, and
# by this much per pixel that the thing had: where little speaks for any placement, details of the light would decide.
_OCCAM, _OCCAM_PIXEL = 0.12, 0.03
# Beyond these nobody asks for a size, and a speck explains any blemish.
_LEAST_SCALE, _MOST_SCALE = 0.4, 2.5
# A straight rim, of whose neighbours two thirds are inside, counts half: its pixels are of two colours.
_RIM = 1.6
# One unit of each parameter in the local search: metres, metres, radians, logarithm of the scale.
_STEPS = np.array([0.015, 0.015, np.radians(8), 0.06])

Placement = Array
"""Change from the pose before: metres along world x and y, radians about the vertical, logarithm of the scale."""
_STILL: Placement = np.zeros(4)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A detector for scenes whose models are in the catalogue. Answers at most one detection."""

    catalogue: Catalogue

    def detect(self, query: Query) -> tuple[Detection, ...]:
        if query.known is None:
            raise ValueError("the detector `fit` needs the scene before the edit; use `detany3d` where there is none")
        thing = query.known.scene.find(query.target)
        found = _search(thing, surface_of(self.catalogue.model_path(thing.asset)), query, query.known)
        if found is None:
            return ()
        placement, confidence = found
        return (Detection(query.label, placed(thing, placement).box, confidence),)


def placed(thing: Thing, placement: Placement) -> Thing:
    """The thing after the change; it turns and grows about the middle of its base."""
    rotation_33, base_3, scale = _stance(thing, placement)
    return replace(thing, pose_wo=Pose(rotation_33, base_3), scale=scale)


def _stance(thing: Thing, placement: Placement) -> tuple[Array, Array, float]:
    """Rotation, base and scale of the thing after the change."""
    c, s = np.cos(placement[2]), np.sin(placement[2])
    rotation_33 = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ thing.pose_wo.rotation_33
    base_3 = thing.pose_wo.translation_3 + np.array([placement[0], placement[1], 0.0])
    return rotation_33, base_3, thing.scale * float(np.exp(placement[3]))


@dataclass(frozen=True, slots=True, eq=False)
class _Pictures:
    """What is compared, at the full size of the camera."""

    edited_HW3: Array
    source_HW3: Array
    mask_HW: NDArray[np.bool_]
    depth_HW: Array
    camera: Camera


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """Scores placements of one thing at one working size; lower is better and 0 is what absence scores."""

    thing: Thing
    surface: Surface
    shading: Shading
    evidence: Evidence
    num_points: int

    def score(self, placement: Placement) -> float:
        return self.score_and_area(placement)[0]

    def fair_score(self, placement: Placement) -> float:
        """The score with the coarser prediction that is all there is for a turned thing, to compare turned with not."""
        cost_P, weight_P, pixels_P = self._costs(placement, fair=True)
        return float((weight_P * (cost_P - self.evidence.background_HW.ravel()[pixels_P])).sum())

    def score_and_area(self, placement: Placement) -> tuple[float, float]:
        """The score and the weight of the pixels it is summed over."""
        cost_P, weight_P, pixels_P = self._costs(placement)
        better_P = cost_P - self.evidence.background_HW.ravel()[pixels_P]
        return float((weight_P * better_P).sum()), float(weight_P.sum())

    def doubtful(self, placement: Placement) -> float:
        """How much better than the background a pixel is explained, without relying on the background behind it."""
        cost_P, weight_P, pixels_P = self._costs(placement)
        if len(pixels_P) == 0:
            return -1.0
        return float(np.average(self.evidence.doubtful_HW.ravel()[pixels_P] - cost_P, weights=weight_P))

    def _costs(self, placement: Placement, *, fair: bool = False) -> tuple[Array, Array, NDArray[np.int64]]:
        """Cost and weight at each pixel of the silhouette; a size beyond all reason covers none."""
        if not np.log(_LEAST_SCALE) <= placement[3] <= np.log(_MOST_SCALE):
            return np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64)
        camera, surface = self.evidence.camera, self.surface
        # A larger picture of the thing needs more points to be without holes.
        count = min(len(surface.points_N3), round(self.num_points * float(np.exp(2 * max(placement[3], 0.0)))))
        rotation_33, base_3, scale = _stance(self.thing, placement)
        points_c_N3 = _in_camera(surface.points_N3[:count], rotation_33 * scale, base_3, camera)
        splats = unhidden(splat(points_c_N3, camera), self.evidence.depth_HW)
        index_P = splats.points_P
        normals_P3 = _facing(surface.normals_N3[index_P], rotation_33, points_c_N3[index_P], camera)
        predicted_P3 = self.shading.predict(surface, normals_P3, index_P, turned=fair or bool(placement[2]))
        seen_P3 = self.evidence.edited_HW3.reshape(-1, 3)[splats.pixels_P]
        soft_P3, inside_P = softened(predicted_P3, splats, camera)
        weight_P = np.clip(1 - _RIM * (1 - inside_P), 0.15, 1.0)
        return thing_cost(seen_P3, soft_P3), weight_P, splats.pixels_P


def _search(thing: Thing, surface: Surface, query: Query, known: Known) -> tuple[Placement, float] | None:
    """The best placement and its confidence, or None if the thing is gone."""
    mask_HW = known.geometry.ids_HW == known.instances[thing.name]
    edited_HW3, source_HW3 = query.picture_HW3 / 255.0, known.picture_HW3 / 255.0
    if not mask_HW.any():
        raise ValueError(f"{thing.name} is not visible in the source picture, so nothing can be said about its edit")
    edited_HW3 = matched(edited_HW3, source_HW3, mask_HW)
    if _unchanged(edited_HW3, source_HW3, mask_HW):
        return _STILL, 1.0
    pictures = _Pictures(edited_HW3, source_HW3, mask_HW, _depth_without(thing, mask_HW, known), known.scene.camera)
    shading = _lit(thing, surface, source_HW3, mask_HW, known.scene.camera)
    coarse, middle, fine = (_judge_at(level, thing, surface, shading, pictures) for level in _LEVELS)
    general = _best(_starts(coarse, known), coarse.score, keep=8)
    general = _best([_refined(s, middle.score, 40) for s in general], middle.score, keep=3)
    best = min((_refined(s, fine.score, 50) for s in general), key=fine.score)
    best = _simplest(best, _turns(thing, middle), fine)
    score, area = fine.score_and_area(best)
    evidence_found = -score / max(int(fine.evidence.mask_HW.sum()), 1)
    if evidence_found < _LEAST_EVIDENCE or fine.doubtful(best) < _LEAST_DOUBTFUL:
        return None
    return best, float(np.clip(-score / max(area, 1.0), 0.0, 1.0))


def _turns(thing: Thing, middle: _Judge) -> list[Placement]:
    """The best few headings on the spot. Of many things only a handle tells them apart, too little for a small picture
    among all other placements.
    """
    if thing.symmetry == 0:
        return []
    headings = np.arange(0, 2 * np.pi / thing.symmetry, np.radians(10))
    return _best([np.array([0.0, 0.0, heading, 0.0]) for heading in headings[1:]], middle.score, keep=3)


def _unchanged(edited_HW3: Array, source_HW3: Array, mask_HW: NDArray[np.bool_]) -> bool:
    """Whether the thing's pixels are as they were, but for noise like that of the rest of the picture."""
    off_HW = np.abs(edited_HW3 - source_HW3).mean(axis=-1)
    limit = max(_UNCHANGED_COLOUR, 3 * float(np.median(off_HW[~mask_HW])))
    return bool((off_HW[mask_HW] > limit).mean() <= _UNCHANGED_PART)


def _in_camera(points_N3: Array, scaled_33: Array, base_3: Array, camera: Camera) -> Array:
    """Points of the object's frame in camera axes."""
    to_camera_33 = camera.pose_wc.rotation_33.T
    return points_N3 @ (to_camera_33 @ scaled_33).T + to_camera_33 @ (base_3 - camera.pose_wc.translation_3)


def _facing(normals_P3: Array, rotation_33: Array, points_c_P3: Array, camera: Camera) -> Array:
    """Normals of the object's frame in the world, turned towards the viewer: models have faces that are inside out."""
    normals_w_P3 = normals_P3 @ rotation_33.T
    away_P = np.einsum("pc,pc->p", normals_w_P3 @ camera.pose_wc.rotation_33, points_c_P3)
    return normals_w_P3 * np.where(away_P > 0, -1.0, 1.0)[:, None]


def _judge_at(level: float, thing: Thing, surface: Surface, shading: Shading, pictures: _Pictures) -> _Judge:
    camera = pictures.camera
    size = level * min(1.0, _FINEST / max(camera.width, camera.height))
    width, height = round(camera.width * size), round(camera.height * size)
    camera = camera.resized(width, height)
    ready = evidence(
        _resized(pictures.edited_HW3, width, height),
        _resized(pictures.source_HW3, width, height),
        _resized(pictures.mask_HW.astype(np.float64), width, height) > 0.5,
        _nearest(pictures.depth_HW, width, height),
        camera,
    )
    away = float(np.linalg.norm(thing.centre_3 - camera.pose_wc.translation_3))
    pixels = surface.area * thing.scale**2 * (camera.focal_x / away) ** 2
    count = int(np.clip(_POINTS_PER_PIXEL * pixels, 500, len(surface.points_N3)))
    return _Judge(thing, surface, shading, ready, count)


def _lit(thing: Thing, surface: Surface, source_HW3: Array, mask_HW: NDArray[np.bool_], camera: Camera) -> Shading:
    """The light on the thing, from the points that are seen where the source picture shows it."""
    rotation_33, base_3, scale = _stance(thing, _STILL)
    points_c_N3 = _in_camera(surface.points_N3, rotation_33 * scale, base_3, camera)
    normals_N3 = _facing(surface.normals_N3, rotation_33, points_c_N3, camera)
    splats = splat(points_c_N3, camera)
    on_thing_P = mask_HW.ravel()[splats.pixels_P]
    seen_M3 = source_HW3.reshape(-1, 3)[splats.pixels_P[on_thing_P]]
    return learnt(surface, normals_N3, splats.points_P[on_thing_P], seen_M3)


def _depth_without(thing: Thing, mask_HW: NDArray[np.bool_], known: Known) -> Array:
    """Depth of everything else; behind the thing, that of its support's level."""
    camera = known.scene.camera
    origin_3, rays_HW3 = camera.rays()
    down_HW = rays_HW3[..., 2]
    level = float(thing.pose_wo.translation_3[2])
    reach_HW = np.where(down_HW < -1e-6, (level - origin_3[2]) / np.minimum(down_HW, -1e-6), 0.0)
    plane_HW = reach_HW * (rays_HW3 @ camera.pose_wc.rotation_33[:, 2])
    return np.where(mask_HW, plane_HW, known.geometry.depth_HW.astype(np.float64))


def _starts(coarse: _Judge, known: Known) -> list[Placement]:
    """Placements worth a closer look: the old place with other headings and sizes, and wherever something is new."""
    thing = coarse.thing
    period = 2 * np.pi / thing.symmetry if thing.symmetry else 0.0
    headings = np.arange(0, period, np.radians(20)) if period else np.zeros(1)
    scales = np.log(np.array([0.42, 0.5, 0.6, 0.7, 0.8, 1.25, 1.4, 1.6, 1.8, 2.0, 2.25]))
    starts = [np.array([0.0, 0.0, heading, 0.0]) for heading in headings]
    starts += [np.array([0.0, 0.0, 0.0, scale]) for scale in scales]
    places_M2 = _places(coarse, known)
    scored = [(coarse.score(np.array([x, y, 0.0, 0.0])), x, y) for x, y in places_M2]
    # The best places by the unturned, unscaled look, each then with a few headings and sizes.
    for _, x, y in sorted(scored)[:24]:
        starts.append(np.array([x, y, 0.0, 0.0]))
        starts += [np.array([x, y, heading, 0.0]) for heading in headings[2::3]]
        starts += [np.array([x, y, 0.0, scale]) for scale in np.log([0.6, 1.6])]
    return starts


def _places(coarse: _Judge, known: Known) -> Array:
    """Displacements (M, 2) over the support, two coarse pixels apart, to where the background is contradicted."""
    thing, camera = coarse.thing, coarse.evidence.camera
    away = float(np.linalg.norm(thing.centre_3 - camera.pose_wc.translation_3))
    spacing = 2 * away / camera.focal_x
    footprint_42 = known.scene.support.box.footprint_42()
    low_2, high_2 = footprint_42.min(axis=0), footprint_42.max(axis=0)
    x_M, y_M = (
        axis.ravel()
        for axis in np.meshgrid(*(np.arange(lo, hi, spacing) for lo, hi in zip(low_2, high_2, strict=True)))
    )
    base_3 = thing.pose_wo.translation_3
    middles_M3 = np.stack([x_M, y_M, np.full_like(x_M, base_3[2] + thing.box.size_3[2] / 2)], axis=1)
    pixels_M2, depth_M = camera.project(middles_M3)
    column_M, row_M = np.floor(pixels_M2).astype(np.int64).T
    inside_M = (depth_M > 0) & (column_M >= 0) & (column_M < camera.width) & (row_M >= 0) & (row_M < camera.height)
    contradicted_HW = _spread(coarse.evidence.background_HW, radius=max(1, round(coarse_radius(coarse))))
    inside_M[inside_M] &= contradicted_HW[row_M[inside_M], column_M[inside_M]] > 0.15
    return np.stack([x_M, y_M], axis=1)[inside_M] - base_3[:2]


def coarse_radius(judge: _Judge) -> float:
    """Half the thing's extent in pixels, as seen in the source."""
    return float(np.sqrt(max(judge.evidence.mask_HW.sum(), 1)) / 2)


def _spread(cost_HW: Array, radius: int) -> Array:
    import cv2

    return np.asarray(cv2.blur(cost_HW, (2 * radius + 1, 2 * radius + 1)))


def _best(placements: list[Placement], score: Callable[[Placement], float], keep: int) -> list[Placement]:
    """The best few that are not nearly the same."""
    kept: list[Placement] = []
    for _, index in sorted((score(placement), index) for index, placement in enumerate(placements)):
        placement = placements[index]
        if all(np.abs((placement - other) / _STEPS).max() > 1.5 for other in kept):
            kept.append(placement)
        if len(kept) == keep:
            break
    return kept


def _refined(
    start: Placement,
    score: Callable[[Placement], float],
    evaluations: int,
    free: tuple[int, ...] = (0, 1, 2, 3),
) -> Placement:
    """Local search by Nelder and Mead over the free parameters, in units of the steps."""
    from scipy.optimize import minimize

    chosen = list(free)

    def at(units: Array) -> Placement:
        placement = start.copy()
        placement[chosen] += units * _STEPS[chosen]
        return placement

    simplex = np.concatenate([np.zeros((1, len(chosen))), np.eye(len(chosen))])
    found = minimize(
        lambda units: score(at(units)),
        np.zeros(len(chosen)),
        method="Nelder-Mead",
        options={"maxfev": evaluations, "initial_simplex": simplex, "xatol": 0.02, "fatol": 0.05},
    )
    return at(found.x)


def _simplest(best: Placement, turns: list[Placement], fine: _Judge) -> Placement:
    """The best placement, or one that changes only the place, the heading or the size and explains about as much."""
    simple = [_refined(turn, fine.score, 16, (2,)) for turn in turns]
    for free in ((0, 1), (2,), (3,)):
        start = _STILL.copy()
        start[list(free)] = best[list(free)]
        simple.append(_refined(start, fine.score, 15 * len(free), free))
    candidate = min([_STILL, *simple], key=fine.fair_score)
    least = fine.fair_score(best)
    slack = max(_OCCAM * -least, _OCCAM_PIXEL * float(fine.evidence.mask_HW.sum()))
    return candidate if fine.fair_score(candidate) <= least + slack else best


def _resized(picture: Array, width: int, height: int) -> Array:
    import cv2

    if picture.shape[:2] == (height, width):
        return picture
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _nearest(depth_HW: Array, width: int, height: int) -> Array:
    return np.asarray(
        Image.fromarray(depth_HW.astype(np.float32)).resize((width, height), Image.Resampling.NEAREST), dtype=np.float64
    )
