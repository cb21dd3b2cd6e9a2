"""The judge's answers as the published judge writes them: a list of `{"prediction": text, "meta": {"index": name}}`.

The text holds a JSON object with a `score` from 0 to 10 between two delimiters; a judge that failed wrote something else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_DELIMITER = "||V^=^V||"


@dataclass(frozen=True, slots=True)
class Answer:
    """One judgement: a score, which may be any number, or the reason why there is none."""

    score: float | None
    reason: str = ""


def read_judgements(path: Path) -> tuple[dict[str, Answer], list[str]]:
    """Answers by their index, and what is wrong with entries that have none. The last of equal indices counts."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read as a judge's predictions: {error}") from error
    if not isinstance(document, list):
        raise ValueError(f"{path} is not a judge's predictions: a list of answers is expected, not {_kind(document)}")
    return judgements_of(document, path.name)


def judgements_of(document: Iterable[Any], name: str = "predictions") -> tuple[dict[str, Answer], list[str]]:
    """The same for a document that was read already; `name` is for the messages."""
    answers: dict[str, Answer] = {}
    faults = []
    for number, item in enumerate(document):
        meta = item.get("meta") if isinstance(item, dict) else None
        index = meta.get("index") if isinstance(meta, dict) else None
        if not isinstance(index, str):
            faults.append(f"{name}, entry {number}: `meta.index` does not name a sample")
        elif "prediction" not in item:
            answers[index] = Answer(None, f"{name}, {index}: there is no `prediction`")
        else:
            answers[index] = _answer(item["prediction"], f"{name}, {index}")
    return answers, faults


def _answer(prediction: Any, where: str) -> Answer:
    if not isinstance(prediction, str):
        return Answer(None, f"{where}: `prediction` is {_kind(prediction)}, not text")
    parts = prediction.split(_DELIMITER)
    if len(parts) < 2:
        return Answer(None, f"{where}: the answer {prediction[:40]!r} has no {_DELIMITER}")
    try:
        told = json.loads(parts[1])
    except (ValueError, RecursionError) as error:
        return Answer(None, f"{where}: the answer is not JSON ({error})")
    if not isinstance(told, dict) or "score" not in told:
        return Answer(None, f"{where}: the answer has no `score`")
    score = told["score"]
    if not isinstance(score, int | float):
        return Answer(None, f"{where}: `score` is {_kind(score)}, not a number")
    try:
        return Answer(float(score))
    except OverflowError:
        return Answer(None, f"{where}: `score` is beyond all numbers")


def _kind(value: Any) -> str:
    names = {type(None): "null", str: "text", list: "a list", dict: "an object", bool: "true or false"}
    return names.get(type(value), "a number")
