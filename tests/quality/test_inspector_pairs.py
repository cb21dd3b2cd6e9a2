"""Which pairs are shown follows from their ids alone, and they are shown as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_gsi.quality.inspector_pairs import chosen, read_pairs
from tests.samples_by_hand import make_pair, write_set

IDS = st.sets(st.text(min_size=1, max_size=8), max_size=12)


def test_the_choice_is_that_of_the_least_hashes() -> None:
    # SHA-256 begins with ca (a), 3e (b), 2e (c), 18 (d).
    assert chosen(["a", "b", "c", "d"], 2) == {"c", "d"}
    assert chosen(["d", "c", "b", "a"], 3) == {"b", "c", "d"}


@given(ids=IDS, count=st.integers(1, 14))
def test_a_choice_has_its_size_and_a_larger_one_adds_to_it(ids: set[str], count: int) -> None:
    some = chosen(ids, count)
    assert len(some) == min(count, len(ids))
    assert some <= chosen(ids, count + 1) <= ids
    assert chosen(ids, 0) == ids


@given(ids=IDS.filter(bool), count=st.integers(1, 14), another=st.text(min_size=9, max_size=9))
def test_a_pair_more_takes_the_place_of_one_at_most(ids: set[str], count: int, another: str) -> None:
    assert len(chosen(ids, count) - chosen(ids | {another}, count)) <= 1


def test_pairs_are_read_in_the_order_of_the_set_with_their_pictures_and_words(tmp_path: Path) -> None:
    ids = write_set(tmp_path, "toy-test", 8)
    pairs = list(read_pairs(tmp_path / "data/gsi_syn/toy-test", {ids[6], ids[1]}))
    assert [(pair.sample_id, pair.set, pair.operation) for pair in pairs] == [
        ("toy-test-1", "toy-test", "rotate"),
        ("toy-test-6", "toy-test", "scale"),
    ]
    sample, pictures = make_pair(6)
    assert pictures.target is not None
    assert pairs[1].instruction == sample.instruction.en
    assert np.array_equal(pairs[1].source_HW3, np.array(pictures.source))
    assert np.array_equal(pairs[1].target_HW3, np.array(pictures.target))
