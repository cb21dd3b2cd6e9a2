"""Place: where the target stands from its reference, as a vector between their centres."""

from __future__ import annotations

import numpy as np

from dagster_gsi.evaluation.compliance.base import Measured, Outcome, absent, in_words, over_ground
from dagster_gsi.operations.place import Place, side_3

# As for a move: about as well as people place by eye, and a quarter of the way over longer distances.
LEAST_TOLERANCE = 0.03
TOLERANCE = 0.25


def measure(outcome: Outcome) -> Measured:
    """Compliant within max(3 cm, 25 %) of the asked point beside the reference, and on the asked side of it.

    The reference counts where it is in the edited picture: it is the relation that was asked for.
    """
    edit, scene = outcome.edit, outcome.before
    assert isinstance(edit, Place)
    before = scene.find(edit.reference)
    reference = outcome.reference or before
    asked_2 = over_ground(outcome.wanted.centre_3 - before.centre_3, scene)
    tolerance = max(LEAST_TOLERANCE, TOLERANCE * float(np.linalg.norm(asked_2)))
    figures = {
        "reference": edit.reference,
        "reference_x": float(reference.centre_3[0]),
        "reference_y": float(reference.centre_3[1]),
        "side": edit.side,
        "tolerance": tolerance,
    }
    if outcome.found is None:
        return absent(outcome, **figures)
    found_3 = outcome.found.centre_3 - reference.centre_3
    found_2 = over_ground(found_3, scene)
    error = float(np.linalg.norm(found_2 - asked_2))
    on_side = float(found_3 @ side_3(edit.side, scene.camera)) > 0
    complies = error <= tolerance and on_side
    reason = (
        f"Its centre is {in_words(found_2)} of the {before.description.en}'s; asked was {in_words(asked_2)}: "
        f"{error * 100:.1f} cm off, {'within' if error <= tolerance else 'over'} the {tolerance * 100:.1f} cm allowed"
    )
    reason += "." if on_side else "; that is the wrong side."
    return Measured(complies, error / tolerance, reason, {**figures, "position_error": error})
