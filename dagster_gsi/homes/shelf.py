"""The homes at hand: those in the project's folder, and those that were fetched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dagster_gsi.homes.sh3d import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from dagster_gsi.homes.home import Home
    from dagster_gsi.scenes.catalogue import Licence

_OPTIONS = re.compile(r"\bor\b|/|;", re.IGNORECASE)
_RESTRICTED = re.compile(r"\b(nc|nd|sa)\b|non-?commercial|no-?deriv|share-?alike", re.IGNORECASE)
_BY = re.compile(r"cc[ -]by|creative commons attribution", re.IGNORECASE)


def homes_in(folders: Iterable[Path]) -> dict[str, Path]:
    """Files of homes by their names; of two with one name, that in the earlier folder."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*")) if folder.is_dir() else []:
            if path.suffix.lower() in SUFFIXES and path.is_file():
                found.setdefault(path.stem, path)
    return found


def open_licence(said: str) -> Licence | None:
    """The licence that lets anybody publish pictures of a home, of those that its author offers; None without one."""
    for option in _OPTIONS.split(said):
        if re.search(r"\bcc-?0\b|public domain", option, re.IGNORECASE):
            return "CC0-1.0"
        if _BY.search(option) and not _RESTRICTED.search(option):
            if "3.0" in option:
                return "CC-BY-3.0"
            if "4.0" in option:
                return "CC-BY-4.0"
    return None


def credits_text(homes: Sequence[Home], origin: str) -> str:
    """`CREDITS.md` of a folder of homes that are all under an open licence."""
    lines = ["# Credits", "", f"The homes are unchanged files from {origin}.", _NOTE, ""]
    lines += ["| home | author | copyright | licence | as its author wrote it |", "|---|---|---|---|---|"]
    for home in sorted(homes, key=lambda home: home.name):
        licence = open_licence(home.licence)
        assert licence is not None
        cells = (home.name, home.author or "not stated", home.copyright or "not stated", licence, home.licence)
        lines.append("| " + " | ".join(_cell(text) for text in cells) + " |")
    used = sorted({str(open_licence(home.licence)) for home in homes})
    lines += ["", *(f"{name}: {_TEXTS[name]}" for name in used), ""]
    return "\n".join(lines)


_NOTE = """Where an author leaves the choice of a licence, the one in the table is ours. What is drawn or rendered from
them names its home; that furniture was moved, replaced or added is said there."""
_TEXTS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/legalcode",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/legalcode",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/legalcode",
}


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
