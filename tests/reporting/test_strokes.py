from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.reporting.strokes import Pen, Stroke, drawn_over, sample_line

ORANGE = (255, 140, 26)


def level(y: float, *, start: float = 10.0, end: float = 90.0) -> np.ndarray:
    return np.array([[[start, y], [end, y]]])


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_a_line_has_its_colour_and_a_dark_casing_on_any_ground(ground: int) -> None:
    picture = Image.new("RGB", (100, 100), (ground,) * 3)
    drawn = np.asarray(drawn_over(picture, [Stroke(Pen(ORANGE, 8.0), level(50), [False])], width=400)).astype(int)
    assert np.abs(drawn[200, 60:340] - ORANGE).max() <= 2
    # 4 pixels of line and about 1 of casing on either side; the ground is as it was 7 pixels away.
    for side in (drawn[193:197], drawn[203:207]):
        assert side.max(axis=-1).min(axis=0)[60:340].max() <= 75
    assert (drawn[[192, 207]] == ground).all()


def test_enlarging_keeps_the_width_of_lines() -> None:
    size = 400
    for width in (50, 100, 200):
        picture = Image.new("RGB", (width, width))
        stroke = Stroke(Pen(ORANGE, 6.0), level(width / 2, start=0, end=width), [False])
        column = np.asarray(drawn_over(picture, [stroke], width=size))[:, size // 2, 0]
        assert 5 <= (column > 128).sum() <= 7


def test_dashes_leave_gaps_and_touch_both_ends() -> None:
    picture = Image.new("RGB", (100, 100))
    stroke = Stroke(Pen(ORANGE, 4.0, dashed=True), level(50), [False])
    line = np.asarray(drawn_over(picture, [stroke], width=400))[200, :, 0] > 128
    assert line[42]
    assert line[358]
    starts = np.count_nonzero(np.diff(line.astype(int)) == 1)
    assert 10 <= starts <= 20
    assert 0.4 < line[40:360].mean() < 0.9


def test_what_is_behind_is_thinner_and_lets_the_picture_through() -> None:
    picture = Image.new("RGB", (100, 100))
    lines = np.concatenate([level(30), level(70)])
    drawn = np.asarray(drawn_over(picture, [Stroke(Pen(ORANGE, 8.0), lines, [False, True])], width=400))
    before, behind = drawn[120, 200], drawn[280, 200]
    assert (behind < before).all()
    assert behind[0] > 80
    assert (drawn[100:140, 200, 0] > 60).sum() > (drawn[260:300, 200, 0] > 60).sum()


def test_a_part_shows_what_the_whole_shows_there() -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (100, 100, 3)).astype(np.uint8)).resize(
        (20, 20)
    )
    picture = picture.resize((100, 100))
    stroke = Stroke(Pen(ORANGE, 8.0), level(50), [False])
    part = np.asarray(drawn_over(picture, [stroke], width=400, part=(25, 40, 75, 65)))
    assert part.shape == (200, 400, 3)
    # The line runs through at (50 - 40) * 8 pixels from the top.
    assert np.abs(part[80].astype(int) - ORANGE).max() <= 2


def test_later_strokes_lie_above_earlier_ones() -> None:
    picture = Image.new("RGB", (100, 100))
    upright = np.array([[[50.0, 10.0], [50.0, 90.0]]])
    first, second = Stroke(Pen((0, 255, 0), 8.0), level(50), [False]), Stroke(Pen(ORANGE, 8.0), upright, [False])
    assert tuple(np.asarray(drawn_over(picture, [first, second], width=400))[200, 200]) == ORANGE
    assert tuple(np.asarray(drawn_over(picture, [second, first], width=400))[200, 200]) == (0, 255, 0)


def test_a_sample_for_the_legend_has_the_pen_s_colour() -> None:
    line = np.asarray(sample_line(Pen(ORANGE, 4.0), width=70, height=30, ground=(255, 255, 255)))
    assert line.shape == (30, 70, 3)
    assert tuple(line[15, 35]) == ORANGE
    assert tuple(line[2, 35]) == (255, 255, 255)
