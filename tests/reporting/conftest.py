from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.evaluation.table import Row, write_scores
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.rendering.base import FIRST_THING, SUPPORT, Geometry
from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import write_shard
from dagster_gsi.scenes.scene import Scene
from tests.toy_assets import toy_scene, write_toy_catalogue

EDITS: tuple[Operation, ...] = (
    Move("red-box", "left", 0.15),
    Move("yellow-mug", "away", 0.1),
    Rotate("blue-wedge", float(np.radians(90))),
    Scale("green-cylinder", 1.5),
    Remove("yellow-mug", "nearest"),
)
COLOURS = [(200, 60, 50), (60, 150, 70), (60, 90, 190), (220, 180, 50)]


def geometry_of(scene: Scene, names: list[str]) -> Geometry:
    """Each thing as the frame around its box, further ones first: enough of a picture for a page."""
    size = scene.camera.width
    ids_HW = np.full((size, size), SUPPORT, dtype=np.uint16)
    depth_HW = np.full((size, size), 2.0, dtype=np.float32)
    for thing in sorted(scene.things, key=lambda thing: -scene.camera.project(thing.centre_3[None])[1][0]):
        left, top, right, bottom = np.clip(np.rint(thing.box.picture(scene.camera)), 0, size).astype(int)
        ids_HW[top:bottom, left:right] = FIRST_THING + names.index(thing.name)
        depth_HW[top:bottom, left:right] = scene.camera.project(thing.centre_3[None])[1][0]
    return Geometry(ids_HW, depth_HW)


def picture_of(geometry: Geometry) -> Image.Image:
    colours_N3 = np.array([(90, 90, 100), (170, 150, 120), *COLOURS], dtype=np.uint8)
    return Image.fromarray(colours_N3[geometry.ids_HW])


def sample_of(scene: Scene, edit: Operation, name: str, set_name: str) -> tuple[Sample, Pictures]:
    names = [thing.name for thing in scene.things]
    after = edit.apply(scene)
    before, later = geometry_of(scene, names), geometry_of(after, names)
    sample = Sample(
        id=name, scene_id=name.rpartition("-")[0], set=set_name, split="test", environment="table", edit=edit,
        instruction=edit.instruction(scene, np.random.default_rng(0)), before=scene, after=after,
        instances={name: FIRST_THING + index for index, name in enumerate(names)},
        figures={"visible_before": 1.0, "visible_after": 0.9, "mask_fraction_before": 0.05, "mask_fraction_after": 0.05,
                 "pixel_change": 30.0, "look_change": 0.4},
        provenance={"seed": 7}, rejections={"rules: move: collision": 2, "move: hidden after": 3, "scene: things toppled": 1},
    )  # fmt: skip
    return sample, Pictures(picture_of(before), picture_of(later), before, later)


@pytest.fixture(scope="session")
def toy_samples(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Sample, Pictures]]:
    """Two scenes with every edit each."""
    catalogue = write_toy_catalogue(tmp_path_factory.mktemp("assets") / "assets")
    return [
        sample_of(toy_scene(catalogue, size=64, seed=seed), edit, f"toy-{seed}-{index}", "toy-test")
        for seed in range(2)
        for index, edit in enumerate(EDITS)
    ]


def row_of(sample: Sample, model: str, protocol: str, complies: bool) -> Row:
    values = {"ic": 100.0, "sa": 95.0, "ac": 80.0, "el": 98.0, "avg": 93.25} if complies else {}
    return Row(
        model=model, set=sample.set, sample=sample.id, scene=sample.scene_id, environment=sample.environment,
        operation=sample.edit.name, code=sample.edit.code, protocol=protocol, instruction=sample.instruction.en,
        status="scored", reason=f"{model} {'did' if complies else 'did not do'} it", **values,
    )  # fmt: skip


MakeProject = Callable[..., Path]


@pytest.fixture
def make_project(tmp_path: Path, toy_samples: list[tuple[Sample, Pictures]]) -> MakeProject:
    """A project's root with one set, the edits of three editors and their scores; `rewrite_…` change rows and samples."""

    def make(
        rewrite_row: Callable[[Row], Row] = lambda row: row,
        rewrite_sample: Callable[[Sample], Sample] = lambda sample: sample,
        models: tuple[str, ...] = ("oracle", "identity", "shuffled", "warp"),
    ) -> Path:
        samples = [(rewrite_sample(sample), pictures) for sample, pictures in toy_samples]
        folder = tmp_path / "data/gsi_syn/toy-test"
        folder.mkdir(parents=True, exist_ok=True)
        write_shard(folder / "shard-00000.tar", samples)
        write_manifest(folder)
        if not (tmp_path / "data/assets").exists():
            write_toy_catalogue(tmp_path / "data/assets")
        for model in models:
            edits = tmp_path / "data/edits" / model / "toy-test"
            edits.mkdir(parents=True, exist_ok=True)
            rows = []
            for index, (sample, pictures) in enumerate(samples):
                (pictures.source if model == "identity" else pictures.target).save(edits / f"{sample.id}.png")
                complies = model == "oracle" or (model == "warp" and index % 3 == 0)
                rows += [row_of(sample, model, protocol, complies) for protocol in ("strict", "official")]
            write_scores(tmp_path / f"data/scores/{model}.parquet", [rewrite_row(row) for row in rows])
        return tmp_path

    return make
