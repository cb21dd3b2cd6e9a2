"""A sheet with everything about one sample: a single HTML file, so that Chinese shows wherever a browser has a font."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from dagster_gsi.files import write_text
from dagster_gsi.geometry.wireframe import edges_N23, pictured
from dagster_gsi.rendering.base import BACKGROUND, SUPPORT
from dagster_gsi.reporting.page import environment
from dagster_gsi.reporting.pictures import png_uri
from dagster_gsi.samples.codec import camera_to_document, edit_to_document
from dagster_gsi.samples.shards import read_samples, read_shard, set_folders, shard_paths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.rendering.base import Geometry
    from dagster_gsi.samples.sample import Pictures, Sample
    from dagster_gsi.scenes.scene import Scene, Thing

# Neighbours in this list are far apart in hue and lightness (after Boynton's nameable colours).
_COLOURS = (
    (230, 85, 70), (70, 130, 220), (250, 190, 60), (60, 170, 100), (160, 100, 200), (240, 140, 190), (130, 90, 60),
    (90, 200, 210), (180, 190, 70), (250, 130, 50), (100, 110, 140), (210, 60, 130),
)  # fmt: skip
_GROUND, _FURNITURE = (34, 38, 46), (120, 124, 130)
# Near is light, far is dark; lightness falls evenly, as in viridis (van der Walt and Smith 2015).
_DEPTH_COLOURS_53 = np.array([(253, 231, 37), (94, 201, 98), (33, 145, 140), (59, 82, 139), (68, 1, 84)])
_DIFFERENCE_GAIN = 4


@dataclass(frozen=True, slots=True)
class View:
    """One picture on the sheet, with lines over it."""

    caption: str
    picture: str
    width: int
    height: int
    lines: tuple[str, ...] = ()
    """SVG paths in pixels."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of the scene in words and figures."""

    name: str
    colour: str
    is_target: bool
    asset: str
    category: str
    description: str
    place: str
    after: str
    size: str
    pixels: tuple[int, int]
    """In the source and in the target."""


def inspect(root: Path, sample_id: str, out: Path) -> Path:
    """Write the sheet of one sample of any set under `root`; an unknown id raises ValueError with the nearest ones."""
    sample, pictures = find(root, sample_id)
    page = environment().get_template("inspect.html.j2").render(
        sample=sample,
        views=views_of(sample, pictures),
        things=_rows(sample, pictures),
        edit=edit_to_document(sample.edit),
        camera=_camera_in_words(sample.before.camera),
        documents={
            "figures": dict(sample.figures),
            "provenance": dict(sample.provenance),
            "given up before this one": dict(sample.rejections),
            "camera": camera_to_document(sample.before.camera),
            "room": asdict(sample.before.room),
            "lighting": asdict(sample.before.lighting),
        },
    )  # fmt: skip
    write_text(out, page)
    return out


def find(root: Path, sample_id: str) -> tuple[Sample, Pictures]:
    """The sample and its pictures, from whichever set holds it."""
    return find_in(set_folders(root), sample_id)


def find_in(folders: Sequence[Path], sample_id: str) -> tuple[Sample, Pictures]:
    """The sample and its pictures from the first of the sets that holds it."""
    known: list[str] = []
    for path in (path for folder in folders for path in shard_paths(folder)):
        ids = [sample.id for sample in read_samples(path)]
        known.extend(ids)
        if sample_id in ids:
            return next(found for found in read_shard(path) if found[0].id == sample_id)
    nearest = ", ".join(difflib.get_close_matches(sample_id, dict.fromkeys(known), n=5, cutoff=0))
    raise ValueError(f"no sample {sample_id!r} among {len(known)}; the nearest ids are: {nearest}")


def views_of(sample: Sample, pictures: Pictures) -> list[View]:
    """Source above target: the picture with the target's box, instances, depth; then what changed.

    Where there is no true picture, the asked box is drawn over the source.
    """
    target = sample.edit.target
    colours = _colours(sample.instances)
    views = []
    for side, scene, image, geometry in (
        ("source", sample.before, pictures.source, pictures.source_geometry),
        ("target", sample.after, pictures.target, pictures.target_geometry),
    ):
        boxes = (_box_path(scene.find(target), scene.camera),) if target and scene.has(target) else ()
        shown, caption = (pictures.source, f"no {side}: the source, with the asked box") if image is None else (
            image, f"{side}, with the box of what is edited"
        )  # fmt: skip
        views += [
            View(caption, png_uri(shown), *shown.size, lines=boxes),
            View(f"{side}: instances", png_uri(_instances(geometry, colours)), *shown.size),
            _depth_view(side, geometry),
        ]
    if pictures.target is None:
        return views
    difference = ImageChops.difference(pictures.source.convert("RGB"), pictures.target.convert("RGB"))
    amplified = difference.point(lambda value: min(255, _DIFFERENCE_GAIN * value))
    return [*views, View(f"difference, × {_DIFFERENCE_GAIN}", png_uri(amplified), *amplified.size)]


