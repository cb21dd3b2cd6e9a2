"""Path-traced pictures, instance maps and depth from Mitsuba 3: one load for a scene and all its edits.

A state differs from the loaded scene by where its things and its camera are: vertices are written in place, and a thing
that is absent shrinks to a point under the floor. Equal arguments give equal bytes, whatever the number of threads.
Processes that render side by side must be spawned, not forked: Dr.Jit's threads do not survive a fork.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.rendering.base import BACKGROUND, FIRST_THING, Frame, Geometry
from dagster_gsi.rendering.bodies import in_world
from dagster_gsi.rendering.denoise import cleaned, denoised
from dagster_gsi.rendering.kernels import stand_ins
from dagster_gsi.rendering.lights import environment, lamps
from dagster_gsi.rendering.llvm import use_llvm
from dagster_gsi.rendering.meshes import loaded_mesh, wall
from dagster_gsi.rendering.raycast import cut_of, first_hits
from dagster_gsi.rendering.room import surroundings
from dagster_gsi.rendering.sensor import sensor, sensor_parameters
from dagster_gsi.rendering.shapes import Shape, shapes_of_things, standing_shapes
from dagster_gsi.rendering.sketch import sketched
from dagster_gsi.rendering.tonemap import KEY, KEY_OF_ROOMS, develop, exposure
from dagster_gsi.scenes.scene import Interior, Room

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.mesh import Part
    from dagster_gsi.scenes.scene import Scene, Thing

# Light crosses four walls of a glass and has to go on from there; what else has met two surfaces is left to chance.
_MAX_DEPTH, _ROULETTE_DEPTH = 12, 2


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


@dataclass(slots=True, eq=False)
class _Known:
    """What has been made of a state so far."""

    geometry: Geometry | None = None
    guides: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
    sketch: Frame | None = None


class MitsubaView:
    """A `View` of a scene that Mitsuba has loaded."""

    def __init__(self, scene: Scene, catalogue: Catalogue, *, variant: str, samples_per_pixel: int, seed: int) -> None:
        _set_variant(variant)
        import mitsuba as mi

        _give_back()
        self._loaded, self._variant = scene, variant
        self._samples_per_pixel, self._seed = samples_per_pixel, seed % 2**32
        self._shapes = shapes_of_things(scene, catalogue)
        standing = standing_shapes(scene, catalogue)
        self._mi_scene = mi.load_dict(_description(scene, catalogue, self._shapes, standing, samples_per_pixel))
        self._path = mi.load_dict({"type": "path", "max_depth": _MAX_DEPTH, "rr_depth": _ROULETTE_DEPTH})
        self._layers = mi.load_dict({"type": "aov", "aovs": "albedo:albedo,normal:sh_normal"})
        self._parameters = mi.traverse(self._mi_scene)
        shapes = (*self._shapes, *standing)
        self._cuts = {shape.name: cut for shape in shapes if (cut := cut_of(shape.part)) is not None}
        self._placed: dict[int, Thing | None] = dict(_bodies(scene, scene))
        owners = {shape.name: shape.owner for shape in shapes}
        # A miss is shape -1, which finds the last entry.
        values = [*(owners.get(shape.id(), BACKGROUND) for shape in self._mi_scene.shapes()), BACKGROUND]
        self._value_by_shape = np.array(values, dtype=np.uint16)
        self._key = KEY if isinstance(scene.room, Room) else KEY_OF_ROOMS
        self._exposure: float | None = None
        self._known = _Known()
        self._latest: tuple[Scene, _Known] | None = None

    def trace(self, state: Scene) -> Geometry:
        """Instance map and depth: exact and cheap."""
        known = self._about(state)
        if known.geometry is None:
            self._arrange(state)
            depth_HW, shape_HW = first_hits(self._mi_scene, state.camera, self._cuts)
            known.geometry = Geometry(ids_HW=self._value_by_shape[shape_HW], depth_HW=depth_HW)
        return known.geometry

    def sketch(self, state: Scene) -> Frame:
        """Colours and shapes under a plain light; a render of the same state right after it goes on from there."""
        known = self._about(state)
        if known.sketch is None:
            known.sketch = Frame(sketched(*self._guides(state), state.camera), self.trace(state))
        return known.sketch

    def render(self, state: Scene) -> Frame:
        """The path-traced picture. Exposure is set by the loaded scene and shared by all its states."""
        radiance_HW3, (albedo_HW3, normal_HW3) = self._radiance(state), self._guides(state)
        if self._exposure is None:
            metered_HW3 = radiance_HW3 if state is self._loaded else self._radiance(self._loaded)
            self._exposure = exposure(metered_HW3, self._guides(self._loaded)[0], key=self._key)
        smooth_HW3 = denoised(radiance_HW3 * np.float32(self._exposure), albedo_HW3, normal_HW3)
        return Frame(rgb_HW3=develop(smooth_HW3), geometry=self.trace(state))

    def _about(self, state: Scene) -> _Known:
        """What is known of the loaded scene, or of the state that was asked about last."""
        if state is self._loaded:
            return self._known
        if self._latest is None or self._latest[0] is not state:
            self._latest = state, _Known()
        return self._latest[1]

    def _radiance(self, state: Scene) -> NDArray[np.float32]:
        """Linear, (H, W, 3), as traced."""
        self._arrange(state)
        return cleaned(self._traced(self._path))

    def _guides(self, state: Scene) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Albedo and normals of what is seen, (H, W, 3) each, without what is undefined."""
        known = self._about(state)
        if known.guides is None:
            self._arrange(state)
            # As extra layers of the picture they would cost every path twice.
            layers_HW6 = cleaned(self._traced(self._layers))
            known.guides = np.clip(layers_HW6[..., :3], 0.0, 1.0), layers_HW6[..., 3:]
        return known.guides

    def _traced(self, integrator: Any) -> NDArray[np.float32]:
        import mitsuba as mi

        image = mi.render(self._mi_scene, integrator=integrator, spp=self._samples_per_pixel, seed=self._seed)
        layers_HWC = np.array(image)
        del image
        _give_back()
        return layers_HWC

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
        for key, value in sensor_parameters(state.camera, self._loaded.camera).items():
            self._parameters[f"sensor.{key}"] = value
        self._parameters.update()
        self._placed.update(changed)


