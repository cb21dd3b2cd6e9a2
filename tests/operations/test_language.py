"""Instructions say what happens, in both languages, and mean one thing only."""

from dataclasses import replace
from string import Formatter

import numpy as np
import pytest

from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.language import TEMPLATES, drawn, identifiable, is_clear, nameable, phrase
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import View
from dagster_gsi.scenes.scene import Words
from tests.scenes_by_hand import two_mugs_and_a_book

SCENE = two_mugs_and_a_book()


def _fields(template: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(template) if field}


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_template_has_several_phrasings_that_say_the_same_in_both_languages(key: str) -> None:
    english, chinese = TEMPLATES[key]["en"], TEMPLATES[key]["zh"]
    assert len(english) == len(chinese) >= 3
    assert len({*english, *chinese}) == 2 * len(english)
    for first, second in zip(english, chinese, strict=True):
        assert _fields(first) == _fields(second)
        assert ("it" in _fields(first)) is not key.startswith("view")
        assert ("other" in _fields(first)) is key.startswith(("place", "receptacle"))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Move("mug-1", "left", 0.15), ("15", "left")),
        (Rotate("book", np.radians(-45)), ("45", " clockwise")),
        (Rotate("book", np.radians(120)), ("120", "counter-clockwise")),
        (Remove("mug-2", "rightmost"), ("right", "mug")),
        (Place("mug-1", "book", "behind", 0.25), ("25", "behind", "red mug", "book")),
        (Receptacle("mug-1", "table", "farthest", (0.0, 0.3)), ("red mug", "table", "edge")),
        (View("turn_left", float(np.radians(15))), ("15", "left")),
        (View("tilt_down", float(np.radians(10))), ("10", "degrees")),
        (View("move_back", 0.3), ("30",)),
    ],
)
def test_the_text_states_direction_and_amount(edit: Operation, words: tuple[str, str]) -> None:
    for seed in range(12):
        text = edit.instruction(SCENE, np.random.default_rng(seed)).en
        assert all(word in text for word in words), text


def test_a_scaling_is_told_as_percent_or_as_factor() -> None:
    texts = {Scale("book", 0.75).instruction(SCENE, np.random.default_rng(seed)).en for seed in range(40)}
    assert len(texts) == 3 * 2  # three phrasings, each with the category and with the description
    assert all("75%" in text or "0.75" in text for text in texts)


def test_one_of_several_of_a_kind_is_named_by_its_description() -> None:
    texts = {Move("mug-1", "left", 0.1).instruction(SCENE, np.random.default_rng(seed)).en for seed in range(40)}
    assert all("red mug" in text for text in texts)


def test_things_with_the_same_description_are_not_identifiable() -> None:
    twin = replace(SCENE.find("mug-2"), description=SCENE.find("mug-1").description)
    assert [thing.name for thing in identifiable(SCENE.with_thing(twin))] == ["book"]


@pytest.mark.parametrize(
    "words", [Words(en="{en} with a chip", zh="别的杯子"), Words(en="other cup", zh="带缺口的{zh}")], ids=["en", "zh"]
)
def test_a_description_that_is_part_of_another_picks_nothing_out(words: Words) -> None:
    whole = SCENE.find("mug-1").description
    longer = Words(en=words.en.format(en=whole.en), zh=words.zh.format(zh=whole.zh))
    other = replace(SCENE.find("mug-2"), description=longer)
    assert [thing.name for thing in identifiable(SCENE.with_thing(other))] == ["mug-2", "book"]


def test_a_noun_that_another_thing_is_called_by_too_names_nothing() -> None:
    kind = SCENE.find("book").category
    assert is_clear(kind, SCENE)
    for words in (Words(en="blue comic book", zh="漫画"), Words(en="diary", zh=f"日记{kind.zh}")):
        ours = replace(SCENE.find("mug-2"), description=words)
        assert not is_clear(kind, SCENE.with_thing(ours))
    shelf = replace(SCENE.supports[0].body, name="shelf", description=Words(en="shelf with a book", zh="架子"))
    assert not is_clear(kind, replace(SCENE, fixtures=(shelf,)))
    apart = replace(SCENE.find("mug-2"), description=Words(en="bookend", zh="靠架"))
    assert is_clear(kind, SCENE.with_thing(apart)), "a part of a word is another word"
    ours = replace(SCENE.find("mug-2"), description=Words(en="blue comic book", zh="漫画"))
    scene = SCENE.with_thing(ours)
    texts = {Move("book", "left", 0.1).instruction(scene, np.random.default_rng(seed)).en for seed in range(40)}
    assert all(SCENE.find("book").description.en in text for text in texts)


def test_phrasing_is_a_function_of_the_seed() -> None:
    first, again = (phrase("move_left", SCENE, "book", np.random.default_rng(3), amount="5") for _ in range(2))
    assert first == again


def test_both_things_of_a_placement_are_named_in_both_languages() -> None:
    for seed in range(30):
        text = Place("mug-1", "mug-2", "left", 0.2).instruction(SCENE, np.random.default_rng(seed))
        for words in (SCENE.find("mug-1").description, SCENE.find("mug-2").description):
            assert words.en in text.en
            assert words.zh in text.zh


def test_a_target_that_a_request_can_name_is_drawn_by_one_number_and_none_where_there_is_none() -> None:
    targets = {"book", "mug-2"}
    assert [thing.name for thing in nameable(SCENE, targets)] == ["mug-2", "book"]
    rng, same = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(20):
        assert drawn(SCENE, targets, rng) == nameable(SCENE, targets)[same.integers(2)]
    assert drawn(SCENE, {"table"}, rng) is None
    assert rng.random() == same.random()