def _box_path(thing: Thing, camera: Camera) -> str:
    """The edges as an SVG path, as far as they are in the picture."""
    pixels_K22, _ = pictured(edges_N23(thing.box), camera)
    return "".join(f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" for (x0, y0), (x1, y1) in pixels_K22)


def _colours(instances: Mapping[str, int]) -> dict[int, tuple[int, int, int]]:
    ordered = sorted(value for value in instances.values() if value > SUPPORT)
    return {value: _COLOURS[index % len(_COLOURS)] for index, value in enumerate(ordered)}


def _instances(geometry: Geometry, colours: Mapping[int, tuple[int, int, int]]) -> Image.Image:
    picture_HW3 = np.zeros((*geometry.ids_HW.shape, 3), dtype=np.uint8)
    for value, colour in {BACKGROUND: _GROUND, SUPPORT: _FURNITURE, **colours}.items():
        picture_HW3[geometry.ids_HW == value] = colour
    return Image.fromarray(picture_HW3)


def _depth_view(side: str, geometry: Geometry) -> View:
    depth_HW: NDArray[np.float32] = geometry.depth_HW
    hit_HW = depth_HW > 0
    near, far = (float(depth_HW[hit_HW].min()), float(depth_HW[hit_HW].max())) if hit_HW.any() else (0.0, 1.0)
    # Inverse depth spends the colours on what is near, where the things are.
    share_HW = (1 / near - 1 / np.where(hit_HW, depth_HW, far)) / max(1 / near - 1 / far, 1e-9) if near else depth_HW
    stops_5 = np.linspace(0, 1, len(_DEPTH_COLOURS_53))
    channels = [np.interp(share_HW, stops_5, _DEPTH_COLOURS_53[:, channel]) for channel in range(3)]
    picture_HW3 = np.where(hit_HW[..., None], np.stack(channels, axis=-1), 0).round().astype(np.uint8)
    image = Image.fromarray(picture_HW3)
    return View(f"{side}: depth, {near:.2f} m (light) to {far:.2f} m (dark)", png_uri(image), *image.size)


def _rows(sample: Sample, pictures: Pictures) -> list[Row]:
    colours = _colours(sample.instances)
    rows = []
    for thing in sample.before.things:
        value = sample.instances[thing.name]
        sizes = (f"{100 * length * thing.scale:.1f}" for length in thing.size_3)
        rows.append(
            Row(
                name=thing.name,
                colour="#{:02x}{:02x}{:02x}".format(*colours[value]),
                is_target=thing.name == sample.edit.target,
                asset=thing.asset,
                category=f"{thing.category.en} {thing.category.zh}",
                description=f"{thing.description.en} {thing.description.zh}",
                place=_place(thing),
                after=_change(thing, sample.after),
                size=" × ".join(sizes),
                pixels=(
                    int((pictures.source_geometry.ids_HW == value).sum()),
                    int((pictures.target_geometry.ids_HW == value).sum()),
                ),
            )
        )
    return rows


def _place(thing: Thing) -> str:
    x, y, z = thing.pose_wo.translation_3
    return f"{x:.3f}, {y:.3f}, {z:.3f} m; {np.degrees(thing.pose_wo.yaw):.1f}°"


def _change(thing: Thing, after: Scene) -> str:
    if not after.has(thing.name):
        return "removed"
    later = after.find(thing.name)
    if later.pose_wo.is_close(thing.pose_wo) and later.scale == thing.scale:
        return ""
    return _place(later) + ("" if later.scale == thing.scale else f"; × {later.scale / thing.scale:g}")


def _camera_in_words(camera: Camera) -> str:
    x, y, z = camera.pose_wc.translation_3
    down = np.degrees(np.arcsin(-camera.pose_wc.rotation_33[2, 2]))
    fov = np.degrees(2 * np.arctan(camera.width / 2 / camera.focal_x))
    return (
        f"at {x:.2f}, {y:.2f}, {z:.2f} m, looking {down:.1f}° down, {fov:.1f}° across, {camera.width} × {camera.height}"
    )
