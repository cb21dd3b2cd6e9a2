"""What lights a scene: a panorama around it and lamps above it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.rendering.denoise import cleaned
from dagster_gsi.rendering.materials import PLASTER
from dagster_gsi.rendering.meshes import loaded_mesh, quad

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dagster_gsi.scenes.scene import Lamp, Lighting

# Mean radiance of an environment of strength 1. Lamps have about 10, and a lamp of half a square metre then gives a
# little more light than the room's open sides: shadows have a direction and are not black.
_SKY = 0.5

# How much of a panorama's colour stays: a camera's white balance takes out the rest, as it does with evening light.
_TINT = np.float32(0.4)

# How much brighter than the brightest hundredth of a panorama anything in it may be.
_BRIGHTEST_SPOT = 20.0

# Rows of a panorama that lights a scene and is seen in reflections at most. Every surface on a path looks a light up in
# it: a quarter of the rows saves a tenth of a picture's time, and windows stay windows on a vase.
_ROWS_UNSEEN = 64


def environment(path: Path, lighting: Lighting, *, seen: bool) -> dict[str, Any]:
    """The panorama in `path` for `mitsuba.load_dict`, turned and as strong as `lighting` says.

    One that no camera looks at (not `seen`) is made coarse.
    """
    import mitsuba as mi

    pixels_HW3 = _panorama(path) if seen else _coarse(path)
    # Turned so that the picture's up is the world's.
    upright = mi.ScalarTransform4f().rotate([0, 0, 1], float(np.degrees(lighting.environment_yaw)))
    return {
        "type": "envmap",
        # A `scale` would be part of the compiled kernel.
        "bitmap": mi.Bitmap(pixels_HW3 * np.float32(lighting.environment_strength)),
        "to_world": upright @ mi.ScalarTransform4f().rotate([1, 0, 0], 90),
    }


def lamps(lighting: Lighting) -> dict[str, Any]:
    """Squares that shine downwards, by name. They are meshes because a rectangle's place would be part of the compiled
    kernel.
    """
    return {f"lamp-{index}": _square(f"lamp-{index}", lamp) for index, lamp in enumerate(lighting.lamps)}


def _square(name: str, lamp: Lamp) -> Any:
    import mitsuba as mi

    half = lamp.size / 2
    corners_43 = np.array([[-half, -half, 0], [-half, half, 0], [half, half, 0], [half, -half, 0]])
    part = quad(corners_43 + lamp.place_3, np.zeros((4, 2)), PLASTER)
    radiance = {"type": "area", "radiance": {"type": "rgb", "value": list(lamp.rgb)}}
    return loaded_mesh(name, part.positions_V3, part.normals_V3, part, emitter=mi.load_dict(radiance))


@cache
def _panorama(path: Path) -> NDArray[np.float32]:
    """The environment (H, W, 3), scaled so that its mean radiance over the sphere is `_SKY`."""
    import drjit
    import mitsuba as mi

    # OpenEXR hands its work to Dr.Jit's pool, which has no thread besides the caller's when it is set to one: with one
    # thread the caller would wait forever.
    threads = drjit.thread_count()
    drjit.set_thread_count(max(2, threads))
    try:
        bitmap = mi.Bitmap(str(path)).convert(mi.Bitmap.PixelFormat.RGB, mi.Struct.Type.Float32, srgb_gamma=False)
    except RuntimeError as error:
        raise ValueError(f"{path} cannot be read as OpenEXR ({error}); restore it from Git") from error
    finally:
        drjit.set_thread_count(threads)
    pixels_HW3 = cleaned(np.array(bitmap))
    # Small panoramas ring around their lamps: negative light is removed. A sun of one pixel, which no few samples can
    # find, is dimmed.
    pixels_HW3 = np.clip(pixels_HW3, 0.0, _BRIGHTEST_SPOT * np.quantile(pixels_HW3, 0.99)).astype(np.float32)
    grey_HW1 = pixels_HW3.mean(axis=2, keepdims=True)
    pixels_HW3 = grey_HW1 + _TINT * (pixels_HW3 - grey_HW1)
    height = len(pixels_HW3)
    weight_H = np.sin((np.arange(height) + 0.5) / height * np.pi)
    mean = float(np.average(pixels_HW3.mean(axis=(1, 2)), weights=weight_H))
    if mean <= 0:
        raise ValueError(f"{path} is black and lights nothing; restore it from Git")
    return np.ascontiguousarray(pixels_HW3 * np.float32(_SKY / mean))


@cache
def _coarse(path: Path) -> NDArray[np.float32]:
    """The environment of `_panorama` in no more than `_ROWS_UNSEEN` rows."""
    from skimage.transform import resize_local_mean

    pixels_HW3 = _panorama(path)
    height, width = pixels_HW3.shape[:2]
    if height <= _ROWS_UNSEEN:
        return pixels_HW3
    shape = (_ROWS_UNSEEN, round(width * _ROWS_UNSEEN / height))
    return np.ascontiguousarray(resize_local_mean(pixels_HW3, shape, channel_axis=2), dtype=np.float32)
