"""A guess that is off by some centimetres finds the thing, however bright it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.detectors.matching import matched
from dagster_gsi.detectors.placement import Judge
from dagster_gsi.detectors.portrait import portrait, region, unlikeness
from tests.detectors.test_portrait import judge_of
from tests.toy_assets import write_toy_catalogue

TRUE = np.array([0.1, -0.05, 0.0, 0.0])


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return judge_of(TRUE, write_toy_catalogue(tmp_path_factory.mktemp("toy")))


def dimmed(judge: Judge, factor: float) -> Judge:
    return replace(judge, evidence=replace(judge.evidence, edited_HW3=judge.evidence.edited_HW3 * factor))


@pytest.mark.parametrize("off", [(0.0, 0.0), (0.04, 0.03), (-0.05, 0.02), (0.03, -0.06)])
@pytest.mark.parametrize("factor", [1.0, 0.7])
def test_a_guess_finds_the_thing_that_is_near(judge: Judge, off: tuple[float, float], factor: float) -> None:
    found = matched(dimmed(judge, factor), TRUE + np.array([*off, 0.0, 0.0]))
    # A pixel is some millimetres wide on the table, and more of them deep.
    assert np.hypot(*(found - TRUE)[:2]) < 0.012
    assert found[2:].tolist() == [0.0, 0.0]


def test_a_guess_outside_the_picture_stays(judge: Judge) -> None:
    guess = np.array([30.0, 0.0, 0.0, 0.0])
    assert matched(judge, guess).tolist() == guess.tolist()


def test_a_darker_thing_costs_no_more_than_light_may_differ(judge: Judge) -> None:
    there = portrait(judge, TRUE)
    region_HW = region(judge, [there], old=False) & (there.cover_HW > 0.99)
    as_lit, darker, too_dark = (unlikeness(dimmed(judge, factor), there, region_HW) for factor in (1.0, 0.9, 0.6))
    assert darker < as_lit + 0.02
    assert too_dark > as_lit + 0.2
