"""Move: the target's displacement as a vector in space: published sets move things up and down too."""

from __future__ import annotations

import numpy as np

from dagster_gsi.evaluation.compliance.base import Measured, Outcome, absent, as_seen, displacement_3, in_words

# People place things about this well by eye, and it is twice what the detector may err.
LEAST_TOLERANCE = 0.03
# Over longer distances a quarter of the way: enough to tell 20 cm from 30 cm, the next distance people would name.
TOLERANCE = 0.25


def measure(outcome: Outcome) -> Measured:
    """Compliant within max(3 cm, 25 %) of the asked end point, so both the direction and the distance count."""
    asked_3 = as_seen(outcome.wanted.pose_wo.translation_3 - outcome.target.pose_wo.translation_3, outcome.before)
    tolerance = max(LEAST_TOLERANCE, TOLERANCE * float(np.linalg.norm(asked_3)))
    figures = {"asked_right": float(asked_3[0]), "asked_ahead": float(asked_3[1]), "tolerance": tolerance}
    if outcome.found is None:
        return absent(outcome, **figures)
    shift_3 = displacement_3(outcome)
    error = float(np.linalg.norm(shift_3 - asked_3))
    complies = error <= tolerance
    reason = (
        f"It went {in_words(shift_3)}; asked was {in_words(asked_3)}: "
        f"{error * 100:.1f} cm off, {'within' if complies else 'over'} the {tolerance * 100:.1f} cm allowed."
    )
    return Measured(complies, error / tolerance, reason, {**figures, "position_error": error})
