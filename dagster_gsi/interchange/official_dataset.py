"""A data set of the published benchmark and a model's pictures of it, found by name as the published evaluator finds them.

```
DATASET/<image>.jpg|jpeg|png              source
DATASET/<image>_edit_<query>.json         one edit
DATASET/<image>_*gtedit_<query>*.*        true picture of a view change
EDITED/<image>_edit_<query>.jpg|png       what a model made; "_rgb" does not count in its name
```
Names with `_vis` before the ending are drawings for people.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from dagster_gsi.interchange.official_boxes import Record, corners_83
from dagster_gsi.interchange.official_cache import Box3D, Matrix, told

_BETWEEN, _DRAWING = "_edit_", "_vis"
_SOURCES = (".jpg", ".jpeg", ".png")
# The published evaluator goes through these in turn and keeps the first picture of a sample that it can open.
_EDITED = (".jpg", ".png")
_OTHER_PICTURES = re.compile(r"\.(jpe?g|png|webp|bmp|gif|tiff?)$", re.IGNORECASE)
_LEAST_DETERMINANT = 1e-9


class Edit(BaseModel):
    """One edit. Boxes are [x, y, z, w, h, l, yaw] in camera axes; which of them are needed the operation decides."""

    model_config = ConfigDict(frozen=True, strict=True)

    prompt: str
    target: Any
    original_bbox_3d: Box3D | None = None
    new_bbox_3d: Box3D | None = None
    camera_intrinsics: Matrix | None = None
    rotation_matrix: Matrix | None = None
    new_rotation_matrix: Matrix | None = None

    @property
    def record(self) -> Record:
        return self.model_dump(exclude_none=True)

    @property
    def oddities(self) -> list[str]:
        """What does not keep the edit from being scored but makes its figures doubtful."""
        said = [
            f"`{key}` holds a number that is not finite"
            for key, value in self.record.items()
            if key not in {"prompt", "target"} and not np.isfinite(value).all()
        ]
        if said:
            return said
        if self.camera_intrinsics and abs(np.linalg.det(self.camera_intrinsics)) < _LEAST_DETERMINANT:
            said.append("`camera_intrinsics` is singular")
        turned = None if self.rotation_matrix is None else np.asarray(self.rotation_matrix)
        for key in ("original_bbox_3d", "new_bbox_3d"):
            box = getattr(self, key)
            if box is not None and corners_83(box, turned)[:, 2].min() <= 0:
                said.append(f"`{key}` reaches behind the camera")
        return said


@dataclass(frozen=True, slots=True)
class Sample:
    """One edit that the data set asks for or a model made a picture for."""

    image: str
    query: str
    stem: str
    """Name of the edit's file without its ending."""
    edited: tuple[Path, ...]
    """Pictures that go by its name, in the order in which they are tried."""

    @property
    def key(self) -> str:
        return f"{self.image}_{self.query}"


@dataclass(frozen=True)
class Folder:
    """A data set's folder, listed once."""

    path: Path
    names: frozenset[str] = field(repr=False)

    @classmethod
    def open(cls, path: Path) -> Folder:
        return cls(path, frozenset(_names(path, "the data set")))

    def read_edit(self, sample: Sample) -> Edit:
        """The edit of a sample; ValueError says which file and key are wrong."""
        name = f"{sample.stem}.json"
        if name not in self.names:
            raise ValueError(f"the data set has no {name}, which would say what was asked for")
        try:
            document = json.loads((self.path / name).read_text(encoding="utf-8"))
            return Edit.model_validate(document)
        except ValidationError as error:
            raise ValueError(f"{name}, {told(error)}") from None
        except (OSError, ValueError, RecursionError) as error:
            raise ValueError(f"{name} cannot be read: {error}") from error

    def source_of(self, image: str) -> Path:
        """The picture of that name, or else the first whose name begins so and is not an edit's."""
        for ending in _SOURCES:
            if f"{image}{ending}" in self.names:
                return self.path / f"{image}{ending}"
        near = [name for name in self._pictures if any(fnmatchcase(name, f"{image}*{ending}") for ending in _SOURCES)]
        if not near:
            raise ValueError(f"the data set has no source {image}.jpg, .jpeg or .png")
        return self.path / min(near)

    def truth_of(self, image: str, query: str) -> tuple[Path | None, int]:
        """The true picture of a view change, and how many go by its name; of several the one whose query is that."""
        pattern = f"{image}_*gtedit_{query}*.*"
        near = sorted(name for name in self._truths if fnmatchcase(name, pattern))
        exact = [name for name in near if name.rpartition(".")[0].endswith(f"gtedit_{query}")]
        chosen = (exact or near)[:1]
        return (self.path / chosen[0] if chosen else None), len(exact) if exact else len(near)

    @property
    def edits(self) -> list[tuple[str, str, str]]:
        """Image, query and stem of every edit's file, by name."""
        found = [_parts(name) for name in sorted(self.names) if name.endswith(".json")]
        return [parts for parts in found if parts is not None and not parts[2].endswith(_DRAWING)]

    @cached_property
    def _pictures(self) -> list[str]:
        return [name for name in self.names if name.endswith(_SOURCES) and _BETWEEN not in name]

    @cached_property
    def _truths(self) -> list[str]:
        return [name for name in self.names if "gtedit_" in name]


@dataclass(frozen=True, slots=True)
class Listing:
    """What is to be scored, by key, and names that mean nothing, with the reason."""

    samples: dict[str, Sample]
    ignored: dict[str, str]


def list_samples(folder: Folder, edited: Path) -> Listing:
    """All samples of a data set and of a model's pictures of it, sorted by key."""
    pictures: dict[str, list[Path]] = {}
    stems: dict[str, str] = {}
    ignored: dict[str, str] = {}
    for name in sorted(_names(edited, "the edited pictures"), key=_turn):
        parts = _parts(name.replace("_rgb", ""))
        if not name.endswith(_EDITED):
            if _OTHER_PICTURES.search(name):
                ignored[name] = "the published evaluator reads .jpg and .png only, in small letters"
        elif parts is None:
            ignored[name] = "an edited picture is named <image>_edit_<query>.png"
        elif parts[2].endswith(_DRAWING):
            ignored[name] = "a drawing for people, by its name"
        else:
            image, query, stem = parts
            pictures.setdefault(f"{image}_{query}", []).append(edited / name)
            stems.setdefault(f"{image}_{query}", stem)
    found = {_key(stem): Sample(*_split(stem), stem, tuple(pictures[key])) for key, stem in stems.items()}
    for image, query, stem in folder.edits:
        found.setdefault(f"{image}_{query}", Sample(image, query, stem, ()))
    return Listing(dict(sorted(found.items())), ignored)


def _turn(name: str) -> tuple[int, str]:
    return next((number for number, ending in enumerate(_EDITED) if name.endswith(ending)), len(_EDITED)), name


def _parts(name: str) -> tuple[str, str, str] | None:
    """Image, query and stem of an edit's file, or None if it is not one."""
    if _BETWEEN not in name:
        return None
    stem = name.rpartition(".")[0]
    return *_split(name), stem


def _split(name: str) -> tuple[str, str]:
    image, query = name.split(_BETWEEN)[:2]
    return image, query.split(".")[0]


def _key(stem: str) -> str:
    return "_".join(_split(stem))


def _names(path: Path, what: str) -> list[str]:
    if not path.is_dir():
        raise ValueError(f"{path} is not a folder: {what} should be there")
    # Hidden files are no part of a set: the published evaluator does not see them, and some systems strew them.
    return [entry.name for entry in path.iterdir() if not entry.name.startswith(".")]
