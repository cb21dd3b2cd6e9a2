"""How a known thing is lit, learnt from the picture in which its pose is known, and how it would look elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_gsi.detectors.surface import encoded, linear
from dagster_gsi.geometry.pose import Array

# Even light of half strength is what is believed of a thing that shows too few pixels to learn from.
_PRIOR_LIGHT = 0.5
_PRIOR_WEIGHT = 4.0
_ROUNDS = 4
# Highlights and shadows cast by others differ from the smooth light by more than this, in linear light.
_OUTLIER = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Shading:
    """Light as a smooth function of the normal, and for each point what that function misses."""

    light_K3: Array
    """Coefficients of the nine lowest spherical harmonics (Ramamoorthi and Hanrahan 2001) for each channel."""
    missed_N3: Array
    """sRGB differences at points that were seen; 0 elsewhere."""

    def predict(self, albedo_N3: Array, normals_N3: Array, points_P: Array) -> Array:
        """sRGB colours (P, 3) of the points with indices `points_P`, with normals in the world facing the viewer."""
        light_P3 = np.maximum(harmonics(normals_N3) @ self.light_K3, 0.0)
        return np.clip(encoded(albedo_N3 * light_P3) + self.missed_N3[points_P], 0.0, 1.0)


def learnt(albedo_M3: Array, normals_M3: Array, seen_M3: Array, points_M: Array, num_points: int) -> Shading:
    """Fit the light to M points seen with sRGB colours `seen_M3`, robustly and with a weak belief in even light.

    `points_M` are their indices among the thing's `num_points`.
    """
    basis_MK = harmonics(normals_M3)
    target_M3 = linear(seen_M3)
    light_K3 = np.zeros((9, 3))
    light_K3[0] = _PRIOR_LIGHT / harmonics(np.array([[0.0, 0.0, 1.0]]))[0, 0]
    prior_K3 = light_K3.copy()
    for channel in range(3):
        rows_MK = basis_MK * albedo_M3[:, channel, None]
        weights_M = np.ones(len(rows_MK))
        for _ in range(_ROUNDS):
            normal_KK = (rows_MK * weights_M[:, None]).T @ rows_MK + _PRIOR_WEIGHT * np.diag(_STIFFNESS_K)
            right_K = (rows_MK * weights_M[:, None]).T @ target_M3[:, channel]
            right_K = right_K + _PRIOR_WEIGHT * _STIFFNESS_K * prior_K3[:, channel]
            light_K3[:, channel] = np.linalg.solve(normal_KK, right_K)
            off_M = rows_MK @ light_K3[:, channel] - target_M3[:, channel]
            weights_M = 1 / (1 + (off_M / _OUTLIER) ** 2)
    plain = Shading(light_K3, np.zeros((num_points, 3)))
    missed_N3 = np.zeros((num_points, 3))
    missed_N3[points_M] = seen_M3 - plain.predict(albedo_M3, normals_M3, points_M)
    return Shading(light_K3, missed_N3)


# Detail in the light is believed less than its mean: a few visible faces say little about the rest of the sphere.
_STIFFNESS_K = np.array([0.05, 1, 1, 1, 4, 4, 4, 4, 4], dtype=np.float64)


def harmonics(normals_N3: Array) -> Array:
    """The nine real spherical harmonics of degree at most 2, (N, 9)."""
    x, y, z = normals_N3.T
    return np.stack(
        [
            np.full_like(x, 0.282095),
            0.488603 * y,
            0.488603 * z,
            0.488603 * x,
            1.092548 * x * y,
            1.092548 * y * z,
            0.315392 * (3 * z * z - 1),
            1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ],
        axis=1,
    )
