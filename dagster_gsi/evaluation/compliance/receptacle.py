"""Receptacle: on the support that was named, inside its outline, and at the part of it that was named."""

from __future__ import annotations

from typing import get_args

import numpy as np

from dagster_gsi.evaluation.compliance.base import Measured, Outcome, absent
from dagster_gsi.operations.receptacle import Receptacle, Region, carrier, region_place_2

# Tops and shelves lie further apart than this; the bases of things that stand on one are found nearer to it.
HEIGHT_TOLERANCE = 0.05
# An edge or a middle is no point: a fifth of the support's extent (the root of its area), from what people place by eye
# to a hand's breadth. Requests lead 15 cm or more away from where the thing stood.
TOLERANCE = 0.2
LEAST_TOLERANCE, MOST_TOLERANCE = 0.03, 0.10


def measure(outcome: Outcome) -> Measured:
    """Compliant if it stands on the receptacle, within a fifth of its extent (3 to 10 cm) of the asked place, and nearer
    to that than to any other region's.
    """
    edit = outcome.edit
    assert isinstance(edit, Receptacle)
    under = carrier(outcome.before, edit.receptacle)
    extent = float(np.sqrt(np.prod(under.box.size_3[:2])))
    tolerance = float(np.clip(TOLERANCE * extent, LEAST_TOLERANCE, MOST_TOLERANCE))
    figures = {"receptacle": edit.receptacle, "region": edit.region, "tolerance": tolerance}
    if outcome.found is None:
        return absent(outcome, **figures)
    at_3 = outcome.found.pose_wo.translation_3
    height = float(at_3[2] - outcome.wanted.pose_wo.translation_3[2])
    local_3 = under.pose_wo.inverse().apply(at_3[None])[0]
    inside = bool((np.abs(local_3[:2]) <= under.box.size_3[:2] / 2).all())
    away = {region: float(np.linalg.norm(at_3[:2] - _point_2(outcome, edit, region))) for region in get_args(Region)}
    nearest = min(away, key=lambda region: away[region])
    error = away[edit.region]
    rests = abs(height) <= HEIGHT_TOLERANCE
    complies = rests and inside and nearest == edit.region and error <= tolerance
    name = under.category.en
    reason = (
        f"It is {error * 100:.1f} cm from the {_words(edit.region)} of the {name}, {tolerance * 100:.1f} cm allowed"
    )
    if not rests:
        reason += (
            f"; its base is {abs(height) * 100:.1f} cm {'above' if height > 0 else 'below'} what it should stand on"
        )
    if not inside:
        reason += f"; it is not over the {name}"
    if nearest != edit.region:
        reason += f"; it is nearer to the {_words(nearest)}"
    figures |= {"position_error": error, "height_error": height, "inside": inside, "found_region": nearest}
    return Measured(complies, error / tolerance, f"{reason}.", figures)


def _point_2(outcome: Outcome, edit: Receptacle, region: Region) -> np.ndarray:
    """Where the target would stand for a region; for the asked one, where the true answer has it."""
    if region == edit.region:
        return outcome.wanted.pose_wo.translation_3[:2]
    return region_place_2(outcome.target, carrier(outcome.before, edit.receptacle), region, outcome.before)


def _words(region: Region) -> str:
    return {"centre": "centre", "left": "left edge", "right": "right edge"}.get(region, f"{region} edge")
