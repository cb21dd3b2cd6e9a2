"""View: how the camera turned and moved, as it was found from the picture."""

from __future__ import annotations

import numpy as np

from dagster_gsi.evaluation.compliance.base import Measured, Outcome
from dagster_gsi.geometry.shift import Shift

# Half of the smallest turn and of the shortest move that are asked for: an unchanged view is always further off.
LEAST_ANGLE, LEAST_METRES = float(np.radians(5)), 0.05
# A quarter of what was asked: 15 and 20 degrees, 20 and 30 cm, neighbours among the requests, stay apart.
TOLERANCE = 0.25


def measure(outcome: Outcome) -> Measured:
    """Compliant if the camera's turn is within max(5 degrees, 25 %) and its shift within max(5 cm, 25 %) of the asked.

    Turn and shift are vectors, so signs and axes count, and what was not asked for may not exceed the least tolerance.
    """
    camera = outcome.before.camera
    asked = Shift.between(camera, outcome.after.camera)
    least_angle, least_metres = (
        max(least, TOLERANCE * float(np.linalg.norm(part)))
        for least, part in ((LEAST_ANGLE, asked.angles_2), (LEAST_METRES, asked.metres_3))
    )
    turns = bool(np.linalg.norm(asked.angles_2) / LEAST_ANGLE > np.linalg.norm(asked.metres_3) / LEAST_METRES)
    figures = {**_columns("asked", asked), "tolerance": float(np.degrees(least_angle)) if turns else least_metres}
    if outcome.viewpoint is None:
        reason = "The picture does not show the scene from any place that could be found."
        return Measured(False, float("inf"), reason, figures)
    found = Shift.between(camera, outcome.viewpoint)
    angle = float(np.linalg.norm(found.angles_2 - asked.angles_2))
    metres = float(np.linalg.norm(found.metres_3 - asked.metres_3))
    error = max(angle / least_angle, metres / least_metres)
    reason = (
        f"The camera {found.in_words()}; asked was that it {asked.in_words()}: {np.degrees(angle):.1f} degrees off, "
        f"{np.degrees(least_angle):.1f} allowed, and {metres * 100:.1f} cm off, {least_metres * 100:.1f} allowed."
    )
    figures |= {**_columns("found", found), "angle_error": float(np.degrees(angle)), "position_error": metres}
    return Measured(error <= 1, error, reason, figures)


def _columns(which: str, shift: Shift) -> dict[str, float]:
    return {
        f"{which}_turn": float(np.degrees(shift.turn)),
        f"{which}_tilt": float(np.degrees(shift.tilt)),
        f"{which}_forward": shift.forward,
        f"{which}_sideways": shift.sideways,
        f"{which}_up": shift.up,
    }
