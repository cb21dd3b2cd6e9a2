"""What a person says of a model that `gsi assets add` takes in: answers, and whether they fit the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dagster_gsi.assets.guess import Unit, Up
from dagster_gsi.assets.licences import as_licence
from dagster_gsi.scenes.catalogue import Licence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

    from dagster_gsi.assets.measure import Measured
    from dagster_gsi.scenes.catalogue import Card

SHARED = ("licence", "creator", "source")
"""Asked once for all models; a model may say something else."""
ASKED = (
    *("kind", "category_en", "category_zh", "description_en", "description_zh", "front", "unit", "up"),
    *SHARED,
)
"""Asked of every model, in this order; `unit` and `up` only of OBJ files."""

# What stands on a table: width or depth, then height, in metres. What carries it: its topmost surface.
_BREADTH, _HEIGHT, _TOP = (0.03, 0.5), (0.008, 0.65), (0.25, 1.15)
# The largest side of what stands in a room.
_LARGEST = (0.2, 4.0)


def _plain(text: str) -> str:
    text = " ".join(text.split())
    if not text or "|" in text:
        raise ValueError("write a line of text without |")
    return text


def _english(text: str) -> str:
    text = _plain(text)
    if not text.isascii() or text.lower().startswith(("a ", "an ", "the ")) or text.endswith("."):
        raise ValueError("write English without article and full stop: it goes into 'Move the ... to the left.'")
    return text


def _chinese(text: str) -> str:
    text = _plain(text)
    if text.isascii():
        raise ValueError("write Chinese")
    return text


Line = Annotated[str, AfterValidator(_plain)]
English = Annotated[str, AfterValidator(_english)]
Chinese = Annotated[str, AfterValidator(_chinese)]


class Answers(BaseModel):
    """All that is said of one model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    kind: Literal["object", "support", "furniture"]
    category_en: English
    category_zh: Chinese
    description_en: English
    description_zh: Chinese
    front: Literal["none", "+x", "-x", "+y", "-y", "+z", "-z"]
    """The side of the file where people would agree that it is the front."""
    licence: Annotated[Licence, BeforeValidator(lambda text: as_licence(str(text)))]
    creator: Line
    source: Line
    """Collection or address; the card says the file, too."""
    unit: Unit = "m"
    up: Up = "y"
    scale: float = Field(default=1.0, gt=0.0)
    """Where the file's size is not the real thing's."""
    height: float | None = Field(default=None, gt=0.0)
    """Centimetres from base to top, in place of `unit` and `scale`, for files of no unit at all."""
    settle: bool = False
    """Lay it down as it comes to rest."""
    flatten: float = Field(default=0.0, ge=0.0)
    """Millimetres pressed flat at the bottom, for a round bottom that would rock."""
    triangles: int = Field(default=10_000, ge=100)
    picture_side: int = Field(default=512, ge=16)

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Self:
        """Raises ValueError that names the key."""
        try:
            return cls.model_validate(entry)
        except ValidationError as error:
            raise ValueError(_sentence(error.errors()[0])) from None

    @property
    def yaw(self) -> float:
        """Radians counter-clockwise from above that bring the front to -y."""
        return 0.0 if self.front == "none" else side_yaws(self.up)[self.front]


def _sentence(fault: ErrorDetails) -> str:
    key = str(fault["loc"][0])
    match fault["type"]:
        case "missing":
            return f"{key}: it is open"
        case "extra_forbidden":
            return f"{key}: unknown key; there are {', '.join(Answers.model_fields)}"
        case "value_error":
            return f"{key}: {fault['input']!r}: {fault['ctx']['error']}"
        case _:
            return f"{key}: {fault['input']!r}: {fault['msg']}"


def check_answer(key: str, value: object) -> None:
    """Raise ValueError where `value` cannot be the answer to `key`, whatever the others are."""
    try:
        Answers.model_validate({key: value})
    except ValidationError as error:
        fault = next((fault for fault in error.errors() if fault["loc"][0] == key), None)
        if fault is not None:
            raise ValueError(_sentence(fault)) from None