def _bodies(loaded: Scene, state: Scene) -> dict[int, Thing | None]:
    """The things of the loaded scene as they are in `state`, by value in the instance map."""
    known = {thing.name for thing in loaded.things}
    added = [thing.name for thing in state.things if thing.name not in known]
    assert not added, f"a view cannot show {added}, which the loaded scene has not"
    return {FIRST_THING + k: state.find(t.name) if state.has(t.name) else None for k, t in enumerate(loaded.things)}


def _description(
    scene: Scene,
    catalogue: Catalogue,
    shapes: tuple[Shape, ...],
    standing: tuple[Shape, ...],
    samples_per_pixel: int,
) -> dict[str, Any]:
    """The whole scene for `mitsuba.load_dict`."""
    bodies = dict(_bodies(scene, scene))
    meshes = {
        shape.name: loaded_mesh(shape.name, shape.part.positions_V3, shape.part.normals_V3, shape.part)
        for shape in standing
    }
    for shape in shapes:
        thing = bodies[shape.owner]
        assert thing is not None
        meshes[shape.name] = loaded_mesh(shape.name, *in_world(shape.part, thing), shape.part)
    if isinstance(scene.room, Room):
        for index, rectangle in enumerate(surroundings(scene.room, scene)):
            meshes[f"room-{index}"] = wall(f"room-{index}", rectangle, catalogue)
    return {
        "type": "scene",
        "sensor": sensor(scene.camera, samples_per_pixel),
        "environment": environment(
            catalogue.environment_path(scene.lighting.environment),
            scene.lighting,
            # A home has windows; a room that is made up is open behind the camera.
            seen=isinstance(scene.room, Interior),
        ),
        **lamps(scene.lighting),
        **meshes,
    }


def _absent(part: Part) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The part shrunk to a point just under the floor, where no ray meets it and the scene grows no larger."""
    return np.full_like(part.positions_V3, [0.0, 0.0, -1e-3]), part.normals_V3.copy()


def _give_back() -> None:
    """Let the system have the memory of what is gone: Dr.Jit keeps it by size, and few sizes come again."""
    import drjit

    drjit.flush_malloc_cache()


def _set_variant(variant: str) -> None:
    if variant == "llvm_ad_rgb":
        use_llvm()
    import mitsuba as mi

    if mi.variant() != variant:
        mi.set_variant(variant)
        stand_ins(variant)
