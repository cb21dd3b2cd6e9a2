"""What two splits share, told of scenes made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.quality.separation import KINDS, Counts, Line, Shared, Usage, faults
from dagster_gsi.samples.sample import Sample
from dagster_gsi.scenes.catalogue import Card, Catalogue
from dagster_gsi.scenes.scene import Interior, Scene, Support
from tests.samples_by_hand import make_pair, of_models
from tests.scenes_by_hand import thing


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Two mugs of one file and a chair; of all other models nothing is known."""
    cards = [
        Card(
            id=name, kind=kind, category_en=category, category_zh="c", description_en=name, description_zh=name,
            size=(0.1, 0.1, 0.1), has_front=False, symmetry=1, creator="c", licence="CC0-1.0", source=source,
        )
        for name, kind, category, source in (
            ("mug-red", "object", "mug", "mug.obj"), ("mug-blue", "object", "mug", "mug.obj"),
            ("stool", "furniture", "chair", "stool.obj"),
        )
    ]  # fmt: skip
    (tmp_path / "catalogue.json").write_text(json.dumps([card.model_dump(mode="json") for card in cards]), "utf-8")
    return Catalogue(tmp_path)


def in_a_room(scene: Scene, home: str) -> Scene:
    """The scene in a home, with a bench that carries nothing and a stool."""
    bench = Support.boxy(thing("bench", "bench", "bench", (1.0, 0.4, 0.4), 2.0, 0.0))
    return replace(
        scene,
        supports=(*scene.supports, bench),
        fixtures=(thing("stool", "chair", "stool", (0.4, 0.4, 0.5), -2.0, 0.0),),
        room=Interior(home=home, room="Kitchen", shell=f"shell-{home}", floor="floor-toy", wall="wall-toy"),
    )


def sample_in(split: str, rewrite: Callable[[Scene], Scene] = lambda scene: scene, **changes: object) -> Sample:
    sample, _ = make_pair(0, set_name=f"toy-{split}", split=split)
    before, after = (rewrite(of_models(scene, f"{split}-")) for scene in (sample.before, sample.after))
    return replace(sample, before=before, after=after, **changes)


def told(catalogue: Catalogue, *samples: Sample) -> dict[str, Line]:
    usage = Usage(catalogue)
    for sample in samples:
        usage.add(sample)
    return {line.kind: line for line in usage.lines()}


def with_mug(asset: str) -> Callable[[Scene], Scene]:
    return lambda scene: scene.with_thing(replace(scene.find("mug-1"), asset=asset))


def test_sets_that_share_surroundings_only_are_apart(catalogue: Catalogue) -> None:
    lines = told(catalogue, sample_in("train"), sample_in("test"))
    assert {kind: line.counts for kind, line in lines.items()} == {
        "arrangements": Counts(1, 1, 0),
        "objects": Counts(3, 3, 0),
        "supports": Counts(1, 1, 0),
        "textures": Counts(2, 2, 2),
        "environments": Counts(1, 1, 1),
    }
    assert [kind for kind, line in lines.items() if line.files is not None] == ["objects", "supports"]
    assert faults(list(lines.values())) == []


def test_a_recoloured_twin_is_the_same_object(catalogue: Catalogue) -> None:
    lines = told(catalogue, sample_in("train", with_mug("mug-red")), sample_in("test", with_mug("mug-blue")))
    assert lines["objects"].counts == Counts(3, 3, 0)
    assert lines["objects"].files == Counts(3, 3, 1)
    assert lines["objects"].shared == (Shared("mug.obj (mug-blue, mug-red)", "mug", ("toy-test", "toy-train")),)
    (line,) = faults(list(lines.values()))
    assert line == (
        "objects: training and test sets share 1, such as mug.obj (mug-blue, mug-red) in toy-test, toy-train: make these "
        "sets again (`dvc repro`), or take one of them out of synthesize.sets in params.yaml"
    )


def test_twins_in_one_split_count_as_two_models_of_one_file(catalogue: Catalogue) -> None:
    lines = told(catalogue, sample_in("train", with_mug("mug-red")), sample_in("train", with_mug("mug-blue")))
    assert lines["objects"].counts == Counts(4, 0, 0)
    assert lines["objects"].files == Counts(3, 0, 0)


def test_a_home_is_a_fault_and_furniture_is_listed_with_its_class(catalogue: Catalogue) -> None:
    def at_home(scene: Scene) -> Scene:
        return in_a_room(scene, "Studio")

    lines = told(catalogue, sample_in("train", at_home), sample_in("test", at_home))
    assert {kind for kind, line in lines.items() if line.is_fault} == {"homes"}
    assert lines["homes"].shared == (Shared("Studio", "", ("toy-test", "toy-train")),)
    # The bench carries nothing.
    assert lines["furniture"].shared == (
        Shared("bench (bench)", "", ("toy-test", "toy-train")),
        Shared("stool.obj (stool)", "chair", ("toy-test", "toy-train")),
    )
    assert lines["supports"].counts == Counts(1, 1, 0)


def test_what_the_edit_puts_something_onto_is_a_support(catalogue: Catalogue) -> None:
    def at_home(scene: Scene) -> Scene:
        return in_a_room(scene, "Studio")

    onto = Receptacle("book", "bench", "centre", (2.0, 0.0))
    moved = sample_in("train", at_home)
    moved = replace(moved, edit=onto, after=onto.apply(moved.before))
    assert moved.after.find("book").on == "bench"
    lines = told(catalogue, moved)
    assert lines["supports"].counts == Counts(2, 0, 0)
    assert lines["furniture"].counts == Counts(1, 0, 0)


def test_an_arrangement_is_the_same_wherever_its_support_stands(catalogue: Catalogue) -> None:
    carried = Pose.upright(0.7, np.array([1.0, 2.0, 0.0]))

    def elsewhere(scene: Scene) -> Scene:
        (table,) = scene.supports
        return replace(
            scene,
            supports=(replace(table, body=replace(table.body, pose_wo=carried @ table.body.pose_wo)),),
            things=tuple(replace(one, pose_wo=carried @ one.pose_wo) for one in scene.things),
        )

    def pushed(scene: Scene) -> Scene:
        book = scene.find("book")
        return scene.with_thing(replace(book, pose_wo=Pose.upright(0.3, np.array([0.0, 0.21, 0.7]))))

    here = sample_in("train")
    assert told(catalogue, here, sample_in("train", elsewhere))["arrangements"].counts == Counts(1, 0, 0)
    assert told(catalogue, here, sample_in("train", pushed))["arrangements"].counts == Counts(2, 0, 0)


def test_imported_sets_are_not_counted_and_without_models_no_catalogue_is_read(tmp_path: Path) -> None:
    usage = Usage(Catalogue(tmp_path / "nowhere"))
    usage.add(sample_in("test", provenance={"origin": "fine.zip"}))
    assert usage.lines() == ()


def test_kinds_are_told_in_the_order_of_the_tables(catalogue: Catalogue) -> None:
    sample = sample_in("train", lambda scene: in_a_room(scene, "Studio"))
    assert list(told(catalogue, sample)) == list(KINDS)
