"""Rigid poses.

Frames are named by one letter: w(orld), c(amera), o(bject). `pose_wo` takes coordinates in o to coordinates in w, so
chains read left to right: `pose_wo = pose_wc @ pose_co`. Array names end in their shape: N points, 3 axes. Lengths are
metres, angles radians, world +z is up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# How far the product of a rotation and its inverse may be from the identity. Poses are made by the hundred thousand:
# `np.allclose` would take ten times as long.
_IDENTITY_33 = np.eye(3)
_TOLERANCE_33 = 1e-9 + 1e-5 * _IDENTITY_33


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """A rotation followed by a translation. Compare with `is_close`: `==` is identity."""

    rotation_33: Array
    translation_3: Array

    def __post_init__(self) -> None:
        if not (np.abs(self.rotation_33 @ self.rotation_33.T - _IDENTITY_33) <= _TOLERANCE_33).all():
            raise ValueError(f"rotation_33 is not orthonormal:\n{self.rotation_33}")
        if np.linalg.det(self.rotation_33) < 0:
            raise ValueError(f"rotation_33 is a reflection:\n{self.rotation_33}")
        self.rotation_33.setflags(write=False)
        self.translation_3.setflags(write=False)

    @classmethod
    def identity(cls) -> Self:
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def about_z(cls, angle: float, at_3: Array) -> Self:
        """Turn by `angle` about the vertical axis through `at_3`, counter-clockwise from above."""
        rotation_33 = _rotation_about_z(angle)
        return cls(rotation_33, at_3 - rotation_33 @ at_3)

    @classmethod
    def upright(cls, yaw: float, at_3: Array) -> Self:
        """Stand at `at_3`, turned by `yaw` counter-clockwise from above."""
        return cls(_rotation_about_z(yaw), np.array(at_3, dtype=np.float64))

    def __matmul__(self, other: Self) -> Self:
        return type(self)(
            self.rotation_33 @ other.rotation_33,
            self.rotation_33 @ other.translation_3 + self.translation_3,
        )

    @property
    def yaw(self) -> float:
        """Heading of the x axis about +z, in (-pi, pi]; meaningful for upright poses."""
        return float(np.arctan2(self.rotation_33[1, 0], self.rotation_33[0, 0]))

    @property
    def tilt(self) -> float:
        """Angle in radians between the object's up axis and the world's."""
        return float(np.arccos(np.clip(self.rotation_33[2, 2], -1.0, 1.0)))

    def apply(self, points_N3: Array) -> Array:
        return points_N3 @ self.rotation_33.T + self.translation_3

    def inverse(self) -> Self:
        return type(self)(self.rotation_33.T.copy(), -self.rotation_33.T @ self.translation_3)

    def is_close(self, other: Self, *, atol: float = 1e-9) -> bool:
        return np.allclose(self.rotation_33, other.rotation_33, atol=atol) and np.allclose(
            self.translation_3, other.translation_3, atol=atol
        )


def rotation_angle(first_33: Array, second_33: Array) -> float:
    """Angle in radians of the shortest turn between two rotations, in [0, pi] (geodesic distance on SO(3))."""
    cosine = (np.trace(first_33.T @ second_33) - 1.0) / 2.0
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)))


def wrapped(angle: float, *, period: float = 2 * np.pi) -> float:
    """`angle` brought into [-period/2, period/2)."""
    return float((angle + period / 2) % period - period / 2)


def turn_about(axis_3: Array, angle: float) -> Array:
    """Rotation by `angle` about the unit vector `axis_3`, counter-clockwise where it points at the viewer (Rodrigues)."""
    x, y, z = axis_3
    cross_33 = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross_33 + (1 - np.cos(angle)) * cross_33 @ cross_33)


def _rotation_about_z(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
