"""Rigid-body physics of a scene in MuJoCo: does a state rest, and where does it come to rest?

Things are convex hulls, the top of each support is a fixed prism under its outline. Hulls close cups and bowls: nothing is
ever put into a container, so the closed shape is the safe one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.scenes.hull import load_hull

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Scene, Support, Thing

_TIMESTEP = 0.002
# Things start this far above the surface: initial overlap would kick them away.
_CLEARANCE = 0.0005
_SLAB = 0.04
# A support and a thing may have the same name.
_TOP_OF = "top of "
# Wood on ceramics slides at about 0.4 to 0.8; the upper end keeps light things where they are put.
_FRICTION = (0.8, 0.005, 0.0001)
_DENSITY = 400.0
# Hulls of detailed meshes have hundreds of vertices that cost time in every contact and change nothing visible.
_MOST_HULL_VERTICES = 60


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two things that interpenetrate, and how deep in metres."""

    first: str
    second: str
    depth: float


class World:
    """One scene compiled for simulation; states with other poses of the same things reuse it."""

    def __init__(self, scene: Scene, catalogue: Catalogue) -> None:
        import mujoco

        spec = mujoco.MjSpec()
        spec.option.timestep = _TIMESTEP
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        for support in scene.supports:
            self._add_surface(spec, support)
        # Whatever leaves a surface falls to the floor and is seen to have left.
        spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[10.0, 10.0, 0.1])
        for thing in scene.things:
            self._add_thing(spec, thing, catalogue)
        self._model: Any = spec.compile()
        self._data: Any = mujoco.MjData(self._model)

    def overlaps(self, poses: Mapping[str, Pose], *, deeper_than: float = 0.001) -> tuple[Overlap, ...]:
        """Pairs of things that interpenetrate by more than `deeper_than` metres when put at `poses`."""
        import mujoco

        self._place(poses, lift=0.0)
        mujoco.mj_forward(self._model, self._data)
        found = []
        for contact in self._data.contact:
            first, second = (self._body_name(geom) for geom in contact.geom)
            if -contact.dist > deeper_than and "" not in (first, second):
                found.append(Overlap(first, second, float(-contact.dist)))
        return tuple(found)

    def rest(self, poses: Mapping[str, Pose], *, seconds: float) -> dict[str, Pose]:
        """Put the things at `poses`, let go, and return where they are after `seconds`."""
        import mujoco

        self._place(poses, lift=_CLEARANCE)
        mujoco.mj_step(self._model, self._data, nstep=round(seconds / _TIMESTEP))
        return {name: self._pose(name) for name in poses}

    def _place(self, poses: Mapping[str, Pose], *, lift: float) -> None:
        import mujoco

        mujoco.mj_resetData(self._model, self._data)
        for name, pose in poses.items():
            start = self._model.joint(name).qposadr[0]
            quaternion_4 = np.zeros(4)
            mujoco.mju_mat2Quat(quaternion_4, pose.rotation_33.ravel())
            self._data.qpos[start : start + 3] = pose.translation_3 + [0.0, 0.0, lift]
            self._data.qpos[start + 3 : start + 7] = quaternion_4

    def _pose(self, name: str) -> Pose:
        body = self._data.body(name)
        # MuJoCo's matrices are orthonormal to 1e-7 only; the polar factor is the nearest true rotation.
        left_33, _, right_33 = np.linalg.svd(body.xmat.reshape(3, 3))
        return Pose(left_33 @ right_33, body.xpos.copy())

    def _body_name(self, geom: int) -> str:
        name: str = self._model.body(self._model.geom_bodyid[geom]).name
        return "" if name == "world" else name

    @staticmethod
    def _add_surface(spec: Any, support: Support) -> None:
        import mujoco

        top_N3 = np.column_stack([support.outline_N2, np.full(len(support.outline_N2), support.top)])
        points_N3 = support.body.pose_wo.apply(np.concatenate([top_N3, top_N3 - [0.0, 0.0, _SLAB]]))
        mesh = spec.add_mesh(name=f"{_TOP_OF}{support.name}", uservert=points_N3.ravel().tolist())
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
        spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh.name, friction=_FRICTION)

    @staticmethod
    def _add_thing(spec: Any, thing: Thing, catalogue: Catalogue) -> None:
        import mujoco

        hull_N3 = load_hull(catalogue.model_path(thing.asset)).points_N3 * thing.scale
        mesh = spec.add_mesh(name=thing.name, uservert=hull_N3.ravel().tolist(), maxhullvert=_MOST_HULL_VERTICES)
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
        body = spec.worldbody.add_body(name=thing.name)
        body.add_freejoint(name=thing.name)
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH, meshname=thing.name, density=_DENSITY, friction=_FRICTION, condim=4
        )
