"""Convex hulls of models: what physics collides and what footprints and silhouettes are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.scenes.mesh import load_mesh

if TYPE_CHECKING:
    from pathlib import Path

    from shapely import Polygon

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Thing


@dataclass(frozen=True, slots=True, eq=False)
class Hull:
    """The convex hull of one model in its own frame, and the outline of its shadow on the ground."""

    points_N3: Array
    outline_M2: Array
    """Convex outline seen from above, counter-clockwise."""

    def in_world(self, thing: Thing) -> Array:
        """The hull's points where `thing` stands, (N, 3)."""
        return thing.in_world(self.points_N3)

    def footprint(self, thing: Thing) -> Polygon:
        """The outline of an upright `thing` on the world's ground plane."""
        from shapely import Polygon

        outline_M2 = self.outline_M2 * (thing.stretch_3[:2] * thing.scale)
        return Polygon(outline_M2 @ thing.pose_wo.rotation_33[:2, :2].T + thing.pose_wo.translation_3[:2])


@lru_cache(maxsize=512)
def load_hull(path: Path) -> Hull:
    """The hull of the model in `path`, read once a process."""
    from scipy.spatial import ConvexHull

    points_N3 = load_mesh(path).points().astype(np.float64)
    hull_N3 = points_N3[np.sort(ConvexHull(points_N3).vertices)]
    outline = ConvexHull(hull_N3[:, :2])
    return Hull(hull_N3, hull_N3[outline.vertices, :2])
