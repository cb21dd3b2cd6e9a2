"""Rotate: the target's signed turn about the vertical, modulo its symmetry, on the spot."""

from __future__ import annotations

import numpy as np

from dagster_gsi.evaluation.compliance.base import STAYS, Measured, Outcome, absent, displacement_2
from dagster_gsi.geometry.pose import wrapped

# Half of the smallest turn that is asked for: less could not be told from none.
LEAST_TOLERANCE = float(np.radians(15))
# A quarter of the turn: 45 and 60 degrees, neighbours among the asked angles, stay apart.
TOLERANCE = 0.25


def measure(outcome: Outcome) -> Measured:
    """Compliant within max(15 degrees, 25 %) of the turn that shows, if the target stayed within 5 cm."""
    target = outcome.target
    period = 2 * np.pi / max(target.symmetry, 1)
    whole = wrapped(outcome.wanted.pose_wo.yaw - target.pose_wo.yaw)
    # Of a turn by 180 degrees a thing of threefold symmetry shows 60: that is what has to be met.
    asked = wrapped(whole, period=period)
    tolerance = max(LEAST_TOLERANCE, TOLERANCE * abs(asked))
    figures: dict[str, float] = {
        "asked_angle": float(np.degrees(whole)),
        "tolerance": float(np.degrees(tolerance)),
    }
    if outcome.found is None:
        return absent(outcome, **figures)
    turned = wrapped(outcome.found.pose_wo.yaw - target.pose_wo.yaw, period=period)
    error = abs(wrapped(turned - asked, period=period))
    drift = float(np.linalg.norm(displacement_2(outcome)))
    complies = error <= tolerance and drift <= STAYS
    reason = (
        f"It turned by {np.degrees(turned):+.0f} degrees (counter-clockwise is positive); asked was "
        f"{np.degrees(asked):+.0f}: {np.degrees(error):.0f} off, {np.degrees(tolerance):.0f} allowed"
    )
    reason += "." if drift <= STAYS else f"; and it left its place by {drift * 100:.1f} cm."
    figures |= {"angle_error": float(np.degrees(error)), "position_error": drift}
    return Measured(complies, error / tolerance, reason, figures)
