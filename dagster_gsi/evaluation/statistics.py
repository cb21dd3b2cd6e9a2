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


def estimate(
    values_N: Array,
    clusters: Sequence[str],
    *,
    resamples: int,
    rng: np.random.Generator,
    possible: tuple[float, float] = (0.0, 100.0),
) -> Estimate:
    """Bootstrap over whole clusters: edits of one picture succeed and fail together, so they are drawn together.

    The percentile interval (Efron and Tibshirani 1993, ch. 13) is stretched about the mean by Student's t for the number
    of clusters, G, and kept within the `possible` values. How often intervals that promise 95 % held the truth, of
    1,500 simulated paired differences of a binary figure (1 to 4 samples a cluster, correlation 0.3 within clusters):

    | G                            | 3    | 5    | 8    | 16   | 30   | 100  |
    |------------------------------|------|------|------|------|------|------|
    | percentile                   | 71.4 | 83.7 | 89.1 | 92.6 | 93.1 | 94.5 |
    | BCa                          | 68.7 | 83.2 | 88.9 | 92.3 | 93.0 | 94.3 |
    | stretched percentile         | 88.9 | 89.7 | 94.7 | 95.1 | 94.7 | 95.1 |
    | t with cluster-robust errors | 88.7 | 90.7 | 94.6 | 94.9 | 94.3 | 94.4 |

    One operation of a small set has some ten clusters, where the plain interval fails twice as often as it says. BCa
    corrects the skew, which is not what is wrong there. Under some 8 clusters every interval is a little short, and so
    is every one of a rate near 0 or 100: at 5 % and 16 clusters they all hold 84 to 85 % of the time. One cluster says
    nothing of others: its interval is all that is possible.

    `values_N` must hold at least one value and no nan.
    """
    if len(values_N) == 0:
        raise ValueError("there is no value to take the mean of")
    _, member_N = np.unique(np.asarray(clusters), return_inverse=True)
    sizes_C = np.bincount(member_N)
    mean = float(np.mean(values_N))
    if len(sizes_C) == 1:
        return Estimate(mean, *possible, len(values_N))
    sums_C = np.bincount(member_N, weights=values_N)
    drawn_RC = rng.multinomial(len(sizes_C), np.full(len(sizes_C), 1 / len(sizes_C)), size=resamples)
    means_R = (drawn_RC @ sums_C) / (drawn_RC @ sizes_C)
    ends_2 = mean + _stretch(len(sizes_C)) * (np.percentile(means_R, [2.5, 97.5]) - mean)
    low, high = np.clip(ends_2, *possible)
    return Estimate(mean, float(low), float(high), len(values_N))


def _stretch(num_clusters: int) -> float:
    """How much wider Student's interval is than the normal one with the same data's biased variance."""
    from scipy.stats import norm, t

    ratio = t.ppf(0.975, num_clusters - 1) / norm.ppf(0.975)
    return float(ratio * np.sqrt(num_clusters / (num_clusters - 1)))


def stamped(scores: pd.DataFrame) -> pd.DataFrame:
    """The scores with the set's name saying so wherever only its first samples were scored: `table-test:first 8`."""
    limited = scores["limited"].fillna(value=False).astype(bool)
    if not limited.any():
        return scores
    counts = scores.groupby("set")["sample"].transform("nunique").astype(str)
    return scores.assign(set=scores["set"].where(~limited, scores["set"] + ":first " + counts))


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
