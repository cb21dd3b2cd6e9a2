"""Move: the target's displacement on its support, as a vector."""

from __future__ import annotations

import numpy as np

from dagster_gsi.evaluation.compliance.base import Measured, Outcome, absent, displacement_2, in_words
from dagster_gsi.operations.move import Move, direction_3

# People place things about this well by eye, and it is twice what the detector may err.
LEAST_TOLERANCE = 0.03
# Over longer distances a quarter of the way: enough to tell 20 cm from 30 cm, the next distance people would name.
TOLERANCE = 0.25


def measure(outcome: Outcome) -> Measured:
    """Compliant within max(3 cm, 25 %) of the asked end point, so both the direction and the distance count."""
    edit, camera = outcome.edit, outcome.before.camera
    assert isinstance(edit, Move)
    asked_3 = edit.distance * direction_3(edit.direction, camera)
    asked_2 = np.array([asked_3 @ camera.right_3, asked_3 @ camera.ahead_3])
    tolerance = max(LEAST_TOLERANCE, TOLERANCE * edit.distance)
    figures = {"asked_right": float(asked_2[0]), "asked_ahead": float(asked_2[1]), "tolerance": tolerance}
    if outcome.found is None:
        return absent(outcome, **figures)
    shift_2 = displacement_2(outcome)
    error = float(np.linalg.norm(shift_2 - asked_2))
    complies = error <= tolerance
    reason = (
        f"It went {in_words(shift_2)}; asked was {in_words(asked_2)}: "
        f"{error * 100:.1f} cm off, {'within' if complies else 'over'} the {tolerance * 100:.1f} cm allowed."
    )
    return Measured(complies, error / tolerance, reason, {**figures, "position_error": error})
