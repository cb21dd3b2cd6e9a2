"""The search for placements of a thing that explain a picture: where to start, and how to go on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from dagster_gsi.detectors.base import Known
    from dagster_gsi.detectors.placement import Judge
    from dagster_gsi.detectors.stance import Placement
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Thing

# Logarithms of the sizes that are tried, a sixth apart: from what can be told from none to the double and the half.
_SIZES = np.log(np.array([0.42, 0.5, 0.6, 0.7, 0.8, 1.25, 1.4, 1.6, 1.8, 2.0, 2.25]))
# Mean cost of the background around a place from which on it is worth a look.
_REFUTED = 0.15
# Places over the support that are tried with other headings and sizes too.
_NUM_PLACES = 16
# One unit of each parameter in the local search: metres, metres, radians, logarithm of the scale.
_STEPS = np.array([0.015, 0.015, np.radians(8), 0.06])


def reach(thing: Thing) -> float:
    """Half the diagonal of the thing's base, in metres."""
    return float(np.hypot(*thing.box.size_3[:2]) / 2)


def places(coarse: Judge, known: Known) -> Array:
    """Displacements (M, 2) over the support, two coarse pixels apart, to where the background is contradicted, from the
    most contradicted on.
    """
    thing, camera = coarse.thing, coarse.evidence.camera
    away = float(np.linalg.norm(thing.centre_3 - camera.pose_wc.translation_3))
    spacing = 2 * away / camera.focal_x
    footprint_42 = known.scene.support_of(thing).body.box.footprint_42()
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
    contradicted_HW = _spread(coarse.evidence.background_HW, radius=max(1, round(_radius(coarse))))
    refuted_M = np.where(
        inside_M, contradicted_HW[row_M.clip(0, camera.height - 1), column_M.clip(0, camera.width - 1)], 0
    )
    # A white thing before a white wall refutes little, but more than what did not change.
    inside_M &= refuted_M > min(_REFUTED, float(refuted_M.max()) / 2)
    order_M = np.argsort(-refuted_M[inside_M], kind="stable")
    return np.asarray((np.stack([x_M, y_M], axis=1)[inside_M] - base_3[:2])[order_M])


def most_contradicted(places_M2: Array, thing: Thing, keep: int) -> list[Placement]:
    """Moves to the first few of the places that lie apart from each other and from where the thing was."""
    chosen = [np.zeros(2)]
    for place_2 in places_M2:
        if len(chosen) <= keep and all(np.hypot(*(place_2 - other_2)) > 2 * reach(thing) for other_2 in chosen):
            chosen.append(place_2)
    return [np.array([x, y, 0.0, 0.0]) for x, y in chosen[1:]]


def on_the_spot(thing: Thing) -> list[Placement]:
    """The old place with other headings and sizes."""
    return [*(np.array([0.0, 0.0, heading, 0.0]) for heading in _headings(thing)), *sizes()]


def over(coarse: Judge, places_M2: Array) -> list[Placement]:
    """The best places by the unturned, unscaled look, each also with a few headings and sizes."""
    headings = _headings(coarse.thing)[2::3]
    scored = [(coarse.score(np.array([x, y, 0.0, 0.0])), x, y) for x, y in places_M2]
    found: list[Placement] = []
    for _, x, y in sorted(scored)[:_NUM_PLACES]:
        found.append(np.array([x, y, 0.0, 0.0]))
        found += [np.array([x, y, heading, 0.0]) for heading in headings]
        found += [np.array([x, y, 0.0, scale]) for scale in np.log([0.6, 1.6])]
    return found


def _headings(thing: Thing) -> Array:
    """Those that differ for a thing of its symmetry, 20 degrees apart, from the old one on."""
    return np.arange(0, 2 * np.pi / thing.symmetry, np.radians(20)) if thing.symmetry else np.zeros(1)


def sizes() -> list[Placement]:
    """The sizes that are tried, on the spot."""
    return [np.array([0.0, 0.0, 0.0, size]) for size in _SIZES]


def best_of(
    placements: list[Placement],
    score: Callable[[Placement], float],
    keep: int,
    near: tuple[float, int] = (0.0, 1),
) -> list[Placement]:
    """The best few that are not nearly the same; `near` is a distance in metres and how many may be so near each other.

    Where a background was guessed wrongly a dozen placements may seem better than the true one elsewhere.
    """
    distance, crowd = near
    kept: list[Placement] = []
    for _, index in sorted((score(placement), index) for index, placement in enumerate(placements)):
        placement = placements[index]
        around = sum(np.hypot(*(placement - other)[:2]) < distance for other in kept)
        if around < crowd and all(np.abs((placement - other) / _STEPS).max() > 1.5 for other in kept):
            kept.append(placement)
        if len(kept) == keep:
            break
    return kept


def refined(
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


def nearly(first: Placement, second: Placement, thing: Thing) -> bool:
    """Whether two placements are within two steps of each other, headings modulo the thing's symmetry."""
    apart = first - second
    apart[2] = wrapped(apart[2], period=2 * np.pi / thing.symmetry) if thing.symmetry else 0.0
    return bool(np.abs(apart / _STEPS).max() <= 2)


def _radius(judge: Judge) -> float:
    """Half the thing's extent in pixels, as seen in the source."""
    return float(np.sqrt(max(judge.evidence.mask_HW.sum(), 1)) / 2)


def _spread(cost_HW: Array, radius: int) -> Array:
    import cv2

    return np.asarray(cv2.blur(cost_HW, (2 * radius + 1, 2 * radius + 1)))
