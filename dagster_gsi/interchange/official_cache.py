"""The detector's cache as the published evaluator writes it: `{"<image>_<query>": {"origin_result": ..., "new_result": ...}}`.

Each result is `{"detections": [{"bbox_3d", "bbox_2d", "rotation_matrix", ...}]}`; what nothing asks for is dropped while
the file is read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dagster_gsi.interchange.official_boxes import Detections

Number = Annotated[float, Field(strict=True)]
Box3D = Annotated[list[Number], Field(min_length=7, max_length=7)]
Box2D = Annotated[list[Number], Field(min_length=4, max_length=4)]
Row = Annotated[list[Number], Field(min_length=3, max_length=3)]
Matrix = Annotated[list[Row], Field(min_length=3, max_length=3)]

_ASKED_FOR = ("bbox_3d", "bbox_2d", "rotation_matrix", "iou_score")


class _Detection(BaseModel):
    model_config = ConfigDict(frozen=True)

    bbox_3d: Box3D
    bbox_2d: Box2D
    rotation_matrix: Matrix | None = None


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)

    detections: list[_Detection]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)

    origin_result: _Result
    new_result: _Result


def read_cache(path: Path, *, whole: bool = False) -> dict[str, Any]:
    """The entries by sample, not yet looked into: see `detections_of`. `whole` keeps what nothing asks for, too."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=None if whole else _slim)
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read as a detector's cache: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{path} is not a detector's cache: an object with an entry a sample is expected")
    return document


def detections_of(cache: Mapping[str, Any], key: str, name: str) -> tuple[Detections, Detections]:
    """What was detected in the source and in the edited picture of a sample; `name` is the file's, for the messages."""
    if key not in cache:
        raise ValueError(f"{name} has no entry {key!r}: detect on this set, or give the cache that belongs to it")
    try:
        entry = _Entry.model_validate(cache[key])
    except ValidationError as error:
        raise ValueError(f"{name}, {key}.{told(error)}") from None
    results = (entry.origin_result, entry.new_result)
    origin, found = ([detection.model_dump() for detection in result.detections] for result in results)
    return origin, found


def told(error: ValidationError) -> str:
    """The first thing that a validation found: the key, what is wrong, what was given."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    given = "" if first["type"] == "missing" else f", not {first['input']!r:.60}"
    return f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}{given}"


def _slim(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if "bbox_3d" in whole or "bbox_2d" in whole:
        return {key: whole[key] for key in _ASKED_FOR if key in whole}
    return whole
