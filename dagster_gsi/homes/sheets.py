"""Flat faces, collected by what they are made of and written down as parts of a model.

Texture coordinates are metres, so that pictures of a known size can be laid on everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.scenes.mesh import Material, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dagster_gsi.geometry.pose import Array, Pose


def _plain(name: str, *colour: float, roughness: float, metallic: float = 0.0, opacity: float = 1.0) -> Material:
    return Material(np.array(colour, dtype=np.float32), opacity, roughness, metallic, texture=None, name=name)


MATERIALS: dict[str, Material] = {
    material.name: material
    for material in (
        _plain("floor", 0.36, 0.27, 0.19, roughness=0.5),
        _plain("wall", 0.72, 0.70, 0.67, roughness=0.9),
        _plain("ceiling", 0.80, 0.80, 0.79, roughness=0.95),
        _plain("door", 0.66, 0.64, 0.60, roughness=0.5),
        _plain("frame", 0.76, 0.75, 0.73, roughness=0.5),
        _plain("handle", 0.60, 0.60, 0.60, roughness=0.3, metallic=1.0),
        _plain("glass", 0.92, 0.96, 0.95, roughness=0.05, opacity=0.12),
    )
}
"""Plain colours by role, in the order of the parts; renderers lay textures of their own on floors and walls."""

# Corners of the six sides of a box as bits of x, y and z, each counter-clockwise from outside.
_SIDES: dict[str, tuple[int, int, int, int]] = {
    "left": (0b000, 0b100, 0b110, 0b010), "right": (0b001, 0b011, 0b111, 0b101), "front": (0b000, 0b001, 0b101, 0b100),
    "rear": (0b010, 0b110, 0b111, 0b011), "bottom": (0b000, 0b010, 0b011, 0b001), "top": (0b100, 0b101, 0b111, 0b110),
}  # fmt: skip
# Square metres: less is what rounding leaves between two outlines.
_SLIVER, _NO_AREA = 1e-6, 1e-8


Face = tuple["Array", "Array", "Array", "NDArray[np.intp]"]
"""Corners (V, 3), their texture coordinates (V, 2) and normals (V, 3), and triangles (F, 3) of them."""


class Sheets:
    """What has been collected so far. No two faces share a corner, so that edges stay sharp."""

    def __init__(self) -> None:
        self._faces: dict[str, list[Face]] = {role: [] for role in MATERIALS}

    def add(self, role: str, face: Face) -> None:
        """Triangles whose corners run counter-clockwise as seen from where the normals point."""
        self._faces[role].append(face)

    def quad(self, role: str, corners_43: Array, uv_42: Array, normals_43: Array | None = None) -> None:
        """Four corners, counter-clockwise from outside; flat unless normals are given."""
        if normals_43 is None:
            normal_3 = np.cross(corners_43[1] - corners_43[0], corners_43[3] - corners_43[0])
            normals_43 = np.tile(normal_3 / np.linalg.norm(normal_3), (4, 1))
        self.add(role, (corners_43, uv_42, normals_43, np.array([[0, 1, 2], [0, 2, 3]])))

    def area(self, role: str, outline: Any, height: float, *, up: bool) -> None:
        """A level area, which may have holes and several pieces, seen from above or from below."""
        from shapely import constrained_delaunay_triangles, get_coordinates, get_parts

        for piece in get_parts(outline):
            if piece.geom_type != "Polygon" or piece.area < _SLIVER:
                continue
            triangles = get_parts(constrained_delaunay_triangles(piece))
            corners_T32 = np.array([get_coordinates(triangle)[:3] for triangle in triangles])
            first_T2, second_T2 = corners_T32[:, 1] - corners_T32[:, 0], corners_T32[:, 2] - corners_T32[:, 0]
            twice_T = first_T2[:, 0] * second_T2[:, 1] - first_T2[:, 1] * second_T2[:, 0]
            # Triangles between points of one line have no normal.
            is_wide_T = np.abs(twice_T) > _NO_AREA
            corners_T32, twice_T = corners_T32[is_wide_T], twice_T[is_wide_T]
            turned_T = (twice_T < 0) == up
            corners_T32[turned_T] = corners_T32[turned_T][:, ::-1]
            points_V2, index_V = np.unique(corners_T32.reshape(-1, 2), axis=0, return_inverse=True)
            corners_V3 = np.column_stack([points_V2, np.full(len(points_V2), height)])
            normals_V3 = np.tile([0.0, 0.0, 1.0 if up else -1.0], (len(points_V2), 1))
            self.add(role, (corners_V3, points_V2, normals_V3, index_V.reshape(-1, 3)))

    def box(self, role: str, pose: Pose, low_3: Iterable[float], high_3: Iterable[float], hidden: str = "") -> None:
        """A box between two corners in the frame of `pose`, without the sides that `hidden` names."""
        ends_23 = np.array([[*low_3], [*high_3]])
        corners_83 = np.array([[ends_23[(bits >> axis) & 1, axis] for axis in range(3)] for bits in range(8)])
        world_83 = pose.apply(corners_83)
        for side, order in _SIDES.items():
            if side not in hidden.split():
                across = (1, 2) if side in {"left", "right"} else (0, 2) if side in {"front", "rear"} else (0, 1)
                self.quad(role, world_83[[*order]], corners_83[[*order]][:, across])

    def parts(self) -> tuple[Part, ...]:
        """One part for each material that something is made of."""
        return tuple(_part(MATERIALS[role], faces) for role, faces in self._faces.items() if faces)


def _part(material: Material, faces: list[Face]) -> Part:
    corners, uv, normals, triangles = zip(*faces, strict=True)
    starts = np.cumsum([0, *(len(some) for some in corners)])
    return Part(
        positions_V3=np.concatenate(corners).astype(np.float32),
        normals_V3=np.concatenate(normals).astype(np.float32),
        uv_V2=np.concatenate(uv).astype(np.float32),
        faces_F3=np.concatenate([some + start for some, start in zip(triangles, starts, strict=False)]).astype(
            np.uint32
        ),
        material=material,
    )
