from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.detectors.search import best_of, refined


def at(x: float, y: float = 0.0) -> np.ndarray:
    return np.array([x, y, 0.0, 0.0])


def test_the_best_are_not_all_from_one_place() -> None:
    crowd = [at(0.03 * k) for k in range(5)]
    far = at(2.0)
    kept = best_of([*crowd, far], lambda one: float(one[0]), keep=3, near=(0.5, 2))
    assert [one.tolist() for one in kept] == [crowd[0].tolist(), crowd[1].tolist(), far.tolist()]


def test_nearly_the_same_placement_is_kept_once() -> None:
    kept = best_of([at(0.0), at(0.01), at(0.05)], lambda one: float(one[0]), keep=3, near=(1.0, 3))
    assert [one[0] for one in kept] == [0.0, 0.05]


def test_refining_moves_the_free_parameters_only() -> None:
    wanted = np.array([0.02, -0.01, 0.3, 0.1])
    found = refined(at(0.0), lambda one: float(((one - wanted) ** 2).sum()) * 1e4, 80, (0, 1))
    assert found[:2] == pytest.approx(wanted[:2], abs=1e-3)
    assert found[2:].tolist() == [0.0, 0.0]
