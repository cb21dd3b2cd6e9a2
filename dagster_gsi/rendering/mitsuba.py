"""Path-traced pictures, instance maps and depth from Mitsuba 3: one load for a scene and all its edits.

A state differs from the loaded scene by where its things and its camera are: vertices are written in place, and a thing
that is absent shrinks to a point under the floor. Equal arguments give equal bytes, whatever the number of threads.
Processes that render side by side must be spawned, not forked: Dr.Jit's threads do not survive a fork.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dagster_gsi.rendering.base import BACKGROUND, FIRST_THING, SUPPORT, Frame, Geometry
from dagster_gsi.rendering.bodies import covered, in_world, model_parts
from dagster_gsi.rendering.denoise import cleaned, denoised
from dagster_gsi.rendering.kernels import stand_ins
from dagster_gsi.rendering.llvm import use_llvm
from dagster_gsi.rendering.materials import PLASTER, bsdf
from dagster_gsi.rendering.raycast import cut_of, first_hits
from dagster_gsi.rendering.room import Rectangle, surroundings
from dagster_gsi.rendering.tonemap import develop, exposure
from dagster_gsi.scenes.mesh import Material, Part

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Lighting, Scene, Thing

# Mean radiance of an environment of strength 1. Lamps have about 10, and a lamp of half a square metre then gives a
# little more light than the room's open sides: shadows have a direction and are not black.
_SKY = 0.5

# How much brighter than the brightest hundredth of a panorama anything in it may be.
_BRIGHTEST_SPOT = 20.0

# Light crosses four walls of a glass and has to go on from there; what else has met two surfaces is left to chance.
_MAX_DEPTH, _ROULETTE_DEPTH = 12, 3


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """One part of one thing, as the Mitsuba scene calls it."""

    name: str
    owner: int
    """Value of the owner in the instance map."""
    part: Part


def open_view(scene: Scene, catalogue: Catalogue, *, variant: str, samples_per_pixel: int, seed: int) -> MitsubaView:
    """Load `scene` into Mitsuba's `variant` (see `llvm.best_variant`).

    `seed` rules the noise of every picture of the view, so what an edit leaves alone looks the same to the pixel. A
    model, texture or environment that is missing or broken raises ValueError with its name and the remedy.
    """
    return MitsubaView(scene, catalogue, variant=variant, samples_per_pixel=samples_per_pixel, seed=seed)


def use_threads(count: int) -> None:
    """Let rendering and denoising in this process take `count` threads; all cores without this call."""
    import drjit

    drjit.set_thread_count(count)


class MitsubaView:
    """A `View` of a scene that Mitsuba has loaded."""

    def __init__(self, scene: Scene, catalogue: Catalogue, *, variant: str, samples_per_pixel: int, seed: int) -> None:
        _set_variant(variant)
        import mitsuba as mi

        self._loaded, self._variant = scene, variant
        self._samples_per_pixel, self._seed = samples_per_pixel, seed % 2**32
        self._shapes = _shapes(scene, catalogue)
        self._mi_scene = mi.load_dict(_description(scene, catalogue, self._shapes, samples_per_pixel))
        self._integrators = (
            mi.load_dict({"type": "path", "max_depth": _MAX_DEPTH, "rr_depth": _ROULETTE_DEPTH}),
            mi.load_dict({"type": "aov", "aovs": "albedo:albedo,normal:sh_normal"}),
        )
        self._parameters = mi.traverse(self._mi_scene)
        self._cuts = {shape.name: cut for shape in self._shapes if (cut := cut_of(shape.part)) is not None}
        self._placed: dict[int, Thing | None] = dict(_bodies(scene, scene))
        owners = {shape.name: shape.owner for shape in self._shapes}
        # A miss is shape -1, which finds the last entry.
        values = [*(owners.get(shape.id(), BACKGROUND) for shape in self._mi_scene.shapes()), BACKGROUND]
        self._value_by_shape = np.array(values, dtype=np.uint16)
        self._exposure: float | None = None

    def trace(self, state: Scene) -> Geometry:
        """Instance map and depth: exact and cheap."""
        self._arrange(state)
        depth_HW, shape_HW = first_hits(self._mi_scene, state.camera, self._cuts)
        return Geometry(ids_HW=self._value_by_shape[shape_HW], depth_HW=depth_HW)

    def render(self, state: Scene) -> Frame:
        """The path-traced picture. Exposure is set by the loaded scene and shared by all its states."""
        if self._exposure is None and state is not self._loaded:
            radiance_HW3, albedo_HW3, _ = self._layers(self._loaded)
            self._exposure = exposure(radiance_HW3, albedo_HW3)
        radiance_HW3, albedo_HW3, normal_HW3 = self._layers(state)
        if self._exposure is None:
            self._exposure = exposure(radiance_HW3, albedo_HW3)
        smooth_HW3 = denoised(radiance_HW3 * np.float32(self._exposure), albedo_HW3, normal_HW3)
        return Frame(rgb_HW3=develop(smooth_HW3), geometry=self.trace(state))

    def _layers(self, state: Scene) -> tuple[NDArray[np.float32], ...]:
        """Radiance, albedo and normals of `state`, (H, W, 3) each, as traced."""
        import mitsuba as mi

        self._arrange(state)
        # One render with the guides as extra layers would trace every path twice.
        radiance_HW3, guides_HW6 = (
            np.array(mi.render(self._mi_scene, integrator=integrator, spp=self._samples_per_pixel, seed=self._seed))
            for integrator in self._integrators
        )
        return cleaned(radiance_HW3), guides_HW6[..., :3], guides_HW6[..., 3:]

    def _arrange(self, state: Scene) -> None:
        """Put every thing and the camera where `state` has them, for the variant that the view belongs to."""
        _set_variant(self._variant)
        changed = {
            owner: thing for owner, thing in _bodies(self._loaded, state).items() if thing is not self._placed[owner]
        }
        for shape in self._shapes:
            if shape.owner in changed:
                thing = changed[shape.owner]
                positions_V3, normals_V3 = _absent(shape.part) if thing is None else in_world(shape.part, thing)
                self._parameters[f"{shape.name}.vertex_positions"] = positions_V3.ravel()
                # Mitsuba would make up its own normals if they were not written together with the positions.
                self._parameters[f"{shape.name}.vertex_normals"] = normals_V3.ravel()
        for key, value in _sensor_parameters(state.camera, self._loaded.camera).items():
            self._parameters[f"sensor.{key}"] = value
        self._parameters.update()
        self._placed.update(changed)


def _bodies(loaded: Scene, state: Scene) -> dict[int, Thing | None]:
    """The support and the things of the loaded scene as they are in `state`, by value in the instance map."""
    known = {thing.name for thing in loaded.things}
    added = [thing.name for thing in state.things if thing.name not in known]
    assert not added, f"a view cannot show {added}, which the loaded scene has not"
    things = {FIRST_THING + k: state.find(t.name) if state.has(t.name) else None for k, t in enumerate(loaded.things)}
    return {SUPPORT: state.support, **things}


def _shapes(scene: Scene, catalogue: Catalogue) -> tuple[_Shape, ...]:
    shapes = []
    for owner, thing in _bodies(scene, scene).items():
        assert thing is not None
        parts = model_parts(catalogue.model_path(thing.asset))
        if owner == SUPPORT and scene.support_texture is not None:
            parts = covered(parts, _picture(catalogue.texture_path(scene.support_texture)))
        shapes += [_Shape(f"body-{owner}-{index}", owner, part) for index, part in enumerate(parts)]
    return tuple(shapes)


def _description(
    scene: Scene, catalogue: Catalogue, shapes: tuple[_Shape, ...], samples_per_pixel: int
) -> dict[str, Any]:
    """The whole scene for `mitsuba.load_dict`."""
    bodies = dict(_bodies(scene, scene))
    meshes = {}
    for shape in shapes:
        thing = bodies[shape.owner]
        assert thing is not None
        positions_V3, normals_V3 = in_world(shape.part, thing)
        meshes[shape.name] = _mesh(shape.name, positions_V3, normals_V3, shape.part)
    for index, rectangle in enumerate(surroundings(scene)):
        meshes[f"room-{index}"] = _wall(f"room-{index}", rectangle, catalogue)
    return {
        "type": "scene",
        "sensor": _sensor(scene.camera, samples_per_pixel),
        "environment": _environment(catalogue.environment_path(scene.lighting.environment), scene.lighting),
        "lamp": _lamp(scene.lighting),
        **meshes,
    }


def _mesh(
    name: str, positions_V3: NDArray[np.float32], normals_V3: NDArray[np.float32], part: Part, *, emitter: Any = None
) -> Any:
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


def _wall(name: str, rectangle: Rectangle, catalogue: Catalogue) -> Any:
    texture = None if rectangle.texture is None else _picture(catalogue.texture_path(rectangle.texture))
    material = replace(PLASTER, roughness=rectangle.roughness, texture=texture)
    if texture is not None:
        material = replace(material, colour_3=np.ones(3, dtype=np.float32))
    part = _quad(rectangle.corners_43(), rectangle.uv_42(), material)
    return _mesh(name, part.positions_V3, part.normals_V3, part)


def _quad(corners_43: Array, uv_42: Array, material: Material) -> Part:
    normal_3 = np.cross(corners_43[1] - corners_43[0], corners_43[3] - corners_43[0])
    return Part(
        positions_V3=corners_43.astype(np.float32),
        normals_V3=np.tile(normal_3 / np.linalg.norm(normal_3), (4, 1)).astype(np.float32),
        uv_V2=uv_42.astype(np.float32),
        faces_F3=np.array([[0, 1, 2], [0, 2, 3]], dtype=np.uint32),
        material=material,
    )


def _absent(part: Part) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The part shrunk to a point just under the floor, where no ray meets it and the scene grows no larger."""
    return np.full_like(part.positions_V3, [0.0, 0.0, -1e-3]), part.normals_V3.copy()


