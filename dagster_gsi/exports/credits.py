"""Who made what is seen in an export, under which licence: models from the catalogue's cards, the rest from CREDITS.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster_gsi.exports.contents import Contents

_ROW = re.compile(r"^\| (?P<name>[^|]+) \|(?: [^|]+ \|)* (?P<source>[^|]+) \| (?P<licence>[^|]+) \|$")
# A line such as "From the npm package NAME (MIT): one, another." says it of several at once.
_LIST = re.compile(r"^From (?P<source>.+) \((?P<licence>[^()]+)\): (?P<names>.+)\.$")


@dataclass(frozen=True, slots=True)
class Credit:
    """One model, texture or environment."""

    name: str
    creator: str
    """Empty where the source says it all."""
    source: str
    licence: str
    """SPDX name, or empty where CREDITS.md does not list the thing."""


@dataclass(frozen=True, slots=True)
class Credits:
    """Everything that is seen in the pictures."""

    models: tuple[Credit, ...]
    surroundings: tuple[Credit, ...]
    notices: str
    """What licences such as MIT want repeated in full."""

    @property
    def is_complete(self) -> bool:
        """Whether everything has a licence; imported pictures show things that nobody lists."""
        return bool(self.models) and all(credit.licence for credit in (*self.models, *self.surroundings))

    @property
    def licences(self) -> tuple[str, ...]:
        return tuple(sorted({credit.licence for credit in (*self.models, *self.surroundings) if credit.licence}))


def credits_of(contents: Contents) -> Credits:
    """The credits of what is in the pictures, and of nothing else."""
    models = tuple(
        Credit(card.id, card.creator, card.source, card.licence) for _, card in sorted(contents.cards.items())
    )
    path = contents.catalogue.root / "CREDITS.md"
    text = path.read_text(encoding="utf-8") if contents.surroundings and path.is_file() else ""
    listed = _listed(text)
    surroundings = tuple(listed.get(name, Credit(name, "", "", "")) for name in sorted(contents.surroundings))
    wanted = any(credit.licence == "MIT" for credit in surroundings)
    return Credits(models, surroundings, _notices(text) if wanted else "")


def _listed(text: str) -> dict[str, Credit]:
    """The tables below "Textures", and lists of names after their package."""
    found = {}
    for line in _section(text, "Textures").splitlines():
        if row := _ROW.match(line):
            found[row["name"]] = Credit(row["name"], "", row["source"], row["licence"])
    for line in text.splitlines():
        if row := _LIST.match(line):
            for name in row["names"].split(", "):
                found[name] = Credit(name, "", row["source"], row["licence"])
    return found


def _notices(text: str) -> str:
    """The paragraphs below the table of textures."""
    lines = [line for line in _section(text, "Textures").splitlines() if not line.startswith("|")]
    return "\n".join(lines).strip()


def _section(text: str, title: str) -> str:
    _, _, after = text.partition(f"\n## {title}\n")
    return after.partition("\n## ")[0]
