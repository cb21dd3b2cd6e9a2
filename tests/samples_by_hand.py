"""Samples without a renderer: the pictures are noise, everything else is as it should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.rendering.base import FIRST_THING, Geometry
from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import write_shard
from dagster_gsi.scenes.scene import Scene, Thing
from tests.scenes_by_hand import two_mugs_and_a_book

EDITS: tuple[Operation, ...] = (
    Move("book", "left", 0.15),
    Rotate("book", float(np.radians(45))),
    Scale("book", 1.25),
    Remove("mug-1", "leftmost"),
)


def make_pair(number: int, *, set_name: str = "toy-test", split: str = "test") -> tuple[Sample, Pictures]:
    """The number decides the operation, in turn, and the pictures."""
    scene, edit, rng = two_mugs_and_a_book(), EDITS[number % len(EDITS)], np.random.default_rng(number)
    is_removed = edit.name == "remove"
    sample = Sample(
        id=f"{set_name}-{number}",
        scene_id=f"{set_name}-{number // 4}",
        set=set_name,
        split=split,
        environment="table",
        edit=edit,
        instruction=edit.instruction(scene, rng),
        before=scene,
        after=edit.apply(scene),
        instances={thing.name: FIRST_THING + k for k, thing in enumerate(scene.things)},
        figures={
            "visible_before": 0.9,
            "visible_after": 0.0 if is_removed else 0.8,
            "mask_fraction_before": 0.1,
            "mask_fraction_after": 0.0 if is_removed else 0.1,
            "pixel_change": 30.5,
            "look_change": 0.4,
        },
        provenance={"seed": 1, "shard": 0},
        rejections={},
    )
    ids_HW = rng.integers(0, 5, (96, 128)).astype(np.uint16)
    geometry = Geometry(ids_HW, rng.uniform(0, 9, (96, 128)).astype(np.float32))
    source, target = (Image.fromarray(rng.integers(0, 256, (96, 128, 3)).astype(np.uint8)) for _ in range(2))
    return sample, Pictures(source, target, geometry, geometry)


def of_models(scene: Scene, prefix: str) -> Scene:
    """The scene with models of other names."""

    def renamed(thing: Thing) -> Thing:
        return replace(thing, asset=f"{prefix}{thing.asset}")

    return replace(
        scene,
        supports=tuple(replace(support, body=renamed(support.body)) for support in scene.supports),
        things=tuple(renamed(thing) for thing in scene.things),
        fixtures=tuple(renamed(thing) for thing in scene.fixtures),
    )


def write_set(root: Path, name: str, count: int, *, split: str = "test", prefix: str = "") -> list[str]:
    """A set of two shards in `data/gsi_syn/<name>` and its manifest; returns the sample ids.

    `prefix` begins the names of its models.
    """
    folder = root / "data/gsi_syn" / name
    folder.mkdir(parents=True)
    pairs = [
        (replace(sample, before=of_models(sample.before, prefix), after=of_models(sample.after, prefix)), pictures)
        for sample, pictures in (make_pair(number, set_name=name, split=split) for number in range(count))
    ]
    write_shard(folder / "shard-00000.tar", pairs[: count // 2])
    write_shard(folder / "shard-00001.tar", pairs[count // 2 :])
    write_manifest(folder)
    return [sample.id for sample, _ in pairs]
