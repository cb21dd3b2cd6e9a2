"""Two tops of toy models and pictures of them that are drawn by hand: no renderer is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.rendering.base import FIRST_THING, SUPPORT, Frame, Geometry
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Scene, Support, Thing, Words
from tests.toy_assets import toy_scene, toy_table

DESK_HEIGHT = 0.36


def desk(catalogue: Catalogue, x: float = -1.5, y: float = 0.0) -> Support:
    """Half a toy table, in all directions, of a category of its own."""
    table = toy_table(catalogue)
    body = replace(
        table.body,
        name="desk",
        on="desk",
        category=Words("desk", "书桌"),
        size_3=table.body.size_3 / 2,
        stretch_3=np.full(3, 0.5),
        pose_wo=Pose.upright(0.0, np.array([x, y, 0.0])),
    )
    return Support(body, table.top / 2, table.outline_N2 / 2)


def cabinet(catalogue: Catalogue, bottom: float) -> Thing:
    """A block 0.4 m wide, 0.24 m deep and 0.32 m high over the left of the table, where the red box stands."""
    box = toy_scene(catalogue).find("red-box")
    return replace(
        box,
        name="cabinet",
        on="cabinet",
        category=Words("cabinet", "柜子"),
        size_3=box.size_3 * 2,
        stretch_3=np.full(3, 2.0),
        pose_wo=Pose.upright(0.0, np.array([*box.pose_wo.translation_3[:2], bottom])),
    )


def two_tops(catalogue: Catalogue, size: int = 64) -> Scene:
    """The toy scene with a desk on the left of its table, seen from 3 m behind its front."""
    scene = toy_scene(catalogue, size)
    camera = scene.camera.look_at(
        np.array([-0.7, -3.0, 1.9]), np.array([-0.7, 0.0, 0.5]), fov=0.9, width=size, height=size
    )
    return replace(scene, supports=(*scene.supports, desk(catalogue)), camera=camera)


def painted(scene: Scene, *, thing_depth: float | None = None, floor_depth: float = 9.0) -> Geometry:
    """Every thing as the rectangle around it at the depth of its middle, on a table that fills the picture."""
    camera = scene.camera
    ids_HW = np.full((camera.height, camera.width), SUPPORT, dtype=np.uint16)
    depth_HW = np.full(ids_HW.shape, floor_depth, dtype=np.float32)
    for index, thing in enumerate(scene.things):
        left, top, right, bottom = (round(edge) for edge in thing.box.picture(camera))
        here = (slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0)))
        ids_HW[here] = FIRST_THING + index
        depth_HW[here] = thing_depth or float(camera.project(thing.centre_3[None])[1][0])
    return Geometry(ids_HW, depth_HW)


@dataclass(frozen=True)
class PaintedView:
    """A `View` of whatever state it is shown."""

    floor_depth: float = 9.0

    def trace(self, state: Scene) -> Geometry:
        return painted(state, floor_depth=self.floor_depth)

    def sketch(self, state: Scene) -> Frame:
        return self.render(state)

    def render(self, state: Scene) -> Frame:
        geometry = self.trace(state)
        return Frame(np.repeat(geometry.ids_HW[..., None] * 9, 3, axis=2).astype(np.uint8), geometry)
