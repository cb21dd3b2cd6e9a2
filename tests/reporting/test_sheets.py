from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFont

from dagster_gsi.reporting.sheets import contact_sheet, wrapped


def test_a_sheet_holds_every_picture_in_reading_order() -> None:
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0), (0, 250, 250), (250, 0, 250)]
    rows = [
        [Image.new("RGB", (40, 30), a), Image.new("RGB", (40, 30), b)]
        for a, b in zip(colours[::2], colours[1::2], strict=True)
    ]
    sheet = contact_sheet(rows, ["first", "second", "third"], width=600, columns=2)
    assert sheet.width == 600
    found = {}
    for colour in colours:
        ys, xs = np.nonzero((np.asarray(sheet) == colour).all(axis=2))
        found[colour] = (int(ys.mean()), int(xs.mean()))
        # Equally large, with the pictures' own 4:3.
        assert np.ptp(xs) + 1 == pytest.approx((np.ptp(ys) + 1) * 4 / 3, abs=1)
    assert sorted(colours, key=lambda colour: found[colour]) == colours
    assert found[colours[0]][0] == found[colours[3]][0] < found[colours[4]][0]


def test_a_sheet_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no pictures"):
        contact_sheet([], [], width=100)


def test_wrapping_keeps_all_words_in_lines_that_fit() -> None:
    font = ImageFont.load_default(13)
    text = "Move the yellow floral teapot with a very long name 15 cm toward the left side of the picture."
    lines = wrapped(text, 160, font)
    assert " ".join(lines) == text
    assert len(lines) > 2
    assert all(font.getlength(line) <= 160 for line in lines)
