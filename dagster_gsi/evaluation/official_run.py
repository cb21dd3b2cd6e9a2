"""Every sample of a set on disk under the published protocol: figures, or the reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.evaluation import official
from dagster_gsi.interchange.official_cache import detections_of, read_cache
from dagster_gsi.interchange.official_dataset import Folder, Listing, Sample, list_samples
from dagster_gsi.interchange.official_judgements import Answer, read_judgements
from dagster_gsi.interchange.official_picture import at_size, read_picture
from dagster_gsi.interchange.official_prompts import operation_of
from dagster_gsi.interchange.official_results import Figures, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from PIL import Image

    from dagster_gsi.evaluation.official import Kind, Score, Summary


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where a set, a model's pictures of it, and what was detected and judged in them are."""

    dataset: Path
    edited: Path
    detections: Path
    judgements: Path
    kind: Kind


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, by sample. Pictures are not kept."""

    figures: dict[str, Figures]
    summary: Summary
    problems: list[Problem]
    asked: int
    """How many samples were to be scored."""


class Run:
    """One evaluation: what is read once, and its samples one after another."""

    def __init__(self, inputs: Inputs, limit: int | None = None) -> None:
        self._inputs = inputs
        self._folder = Folder.open(inputs.dataset)
        listing = list_samples(self._folder, inputs.edited)
        self.samples = list(listing.samples.values())[:limit]
        if not self.samples:
            raise ValueError(_nothing(inputs, listing))
        self._ignored = {} if limit is not None else listing.ignored
        self._cache: Mapping[str, Any] = read_cache(inputs.detections)
        self._answers, self._faults = read_judgements(inputs.judgements)

    def evaluate(self, advance: Callable[[int], None]) -> Outcome:
        """Score all samples; `advance` is told of each."""
        scores: dict[str, Score] = {}
        problems = [Problem(name, "ignored", reason) for name, reason in self._ignored.items()]
        problems += [Problem(self._inputs.judgements.name, "ignored", fault) for fault in self._faults]
        for sample in self.samples:
            try:
                score, remarks = self._score(sample)
            except ValueError as error:
                problems.append(Problem(sample.key, "left out", str(error)))
            else:
                scores[sample.key] = score
                problems += [Problem(sample.key, "scored", remark) for remark in remarks]
            advance(1)
        figures = {
            key: Figures(s.operation, s.compliance, s.accuracy, s.locality.ssim, s.locality.lpips, s.locality.mse)
            for key, s in scores.items()
        }
        return Outcome(figures, official.summary(scores, self._answers), problems, len(self.samples))

    def _score(self, sample: Sample) -> tuple[Score, list[str]]:
        """Figures of one sample with what should be known of them; ValueError says why it has none."""
        if not sample.edited:
            raise ValueError(f"there is no edited picture {sample.stem}.png or .jpg")
        edit = self._folder.read_edit(sample)
        operation = operation_of(edit.prompt)
        path, picture, remarks = _first_readable(sample)
        source_path = self._folder.source_of(sample.image)
        if source_path.stem != sample.image:
            remarks.append(f"its source is {source_path.name}: there is none that is named just {sample.image}")
        source_HW3, lost = _source(source_path)
        remarks += [f"{source_path.name}: {lost}"] if lost else []
        edited_HW3, changed = at_size(picture, (source_HW3.shape[1], source_HW3.shape[0]))
        remarks += [f"{path.name}: {changed}"] if changed else []
        origin, found = detections_of(self._cache, sample.key, self._inputs.detections.name)
        if not all(np.isfinite(one["bbox_3d"] + one["bbox_2d"]).all() for one in origin + found):
            remarks.append(f"{self._inputs.detections.name}: a detection holds a number that is not finite")
        record = edit.record
        lacks = [
            f"there is no `{key}`, which a {operation} needs" for key in official.NEEDS[operation] if key not in record
        ]
        remarks += [f"{sample.stem}.json: {oddity}" for oddity in edit.oddities + lacks]
        truth_HW3 = None
        if operation == "view":
            truth_HW3, doubts = self._truth(sample)
            remarks += doubts
        # What is not finite has a remark; the formulas go on with it, as in the original.
        with np.errstate(all="ignore"):
            score = official.score(source_HW3, edited_HW3, truth_HW3, record, origin, found, kind=self._inputs.kind)
        if score.remark is not None:
            raise ValueError(score.remark)
        return score, remarks + _doubts(score) + self._unjudged(sample.key)

    def _truth(self, sample: Sample) -> tuple[np.ndarray | None, list[str]]:
        path, count = self._folder.truth_of(sample.image, sample.query)
        if path is None:
            return None, ["the data set has no true picture of this view change, so its compliance is 0"]
        doubts = [f"{count} pictures go by the name of its true one: {path.name} was taken"] if count > 1 else []
        try:
            return np.asarray(read_picture(path)[0]), doubts
        except ValueError as error:
            return None, [*doubts, f"{error}, so its compliance is 0"]

    def _unjudged(self, key: str) -> list[str]:
        answer: Answer | None = official.answer_of(key, self._answers)
        if answer is None:
            return [f"{self._inputs.judgements.name} does not judge it: where it complies, all its figures are 0"]
        return [f"{answer.reason}: where it complies, all its figures are 0"] if answer.score is None else []


def _first_readable(sample: Sample) -> tuple[Path, Image.Image, list[str]]:
    """The first of the pictures that go by the sample's name that can be opened, as the published evaluator takes it."""
    remarks: list[str] = []
    for path in sample.edited:
        try:
            picture, lost = read_picture(path)
        except ValueError as error:
            remarks.append(str(error))
            continue
        if lost:
            remarks.append(f"{path.name}: {lost}")
        if "_rgb" in path.name:
            remarks.append(f"{path.name} is scored, but the published evaluator ends with an error at names with _rgb")
        if others := [other.name for other in sample.edited if other != path]:
            remarks.append(f"{path.name} was taken, not {', '.join(others)}, which go by the same name")
        return path, picture, remarks
    raise ValueError("; ".join(remarks))


@lru_cache(maxsize=1)
def _source(path: Path) -> tuple[np.ndarray, str]:
    """Edits of one source follow each other."""
    picture, lost = read_picture(path)
    return np.asarray(picture), lost


def _doubts(score: Score) -> list[str]:
    kept = score.locality
    if not np.isfinite([score.compliance, score.accuracy, kept.ssim, kept.mse]).all():
        return [
            "a figure is not a number: the boxes cover the whole picture, or the picture is plain, or a box is not finite"
        ]
    return []


def _nothing(inputs: Inputs, listing: Listing) -> str:
    seen = next(iter(listing.ignored), None)
    hint = f" (it has {seen}: {listing.ignored[seen]})" if seen else ""
    return (
        f"there is nothing to score: {inputs.edited} holds no <image>_edit_<query>.png or .jpg{hint}, "
        f"and {inputs.dataset} no <image>_edit_<query>.json"
    )
