from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.detectors.appearance import _calibrated
from dagster_gsi.detectors.surface import Surface


def panes(opacities: list[float]) -> Surface:
    count = len(opacities)
    up = np.tile([0.0, 0.0, 1.0], (count, 1))
    return Surface(up, up, np.ones(count, dtype=bool), up, np.ones(count), np.array(opacities), 1.0)


def calibrated(opacities: list[float], seen: float, behind: float) -> list[float]:
    surface, points = panes(opacities), np.arange(len(opacities))
    grey = np.ones((len(opacities), 3))
    return _calibrated(surface, points, seen * grey, behind * grey).tolist()


def test_glass_that_looks_as_it_can_stays_as_clear_as_its_material() -> None:
    # 0.3 of anything from black to white and 0.7 of 0.5 are 0.35 to 0.65.
    assert calibrated([0.3, 0.3], seen=0.4, behind=0.5) == [0.3, 0.3]


@pytest.mark.parametrize(("seen", "least"), [(0.1, 0.8), (0.9, 0.8), (0.45, 0.3)])
def test_glass_that_looks_darker_or_brighter_than_it_can_is_less_clear(seen: float, least: float) -> None:
    assert calibrated([0.3, 0.3], seen=seen, behind=0.5) == pytest.approx([least, least])


def test_what_is_solid_stays_solid_and_each_glass_is_told_by_itself() -> None:
    surface = panes([1.0, 0.2, 0.2, 0.6])
    seen = np.array([0.0, 0.1, 0.1, 0.5])[:, None] * np.ones(3)
    found = _calibrated(surface, np.arange(4), seen, np.full((4, 3), 0.5))
    assert found == pytest.approx([1.0, 0.8, 0.8, 0.6])
