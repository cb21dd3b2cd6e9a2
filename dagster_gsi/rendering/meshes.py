"""Meshes as Mitsuba loads them: the parts of models, the walls of the room, quadrilaterals."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dagster_gsi.rendering.materials import PLASTER, bsdf
from dagster_gsi.scenes.mesh import Material, Part

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.rendering.room import Rectangle
    from dagster_gsi.scenes.catalogue import Catalogue


def loaded_mesh(
    name: str, positions_V3: NDArray[np.float32], normals_V3: NDArray[np.float32], part: Part, *, emitter: Any = None
) -> Any:
    """One part with its vertices in the world, (V, 3) each, and its material; `emitter` makes it shine."""
    import mitsuba as mi

    assert part.uv_V2 is not None
    properties = mi.Properties()
    properties["surface"] = mi.load_dict(bsdf(part.material))
    if emitter is not None:
        properties["emitter"] = emitter
    mesh = mi.Mesh(
        name,
        len(positions_V3),
        len(part.faces_F3),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = positions_V3.ravel()
    parameters["vertex_normals"] = normals_V3.ravel()
    # Mitsuba's v runs down the picture.
    parameters["vertex_texcoords"] = np.stack([part.uv_V2[:, 0], 1 - part.uv_V2[:, 1]], axis=1).ravel()
    parameters["faces"] = part.faces_F3.ravel()
    parameters.update()
    return mesh


def wall(name: str, rectangle: Rectangle, catalogue: Catalogue) -> Any:
    """A plane of the room, with its texture or plain plaster."""
    texture = None if rectangle.texture is None else picture(catalogue.texture_path(rectangle.texture))
    material = replace(PLASTER, roughness=rectangle.roughness, texture=texture)
    if texture is not None:
        material = replace(material, colour_3=np.ones(3, dtype=np.float32))
    part = quad(rectangle.corners_43(), rectangle.uv_42(), material)
    return loaded_mesh(name, part.positions_V3, part.normals_V3, part)


def quad(corners_43: Array, uv_42: Array, material: Material) -> Part:
    """Two triangles over four corners; the front is where the corners run counter-clockwise."""
    normal_3 = np.cross(corners_43[1] - corners_43[0], corners_43[3] - corners_43[0])
    return Part(
        positions_V3=corners_43.astype(np.float32),
        normals_V3=np.tile(normal_3 / np.linalg.norm(normal_3), (4, 1)).astype(np.float32),
        uv_V2=uv_42.astype(np.float32),
        faces_F3=np.array([[0, 1, 2], [0, 2, 3]], dtype=np.uint32),
        material=material,
    )


@lru_cache(maxsize=16)  # more than a scene has, of 1.5 MB each
def picture(path: Path) -> Image.Image:
    """A texture, read once while scenes go on using it."""
    try:
        return Image.open(path).convert("RGB")
    except OSError as error:
        raise ValueError(f"{path} cannot be read as a picture ({error}); restore it from Git") from error
