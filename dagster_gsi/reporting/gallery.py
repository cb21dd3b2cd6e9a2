"""Which samples are shown, and all that is said of each."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from dagster_gsi.evaluation.table import FIGURES
from dagster_gsi.reporting.headline import CEILING, FLOORS
from dagster_gsi.reporting.pictures import jpeg_uri
from dagster_gsi.samples.shards import read_set, set_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.reporting.headline import Model, Record
    from dagster_gsi.samples.sample import Pictures, Sample


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one protocol says of one edited picture."""

    protocol: str
    status: str
    figures: tuple[tuple[str, float | None], ...]
    reason: str

    @property
    def word(self) -> str:
        """complies, fails, or why there is no score."""
        if self.status != "scored":
            return self.status
        return "complies" if dict(self.figures)["ic"] else "fails"

    @property
    def average(self) -> float | None:
        return dict(self.figures)["avg"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's picture of one sample."""

    model: Model
    picture: str | None
    """Data URI; None for references, whose picture is on the card anyway, and for what is missing."""
    verdicts: tuple[Verdict, ...]
    """The main protocol first."""

    @property
    def is_surprising(self) -> bool:
        """Whether a true target fails or a floor complies: then the measure is wrong, not the picture."""
        return self.verdicts[0].word != {CEILING: "complies", **dict.fromkeys(FLOORS, "fails")}.get(self.model.kind)


@dataclass(frozen=True, slots=True)
class Card:
    """One sample with every model's answer."""

    sample_id: str
    set: str
    operation: str
    code: str
    instruction_en: str
    instruction_zh: str
    source: str
    target: str | None
    """None where the set has no true pictures."""
    answers: tuple[Answer, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The verdicts on the card under the main protocol, without the references'."""
        own = [answer for answer in self.answers if not answer.model.is_reference] or list(self.answers)
        return tuple(sorted({answer.verdicts[0].word for answer in own}))


def choose(rows: Sequence[Record], models: Sequence[Model], protocol: str, count: int) -> tuple[tuple[str, str], ...]:
    """(set, sample) of at most `count` samples that show every operation and every pattern of verdicts there is.

    Operations take turns; within each, patterns of verdicts take turns; within each, the order is that of a checksum,
    so that neighbours do not share a scene and the choice depends on the samples' names alone.
    """
    competing = {model.name for model in models if not model.is_reference} or {model.name for model in models}
    patterns: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["model"])):
        if row["protocol"] == protocol and row["model"] in competing:
            patterns[row["operation"], row["set"], row["sample"]].append(f"{row['status']}{row['ic'] > 0}")
    piles: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for (operation, name, sample), pattern in patterns.items():
        piles[operation][" ".join(pattern)].append((name, sample))
    queues = []
    for operation in sorted(piles):
        for pile in piles[operation].values():
            pile.sort(key=lambda key: (zlib.crc32(key[1].encode()), key))
        queues.append(_in_turns([piles[operation][pattern] for pattern in sorted(piles[operation])]))
    return tuple(_in_turns(queues)[:count])


def cards_of(
    root: Path,
    chosen: Sequence[tuple[str, str]],
    rows: Sequence[Record],
    models: Sequence[Model],
    protocols: Sequence[str],
    width: int,
) -> tuple[Card, ...]:
    """The cards of the chosen samples in that order, with pictures of at most `width` pixels."""
    by_key: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for row in rows:
        by_key[row["set"], row["sample"], row["model"]].append(row)
    found: dict[tuple[str, str], Card] = {}
    for name in sorted({name for name, _ in chosen}):
        for sample, pictures in read_set(set_folder(root, name)):
            if (name, sample.id) in chosen:
                answers = tuple(
                    answer
                    for model in models
                    if (answer := _answer(root, sample, model, by_key[name, sample.id, model.name], protocols, width))
                )
                found[(name, sample.id)] = _card(sample, pictures, answers, width)
    return tuple(found[key] for key in chosen if key in found)


def verdicts_of(rows: Sequence[Record], protocols: Sequence[str]) -> tuple[Verdict, ...]:
    """The verdicts of one model on one sample, in the order of `protocols`."""
    by_protocol = {row["protocol"]: row for row in rows}
    return tuple(
        Verdict(
            protocol=protocol,
            status=row["status"],
            figures=tuple((figure, None if math.isnan(row[figure]) else float(row[figure])) for figure in FIGURES),
            reason=row["reason"],
        )
        for protocol in protocols
        if (row := by_protocol.get(protocol)) is not None
    )


def _answer(
    root: Path, sample: Sample, model: Model, rows: Sequence[Record], protocols: Sequence[str], width: int
) -> Answer | None:
    verdicts = verdicts_of(rows, protocols)
    if not verdicts:
        return None
    path = root / "data/edits" / model.name / sample.set / f"{sample.id}.png"
    return Answer(model, None if model.is_reference else _picture(path, width), verdicts)


def _picture(path: Path, width: int) -> str | None:
    """The picture, or None if there is none that can be read, which the verdict beside it says as well."""
    try:
        with Image.open(path) as image:
            return jpeg_uri(image, width)
    except (OSError, SyntaxError):
        return None


def _card(sample: Sample, pictures: Pictures, answers: tuple[Answer, ...], width: int) -> Card:
    return Card(
        sample_id=sample.id,
        set=sample.set,
        operation=sample.edit.name,
        code=sample.edit.code,
        instruction_en=sample.instruction.en,
        instruction_zh=sample.instruction.zh,
        source=jpeg_uri(pictures.source, width),
        target=None if pictures.target is None else jpeg_uri(pictures.target, width),
        answers=answers,
    )


def _in_turns(queues: Sequence[Sequence[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The first of each, then the second of each, and so on."""
    longest = max((len(queue) for queue in queues), default=0)
    return [queue[index] for index in range(longest) for queue in queues if index < len(queue)]
