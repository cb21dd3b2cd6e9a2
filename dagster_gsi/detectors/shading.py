"""How a known thing is lit, learnt from the picture in which its pose is known, and how it would look elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.rendering.tonemap import filmic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dagster_gsi.detectors.surface import Surface
    from dagster_gsi.geometry.pose import Array

# Even light of half strength is what is believed of a thing that shows too few pixels to learn from.
_PRIOR_LIGHT = 0.5
_PRIOR_WEIGHT = 4.0
_ROUNDS = 4
# Highlights and shadows cast by others differ from the smooth light by more than this, in linear light.
_OUTLIER = 0.08
# Samples of the tone curve from black to where it is white, for its inverse.
_RADIANCE = np.concatenate([np.linspace(0.0, 1.0, 512), np.linspace(1.0, 12.0, 256)[1:]])


# Of an unseen point the look is that of the seen points most like it: alike in normal first, then colour, then place.
_NEIGHBOURS = 6
# Neighbours may be so much further than the nearest: a mean of six does not tell, and the search is twice as fast.
_ABOUT, _LEAF = 1.0, 32
# What is solid and what is glass tell nothing of each other.
_NORMAL_WEIGHT, _ALBEDO_WEIGHT, _PLACE_WEIGHT, _OPEN_WEIGHT, _GLASS_WEIGHT = 1.0, 1.5, 0.7, 1.0, 6.0
# Where less of the light reaches, a place is inside.
_INSIDE = 0.6
# What is borrowed from alike points counts as much as this many points of a kind of place that were seen.
_BORROWED_WEIGHT = 4.0
# Detail in the light is believed less than its mean: a few visible faces say little about the rest of the sphere.
# The last four are light that the surface reflects whatever its colour.
_STIFFNESS_K = np.array([0.05, 1, 1, 1, 4, 4, 4, 4, 4, 2, 4, 4, 4], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Shading:
    """Light as a smooth function of the normal, and for each point what that function misses."""

    light_K3: Array
    """For each channel, nine spherical harmonics that the colour multiplies (Ramamoorthi and Hanrahan 2001) and four
    that it does not."""
    missed_N3: Array
    """sRGB differences: measured at points that were seen, borrowed at the others."""
    kind_N: NDArray[np.int64]
    """The bin of each point but for its direction."""
    shown_B3: Array
    """Means of the differences that were measured, by colour, normal and height."""
    trust_B1: Array
    """From 0 to 1: how many points each mean is of."""
    still_N3: Array
    """SRGB colours of all points while the thing keeps its heading."""

    def turned(self, surface: Surface, normals_P3: Array, points_P: NDArray[np.int64]) -> Array:
        """SRGB colours (P, 3) of the points with indices `points_P`, with normals in the world facing the viewer, at
        another heading.

        What the smooth light misses goes with the point (its pattern) while the thing keeps its heading. When it turns,
        highlights and shadows stay: they go with the normal and the height, as far as the source has shown such places.
        """
        missed_P3 = self.missed_N3[points_P]
        bin_P = self.kind_N[points_P] + _directions(normals_P3)
        missed_P3 += self.trust_B1[bin_P] * (self.shown_B3[bin_P] - missed_P3)
        missed_P3 += _smooth(self.light_K3, surface, points_P, normals_P3)
        return np.clip(missed_P3, 0.0, 1.0, out=missed_P3)


def learnt(surface: Surface, normals_N3: Array, points_M: NDArray[np.int64], seen_M3: Array) -> Shading:
    """Fit the light to the points `points_M`, seen with sRGB colours `seen_M3`, robustly and with weak beliefs.

    `normals_N3` are those of all points of the surface, in the world, facing the viewer.
    """
    basis_M9 = harmonics(normals_N3[points_M]) * surface.open_N[points_M, None]
    target_M3 = radiance(seen_M3)
    light_K3 = np.zeros((13, 3))
    for channel in range(3):
        coloured_M9 = basis_M9 * surface.albedo_N3[points_M, channel, None]
        rows_MK = np.concatenate([coloured_M9, basis_M9[:, :4]], axis=1)
        light_K3[:, channel] = _robust(rows_MK, target_M3[:, channel])
    missed_M3 = seen_M3 - _smooth(light_K3, surface, points_M, normals_N3[points_M])
    kind_N = _kinds(surface)
    bin_M = kind_N[points_M] + _directions(normals_N3[points_M])
    count_B = np.bincount(bin_M, minlength=_NUM_BINS)
    sums_B3 = np.stack([np.bincount(bin_M, missed_M3[:, c], minlength=_NUM_BINS) for c in range(3)], axis=1)
    shown_B3 = sums_B3 / np.maximum(count_B, 1)[:, None]
    trust_B1 = (count_B / (count_B + _BORROWED_WEIGHT))[:, None]
    missed_N3 = _borrowed(surface, normals_N3, points_M, missed_M3)
    still_N3 = np.clip(_smooth(light_K3, surface, np.arange(len(normals_N3)), normals_N3) + missed_N3, 0.0, 1.0)
    return Shading(light_K3, missed_N3, kind_N, shown_B3, trust_B1, still_N3)


def _smooth(light_K3: Array, surface: Surface, points_P: NDArray[np.int64], normals_P3: Array) -> Array:
    # Light that the colour multiplies, and light that it does not, which is of degree at most 1.
    both_96 = np.zeros((9, 6))
    both_96[:, :3], both_96[:4, 3:] = light_K3[:9], light_K3[9:]
    lit_P6 = harmonics(normals_P3) @ both_96
    lit_P3 = surface.albedo_N3[points_P]
    lit_P3 *= lit_P6[:, :3]
    lit_P3 += lit_P6[:, 3:]
    lit_P3 *= surface.open_N[points_P, None]
    return developed(lit_P3)


# Bins are numbered by three colours of four steps, twelve directions, five slopes, eight heights, out or inside, solid or
# glass. Colour, height and the last two go with the point; direction and slope with the way that it faces.
_NUM_DIRECTIONS, _NUM_SLOPES, _NUM_KINDS = 12, 5, 8 * 2 * 2
_NUM_BINS = 4**3 * _NUM_DIRECTIONS * _NUM_SLOPES * _NUM_KINDS


def _kinds(surface: Surface) -> NDArray[np.int64]:
    """The part of each point's bin that stays when it turns."""
    steps_N3 = np.minimum(surface.albedo_N3**0.5 * 4, 3).astype(np.int64)
    heights_N = surface.points_N3[:, 2] / surface.points_N3[:, 2].max(initial=1e-9)
    height_N = np.clip(heights_N * 8, 0, 7).astype(np.int64)
    inside_N = surface.open_N < _INSIDE
    glass_N = surface.opacity_N < 1
    colour_N = steps_N3 @ np.array([16, 4, 1])
    return (colour_N * _NUM_DIRECTIONS * _NUM_SLOPES * _NUM_KINDS) + (height_N * 2 + inside_N) * 2 + glass_N


