"""What of a piece of furniture's level top is free to put things on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.homes.models import surfaces_of
from dagster_gsi.scenes.mesh import load_mesh
from dagster_gsi.scenes.scene import Support

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.geometry.pose import Array, Pose
    from dagster_gsi.scenes.catalogue import Card, Catalogue
    from dagster_gsi.scenes.scene import Thing

# Metres. Tops are looked at from above by somebody who stands; on lower and higher ones there is little to see.
_LOWEST, _HIGHEST, _HEADROOM = 0.3, 1.3, 0.3
# A top with less is no place to move anything on.
_LEAST_AREA, _LONG, _SHORT = 0.05, 0.3, 0.2
# What stands so little above a top lies under what is put there.
_FLUSH = 0.005
# Metres that things keep from what stands beside them; and what overlaps by less does not count.
_APART, _SLIVER = 0.01, 1e-4


def support_on(card: Card, body: Thing, obstacles: Sequence[Obstacle], ceiling: float) -> Support | None:
    """The larger free top of a body, under a ceiling and around obstacles; None where there is none."""
    best, best_area = None, _LEAST_AREA
    above = ceiling - float(body.pose_wo.translation_3[2])
    for surface in surfaces_of(card):
        top = surface.height * float(body.stretch_3[2])
        outline_N2 = np.array(surface.outline) * body.stretch_3[:2]
        height = top + float(body.pose_wo.translation_3[2])
        if not _LOWEST <= height <= _HIGHEST or above - top < _HEADROOM:
            above = top
            continue
        above = top
        near = [obstacle for obstacle in obstacles if obstacle.owner is not body and obstacle.is_near(body)]
        grounds = [obstacle.ground(body.pose_wo, height) for obstacle in near]
        free = free_part(outline_N2, [ground for ground in grounds if ground is not None])
        if free is not None and free.area >= best_area and is_roomy(free):
            best, best_area = Support(body, top, _corners_N2(free)), float(free.area)
    return best


class Obstacle:
    """What may stand on a top, hang over it or reach into it: furniture by its model's points, walls by their plan."""

    def __init__(self, points_N3: Array, owner: Thing | None = None) -> None:
        self.owner = owner
        self._points_N3 = points_N3
        self._low_3, self._high_3 = points_N3.min(axis=0), points_N3.max(axis=0)

    @classmethod
    def of_thing(cls, thing: Thing, catalogue: Catalogue) -> Obstacle:
        return cls(thing.in_world(_points_N3(catalogue.model_path(thing.asset))), thing)

    @classmethod
    def of_wall(cls, plan: Any, top: float) -> Obstacle:
        from shapely import get_coordinates

        corners_N2 = get_coordinates(plan)
        heights = [np.full(len(corners_N2), height) for height in (0.0, top)]
        return cls(np.concatenate([np.column_stack([corners_N2, height]) for height in heights]))

    def is_near(self, body: Thing) -> bool:
        """Whether its box, seen from above, meets the circle around a body's."""
        middle_2 = body.pose_wo.translation_3[:2]
        reach = float(np.hypot(*body.size_3[:2])) / 2 + _APART
        nearest_2 = np.clip(middle_2, self._low_3[:2], self._high_3[:2])
        return float(np.hypot(*(nearest_2 - middle_2))) <= reach

    def ground(self, pose: Pose, height: float) -> Any:
        """The convex ground of what of it is above a height and near it, in the frame of a pose; None where nothing is."""
        from shapely import MultiPoint

        if self._low_3[2] > height + _HEADROOM or self._high_3[2] < height + _FLUSH:
            return None
        # Every triangle that goes through the height has a corner above it.
        above_N3 = self._points_N3[self._points_N3[:, 2] > height + _FLUSH]
        return MultiPoint(pose.inverse().apply(above_N3)[:, :2]).convex_hull


def free_part(outline_N2: Array, grounds: Sequence[Any]) -> Any:
    """What is left of a convex outline beside obstacles: for each, the best of the strips on its four sides."""
    from shapely import MultiPoint, box

    # A mirrored body's outline runs the other way around.
    left = MultiPoint(outline_N2).convex_hull
    inside = [ground for ground in grounds if ground.intersects(left)]
    for ground in sorted(inside, key=lambda ground: -float(ground.intersection(left).area)):
        if ground.intersection(left).area < _SLIVER:
            continue
        low_x, low_y, high_x, high_y = ground.bounds
        far = 1e3
        strips = [
            left.intersection(box(*corners))
            for corners in (
                (-far, -far, low_x - _APART, far), (high_x + _APART, -far, far, far),
                (-far, -far, far, low_y - _APART), (-far, high_y + _APART, far, far),
            )
        ]  # fmt: skip
        left = max(strips, key=lambda strip: float(strip.area))
        if left.area < _LEAST_AREA or left.geom_type != "Polygon":
            return None
    return left if left.geom_type == "Polygon" else None


def is_roomy(outline: Any) -> bool:
    """Whether a hand's width of things has its place there."""
    low_x, low_y, high_x, high_y = outline.bounds
    short, long = sorted((high_x - low_x, high_y - low_y))
    return bool(long >= _LONG and short >= _SHORT)


def _corners_N2(outline: Any) -> Array:
    from shapely.geometry.polygon import orient

    return np.array(orient(outline).exterior.coords)[:-1]


@lru_cache(maxsize=512)
def _points_N3(path: Path) -> Array:
    return load_mesh(path).points().astype(np.float64)
