"""Documents say everything of a scene once: the state after an edit is written without what edits leave alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.view import View
from dagster_gsi.samples.codec import (
    scene_from_document,
    scene_to_document,
    state_from_document,
    state_to_document,
)
from dagster_gsi.samples.manifest import manifest_row
from dagster_gsi.samples.sample import Sample
from dagster_gsi.scenes.scene import Interior, Lamp, Lighting, Scene, Support
from tests.samples_by_hand import make_pair
from tests.scenes_by_hand import thing, two_mugs_and_a_book

TABLETOP = two_mugs_and_a_book()


def a_room() -> Scene:
    """The tabletop in a home, with a mirrored chair and a shelf that is covered with wood and whose top is cut."""
    shelf = replace(thing("shelf-1", "shelf", "white shelf", (0.8, 0.3, 1.0), 2.0, 0.0), on="shelf-1")
    outline_N2 = np.array([[-0.4, -0.15], [0.1, -0.15], [0.1, 0.15], [-0.4, 0.15]])
    chair = replace(
        thing("chair-1", "chair", "red chair", (0.4, 0.5, 0.9), -1.0, 0.0),
        on="chair-1",
        stretch_3=np.array([-1.1, 1.0, 0.9]),
        pose_wo=Pose.upright(-2.0, np.array([-1.0, 0.5, 0.0])),
    )
    return replace(
        TABLETOP,
        supports=(*TABLETOP.supports, Support(shelf, 0.6, outline_N2, "wood-toy")),
        fixtures=(chair,),
        room=Interior("Studio", "Kitchen", "shell-studio-ground", "floor-toy", "wall-toy"),
        lighting=Lighting(
            "toy",
            -0.5,
            2.0,
            (Lamp((0.5, -0.5, 2.4), 0.8, (10.0, 9.0, 8.0)), Lamp((2.0, 0.0, 2.4), 0.3, (1.0, 1.0, 1.0))),
        ),
    )


def _through_json(document: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


@pytest.mark.parametrize("scene", [TABLETOP, a_room()], ids=["tabletop", "room"])
def test_a_scene_survives_being_written_and_read(scene: Scene) -> None:
    document = _through_json(scene_to_document(scene))
    read = scene_from_document(document)
    assert _through_json(scene_to_document(read)) == document
    assert read.room == scene.room
    assert read.lighting == scene.lighting
    for one, other in zip((*read.furniture, *read.things), (*scene.furniture, *scene.things), strict=True):
        np.testing.assert_array_equal(one.stretch_3, other.stretch_3)
        np.testing.assert_array_equal(one.box.corners_83(), other.box.corners_83())
        assert (one.name, one.on, one.category, one.scale) == (other.name, other.on, other.category, other.scale)
    for top, other_top in zip(read.supports, scene.supports, strict=True):
        assert (top.height, top.texture) == (other_top.height, other_top.texture)
        assert top.polygon().equals(other_top.polygon())


def test_a_state_is_what_edits_change() -> None:
    assert set(state_to_document(a_room())) == {"things", "camera"}


@pytest.mark.parametrize(
    "edit", [Move("book", "left", 0.1), Receptacle("book", "shelf-1", "left", (1.9, 0.0)), View("turn_left", 0.2)]
)
def test_the_state_after_shares_everything_else_with_the_scene_before(edit: Any) -> None:
    before = a_room()
    after = edit.apply(before)
    read = state_from_document(_through_json(state_to_document(after)), before)
    assert read.supports is before.supports
    assert read.fixtures is before.fixtures
    assert read.room is before.room
    assert read.lighting is before.lighting
    assert _through_json(scene_to_document(read)) == _through_json(scene_to_document(after))


def test_a_sample_shares_its_furniture_between_before_and_after_when_it_is_read() -> None:
    sample, _ = make_pair(0)
    before = a_room()
    edit = Receptacle("book", "shelf-1", "left", (1.9, 0.0))
    sample = replace(sample, edit=edit, before=before, after=edit.apply(before))
    document = _through_json(sample.to_document())
    assert set(document["after"]) == {"things", "camera"}
    read = Sample.from_document(document)
    assert read.after.supports is read.before.supports
    assert read.after.fixtures is read.before.fixtures
    assert read.after.support_of(read.after.find("book")).name == "shelf-1"
    assert read.before.support_of(read.before.find("book")).name == "table"
    assert read.edit == edit
    assert _through_json(read.to_document()) == document


def test_a_row_of_the_manifest_says_in_which_room_of_which_home_on_what() -> None:
    sample, _ = make_pair(0)
    before = a_room()
    on_shelf = before.with_thing(replace(before.find("book"), on="shelf-1"))
    for scene, edit, support in (
        (before, Move("book", "left", 0.1), "table"),
        (on_shelf, Move("book", "left", 0.1), "shelf-1"),
        (on_shelf, View("turn_left", 0.2), "table"),  # no target: the first support
    ):
        row = manifest_row(replace(sample, before=scene, edit=edit, environment="room"), "shard-00000.tar")
        assert (row["home"], row["room"], row["support"], row["support_asset"]) == (
            "Studio",
            "Kitchen",
            support,
            support,
        )
        assert row["environment"] == "room"


def test_tabletops_are_in_no_home() -> None:
    row = manifest_row(make_pair(0)[0], "shard-00000.tar")
    assert pd.isna(row["home"])
    assert pd.isna(row["room"])
    assert row["support"] == "table"
