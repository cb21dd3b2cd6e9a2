"""Scale: the factor by which the target grew or shrank, standing where it stood."""

from __future__ import annotations

import numpy as np

from dagster_gsi.evaluation.compliance.base import STAYS, Measured, Outcome, absent, displacement_2

# The asked factors are at least 1.3 or at most 0.75 of the size: an unchanged thing is always further off than this.
TOLERANCE = 0.2


def measure(outcome: Outcome) -> Measured:
    """Compliant if the factor is within 20 % of the asked one and on the same side of 1, within 5 cm of the place."""
    target = outcome.target
    asked = outcome.wanted.scale / target.scale
    figures = {"asked_factor": asked, "tolerance": TOLERANCE}
    if outcome.found is None:
        return absent(outcome, **figures)
    factor = outcome.found.scale / target.scale
    error = abs(factor / asked - 1)
    drift = float(np.linalg.norm(displacement_2(outcome)))
    same_way = (factor > 1) == (asked > 1)
    complies = error <= TOLERANCE and same_way and drift <= STAYS
    reason = f"Its size changed by a factor of {factor:.2f}; asked was {asked:g}: {error:.0%} off, 20% allowed"
    if not same_way:
        reason += "; that is the wrong way"
    if drift > STAYS:
        reason += f"; and it left its place by {drift * 100:.1f} cm"
    return Measured(
        complies, error / TOLERANCE, f"{reason}.", {**figures, "factor_error": error, "position_error": drift}
    )
