"""What every set of GSI-Syn must satisfy: the suites held against its manifest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_gsi.operations import OPERATIONS
from dagster_gsi.samples.sample import SPLITS
from dagster_gsi.samples.shards import read_samples, shard_paths

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from great_expectations import ExpectationSuite
    from great_expectations.expectations import Expectation

    from dagster_gsi.quality.separation import Usage

# Directions and amounts that the text of an instruction can state, by operation: metres, degrees, a factor, nothing.
# A view's are either.
_AMOUNTS = {
    "move": (0.01, 2.0),
    "place": (0.01, 2.0),
    "receptacle": (0.0, 0.0),
    "rotate": (10.0, 180.0),
    "scale": (0.25, 4.0),
    "remove": (0.0, 0.0),
    "view": (0.05, 90.0),
}
# The part of the scene that a changed view must still show.
_SHOWN = 0.5
# Any template's placeholder that was not filled in would leave a brace or an angle bracket.
_UNFILLED = r"[{}<>]|None|nan"
_CHINESE = r"[\u4e00-\u9fff]"
# From a telephoto lens to a phone's wide angle.
_FOV_DEG = (15.0, 100.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that the parameters of the gate set; see there."""

    min_pairs: int
    min_share: float
    min_visible: float
    mask_fraction: tuple[float, float]
    min_pixel_change: float
    min_look_change: float
    num_things: tuple[int, int]


def sample_suite(limits: Limits) -> ExpectationSuite:
    """Expectations of single samples."""
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    codes = [(name, operation.code) for name, operation in OPERATIONS.items()]
    expectations: list[Expectation] = [
        gxe.ExpectColumnValuesToBeUnique(column="sample_id"),
        *(gxe.ExpectColumnValuesToNotBeNull(column=c) for c in ("scene_id", "support_asset", "seed")),
        # An edit of the view has no target.
        gxe.ExpectColumnValuesToNotBeNull(column="target_asset", row_condition=Column("operation") != "view"),
        gxe.ExpectColumnValuesToBeInSet(column="split", value_set=list(SPLITS)),
        gxe.ExpectColumnPairValuesToBeInSet(column_A="operation", column_B="code", value_pairs_set=codes),
        gxe.ExpectColumnValuesToNotMatchRegex(column="instruction_en", regex=_UNFILLED),
        gxe.ExpectColumnValueLengthsToBeBetween(column="instruction_en", min_value=10, max_value=300),
        gxe.ExpectColumnValuesToMatchRegex(column="instruction_zh", regex=_CHINESE),
        gxe.ExpectColumnValuesToNotMatchRegex(column="instruction_zh", regex=_UNFILLED),
        _between("visible_before", limits.min_visible, 1.0),
        _between("mask_fraction_before", *limits.mask_fraction),
        _between("pixel_change", limits.min_pixel_change, 255.0),
        _between("look_change", limits.min_look_change, None),
        _between("num_things", *limits.num_things),
        _between("fov_deg", *_FOV_DEG),
    ]
    for operation, (least, most) in _AMOUNTS.items():
        after = {"remove": (0.0, 0.0), "view": (_SHOWN, 1.0)}.get(operation, (limits.min_visible, 1.0))
        expectations.append(_between("amount", least, most, only=operation))
        expectations.append(_between("visible_after", *after, only=operation))
    return gx.ExpectationSuite(name="gsi_syn_samples", expectations=expectations)


def operation_shares(table: pd.DataFrame) -> pd.DataFrame:
    """One row per set and operation: `group`, `pairs` in the set, `share` of the operation.

    A set may leave out operations; of those that it has, each has its share.
    One more column, `splits`, is the number of splits that the scenes of the set are found in: more than one is a leak.
    """
    import pandas as pd

    splits = table.groupby("scene_id")["split"].transform("nunique")
    rows = [
        {
            "group": f"{name}/{operation}",
            "pairs": len(part),
            "share": float((part["operation"] == operation).mean()),
            "splits": int(splits[part.index].max()),
        }
        for name, part in table.groupby("set")
        for operation in OPERATIONS
        if (part["operation"] == operation).any()
    ]
    return pd.DataFrame(rows)


def share_suite(limits: Limits) -> ExpectationSuite:
    """Expectations of whole sets, held against `operation_shares`."""
    import great_expectations as gx

    expectations = [
        _between("pairs", limits.min_pairs, None),
        _between("share", limits.min_share, 1.0),
        _between("splits", 1, 1),
    ]
    return gx.ExpectationSuite(name="gsi_syn_sets", expectations=expectations)


def missing_samples(table: pd.DataFrame, folder: Path, usage: Usage) -> list[str]:
    """One line per set whose manifest does not tell what its shards hold.

    `usage` is told of every sample on the way: the records are read once.
    """
    failures = []
    for name, part in table.groupby("set"):
        held = Counter[str]()
        for path in shard_paths(folder / str(name)):
            for sample in read_samples(path):
                held[sample.id] += 1
                usage.add(sample)
        listed = Counter(part["sample_id"])
        if held != listed:
            strays = ", ".join(sorted((held - listed) + (listed - held))[:3])
            failures.append(f"{name}: manifest and shards differ, such as in {strays}: delete {folder / str(name)}")
    return failures


def _between(column: str, least: float, most: float | None, *, only: str | None = None) -> Expectation:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    condition = None if only is None else Column("operation") == only
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=least, max_value=most, row_condition=condition)
