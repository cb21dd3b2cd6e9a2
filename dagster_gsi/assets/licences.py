"""What each licence of `scenes.catalogue.Licence` asks of those who pass models on, and why others are not taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

from dagster_gsi.scenes.catalogue import Licence

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Terms:
    """A licence in a table of the credits."""

    url: str
    asks: str
    """What the credits have to hold."""
    needs_text: bool = False
    """Whether its text, with the owner's copyright line, has to go with the model."""


TERMS: dict[Licence, Terms] = {
    "CC0-1.0": Terms(
        "https://creativecommons.org/publicdomain/zero/1.0/legalcode", "nothing; creators are named anyway"
    ),
    "CC-BY-3.0": Terms(
        "https://creativecommons.org/licenses/by/3.0/legalcode", "creator, source, and what was changed"
    ),
    "CC-BY-4.0": Terms(
        "https://creativecommons.org/licenses/by/4.0/legalcode", "creator, source, and what was changed"
    ),
    "MIT": Terms("https://opensource.org/license/mit", "the copyright line and the licence's text", needs_text=True),
    "BSD-2-Clause": Terms(
        "https://opensource.org/license/bsd-2-clause", "the copyright line and the licence's text", needs_text=True
    ),
    "BSD-3-Clause": Terms(
        "https://opensource.org/license/bsd-3-clause", "the copyright line and the licence's text", needs_text=True
    ),
    "Apache-2.0": Terms(
        "https://www.apache.org/licenses/LICENSE-2.0",
        "the licence's text, the NOTICE where there is one, and what was changed",
        needs_text=True,
    ),
    "Unlicense": Terms("https://unlicense.org", "nothing; creators are named anyway"),
}

_REFUSED = {
    "NC": "forbids commercial use",
    "ND": "forbids changes",
    "SA": "passes its terms on to every picture",
    "GPL": "passes its terms on to every picture",
}
_TEXTS = ("LICENSE", "LICENCE", "COPYING", "NOTICE")


def as_licence(text: str) -> Licence:
    """The licence by its SPDX name, however it is written. Raises ValueError with the reason for others."""
    plain = text.strip().upper().replace(" ", "-").replace("_", "-")
    for name in get_args(Licence):
        if plain in {name.upper(), name.upper().removesuffix("-1.0")}:
            return cast("Licence", name)
    reason = next((why for part, why in _REFUSED.items() if part in plain.split("-")), "")
    known = ", ".join(get_args(Licence))
    raise ValueError(f"it {reason or 'is not known here'}; leave the model out, or name one of {known}")


def licence_text(folder: Path, name: str) -> str:
    """What LICENSE, COPYING and NOTICE files say beside the model `name`, or else above it up to `folder`.

    Raises ValueError where there is none.
    """
    place = (folder / name).parent
    while True:
        files = [path for path in sorted(place.iterdir()) if path.name.upper().startswith(_TEXTS) and path.is_file()]
        if files and not all(path.resolve().is_relative_to(folder.resolve()) for path in files):
            raise ValueError("its licence is a link that leads out of the folder; put the file itself there")
        if files:
            return "\n".join(path.read_text(encoding="utf-8", errors="replace").strip() + "\n" for path in files)
        if place == folder:
            raise ValueError(
                "its licence has to be passed on with its copyright line: put it beside the model as LICENSE.txt"
            )
        place = place.parent
