"""Remove: the target is gone and everything else is still there."""

from __future__ import annotations

from dagster_gsi.evaluation.compliance.base import Measured, Outcome


def measure(outcome: Outcome) -> Measured:
    """Compliant if the target is absent and no other thing was lost with it."""
    name = outcome.target.description.en
    if outcome.found is not None:
        return Measured(False, float("inf"), f"The {name} is still in the picture.")
    if outcome.lost:
        lost = ", ".join(outcome.before.find(other).description.en for other in outcome.lost)
        return Measured(False, float("inf"), f"The {name} is gone, and so is what should have stayed: {lost}.")
    return Measured(True, 0.0, f"The {name} is gone and everything else is where it was.")
