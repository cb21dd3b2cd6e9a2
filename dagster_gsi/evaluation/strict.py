"""The default protocol: every sample counts, the edit asked for is what is checked, and all of the picture is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.detectors.reprojection import seen_back
from dagster_gsi.evaluation.compliance import MEASURES
from dagster_gsi.evaluation.compliance.base import Outcome, accuracy, displacement_2
from dagster_gsi.evaluation.locality import NOTHING_KEPT, Locality, locality, widened
from dagster_gsi.geometry.pose import wrapped

if TYPE_CHECKING:
    from dagster_gsi.evaluation.case import Case, Found
    from dagster_gsi.judges.base import Verdict
    from dagster_gsi.scenes.scene import Thing


def measure_locality(case: Case) -> Locality:
    """Likeness outside the target's places in the source and in the true answer.

    Where the view changes everything moves. The edited picture is then brought back into the source's view by the pose
    that was found, and looked at where both show the same points: content is checked without the truth, and without
    asking whether the pose is the right one. Where no pose is found nothing of the source was kept.
    """
    assert case.edited_HW3 is not None
    if case.sample.edit.target is None:
        if case.viewpoint is None:
            return NOTHING_KEPT
        back_HW3, shown_HW = seen_back(case.edited_HW3, case.known, case.viewpoint.camera)
        return locality(case.source_HW3, back_HW3, ~shown_HW) if shown_HW.any() else NOTHING_KEPT
    return locality(case.source_HW3, case.edited_HW3, widened(case.mask_HW | case.target_mask_HW))


def figures(case: Case, found: Found, kept: Locality, verdict: Verdict) -> dict[str, Any]:
    """The columns of the table that this protocol fills.

    AC and EL count where the edit complies and are kept in `appearance` and `locality` in any case: an untouched
    picture looks like itself everywhere, and deserves no credit for it.
    """
    outcome = Outcome(
        case.sample.before,
        case.sample.after,
        case.sample.edit,
        found.target,
        found.lost,
        found.reference,
        found.viewpoint,
    )
    measured = MEASURES[case.sample.edit.name](outcome)
    complies = measured.complies and kept.gate
    reason = measured.reason
    if not kept.gate:
        reason = f"The rest of the picture was not left alone (SSIM {kept.ssim:.2f}, LPIPS {kept.lpips:.2f}). {reason}"
    ic = 100.0 if complies else 0.0
    sa = 100.0 * accuracy(measured.normalised_error) if complies else 0.0
    el = 100.0 * (1 - kept.lpips)
    appearance = None if verdict.score is None else 10.0 * verdict.score
    ac = appearance if complies else 0.0
    return {
        "status": "unjudged" if ac is None else "scored",
        "reason": reason if ac is not None else f"{reason} The judge failed: {verdict.reason}",
        "ic": ic,
        "sa": sa,
        "ac": ac,
        "el": el if complies else 0.0,
        "avg": None if ac is None else float(np.mean([ic, sa, ac, el if complies else 0.0])),
        "appearance": appearance,
        "locality": el,
        "locality_ssim": 100.0 * kept.ssim,
        "locality_mse": kept.mse,
        "gate": kept.gate,
        "masked_fraction": kept.masked_fraction,
        "normalised_error": measured.normalised_error if np.isfinite(measured.normalised_error) else None,
        **_seen(outcome, found),
        **measured.figures,
    }


def _seen(outcome: Outcome, found: Found) -> dict[str, Any]:
    """What was found and what was asked, whatever the operation makes of it."""
    columns: dict[str, Any] = {"confidence": found.confidence}
    if outcome.edit.target is None:
        return columns
    columns["present"] = found.target is not None
    if outcome.edit.name == "remove":
        columns |= {"others_lost": len(found.lost), "lost": ", ".join(found.lost) or None}
    else:
        columns |= _stands("asked", outcome.wanted)
    if found.target is None:
        return columns
    right, ahead = displacement_2(outcome)
    target = outcome.target
    period = 2 * np.pi / max(target.symmetry, 1)
    turn = wrapped(found.target.pose_wo.yaw - target.pose_wo.yaw, period=period)
    return {
        **columns,
        **_stands("found", found.target),
        "found_right": float(right),
        "found_ahead": float(ahead),
        "found_angle": float(np.degrees(turn)),
        "found_factor": found.target.scale / target.scale,
    }


def _stands(which: str, thing: Thing) -> dict[str, float]:
    """Where a thing stands, as the columns of that prefix."""
    x, y, z = thing.pose_wo.translation_3.tolist()
    values = {"x": x, "y": y, "z": z, "yaw": float(np.degrees(thing.pose_wo.yaw)), "scale": thing.scale}
    return {f"{which}_{name}": value for name, value in values.items()}
