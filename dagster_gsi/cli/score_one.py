"""`gsi score-one`: score a picture that the chain does not know."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from PIL import Image
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dagster_gsi.detectors import DetectorName, DetectorsParams, open_detector
from dagster_gsi.evaluation.case import read_case
from dagster_gsi.evaluation.rows import Evaluator, Protocol
from dagster_gsi.interchange.official_picture import DAMAGE
from dagster_gsi.judges import JudgeName, JudgesParams, open_judge
from dagster_gsi.pipeline.project import read_params
from dagster_gsi.reporting.explain import write
from dagster_gsi.reporting.inspect import find
from dagster_gsi.reporting.readings import plain, verdict_of
from dagster_gsi.stages.base import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.evaluation.case import Case
    from dagster_gsi.reporting.readings import Record
    from dagster_gsi.samples.sample import Pictures

# Of 255, on average over the picture. JPEG of quality 40 changes a source by up to 5; sources of different scenes of
# the tabletop sets are at least 29 apart.
_SAME_SOURCE = 8.0
_FIGURES_FIRST = ("status", "ic", "sa", "ac", "el", "avg")
_SAID_ELSEWHERE = ("model", "sample", "instruction", "reason")


@dataclass(frozen=True, slots=True)
class Question:
    """One picture and how it is to be scored."""

    sample: str
    edited: Path
    source: Path | None
    detector: str
    judge: str
    protocol: str


def score_one(root: Path, question: Question, *, as_json: bool, explain: Path | None) -> None:
    """Print every figure of the picture and the sentence, or its row as JSON; draw it into `explain` as well."""
    case, record = scored(root, question)
    if explain is not None:
        write(case, record, explain)
    if as_json:
        print(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False))
        return
    print(plain(f"{record['model']}: {record['instruction']}"))
    table = Table("figure", "value")
    shown = [*_FIGURES_FIRST, *(name for name in record if name not in (*_FIGURES_FIRST, *_SAID_ELSEWHERE))]
    for name in shown:
        if record[name] is not None:
            value = record[name]
            table.add_row(name, Text(f"{value:.4g}" if isinstance(value, float) else str(value)))
    Console().print(table)
    print(f"{verdict_of(record)}: {plain(record['reason'])}")
    if explain is not None:
        print(explain)


def scored(root: Path, question: Question) -> tuple[Case, Record]:
    """The picture with its sample, and its row; whatever is named and does not exist is a ValueError."""
    detector: DetectorName = _one_of(DetectorName, question.detector, "detector")
    judge: JudgeName = _one_of(JudgeName, question.judge, "judge")
    protocol: Protocol = _one_of(Protocol, question.protocol, "protocol")
    if not question.edited.is_file():
        raise ValueError(f"{question.edited} is not a file: --edited is the picture to score")
    sample, pictures = find(root, question.sample)
    if question.source is not None:
        _check_source(question.source, pictures, question.sample)
    document = read_params(root)
    evaluator = Evaluator(
        open_detector(detector, _section(document, "detectors", DetectorsParams), root, editor="score-one"),
        open_judge(judge, _section(document, "judges", JudgesParams), root),
        (protocol,),
    )
    case = read_case(sample, pictures, question.edited, None)
    (row,) = evaluator.rows([case], question.edited.name)
    return case, asdict(row)


def _one_of(kind: Any, name: str, what: str) -> Any:
    """`name` if it is one of the words of a Literal."""
    if name not in get_args(kind):
        raise ValueError(f"there is no {what} {name!r}; {did_you_mean(name, get_args(kind))}")
    return name


def _section(document: dict[str, Any], name: str, kind: Any) -> Any:
    """The settings of detectors or judges in params.yaml; without the section, the defaults."""
    try:
        return kind.model_validate(document.get(name) or {})
    except ValidationError as error:
        wrong = "; ".join(f"{name}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ValueError(f"params.yaml, {wrong}") from None


def _check_source(path: Path, pictures: Pictures, sample_id: str) -> None:
    """Raise ValueError unless `path` is the sample's source, in whatever format it was kept."""
    try:
        with Image.open(path) as image:
            given = image.convert("RGB")
    except DAMAGE as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    source = pictures.source.convert("RGB")
    if given.size != source.size:
        sizes = [f"{width} x {height}" for width, height in (given.size, source.size)]
        raise ValueError(f"{path} is {sizes[0]} pixels and the source of {sample_id} {sizes[1]}: it is another picture")
    off = float(np.abs(np.asarray(given, dtype=np.float64) - np.asarray(source, dtype=np.float64)).mean())
    if off > _SAME_SOURCE:
        raise ValueError(
            f"{path} is not the source of {sample_id}: its pixels differ by {off:.0f} of 255 on average, and up to "
            f"{_SAME_SOURCE:.0f} would be the same picture in another format. Give the right --sample, or leave --source out"
        )
