"""From an edited picture to its rows, one a protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dagster_gsi.detectors.base import UnansweredError
from dagster_gsi.evaluation import official, strict
from dagster_gsi.evaluation.case import Case, Found, look, request_of
from dagster_gsi.evaluation.table import FIGURES, Row
from dagster_gsi.interchange.official_form import edited_detections, origin_detections, record_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.detectors.base import Detector
    from dagster_gsi.evaluation.locality import Locality
    from dagster_gsi.evaluation.table import Status
    from dagster_gsi.interchange.official_boxes import Detections, Record
    from dagster_gsi.judges.base import Judge, Verdict
    from dagster_gsi.samples.sample import Sample

Protocol = Literal["strict", "official"]


@dataclass(frozen=True, slots=True)
class Evaluator:
    """What scores pictures: a detector, a judge, and the protocols in which their answers count."""

    detector: Detector
    judge: Judge
    protocols: tuple[Protocol, ...]

    def rows(self, cases: Sequence[Case], model: str) -> list[Row]:
        """One row a case and protocol. Each picture is looked at and judged once for all of them.

        The judge is asked about all cases at once: few calls with many cases are best, and all of them are in memory.
        """
        looks = [self._look(case) for case in cases]
        seen = [(case, one) for case, one in zip(cases, looks, strict=True) if isinstance(one, _Look)]
        verdicts = iter(self.judge.judge([request_of(case, one.found) for case, one in seen]))
        rows: list[Row] = []
        for case, one in zip(cases, looks, strict=True):
            if isinstance(one, _Look):
                rows += self._scored(case, model, one, next(verdicts))
            else:
                rows += [self._row(case, model, p, **_nothing(p, *one)) for p in self.protocols]
        return rows

    def _look(self, case: Case) -> _Look | tuple[Status, str]:
        """What is seen in the picture, or why nothing can be."""
        if case.edited_HW3 is None:
            return case.status, case.reason
        try:
            kept = strict.measure_locality(case)
            # Where the whole picture is another one, each missing thing would only cost a search and change nothing.
            found = look(case, self.detector, at_others=case.sample.edit.name == "remove" and kept.gate)
        except UnansweredError as error:
            if case.sample.edit.target is None and "official" in self.protocols:
                # The published formulas hold a changed view against its true picture, wherever the camera is.
                return _Look(Found(None, None, ()), None, str(error))
            return "undetected", str(error)
        return _Look(found, kept, "")

    def _scored(self, case: Case, model: str, look: _Look, verdict: Verdict) -> list[Row]:
        rows = []
        spent = {
            "judge_prompt_tokens": verdict.prompt_tokens,
            "judge_completion_tokens": verdict.completion_tokens,
            "judge_cost": verdict.cost,
        }
        for protocol in self.protocols:
            if protocol == "official":
                columns = _official(case, look.found, verdict)
            elif look.kept is None:
                columns = _nothing(protocol, "undetected", look.reason)
            else:
                columns = strict.figures(case, look.found, look.kept, verdict)
            rows.append(self._row(case, model, protocol, **columns, **spent))
        return rows

    def _row(self, case: Case, model: str, protocol: Protocol, **columns: Any) -> Row:
        sample = case.sample
        return Row(
            model=model,
            set=sample.set,
            sample=sample.id,
            scene=sample.scene_id,
            environment=sample.environment,
            operation=sample.edit.name,
            code=sample.edit.code,
            protocol=protocol,
            detector=self.detector.version,
            judge=self.judge.version,
            instruction=sample.instruction.en,
            **columns,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    found: Found
    kept: Locality | None
    """None where the strict protocol cannot measure the picture, for `reason`."""
    reason: str


def _official(case: Case, found: Found, verdict: Verdict) -> dict[str, Any]:
    """The published figures, with true boxes in the source and the detector's in the edited picture."""
    assert case.edited_HW3 is not None
    truth, is_view = case.pictures.target, case.sample.edit.target is None
    if truth is None and is_view:
        return _nothing("official", "undetected", "The set holds no true picture of the view to compare with.")
    one = official.score(
        case.source_HW3,
        case.edited_HW3,
        None if truth is None else np.asarray(truth.convert("RGB")),
        *_form(case.sample, found),
        # The published limits of the background's change are wider for captures, such as those of an imported GSI-Real.
        kind="real" if case.sample.environment == "real" else "syn",
    )
    if is_view:
        reason = f"By the published formulas: likeness to the true picture {one.compliance:.2f}."
    else:
        reason = (
            f"By the published formulas: background {'kept' if one.gate else 'not kept'}, "
            f"compliance {one.compliance:.2f}, accuracy {one.accuracy:.2f}."
        )
    status: Status = "scored"
    values: dict[str, float | None]
    if verdict.score is None and one.compliance > 0:
        # The formulas count a lacking judgement as 0 in every figure: that is a verdict on the judge, not on the picture.
        status, reason = "unjudged", f"{reason} The judge failed: {verdict.reason}"
        values = dict.fromkeys(FIGURES)
    else:
        ic, sa, _, el, ac = official.figures(one, verdict.score)
        values = {"ic": ic, "sa": sa, "ac": ac, "el": el, "avg": float(np.mean([ic, sa, ac, el]))}
    return {
        "status": status,
        "reason": reason,
        **values,
        "appearance": None if verdict.score is None else 10.0 * verdict.score,
        "locality": 100.0 * (1 - one.locality.lpips),
        "locality_ssim": 100.0 * one.locality.ssim,
        "locality_mse": one.locality.mse,
        # Of a changed view neither counts.
        "gate": None if is_view else one.gate,
        "present": None if is_view else found.target is not None,
        "confidence": found.confidence,
    }


def _form(sample: Sample, found: Found) -> tuple[Record, Detections, Detections]:
    """The edit as the formulas know it, and the boxes in the source and in the edited picture."""
    before, target = sample.before, sample.edit.target
    if not before.things:
        # A change of view may be imported without any box, and has no use for one.
        return {"prompt": sample.instruction.en}, [], []
    return (
        record_of(sample.edit, before, sample.after),
        origin_detections(before, target),
        edited_detections(before, target, found.target, found.lost),
    )


def _nothing(protocol: Protocol, status: Status, reason: str) -> dict[str, Any]:
    """A picture without figures: 0 under the strict protocol and left out by the official one, unless the detector is to
    blame.
    """
    figure = 0.0 if protocol == "strict" and status != "undetected" else None
    return {"status": status, "reason": reason, **dict.fromkeys(FIGURES, figure)}
