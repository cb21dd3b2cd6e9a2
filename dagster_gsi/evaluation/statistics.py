"""Means of scores with intervals that know which samples share a source picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.evaluation.table import FIGURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from dagster_gsi.geometry.pose import Array

ALL = "all"
"""In the column `operation` of a summary: over all operations."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int


def estimate(values_N: Array, clusters: Sequence[str], *, resamples: int, rng: np.random.Generator) -> Estimate:
    """Bootstrap over whole clusters: edits of one picture succeed and fail together, so they are drawn together.

    Percentile interval (Efron and Tibshirani 1993, ch. 13). `values_N` must hold at least one value and no nan.
    """
    if len(values_N) == 0:
        raise ValueError("there is no value to take the mean of")
    _, member_N = np.unique(np.asarray(clusters), return_inverse=True)
    sizes_C = np.bincount(member_N)
    sums_C = np.bincount(member_N, weights=values_N)
    drawn_RC = rng.multinomial(len(sizes_C), np.full(len(sizes_C), 1 / len(sizes_C)), size=resamples)
    means_R = (drawn_RC @ sums_C) / (drawn_RC @ sizes_C)
    low, high = np.percentile(means_R, [2.5, 97.5])
    return Estimate(float(np.mean(values_N)), float(low), float(high), len(values_N))


def summarise(scores: pd.DataFrame, *, resamples: int, seed: int) -> pd.DataFrame:
    """One row per model, set, protocol, operation (and "all") and figure: mean, low, high, count.

    Every group draws from its own seed, so adding a model or a set changes no other figure.
    """
    import pandas as pd

    keys = ["model", "set", "protocol", "operation"]
    whole = scores.assign(operation=ALL)
    rows: list[dict[str, Any]] = []
    for names, group in pd.concat([whole, scores]).groupby(keys, sort=True):
        for figure in FIGURES:
            judged = group[group[figure].notna()]
            if judged.empty:
                continue
            rng = np.random.default_rng(seed)
            found = estimate(
                judged[figure].to_numpy(dtype=np.float64), list(judged["scene"]), resamples=resamples, rng=rng
            )
            rows.append(
                {
                    **dict(zip(keys, names, strict=True)),
                    "figure": figure,
                    "mean": found.mean,
                    "low": found.low,
                    "high": found.high,
                    "count": found.count,
                }
            )
    return pd.DataFrame(rows, columns=[*keys, "figure", "mean", "low", "high", "count"])
