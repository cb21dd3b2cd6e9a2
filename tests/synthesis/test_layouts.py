"""Tables that an import laid out: the same things, each time in another picture, down to a set and its export."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from dagster_gsi.cli.exchange import export_huggingface
from dagster_gsi.rendering.base import FIRST_THING
from dagster_gsi.samples.codec import scene_from_document, scene_to_document
from dagster_gsi.samples.shards import read_set
from dagster_gsi.scenes.bound import BOUND, BoundCatalogue
from dagster_gsi.scenes.catalogue import ASSETS, Catalogue
from dagster_gsi.scenes.scene import Scene
from dagster_gsi.sources.mesatask import layout_files
from dagster_gsi.sources.mesatask_assets import open_library
from dagster_gsi.sources.mesatask_import import Importer
from dagster_gsi.stages.synthesize import SynthesizeParams, run
from dagster_gsi.synthesis.environments import draw_scenes
from dagster_gsi.synthesis.layouts import SCENES, draw_layouts
from dagster_gsi.synthesis.tabletop import moved_things
from tests.mesatask_by_hand import LYING, TIN, TURNED, WHOLE, layout, write_assets, write_layout
from tests.toy_assets import write_toy_catalogue

FOLDER, SIZE = "mesatask", 80


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an import of two layouts beside its own models."""
    root = tmp_path_factory.mktemp("project")
    write_toy_catalogue(root / ASSETS)
    copy = root / "copy"
    write_assets(copy)
    write_layout(copy, "dining_table_0000", WHOLE)
    write_layout(
        copy, "office_table_0001", layout(TURNED, {**LYING, "position": [30, 60, 2]}, {**TIN, "instance": "9"})
    )
    importer = Importer(open_library(copy / "Assets_library"), Catalogue(root / ASSETS), root / FOLDER, 0, 64)
    assert importer.run(layout_files(copy / "Layout_info"), lambda _: None).scenes == 2
    return root


def of_the_import(root: Path) -> dict[tuple[str, ...], Scene]:
    """By the names of their things."""
    lines = (root / FOLDER / SCENES).read_text(encoding="utf-8").splitlines()
    scenes = [scene_from_document(json.loads(line)["scene"]) for line in lines]
    return {tuple(thing.name for thing in scene.things): scene for scene in scenes}


def drawn(root: Path, seed: int, count: int) -> list[Scene]:
    catalogue, rng = BoundCatalogue(root / FOLDER), np.random.default_rng(seed)
    scenes = draw_scenes("table", "train", catalogue, root / "no-homes", rng, image_size=SIZE)
    return [scene for scene in islice(scenes, count) if isinstance(scene, Scene)]


def test_drawn_scenes_are_the_layouts_in_other_pictures(root: Path) -> None:
    known, scenes = of_the_import(root), drawn(root, 3, 40)
    assert len(scenes) == 40
    counts = dict.fromkeys(known, 0)
    for scene in scenes:
        names = tuple(thing.name for thing in scene.things)
        counts[names] += 1
        laid = replace(known[names], camera=scene.camera, room=scene.room, lighting=scene.lighting)
        texture = scene.supports[0].texture
        laid = replace(laid, supports=(replace(laid.supports[0], texture=texture),))
        assert scene_to_document(scene) == scene_to_document(laid)
        assert (scene.camera.width, scene.camera.height) == (SIZE, SIZE)
        # From the front, up to 35 degrees aside, with everything in the picture.
        assert scene.camera.ahead_3[1] > np.cos(np.radians(36)) * np.linalg.norm(scene.camera.ahead_3[:2])
        corners_2N = np.array([thing.box.picture(scene.camera) for thing in scene.things])
        assert corners_2N.min() >= 0
        assert corners_2N.max() <= SIZE
    assert min(counts.values()) > 10
    assert len({scene.camera.pose_wc.translation_3.tobytes() for scene in scenes}) == 40
    assert len({scene.lighting.environment_yaw for scene in scenes}) == 40


def test_drawn_scenes_rest(root: Path) -> None:
    assert [moved_things(scene, BoundCatalogue(root / FOLDER)) for scene in drawn(root, 1, 4)] == [()] * 4


def test_the_same_numbers_draw_the_same_scenes(root: Path) -> None:
    first, again = ([scene_to_document(scene) for scene in drawn(root, 8, 5)] for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("text", "message"),
    [("", r"scenes\.jsonl is empty.*dropped\.jsonl"), ("{", r"scenes\.jsonl cannot be read"), ("{}", "cannot be read")],
)
def test_a_folder_without_layouts_says_what_to_do(root: Path, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / SCENES).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        next(draw_layouts(Catalogue(tmp_path), np.random.default_rng(0), image_size=SIZE))


def params(**asked: str) -> SynthesizeParams:
    limits = {"visible": 0.3, "mask_fraction": 0.001, "pixel_change": 2.0, "look_change": 0.01}
    one = {"environment": "table", "split": "train", "pairs": 4, "assets": FOLDER, **asked}
    document = {
        "seed": 3, "image_size": SIZE, "samples_per_pixel": 1, "edits_per_scene": 4, "pairs_per_shard": 2, "variant": "auto",
        "workers": 1, "limits": limits, "sets": {"laid": {**one, "operations": ("move", "remove")}},
    }  # fmt: skip
    return SynthesizeParams.model_validate(document, strict=False)


def test_a_set_of_an_import_is_made_and_its_export_tells_the_terms(root: Path) -> None:
    run(params(), root, "laid")
    known = of_the_import(root)
    pairs = list(read_set(root / "data/gsi_syn/laid"))
    assert sorted(sample.edit.name for sample, _ in pairs) == ["move", "move", "remove", "remove"]
    for sample, pictures in pairs:
        assert tuple(thing.name for thing in sample.before.things) in known
        assert pictures.target is not None
        assert pictures.source.size == pictures.target.size == (SIZE, SIZE)
        # Every thing is seen in the source.
        seen = set(np.unique(pictures.source_geometry.ids_HW).tolist())
        assert {FIRST_THING + index for index in range(len(sample.before.things))} <= seen
        assert np.asarray(pictures.source).std() > 10
        assert np.abs(np.asarray(pictures.source, float) - np.asarray(pictures.target, float)).max() > 30
    for sample, _ in pairs:
        if sample.edit.name == "move":
            assert sample.edit.target is not None
            shift_3 = sample.after.find(sample.edit.target).centre_3 - sample.before.find(sample.edit.target).centre_3
            assert np.linalg.norm(shift_3) > 0.02
    # There are two tins on either table: a removal says which.
    assert all("tin" in sample.instruction.en for sample, _ in pairs if sample.edit.name == "remove")
    export_huggingface(root, "laid", root / "out", form="parquet")
    card = (root / "out/README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(card.split("---")[1])
    assert BOUND.lower() in front["license"]
    assert f"Because of the models under {BOUND} the pictures are for non-commercial use only" in card
    assert all(f"| {thing.asset} |" in card for sample, _ in pairs for thing in sample.before.things)


@pytest.mark.parametrize("asked", [{"split": "test"}, {"environment": "room"}])
def test_other_models_are_for_tables_to_train_on(asked: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="'mesatask' are for tables to train on"):
        params(**asked)
