"""The project's cameras as Mitsuba's perspective sensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dagster_gsi.geometry.camera import Camera


def sensor(camera: Camera, samples_per_pixel: int) -> dict[str, Any]:
    """The camera for `mitsuba.load_dict`; its film keeps linear radiance."""
    import mitsuba as mi

    parameters = sensor_parameters(camera, camera)
    return {
        "type": "perspective",
        "fov_axis": "x",
        "fov": parameters.pop("x_fov"),
        "near_clip": 0.01,
        "far_clip": 1000.0,
        **parameters,
        "to_world": mi.ScalarTransform4f(_camera_to_world_44(camera)),
        "film": {
            "type": "hdrfilm",
            "width": camera.width,
            "height": camera.height,
            "pixel_format": "rgb",
            "component_format": "float32",
            "rfilter": {"type": "box"},
        },
        "sampler": {"type": "independent", "sample_count": samples_per_pixel},
    }


def sensor_parameters(camera: Camera, loaded: Camera) -> dict[str, Any]:
    """What changes with the camera, by the names that Mitsuba's perspective sensor has for it."""
    import mitsuba as mi

    if (camera.width, camera.height) != (loaded.width, loaded.height):
        raise ValueError(
            f"a view keeps its size: {loaded.width} x {loaded.height}, not {camera.width} x {camera.height}"
        )
    if not np.isclose(camera.focal_x, camera.focal_y, rtol=1e-6):
        raise ValueError(
            f"Mitsuba renders square pixels: focal lengths {camera.focal_x} and {camera.focal_y} must agree"
        )
    return {
        "x_fov": float(np.degrees(2 * np.arctan(camera.width / 2 / camera.focal_x))),
        # Mitsuba gives the film's place relative to the principal point, not the point's on the film.
        "principal_point_offset_x": 0.5 - camera.centre_x / camera.width,
        "principal_point_offset_y": 0.5 - camera.centre_y / camera.height,
        "to_world": mi.Transform4f(_camera_to_world_44(camera)),
    }


def _camera_to_world_44(camera: Camera) -> NDArray[np.float64]:
    """Mitsuba's camera has x to the left and y up."""
    matrix_44 = np.eye(4)
    matrix_44[:3, :3] = camera.pose_wc.rotation_33 * [-1.0, -1.0, 1.0]
    matrix_44[:3, 3] = camera.pose_wc.translation_3
    return matrix_44