def _sensor(camera: Camera, samples_per_pixel: int) -> dict[str, Any]:
    import mitsuba as mi

    parameters = _sensor_parameters(camera, camera)
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


def _sensor_parameters(camera: Camera, loaded: Camera) -> dict[str, Any]:
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


def _environment(path: Path, lighting: Lighting) -> dict[str, Any]:
    import mitsuba as mi

    # Turned so that the picture's up is the world's.
    upright = mi.ScalarTransform4f().rotate([0, 0, 1], float(np.degrees(lighting.environment_yaw)))
    return {
        "type": "envmap",
        # A `scale` would be part of the compiled kernel.
        "bitmap": mi.Bitmap(_panorama(path) * np.float32(lighting.environment_strength)),
        "to_world": upright @ mi.ScalarTransform4f().rotate([1, 0, 0], 90),
    }


def _lamp(lighting: Lighting) -> Any:
    """A square that shines downwards. It is a mesh because a rectangle's place would be part of the compiled kernel."""
    import mitsuba as mi

    half = lighting.lamp_size / 2
    corners_43 = np.array([[-half, -half, 0], [-half, half, 0], [half, half, 0], [half, -half, 0]])
    part = _quad(corners_43 + lighting.lamp_3, np.zeros((4, 2)), PLASTER)
    radiance = {"type": "area", "radiance": {"type": "rgb", "value": list(lighting.lamp_rgb)}}
    return _mesh("lamp", part.positions_V3, part.normals_V3, part, emitter=mi.load_dict(radiance))


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
    height = len(pixels_HW3)
    weight_H = np.sin((np.arange(height) + 0.5) / height * np.pi)
    mean = float(np.average(pixels_HW3.mean(axis=(1, 2)), weights=weight_H))
    if mean <= 0:
        raise ValueError(f"{path} is black and lights nothing; restore it from Git")
    return np.ascontiguousarray(pixels_HW3 * np.float32(_SKY / mean))


@cache
def _picture(path: Path) -> Image.Image:
    try:
        return Image.open(path).convert("RGB")
    except OSError as error:
        raise ValueError(f"{path} cannot be read as a picture ({error}); restore it from Git") from error


def _set_variant(variant: str) -> None:
    if variant == "llvm_ad_rgb":
        use_llvm()
    import mitsuba as mi

    if mi.variant() != variant:
        mi.set_variant(variant)
        stand_ins(variant)