def side_yaws(up: Up) -> dict[str, float]:
    """The sides of a file by the axis they face, each with the turn that brings it to -y."""
    front, back = ("+z", "-z") if up == "y" else ("-y", "+y")
    return {front: 0.0, "+x": -np.pi / 2, back: np.pi, "-x": np.pi / 2}


def check_fresh(key: str, value: str, cards: Iterable[Card], entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError where another model has this description; `entries` are the other new ones by name."""
    if not key.startswith("description"):
        return
    described = {str(getattr(card, key)).lower(): card.id for card in cards}
    described |= {str(entry[key]).lower(): name for name, entry in entries.items() if key in entry}
    if value.lower() in described:
        raise ValueError(f"{key}: {described[value.lower()]} is {value!r}, too; say what tells them apart")


def check_words(answers: Mapping[str, Answers], cards: Iterable[Card]) -> list[str]:
    """A sentence for each word that the catalogue, or another new model, has taken."""
    faults = []
    ids = {said.id for said in answers.values()}
    owners: dict[tuple[str, str], str] = {}
    names: dict[str, str] = {}
    # A card of the same id is the same model, added before, or else refused as such.
    for card in cards:
        names.setdefault(card.category_en, card.category_zh)
        if card.id not in ids:
            for key in ("description_en", "description_zh"):
                owners[key, getattr(card, key).lower()] = card.id
    taken: dict[str, str] = {}
    for name, said in answers.items():
        if said.id in taken:
            faults.append(f"{name}: id: {taken[said.id]} has the id {said.id!r}, too; choose another")
        taken.setdefault(said.id, name)
        for key in ("description_en", "description_zh"):
            words = getattr(said, key)
            owner = owners.setdefault((key, words.lower()), name)
            if owner != name:
                faults.append(f"{name}: {key}: {owner} is {words!r}, too; say what tells them apart")
        if names.setdefault(said.category_en, said.category_zh) != said.category_zh:
            known = names[said.category_en]
            faults.append(f"{name}: category_zh: the category {said.category_en!r} is {known!r} elsewhere; write that")
        if said.front not in {"none", *side_yaws(said.up)}:
            faults.append(f"{name}: front: {said.front} is up or down; the sides are {', '.join(side_yaws(said.up))}")
    return faults


def check_figures(said: Answers, measured: Measured) -> None:
    """Raise ValueError where the model is too large or small for its kind, or has a front that nobody can tell."""
    width, depth, height = measured.size
    size = f"{100 * width:.1f} x {100 * depth:.1f} x {100 * height:.1f} cm"
    remedy = "correct `unit`, `scale`, `height` or `kind`"
    if said.kind == "object" and not (
        _BREADTH[0] <= max(width, depth) <= _BREADTH[1] and _HEIGHT[0] <= height <= _HEIGHT[1]
    ):
        raise ValueError(
            f"it is {size}; what stands on a table is 3 to 50 cm wide or deep and 0.8 to 65 cm high: {remedy}"
        )
    if said.kind == "support" and not _TOP[0] <= measured.surfaces[0].height <= _TOP[1]:
        top = 100 * measured.surfaces[0].height
        raise ValueError(f"its topmost surface is {top:.0f} cm high, not 25 to 115 cm: {remedy}")
    if said.kind == "furniture" and not _LARGEST[0] <= max(measured.size) <= _LARGEST[1]:
        raise ValueError(f"it is {size}; the largest side of furniture is 20 cm to 4 m: {remedy}")
    if said.front != "none" and measured.symmetry != 1:
        turns = f"after a turn by {360 // measured.symmetry} degrees" if measured.symmetry else "from every side"
        raise ValueError(f"it looks the same {turns}, so that it has no front: write `front: none`")
