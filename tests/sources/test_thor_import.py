"""A set made in the stand-in's rooms: its samples, its reasons, its bytes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.cli.entry import run
from dagster_gsi.cli.sources import import_thor, thor_recipe
from dagster_gsi.exports.card import card_text
from dagster_gsi.exports.contents import Contents
from dagster_gsi.exports.official import official_layout
from dagster_gsi.operations.remove import Remove
from dagster_gsi.rendering.base import FIRST_THING
from dagster_gsi.samples.manifest import read_manifest
from dagster_gsi.samples.shards import read_set
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.sources.thor_controller import Lens
from dagster_gsi.sources.thor_import import RECORD, import_scenes, scene_names
from dagster_gsi.sources.thor_visit import WITH_TARGET, Recipe, environment_of, split_of
from tests.thor_by_hand import Item, StandIn, kitchen

ROOMS = {"FloorPlan1": kitchen, "FloorPlan421": kitchen}
# One place to look from is enough here.
stand_in = partial(StandIn, rooms=ROOMS, reachable=((0.25, -1.1),))
SHORT = Recipe(seed=5, views=1, operations=("remove",), lens=Lens(112, 84, 50.0), renderer="stand-in")
RECIPE = Recipe(seed=5, views=1, operations=WITH_TARGET, lens=Lens(112, 84, 50.0), renderer="stand-in")


def make(out: Path, controller: StandIn, *scenes: str, recipe: Recipe = RECIPE) -> dict:
    return import_scenes(controller, scenes or ("FloorPlan1",), out, recipe, lambda _: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StandIn]:
    out, controller = tmp_path_factory.mktemp("sets") / "thor", stand_in()
    make(out, controller)
    return out, controller


def test_a_set_has_each_operation_and_reads_like_any_other(made: tuple[Path, StandIn]) -> None:
    out, _ = made
    samples = [sample for sample, _ in read_set(out)]
    assert {sample.edit.name for sample in samples} == set(WITH_TARGET)
    assert {(sample.split, sample.environment) for sample in samples} == {("train", "room")}
    assert all(sample.provenance["geometry"] == "boxes" for sample in samples)
    table = read_manifest(out)
    assert list(table["sample_id"]) == [sample.id for sample in samples]
    assert samples[0].id == f"thor-FloorPlan1-00-{samples[0].edit.name}"
    assert set(table["support"]) <= {"Table_1", "Side_1"}


def test_what_a_sample_says_is_what_its_maps_show(made: tuple[Path, StandIn]) -> None:
    out, _ = made
    for sample, pictures in read_set(out):
        assert sample.edit.target is not None
        value = sample.instances[sample.edit.target]
        assert value == FIRST_THING + sample.before.index(sample.edit.target)
        assert sample.figures["pixel_change"] >= 10
        assert np.asarray(pictures.source).shape == (84, 112, 3)
        assert pictures.target is not None
        for scene, geometry in ((sample.before, pictures.source_geometry), (sample.after, pictures.target_geometry)):
            shown_HW = geometry.ids_HW == value
            assert shown_HW.any() == (not isinstance(sample.edit, Remove) or scene is sample.before)
            if shown_HW.any():
                rows, columns = np.nonzero(shown_HW)
                left, top, right, bottom = scene.find(sample.edit.target).box.picture(scene.camera)
                assert left <= columns.min() + 0.5 <= columns.max() + 0.5 <= right
                assert top <= rows.min() + 0.5 <= rows.max() + 0.5 <= bottom


def test_no_action_of_a_whole_import_is_forced(made: tuple[Path, StandIn]) -> None:
    _, controller = made
    assert len(controller.asked) > 50
    assert not any(key.lower().startswith("force") for asked in controller.asked for key in asked)


def test_the_same_seed_gives_the_same_bytes_however_often_it_was_stopped(tmp_path: Path) -> None:
    class Unplugged(StandIn):
        def reset(self, scene: str):  # noqa: ANN202
            if scene == "FloorPlan421":
                raise KeyboardInterrupt
            return super().reset(scene)

    once, again = tmp_path / "once" / "thor", tmp_path / "again" / "thor"
    make(once, stand_in(), "FloorPlan1", "FloorPlan421", recipe=SHORT)
    with pytest.raises(KeyboardInterrupt):
        make(again, Unplugged(ROOMS, reachable=((0.25, -1.1),)), "FloorPlan1", "FloorPlan421", recipe=SHORT)
    assert not (again / "manifest.parquet").exists()
    late = stand_in()
    make(again, late, "FloorPlan1", "FloorPlan421", recipe=SHORT)
    assert {asked["action"] for asked in late.asked} > {"RemoveFromScene"}
    assert late.resets == 3  # one scene: to look around, to stand where it is best, and after its one edit
    assert bytes_of(again) == bytes_of(once)


def test_another_seed_asks_for_something_else(made: tuple[Path, StandIn], tmp_path: Path) -> None:
    out, _ = made
    make(tmp_path / "thor", stand_in(), recipe=replace(RECIPE, seed=6, operations=("move",)))
    (edit,) = [sample.edit for sample, _ in read_set(tmp_path / "thor")]
    assert edit not in [sample.edit for sample, _ in read_set(out)]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_set_of_other_settings_or_of_another_making_is_left_alone(made: tuple[Path, StandIn], tmp_path: Path) -> None:
    out, _ = made
    with pytest.raises(
        ValueError, match=r"thor was made of other scenes or by other settings \(thor.json lists them\)"
    ):
        make(out, stand_in(), "FloorPlan1", "FloorPlan421")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="mine is not empty, and no import from AI2-THOR made it"):
        make(tmp_path / "mine", stand_in())


def test_what_is_given_up_is_counted_in_the_simulators_words_too(tmp_path: Path) -> None:
    controller = StandIn(
        {"FloorPlan1": partial(kitchen, mug="refused", book="5 cm off", statue="falls over", vase="pushes")}
    )
    recipe = replace(RECIPE, seed=2, operations=("move", "rotate", "remove"))
    make(tmp_path / "thor", controller, recipe=recipe)
    record = json.loads((tmp_path / "thor" / RECORD).read_text(encoding="utf-8"))["scenes"]["FloorPlan1"]
    reasons = {key.partition(": ")[2] for key in record["rejections"]}
    assert {"something is in the way", "target ends elsewhere"} <= reasons | {"target falls over or turns"}
    assert record["told"]["something is in the way"].endswith("is colliding with Wall_1 after teleport.")
    # Nothing of it is in the set: cups are alike, and only one of them can be meant.
    assert [sample.edit.name for sample, _ in read_set(tmp_path / "thor")] == ["remove"]


def test_a_scene_that_does_not_come_back_ends_its_view(tmp_path: Path) -> None:
    make(tmp_path / "thor", stand_in(forgets=True))
    record = json.loads((tmp_path / "thor" / RECORD).read_text(encoding="utf-8"))["scenes"]["FloorPlan1"]
    assert record["rejections"]["view: does not come back"] == 1
    assert record["samples"] <= 2


def test_rooms_without_anything_to_edit_are_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no edit of 1 scenes could be used; most were given up for: view: shows too"):
        make(tmp_path / "thor", StandIn({"FloorPlan1": lambda: kitchen()[:3]}))


def test_an_exported_card_says_who_made_the_pictures(made: tuple[Path, StandIn], tmp_path: Path) -> None:
    out, _ = made
    contents = Contents(Catalogue(tmp_path))
    for sample, _ in read_set(out):
        contents.add(sample)
    card = card_text(contents, official_layout(contents))
    assert "AI2-THOR (https://ai2thor.allenai.org)" in card
    assert "Check them before you pass the pictures on." in card
    assert "published files" not in card
    assert "license:\n- unknown\n" in card


@pytest.mark.parametrize(
    ("scene", "split", "environment"),
    [
        ("FloorPlan20", "train", "room"),
        ("FloorPlan21", "test", "room"),
        ("FloorPlan220", "train", "room"),
        ("FloorPlan430", "test", "bathroom"),
        ("FloorPlan_Train12_5", "train", "room"),
        ("FloorPlan_Val1_1", "test", "room"),
    ],
)
def test_training_and_test_never_share_a_room(scene: str, split: str, environment: str) -> None:
    assert (split_of(scene), environment_of(scene)) == (split, environment)


def test_scenes_are_names_and_ranges() -> None:
    assert scene_names(["FloorPlan1", "FloorPlan401-403", "FloorPlan_Train1_1-2", "FloorPlan1"]) == (
        "FloorPlan1",
        "FloorPlan401",
        "FloorPlan402",
        "FloorPlan403",
        "FloorPlan_Train1_1",
        "FloorPlan_Train1_2",
    )
    for wrong in ("Kitchen1", "FloorPlan5-3", "FloorPlan_Train1"):
        with pytest.raises(ValueError, match="is no scene: FloorPlan1 and FloorPlan_Train1_3 are"):
            scene_names([wrong])


def test_the_command_says_what_became_of_all_and_whose_the_pictures_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[StandIn] = []

    def start(scene: str, lens: Lens) -> StandIn:
        assert (scene, lens) == ("FloorPlan1", Lens(96, 96, 60.0))
        opened.append(stand_in(width=lens.width, height=lens.height, fov=lens.fov))
        return opened[-1]

    recipe = thor_recipe(["move", "rotate"], views=1, seed=5, image_size=96)
    import_thor(tmp_path, ["FloorPlan1"], "thor", recipe, start=start)
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["scenes", "1"]
    assert said[1].split() == ["samples", "2"]
    assert "its models and textures under terms of their own" in said[-1]
    assert opened[0].stopped
    credits_ = (tmp_path / "data/official/thor/CREDITS.md").read_text(encoding="utf-8")
    assert "Apache License 2.0" in credits_
    assert "have terms of their own" in credits_


def test_wrong_options_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--operation 'views'"):
        thor_recipe(["views"], views=1, seed=0, image_size=64)
    recipe = thor_recipe(None, views=1, seed=0, image_size=64)
    with pytest.raises(ValueError, match="--name 'A B'"):
        import_thor(tmp_path, ["FloorPlan1"], "A B", recipe, start=lambda *_: stand_in())


def test_the_command_line_tells_what_is_missing_in_one_sentence(
    toy_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(toy_project)
    monkeypatch.setitem(sys.modules, "ai2thor.controller", None)
    assert run(["scenes", "import", "thor", "FloorPlan1-2", "--name", "thor", "--views", "1"]) == 1
    assert "AI2-THOR needs the package ai2thor" in capsys.readouterr().err
    assert run(["scenes", "import", "thor", "Kitchen", "--name", "thor"]) == 1
    assert "'Kitchen' is no scene" in capsys.readouterr().err
    assert not (toy_project / "data/official").exists()


def test_the_simulator_is_stopped_when_something_fails(tmp_path: Path) -> None:
    controller = StandIn({"FloorPlan1": lambda: [Item("Floor", "Floor_1", (1, 1, 1), (0, -1, 0), pickupable=False)]})
    with pytest.raises(ValueError, match="no edit of 1 scenes"):
        import_thor(
            tmp_path,
            ["FloorPlan1"],
            "thor",
            thor_recipe(None, views=1, seed=0, image_size=64),
            start=lambda *_: controller,
        )
    assert controller.stopped
