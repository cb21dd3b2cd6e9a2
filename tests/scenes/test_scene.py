"""Scenes are values: changing one makes another and leaves the first alone."""

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.samples.codec import scene_from_document, scene_to_document
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()


def test_replacing_a_thing_changes_only_that_thing() -> None:
    grown = SCENE.with_thing(replace(SCENE.find("book"), scale=2.0))
    assert (grown.find("book").scale, SCENE.find("book").scale) == (2.0, 1.0)
    assert grown.find("mug-1") is SCENE.find("mug-1")


def test_the_box_of_a_thing_stands_on_its_origin() -> None:
    box = replace(SCENE.find("book"), scale=2.0).box
    np.testing.assert_allclose(box.size_3, [0.4, 0.3, 0.08])
    np.testing.assert_allclose(box.centre_3, [0.0, 0.2, 0.74])


def test_things_of_a_category_are_found_and_gone_things_are_gone() -> None:
    assert [thing.name for thing in SCENE.of_category("mug")] == ["mug-1", "mug-2"]
    assert not SCENE.without("mug-1").has("mug-1")


def test_removing_what_is_not_there_names_what_is() -> None:
    with pytest.raises(KeyError, match="mug-1, mug-2, book"):
        SCENE.without("vase")


def test_a_scene_survives_being_written_and_read() -> None:
    document = scene_to_document(SCENE)
    assert scene_to_document(scene_from_document(document)) == document
    assert scene_from_document(document).camera.matrix_33.tolist() == SCENE.camera.matrix_33.tolist()
