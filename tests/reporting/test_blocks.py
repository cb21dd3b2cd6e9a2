from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_gsi.reporting.blocks import PAPER, badge, beside, cell, font_of, printable, stacked, text_block


def has_ink_at_the_right_edge(block: object) -> bool:
    return bool((np.asarray(block)[:, -1] != PAPER).any())


def test_text_is_wrapped_and_never_cut_off() -> None:
    for text in ("Move the mug. " * 20, "x" * 300, "a " + "W" * 200 + " b"):
        block = text_block(text, width=400, size=26)
        assert block.width == 400
        assert not has_ink_at_the_right_edge(block)


def test_lines_are_of_about_equal_length() -> None:
    """A column in which all words but the last would fit on one line."""
    text = "Of these words none is longer than the others are and the last one of them all would stand alone"
    width = int(font_of(26).getlength(text.removesuffix(" alone"))) + 2
    block = np.asarray(text_block(text, width=width, size=26))
    halves = np.array_split(block, 2)
    ends = [np.flatnonzero((half != PAPER).any(axis=(0, 2))).max() for half in halves]
    assert min(ends) > 0.8 * max(ends)
    assert max(ends) < 0.65 * width


def test_a_word_that_is_too_long_is_broken_and_not_lost() -> None:
    ink = [(np.asarray(text_block("i" * count, width=300, size=26)) != PAPER).sum() for count in (100, 200)]
    assert ink[1] == pytest.approx(2 * ink[0], rel=0.05)


def test_the_output_of_a_failed_program_does_not_fill_the_page() -> None:
    short, long = (text_block("line of words " * count, width=400, size=26).height for count in (60, 6000))
    assert short == long == text_block("a", width=400, size=26).height * 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 × 3 – 4 −5…", "2 x 3 - 4 -5..."),
        ("café déjà", "cafe deja"),
        ("杯子 left", "?? left"),
        ("a\nb\tc  d", "a b c d"),
        ("90° ± 5 “so”", "90° ± 5 “so”"),
        ("\x1b[31mred\x00", "?[31mred?"),
    ],
)
def test_signs_that_the_font_lacks_are_replaced(text: str, expected: str) -> None:
    assert printable(text) == expected


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_drawn(text: str) -> None:
    font_of(20).getlength(printable(text))
    assert all((sign.isascii() and sign.isprintable()) or sign in "°±·“”" for sign in printable(text))


def test_blocks_are_put_together_without_overlap() -> None:
    one, other = badge("FAILS", size=26, colour=(200, 0, 0)), cell("label", "value", width=100, size=24)
    row = beside([one, other], gap=10)
    assert row.size == (one.width + 10 + 100, max(one.height, other.height))
    assert np.array_equal(np.asarray(row)[: one.height, : one.width], np.asarray(one))
    page = stacked([one, other], gap=7, width=300)
    assert page.size == (300, one.height + 7 + other.height)
    assert np.array_equal(np.asarray(page)[one.height + 7 :, :100], np.asarray(other))
