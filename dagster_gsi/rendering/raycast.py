"""What one ray through each pixel meets first, holes in textures left open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.rendering.materials import ALPHA_CUT, alpha

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.scenes.mesh import Part

# Leaves and lace lie one behind the other; what shows through more layers than this is not told apart.
_LAYERS = 8

# A ray that passes a hole starts again so far behind it, in metres.
_STEP = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Where the surface of a mesh has holes."""

    uv_F32: NDArray[np.float32]
    """Texture coordinates of each triangle's corners, v upwards."""
    solid_HW: NDArray[np.float32]
    """1 where the repeating texture is solid, 0 in its holes; the top row is v = 1."""

    def is_hole(self, triangle_N: NDArray[np.uint32], weights_N2: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether the points with barycentric `weights_N2` (of the second and third corner) lie in holes."""
        first_N2, second_N2, third_N2 = np.moveaxis(self.uv_F32[triangle_N], 1, 0)
        b_N1, c_N1 = weights_N2[:, :1], weights_N2[:, 1:]
        uv_N2 = (1 - b_N1 - c_N1) * first_N2 + b_N1 * second_N2 + c_N1 * third_N2
        height, width = self.solid_HW.shape
        column_N = np.floor(uv_N2[:, 0] % 1.0 * width).astype(int) % width
        row_N = np.floor((1.0 - uv_N2[:, 1]) % 1.0 * height).astype(int) % height
        return np.asarray(self.solid_HW[row_N, column_N] < ALPHA_CUT)


def cut_of(part: Part) -> Cut | None:
    """The holes of a part, None where it has none."""
    solid_HW = alpha(part.material)
    if solid_HW is None or part.uv_V2 is None or part.material.opacity < 1.0:
        return None
    return Cut(part.uv_V2[part.faces_F3], solid_HW)


def first_hits(scene: Any, camera: Camera, cuts: Mapping[str, Cut]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Depth along the optical axis in metres (0 for a miss) and index into `scene.shapes()` (-1), both (H, W).

    `cuts` holds the shapes with holes by their Mitsuba id.
    """
    height, width = camera.height, camera.width
    directions_N3 = _through_pixel_centres(camera)
    names = [shape.id() for shape in scene.shapes()]
    depth_N, shape_N = np.zeros(height * width, dtype=np.float32), np.full(height * width, -1)
    waiting_K, passed_K = np.arange(height * width), np.zeros(height * width, dtype=np.float32)
    for _ in range(_LAYERS):
        directions_K3 = directions_N3[waiting_K]
        origins_K3 = camera.pose_wc.translation_3.astype(np.float32) + passed_K[:, None] * directions_K3
        t_K, shape_K, triangle_K, weights_K2 = _cast(scene, names, origins_K3, directions_K3)
        depth_N[waiting_K] = np.where(shape_K >= 0, passed_K + t_K, np.float32(0))
        shape_N[waiting_K] = shape_K
        hole_K = np.zeros(len(waiting_K), dtype=bool)
        for name, cut in cuts.items():
            here_K = shape_K == names.index(name)
            hole_K[here_K] = cut.is_hole(triangle_K[here_K], weights_K2[here_K])
        if not hole_K.any():
            break
        waiting_K, passed_K = waiting_K[hole_K], passed_K[hole_K] + t_K[hole_K] + np.float32(_STEP)
    return depth_N.reshape(height, width), shape_N.reshape(height, width)


def _through_pixel_centres(camera: Camera) -> NDArray[np.float32]:
    """Directions (height * width, 3) in the world, of length 1 along the optical axis: a ray's parameter is its depth."""
    x_W = (np.arange(camera.width) + 0.5 - camera.centre_x) / camera.focal_x
    y_H = (np.arange(camera.height) + 0.5 - camera.centre_y) / camera.focal_y
    right_3, down_3, forward_3 = camera.pose_wc.rotation_33.T
    directions_HW3 = (x_W[:, None] * right_3 + forward_3)[None] + (y_H[:, None] * down_3)[:, None]
    return directions_HW3.reshape(-1, 3).astype(np.float32)


def _cast(
    scene: Any, names: list[str], origins_N3: NDArray[np.float32], directions_N3: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.uint32], NDArray[np.float32]]:
    """Ray parameter, shape (-1 for a miss), triangle and barycentric weights of the nearest hits."""
    import mitsuba as mi

    if (mi.variant() or "").startswith("scalar"):
        return _cast_one_by_one(scene, names, origins_N3, directions_N3)
    import drjit as dr

    rays = mi.Ray3f(mi.Point3f(np.ascontiguousarray(origins_N3.T)), mi.Vector3f(np.ascontiguousarray(directions_N3.T)))
    hit = scene.ray_intersect_preliminary(rays)
    dr.eval(hit)  # at once, or every array below would cast the rays again
    number_N = np.array(dr.reinterpret_array(mi.UInt32, hit.shape))
    numbers = [int(dr.reinterpret_array(mi.UInt32, mi.ShapePtr(shape))[0]) for shape in scene.shapes()]
    index_by_number = np.full(max(numbers) + 1, -1)
    index_by_number[numbers] = np.arange(len(numbers))
    t_N = np.array(hit.t)
    shape_N = np.where(np.isfinite(t_N), index_by_number[number_N], -1)
    return t_N, shape_N, np.array(hit.prim_index), np.array(hit.prim_uv).T


def _cast_one_by_one(
    scene: Any, names: list[str], origins_N3: NDArray[np.float32], directions_N3: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.uint32], NDArray[np.float32]]:
    """`_cast` for the scalar variant, whose rays are single."""
    import mitsuba as mi

    index_by_name = {name: index for index, name in enumerate(names)}
    num_rays = len(origins_N3)
    t_N, shape_N = np.full(num_rays, np.inf, dtype=np.float32), np.full(num_rays, -1)
    triangle_N, weights_N2 = np.zeros(num_rays, dtype=np.uint32), np.zeros((num_rays, 2), dtype=np.float32)
    for k, (origin, direction) in enumerate(zip(origins_N3.tolist(), directions_N3.tolist(), strict=True)):
        hit = scene.ray_intersect_preliminary(mi.Ray3f(mi.Point3f(origin), mi.Vector3f(direction)))
        if hit.is_valid():
            t_N[k], shape_N[k] = hit.t, index_by_name[hit.shape.id()]
            triangle_N[k], weights_N2[k] = hit.prim_index, (hit.prim_uv.x, hit.prim_uv.y)
    return t_N, shape_N, triangle_N, weights_N2
