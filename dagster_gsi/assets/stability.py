"""Whether a model stands by itself, tried in MuJoCo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dagster_gsi.scenes.mesh import Mesh

_DROP = 0.002
_SECONDS = 1.0
_MAX_TILT = np.radians(3.0)
_MAX_SHIFT = 0.003


def stands(mesh: Mesh) -> bool:
    """Dropped from 2 mm onto a plane, the convex hull stays within 3 degrees and 3 mm after a second."""
    tilt, shift = drift(mesh)
    return tilt <= _MAX_TILT and shift <= _MAX_SHIFT


def drift(mesh: Mesh) -> tuple[float, float]:
    """Tilt in radians and horizontal shift in metres a second after the drop."""
    import mujoco

    spec = mujoco.MjSpec()
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1, 1, 0.1])
    points_N3 = np.unique(np.round(_hull_points(mesh), 5), axis=0)
    spec.add_mesh(
        name="hull", uservert=points_N3.ravel(), inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
    )
    body = spec.worldbody.add_body(name="model", pos=[0, 0, _DROP])
    body.add_freejoint()
    body.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname="hull", density=500)
    model = spec.compile()
    data = mujoco.MjData(model)
    while data.time < _SECONDS:
        mujoco.mj_step(model, data)
    up_3 = data.body("model").xmat.reshape(3, 3)[:, 2]
    return float(np.arccos(np.clip(up_3[2], -1, 1))), float(np.linalg.norm(data.body("model").xpos[:2]))


def _hull_points(mesh: Mesh) -> np.ndarray:
    from scipy.spatial import ConvexHull

    points_N3 = mesh.points().astype(np.float64)
    return points_N3[ConvexHull(points_N3, qhull_options="QJ").vertices]
