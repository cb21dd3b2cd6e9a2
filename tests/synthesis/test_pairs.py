"""Pairs of a room are what their records say: one shard of the real studio, small and coarse."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.rendering.base import FIRST_THING
from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.samples.codec import scene_to_document
from dagster_gsi.samples.manifest import manifest_row
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Interior
from dagster_gsi.synthesis import pairs as pairs_module
from dagster_gsi.synthesis.candidates import Limits, misplaced
from dagster_gsi.synthesis.change import NOT_SHOWN
from dagster_gsi.synthesis.pairs import Recipe, synthesize_shard
from dagster_gsi.synthesis.rejection import Rejection
from dagster_gsi.synthesis.splits import catalogue_of
from dagster_gsi.synthesis.tabletop import moved_things
from tests.synthesis.rooms_by_hand import PaintedView
from tests.toy_assets import toy_scene, write_toy_catalogue

ROOT = Path(__file__).parents[2]
CATALOGUE = Catalogue(ROOT / "data/assets")
OPERATIONS = ("receptacle", "move")
LIMITS = Limits(visible=0.4, mask_fraction=0.002, pixel_change=1.0, look_change=0.0)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one home."""
    homes = tmp_path_factory.mktemp("homes")
    shutil.copy(ROOT / "data/homes/Studio.xml", homes)
    return homes


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return Recipe(
        name="room-test",
        environment="room",
        split="test",
        seed=4,  # with the models of today its first scene has both edits; others take longer
        image_size=64,
        samples_per_pixel=2,
        edits_per_scene=2,
        variant=best_variant("auto"),
        limits=LIMITS,
        operations=OPERATIONS,
    )


@pytest.fixture(scope="module")
def pairs(recipe: Recipe, studio: Path) -> list[tuple[Sample, Pictures]]:
    return list(synthesize_shard(recipe, 0, 2, CATALOGUE, studio))


def test_every_operation_has_its_share_in_a_room_of_the_home(pairs: list[tuple[Sample, Pictures]]) -> None:
    assert sorted(sample.edit.name for sample, _ in pairs) == sorted(OPERATIONS)
    for sample, pictures in pairs:
        room = sample.before.room
        assert isinstance(room, Interior)
        assert (room.home, sample.environment, sample.split) == ("Studio", "room", "test")
        assert manifest_row(sample, "shard-00000.tar")["home"] == "Studio"
        assert {thing.asset for thing in sample.before.things} <= set(catalogue_of(CATALOGUE, "test").cards)
        assert pictures.source.size == (64, 64)


def test_the_scene_holds_what_its_picture_shows_and_nothing_else(pairs: list[tuple[Sample, Pictures]]) -> None:
    for sample, pictures in pairs:
        shown = set(np.unique(pictures.source_geometry.ids_HW).tolist())
        assert {FIRST_THING + index for index in range(len(sample.before.things))} == {
            v for v in shown if v >= FIRST_THING
        }
        assert {name: value for name, value in sample.instances.items() if name != "support"} == {
            thing.name: FIRST_THING + index for index, thing in enumerate(sample.before.things)
        }


def test_the_state_after_is_the_ideal_one_and_rests(pairs: list[tuple[Sample, Pictures]]) -> None:
    for sample, _ in pairs:
        assert scene_to_document(sample.after) == scene_to_document(sample.edit.apply(sample.before))
        assert misplaced(sample.edit, sample.before, CATALOGUE) is None
        assert moved_things(sample.after, CATALOGUE) == ()


def test_the_target_is_seen_before_and_after_as_the_record_says(pairs: list[tuple[Sample, Pictures]]) -> None:
    for sample, pictures in pairs:
        assert sample.edit.target is not None
        value = sample.instances[sample.edit.target]
        for when, geometry in (("before", pictures.source_geometry), ("after", pictures.target_geometry)):
            fraction = float(np.mean(geometry.ids_HW == value))
            assert fraction >= LIMITS.mask_fraction
            assert sample.figures[f"mask_fraction_{when}"] == pytest.approx(fraction, abs=1e-6)
            assert LIMITS.visible <= sample.figures[f"visible_{when}"] <= 1


def test_only_the_target_changes_in_the_instance_map(pairs: list[tuple[Sample, Pictures]]) -> None:
    for sample, pictures in pairs:
        assert sample.edit.target is not None
        value = sample.instances[sample.edit.target]
        before_HW, after_HW = pictures.source_geometry.ids_HW, pictures.target_geometry.ids_HW
        elsewhere_HW = (before_HW != value) & (after_HW != value)
        np.testing.assert_array_equal(before_HW[elsewhere_HW], after_HW[elsewhere_HW])
        assert (before_HW != after_HW).any()


def test_what_is_put_onto_a_support_stands_on_its_top(pairs: list[tuple[Sample, Pictures]]) -> None:
    (sample,) = (sample for sample, _ in pairs if isinstance(sample.edit, Receptacle))
    edit = sample.edit
    assert isinstance(edit, Receptacle)
    placed, top = sample.after.find(edit.target), sample.before.support(edit.receptacle)
    np.testing.assert_allclose(placed.pose_wo.translation_3, [*edit.place, top.height], atol=1e-9)
    assert placed.on == edit.receptacle
    assert [one.category.en for one in sample.before.furniture].count(top.body.category.en) == 1
    assert top.body.category.en in sample.instruction.en


def test_reasons_are_of_scenes_things_rules_or_candidates(pairs: list[tuple[Sample, Pictures]]) -> None:
    known = re.compile(rf"(scene|thing|rules: ({'|'.join(OPERATIONS)})|{'|'.join(OPERATIONS)}): [a-z ]+")
    for sample, _ in pairs:
        assert all(known.fullmatch(reason) and count > 0 for reason, count in sample.rejections.items())


def test_a_scene_in_which_nothing_is_seen_is_given_up_before_any_edit_is_drawn(recipe: Recipe, studio: Path) -> None:
    blind = replace(recipe, operations=("view",), limits=replace(LIMITS, mask_fraction=1.0))
    with pytest.raises(ValueError, match=r"scene: nothing to look at \(\d+\)") as raised:
        list(synthesize_shard(blind, 0, 1, CATALOGUE, studio))
    assert "view:" not in str(raised.value)


def test_a_target_whose_edit_does_not_show_is_not_tried_again(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bottle looks the same however far it is turned; what is hidden at one place may be seen at another."""
    scene = toy_scene(write_toy_catalogue(tmp_path))
    tried: list[Rotate] = []

    def examined(edit: Rotate, *_: object) -> Rejection:
        tried.append(edit)
        return NOT_SHOWN if edit.target == "yellow-mug" else Rejection("hidden after")

    monkeypatch.setattr(pairs_module, "examine", examined)
    shard = pairs_module._Shard(recipe, 0, CATALOGUE, iter(()), np.random.default_rng(0), {"rotate": 1})
    angles = (0.5, 1.0, 1.5)
    allowed = [Rotate(target, angle) for angle in angles for target in ("yellow-mug", "red-box")]
    assert shard._first_possible(allowed, scene, {}, PaintedView()) is None
    assert tried == [Rotate("yellow-mug", 0.5), *(Rotate("red-box", angle) for angle in angles)]
    assert shard.rejections == {"rotate: no visible change": 1, "rotate: hidden after": 3}
