"""Whether a model stands by itself, and how it comes to lie where it does not, tried in MuJoCo on its convex hull."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.assets.convert import turned

if TYPE_CHECKING:
    from dagster_gsi.scenes.mesh import Mesh

Floats = NDArray[np.float64]

_DROP = 0.002
_MAX_TILT = np.radians(3.0)
_MAX_SHIFT = 0.003
# A hammer dropped onto its head takes about two seconds to come to rest.
_SETTLING = 4.0
# Sine of the angle between two directions under which rounding alone says where their common axis is.
_PARALLEL = 1e-12


def stands(mesh: Mesh) -> bool:
    """Whether, dropped from 2 mm onto a plane, it stays within 3 degrees and 3 mm after a second."""
    return points_stand(mesh.points().astype(np.float64))


def points_stand(points_N3: Floats) -> bool:
    """The same of the convex hull of points."""
    rotation_33, shift = _dropped(points_N3, seconds=1.0)
    tilt = float(np.arccos(np.clip(rotation_33[2, 2], -1.0, 1.0)))
    return tilt <= _MAX_TILT and shift <= _MAX_SHIFT


def settled(mesh: Mesh) -> Mesh:
    """The mesh as it lies after the drop, not turned about the vertical axis more than lying down takes."""
    rotation_33, _ = _dropped(mesh.points().astype(np.float64), seconds=_SETTLING)
    # The direction in the mesh that ends up vertical, and the shortest rotation that takes it there.
    turn_33 = shortest_rotation(rotation_33[2], np.array([0.0, 0.0, 1.0])).astype(np.float32)
    return turned(mesh, turn_33)


def shortest_rotation(from_3: Floats, to_3: Floats) -> Floats:
    """The rotation by the smallest angle that takes one unit vector to another, (3, 3)."""
    from scipy.spatial.transform import Rotation

    axis_3 = np.cross(from_3, to_3)
    sin, cos = float(np.linalg.norm(axis_3)), float(from_3 @ to_3)
    if sin < _PARALLEL:
        # Equal vectors, or opposite ones: half a turn about any axis across.
        side_3 = np.array([1.0, 0.0, 0.0] if abs(from_3[0]) < 0.5 else [0.0, 1.0, 0.0])
        axis_3 = side_3 - (side_3 @ from_3) * from_3
        half_turn_3 = np.pi * axis_3 / np.linalg.norm(axis_3)
        return np.eye(3) if cos > 0 else np.asarray(Rotation.from_rotvec(half_turn_3).as_matrix())
    # The angle by both: the cosine alone hardly changes near half a turn, nor the sine near a quarter.
    return np.asarray(Rotation.from_rotvec(axis_3 / sin * np.arctan2(sin, cos)).as_matrix())


def _dropped(points_N3: Floats, seconds: float) -> tuple[Floats, float]:
    """Rotation (3, 3) and horizontal shift in metres that long after the drop."""
    import mujoco

    spec = mujoco.MjSpec()
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1, 1, 0.1])
    spec.add_mesh(
        name="hull", uservert=_hull_points(points_N3).ravel(), inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
    )
    body = spec.worldbody.add_body(name="model", pos=[0, 0, _DROP])
    body.add_freejoint()
    # A little friction against rolling and twisting, as on a cloth; without it, nothing round ever rests.
    body.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname="hull", density=500, condim=6, friction=[0.8, 0.005, 0.001])
    model = spec.compile()
    data = mujoco.MjData(model)
    while data.time < seconds:
        mujoco.mj_step(model, data)
    placed = data.body("model")
    return placed.xmat.reshape(3, 3).copy(), float(np.linalg.norm(placed.xpos[:2]))


def _hull_points(points_N3: Floats) -> Floats:
    from scipy.spatial import ConvexHull

    hull_N3: Floats = points_N3[ConvexHull(points_N3, qhull_options="QJ").vertices]
    return hull_N3
