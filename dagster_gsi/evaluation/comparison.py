"""Two models on the same samples: how much better one is than the other, and how sure that is."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.evaluation.statistics import ALL, estimate
from dagster_gsi.evaluation.table import FIGURES, read_scores
from dagster_gsi.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

_KEYS = ["set", "sample"]
_SHARED = [*_KEYS, "scene", "operation"]
# Figures run from 0 to 100, so a difference is within these.
_POSSIBLE = (-100.0, 100.0)


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both models over the samples that both have a value of, and the second minus the first.

    Means and ends are None where there is no such sample.
    """

    operation: str
    figure: str
    first: float | None
    second: float | None
    mean: float | None
    low: float | None
    high: float | None
    """Ends of the 95 % interval of the mean difference, bootstrapped over scenes."""
    samples: int
    scenes: int
    unjudged: int
    """Samples that both models have, left out because one of them has no value there: its judge failed, or the protocol
    leaves the sample out.
    """

    @property
    def excludes_zero(self) -> bool:
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on one set under one protocol."""

    differences: tuple[Difference, ...]
    """All operations together first, then each in the order of the reports, with the figures in theirs."""
    samples: int
    """That both models have."""
    scenes: int
    only_first: int
    """Samples that the second model has no row of."""
    only_second: int


def paired_difference(first: pd.DataFrame, second: pd.DataFrame, *, resamples: int, seed: int) -> Comparison:
    """Second minus first, sample by sample, for rows of one set and protocol each.

    Pairing takes out how hard a sample is, which both models share. Every operation and figure draws from its own seed.
    Models without a common sample, and tables with two rows of one sample, are refused.
    """
    for table in (first, second):
        if table.duplicated(_KEYS).any():
            twice = table.loc[table.duplicated(_KEYS), "sample"].iloc[0]
            raise ValueError(
                f"there are two rows of the sample {twice!r}: compare one set under one protocol at a time"
            )
    both = first[[*_SHARED, *FIGURES]].merge(second[[*_KEYS, *FIGURES]], on=_KEYS, suffixes=("_1", "_2"))
    if both.empty:
        raise ValueError(f"the models have no sample in common: one has {len(first)}, the other {len(second)}")
    known = list(OPERATIONS)
    operations = sorted(set(both["operation"]), key=lambda name: known.index(name) if name in known else len(known))
    differences = [
        _difference(both, operation, figure, resamples, seed) for operation in (ALL, *operations) for figure in FIGURES
    ]
    return Comparison(
        tuple(differences),
        samples=len(both),
        scenes=both["scene"].nunique(),
        only_first=len(first) - len(both),
        only_second=len(second) - len(both),
    )


def _difference(both: pd.DataFrame, operation: str, figure: str, resamples: int, seed: int) -> Difference:
    some = both if operation == ALL else both[both["operation"] == operation]
    one, other = f"{figure}_1", f"{figure}_2"
    judged = some[some[one].notna() & some[other].notna()]
    unjudged = len(some) - len(judged)
    if judged.empty:
        return Difference(operation, figure, None, None, None, None, None, 0, 0, unjudged)
    first_N, second_N = (judged[name].to_numpy(dtype=np.float64) for name in (one, other))
    rng = np.random.default_rng(seed)
    scenes = list(judged["scene"])
    found = estimate(second_N - first_N, scenes, resamples=resamples, rng=rng, possible=_POSSIBLE)
    return Difference(
        operation=operation,
        figure=figure,
        first=float(first_N.mean()),
        second=float(second_N.mean()),
        mean=found.mean,
        low=found.low,
        high=found.high,
        samples=found.count,
        scenes=len(set(scenes)),
        unjudged=unjudged,
    )


def scores_of(root: Path, model: str, protocol: str) -> pd.DataFrame:
    """A model's rows under one protocol; an unknown model or protocol is an error that names the nearest ones."""
    folder = root / "data/scores"
    models = sorted(path.stem for path in folder.glob("*.parquet"))
    if not models:
        raise ValueError(f"{folder} holds no scores: run `gsi evaluate MODEL`, or `dvc repro`")
    # Only names that were listed become paths.
    if model not in models:
        raise ValueError(f"there are no scores of {model!r} in {folder}; {nearest(model, models)}")
    scores = read_scores(folder / f"{model}.parquet")
    rows = scores[scores["protocol"] == protocol]
    if rows.empty:
        there = sorted(set(scores["protocol"]))
        raise ValueError(
            f"{folder / model}.parquet has no rows of the protocol {protocol!r}; {nearest(protocol, there)}"
        )
    return rows


def nearest(name: str, known: Iterable[str], *, count: int = 5) -> str:
    """The closest of the known names, for an error message."""
    return f"the nearest names are: {', '.join(difflib.get_close_matches(name, known, n=count, cutoff=0))}"
