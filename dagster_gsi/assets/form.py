"""The file with the answers, `models.yaml` beside the models: written with what was measured, filled in by people."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, get_args

from dagster_gsi.assets.answers import ASKED, SHARED, Answers, check_answer
from dagster_gsi.files import write_text
from dagster_gsi.scenes.catalogue import Licence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ruamel.yaml import YAML

NAME = "models.yaml"
HINTS = {
    "licence": f"one of {', '.join(get_args(Licence))}",
    "creator": "who made it, as the licence wants it said; for MIT and the like, who holds the copyright",
    "source": "the collection it is from, with its address",
    "kind": "object (stands on tables), support (things stand on it) or furniture (stands in rooms)",
    "category_en": "such as: mug",
    "category_zh": "such as: 马克杯",
    "description_en": "without article, true to the picture, like no other model's: blue mug with a white rim",
    "description_zh": "such as: 带白边的蓝色马克杯",
    "front": "the title of the picture's view where people would agree that it shows the front, else none",
    "unit": "what a unit of the file is: m, cm or mm; or write `height: 12.5`, in centimetres",
    "up": "the axis of the file that points up: y or z",
}
_OPENING = """\
# What `gsi assets add` asks of the models in this folder. Fill in what is empty and run it again: nothing is added before
# everything is answered. `skip: true` leaves a model out. A model may also say `height: 12.5` (in centimetres, in place of
# `unit`) or `scale: 0.5` where its size is not the real thing's, `settle: true` to lie down as it comes to rest,
# `flatten: 4` to have 4 mm pressed flat at the bottom, and `triangles` and `picture_side` to keep more of it than 10,000
# and 512.
all:  # for every model that says nothing else
"""


class Form:
    """The answers given so far. `save` keeps comments and order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._document = self._parsed(path.read_text(encoding="utf-8")) if path.is_file() else None

    @property
    def names(self) -> tuple[str, ...]:
        """The models that it holds, by their path in the folder."""
        return () if self._document is None else tuple(self._document["models"])

    def append(self, entries: Iterable[str]) -> None:
        """Add models by the text of their entries, as `entry_text` writes them, and save."""
        lines = list(entries)
        if not lines:
            return
        if self._document is None:
            shared = "".join(f"  {key}:  # {HINTS[key]}\n" for key in SHARED)
            text = _OPENING + shared + "models:\n"
        else:
            text = self.path.read_text(encoding="utf-8").rstrip("\n") + "\n"
        before = self.names
        text += "".join(lines)
        self._document = self._parsed(text)
        if len(self.names) != len(before) + len(lines):
            raise ValueError(f"{self.path}: put `models` last, so that others can be added below")
        write_text(self.path, text)

    def entry(self, name: str) -> dict[str, Any]:
        """What is said of one model, with what holds for all; open questions are missing.

        Raises ValueError that names file, model and key where something cannot be an answer.
        """
        assert self._document is not None
        own = self._document["models"][name] or {}
        said = {key: value for key, value in {**self.shared, **_said(own)}.items() if key != "skip"}
        for key, value in said.items():
            try:
                check_answer(key, value)
            except ValueError as error:
                raise ValueError(f"{self.path}, {name}, {error}") from None
        return said

    @property
    def shared(self) -> dict[str, Any]:
        assert self._document is not None
        return _said(self._document.get("all") or {})

    @property
    def wanted(self) -> tuple[str, ...]:
        """The models that nobody skips."""
        models = {} if self._document is None else self._document["models"]
        return tuple(name for name, own in models.items() if not (own or {}).get("skip", False))

    def open(self, name: str) -> tuple[str, ...]:
        """The keys that nobody has answered."""
        entry = self.entry(name)
        from_file = set() if name.lower().endswith(".obj") else {"unit", "up"}
        settled = from_file | ({"unit"} if "height" in entry else set())
        return tuple(key for key in ASKED if key not in entry and key not in settled)

    def answers(self, name: str) -> Answers:
        """Raises ValueError that names file, model and key."""
        try:
            return Answers.of({"id": as_id(name), **self.entry(name)})
        except ValueError as error:
            raise ValueError(f"{self.path}, {name}, {error}") from None

    def answer(self, name: str | None, key: str, value: str) -> None:
        """Keep one answer for a model, or for all where `name` is None. Raises ValueError where it cannot be one."""
        assert self._document is not None
        check_answer(key, value)
        section = self._document["all"] if name is None else self._document["models"][name]
        section[key] = value
        self.save()

    def skip(self, name: str) -> None:
        assert self._document is not None
        self._document["models"][name]["skip"] = True
        self.save()

    def save(self) -> None:
        text = io.StringIO()
        _yaml().dump(self._document, text)
        write_text(self.path, text.getvalue())

    def _parsed(self, text: str) -> dict[str, Any]:
        from ruamel.yaml.error import YAMLError

        try:
            document: dict[str, Any] | None = _yaml().load(text)
        except YAMLError as error:
            raise ValueError(f"{self.path} is not valid YAML: {' '.join(str(error).split())}") from error
        if not isinstance(document, dict) or set(document) - {"all", "models"} or not document.get("models"):
            raise ValueError(f"{self.path}: it holds `all` and `models`, and nothing else; --write-template shows how")
        sections = [document.get("all"), *document["models"].values()]
        if not all(section is None or isinstance(section, dict) for section in sections):
            raise ValueError(
                f"{self.path}: below `all` and each model stand keys with their values, such as `kind: object`"
            )
        document.setdefault("all", {})
        return document


def entry_text(name: str, remarks: Sequence[str], known: Mapping[str, str], *, refused: str = "") -> str:
    """One model's entry: what was found as comments, what is known as values, the rest open."""
    lines = [f"  {_quoted(name)}:", *(f"    # {remark}" for remark in remarks)]
    if refused:
        return "\n".join([*lines, f"    # {refused}", "    skip: true"]) + "\n"
    keys = [key for key in ASKED if key not in SHARED]
    if not name.lower().endswith(".obj"):
        keys = [key for key in keys if key not in {"unit", "up"}]
    lines += [f"    {key}: {known[key]}" if key in known else f"    {key}:  # {HINTS[key]}" for key in ("id", *keys)]
    return "\n".join(lines) + "\n"


def as_id(name: str, taken: Iterable[str] = ()) -> str:
    """An id made of a path: its last part, or more of it where that is taken."""
    parts = re.sub(r"\.[^./]*$", "", name).split("/")
    for count in range(1, len(parts) + 1):
        text = re.sub(r"[^a-z0-9_]+", "-", "-".join(parts[-count:]).lower()).strip("-_") or "model"
        if text not in set(taken):
            return text
    return next(f"{text}-{number}" for number in range(2, 1 << 20) if f"{text}-{number}" not in set(taken))


def _said(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if value is not None and value != ""}


def _quoted(name: str) -> str:
    return (
        name
        if re.fullmatch(r"[\w./-]*\w", name) and not name.startswith(("-", "."))
        else "'" + name.replace("'", "''") + "'"
    )


def _yaml() -> YAML:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    return yaml
