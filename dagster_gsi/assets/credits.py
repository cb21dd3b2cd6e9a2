"""Who made what, under which licence: `CREDITS.md`, written with the set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.assets.licences import TERMS
from dagster_gsi.assets.surroundings import PMNDRS, ROBOSUITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dagster_gsi.assets.curation import Curation
    from dagster_gsi.scenes.catalogue import Card

ADDED = "## Added models"
"""The last section, which `gsi assets add` writes."""

_OPENING = """# Credits

The models were cut out of their files, scaled, turned, decimated and given other materials; some were given other
colours. They come from the furniture libraries of Sweet Home 3D (version 1.8, https://www.sweethome3d.com), which
Emmanuel Puybaret / eTeks collected and converted; those of the library eTeks come with the program itself (version
7.0.2), which offers them under the GNU GPL or CC BY 3.0. What dagster_gsi made is CC0.

| licence | text |
|---|---|
| CC0-1.0 | https://creativecommons.org/publicdomain/zero/1.0/legalcode |
| CC-BY-3.0 | https://creativecommons.org/licenses/by/3.0/legalcode; library KatorLegaz (copyright 2003-2008 Andrew Kator & \
Jennifer Legaz): https://creativecommons.org/licenses/by/3.0/us/legalcode |
| MIT | https://opensource.org/license/mit |
"""


def credits_text(curation: Curation, cards: Iterable[Card]) -> str:
    """The whole file: a table of models, one of textures, one of panoramas."""
    lines = [_OPENING, "## Models", "", "| model | creator | library and file | licence |", "|---|---|---|---|"]
    lines += [f"| {card.id} | {card.creator} | {card.source} | {card.licence} |" for card in cards]
    lines += ["", "## Textures", "", "| texture | source | licence |", "|---|---|---|"]
    for texture in sorted(curation.textures, key=lambda texture: texture.name):
        lines.append(f"| {texture.name} | {_texture_source(texture.file)} |")
    lines += [
        "",
        "robosuite: Copyright (c) 2022 Stanford Vision and Learning Lab and UT Robot Perception and Learning Lab.",
        _MIT,
        "## Panoramas",
        "",
        f"From the npm package {PMNDRS} (CC0-1.0): {', '.join(sorted(curation.environments))}.",
        "",
    ]
    return "\n".join(lines)


def added_text(items: Sequence[tuple[Card, str]]) -> str:
    """The section of models that were added later, each with the path of its licence's text, or empty."""
    lines = [ADDED, "", "Scaled, turned, decimated where they had many faces, and written anew as glTF.", ""]
    lines += ["| model | creator | source and file | licence |", "|---|---|---|---|"]
    for card, path in items:
        lines.append(f"| {card.id} | {card.creator} | {card.source} | {card.licence}{f' ({path})' if path else ''} |")
    lines += ["", "| licence | text | what it asks for |", "|---|---|---|"]
    used = {card.licence for card, _ in items}
    lines += [f"| {name} | {terms.url} | {terms.asks} |" for name, terms in TERMS.items() if name in used]
    return "\n".join([*lines, ""])


def _texture_source(file: str) -> str:
    from dagster_gsi.assets.libraries import LICENCES

    library, _, name = file.partition("/")
    if library == "robosuite":
        return f"{ROBOSUITE}, {name} | MIT"
    return f"Sweet Home 3D library {library}, {name} | {LICENCES[library]}"


_MIT = """
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