def _directions(normals_P3: Array) -> NDArray[np.int64]:
    """The part of each point's bin that goes with its normal."""
    x_P, y_P, z_P = normals_P3.T
    azimuth_P = ((np.arctan2(y_P, x_P) / (2 * np.pi) + 0.5) * _NUM_DIRECTIONS).astype(np.int64) % _NUM_DIRECTIONS
    slope_P = np.minimum((z_P + 1) * _NUM_SLOPES / 2, _NUM_SLOPES - 1).astype(np.int64)
    # Where a face looks up or down, its azimuth is noise.
    azimuth_P[np.abs(z_P) > 0.9] = 0
    return (azimuth_P * _NUM_SLOPES + slope_P) * _NUM_KINDS


def _robust(rows_MK: Array, target_M: Array) -> Array:
    prior_K = np.zeros(len(_STIFFNESS_K))
    prior_K[0] = _PRIOR_LIGHT / 0.282095
    weights_M: Array = np.ones(len(rows_MK))
    light_K: Array = prior_K
    for _ in range(_ROUNDS):
        weighted_KM = (rows_MK * weights_M[:, None]).T
        solved_K = np.linalg.solve(
            weighted_KM @ rows_MK + _PRIOR_WEIGHT * np.diag(_STIFFNESS_K),
            weighted_KM @ target_M + _PRIOR_WEIGHT * _STIFFNESS_K * prior_K,
        )
        light_K = np.asarray(solved_K, dtype=np.float64)
        weights_M = 1 / (1 + ((rows_MK @ light_K - target_M) / _OUTLIER) ** 2)
    return light_K


def _borrowed(surface: Surface, normals_N3: Array, points_M: NDArray[np.int64], missed_M3: Array) -> Array:
    """For every point the mean of what was missed at the seen points most like it; a seen point is most like itself."""
    from scipy.spatial import cKDTree

    if len(points_M) == 0:
        return np.zeros_like(normals_N3)
    extent = float(np.ptp(surface.points_N3, axis=0).max())
    features_NF = np.concatenate(
        [
            normals_N3 * _NORMAL_WEIGHT,
            surface.albedo_N3 * _ALBEDO_WEIGHT,
            surface.open_N[:, None] * _OPEN_WEIGHT,
            (surface.opacity_N[:, None] < 1) * _GLASS_WEIGHT,
            surface.points_N3 / extent * _PLACE_WEIGHT,
        ],
        axis=1,
    )
    neighbours = min(_NEIGHBOURS, len(points_M))
    tree = cKDTree(features_NF[points_M], leafsize=_LEAF)
    apart_NK, index_NK = tree.query(features_NF, k=np.arange(1, neighbours + 1), eps=_ABOUT)
    weights_NK = 1 / (apart_NK + 0.02)
    weights_NK /= weights_NK.sum(axis=1, keepdims=True)
    return np.einsum("nk,nkc->nc", weights_NK, missed_M3[index_NK])


def developed(radiance: Array) -> Array:
    """SRGB in [0, 1] of exposed radiance, by the renderer's tone curve; a camera's is not far from it."""
    # From a table: powers would be half of what a prediction costs.
    step = np.sqrt(np.minimum(np.maximum(radiance, 0.0), _WHITE) * (_NUM_STEPS**2 / _WHITE))
    return np.asarray(_CURVE[(step + 0.5).astype(np.int64)])


def _curve(radiance: Array) -> Array:
    light = filmic(radiance.astype(np.float32)).astype(np.float64)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


# Even steps of the root are nearly even ones of the curve: it is met to two ten-thousandths.
_WHITE, _NUM_STEPS = 12.0, 2**14
_CURVE = _curve((np.arange(_NUM_STEPS + 1) / _NUM_STEPS) ** 2 * _WHITE)


def radiance(srgb: Array) -> Array:
    """The inverse of `developed`; white is as bright as the curve's end."""
    return np.interp(srgb, _curve(_RADIANCE), _RADIANCE)


def harmonics(normals_N3: Array) -> Array:
    """The nine real spherical harmonics of degree at most 2, (N, 9)."""
    x, y, z = normals_N3.T
    basis_9N = [
        np.full_like(x, 0.282095),
        0.488603 * y,
        0.488603 * z,
        0.488603 * x,
        1.092548 * x * y,
        1.092548 * y * z,
        0.315392 * (3 * z * z - 1),
        1.092548 * x * z,
        0.546274 * (x * x - y * y),
    ]
    return np.stack(basis_9N).T
