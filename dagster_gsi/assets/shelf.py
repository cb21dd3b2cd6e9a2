"""Models taken into an asset folder that is there already, and taken along when it is built anew.

The record of what was added is the last section of `CREDITS.md`: one row a model.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster_gsi.assets.credits import ADDED, added_text
from dagster_gsi.files import replacing, write_text
from dagster_gsi.scenes.catalogue import Card, Catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_ROW = re.compile(r"^\| (?P<id>[a-z0-9][a-z0-9_-]*) \|.*?(?:\((?P<text>licences/[^)|]+)\))? \|$")


@dataclass(frozen=True, slots=True)
class Addition:
    """One model, ready to be taken in."""

    card: Card
    glb: bytes
    licence_text: str = ""
    """Text that its licence wants to go with it; empty where it wants none."""

    @property
    def text_path(self) -> str:
        """Where the licence's text lies in the asset folder: the same text in the same file."""
        if not self.licence_text:
            return ""
        return f"licences/{self.card.licence}-{hashlib.sha256(self.licence_text.encode()).hexdigest()[:8]}.txt"


def catalogue_text(entries: Iterable[dict[str, Any]]) -> str:
    """`catalogue.json`: the same cards give the same bytes."""
    return json.dumps(list(entries), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def cards_in(root: Path) -> tuple[Card, ...]:
    """All cards of the asset folder; none of one that is not there yet."""
    return tuple(Catalogue(root)) if (root / "catalogue.json").is_file() else ()


def added(root: Path) -> tuple[Addition, ...]:
    """What was added to the asset folder `root` since it was built, sorted by id."""
    record = root / "CREDITS.md"
    if not record.is_file():
        return ()
    _, _, section = record.read_text(encoding="utf-8").partition(ADDED)
    rows = [found for line in section.splitlines() if (found := _ROW.match(line))]
    catalogue = Catalogue(root)
    return tuple(
        Addition(
            card=catalogue[row["id"]],
            glb=catalogue.model_path(row["id"]).read_bytes(),
            licence_text=(root / row["text"]).read_text(encoding="utf-8") if row["text"] else "",
        )
        for row in sorted(rows, key=lambda row: row["id"])
        # A run that was killed may have written credits before cards.
        if row["id"] in catalogue.cards
    )


def missing_from(root: Path, additions: Sequence[Addition]) -> tuple[Addition, ...]:
    """Those that `root` does not hold yet. Raises ValueError where it holds another model under an id."""
    cards = {card.id: card for card in cards_in(root)}
    faults, fresh = [], []
    for addition in additions:
        card = addition.card
        if card.id not in cards:
            fresh.append(addition)
        elif cards[card.id] != card or Catalogue(root).model_path(card.id).read_bytes() != addition.glb:
            faults.append(f"{card.id}: {root} has another model of this id, which is never changed; choose another id")
    if faults:
        raise ValueError("\n".join(faults))
    return tuple(fresh)


def take_in(root: Path, additions: Sequence[Addition]) -> None:
    """Write models, licences' texts, credits and, last, the cards: a run that is killed leaves a whole catalogue.

    No card that is there changes; the order in which models are added does not show.
    """
    fresh = missing_from(root, additions)
    if not fresh:
        return
    path = root / "catalogue.json"
    entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    every = sorted([*added(root), *fresh], key=lambda addition: addition.card.id)
    for addition in fresh:
        with replacing(root / "models" / f"{addition.card.id}.glb") as partial:
            partial.write_bytes(addition.glb)
        if addition.licence_text:
            write_text(root / addition.text_path, addition.licence_text)
    record = root / "CREDITS.md"
    before = record.read_text(encoding="utf-8").partition(ADDED)[0] if record.is_file() else "# Credits\n"
    write_text(record, before.rstrip("\n") + "\n\n" + added_text([(item.card, item.text_path) for item in every]))
    entries += [addition.card.model_dump(mode="json") for addition in fresh]
    write_text(path, catalogue_text(sorted(entries, key=lambda entry: str(entry["id"]))))


def take_out(root: Path, ids: Iterable[str]) -> None:
    """Remove models that were added: the cards first, so that a run that is killed leaves a whole catalogue."""
    gone = set(ids)
    left = [addition for addition in added(root) if addition.card.id not in gone]
    assert gone <= {addition.card.id for addition in added(root)}
    path = root / "catalogue.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    write_text(path, catalogue_text(entry for entry in entries if entry["id"] not in gone))
    record = root / "CREDITS.md"
    before = record.read_text(encoding="utf-8").partition(ADDED)[0].rstrip("\n")
    section = added_text([(item.card, item.text_path) for item in left]) if left else ""
    write_text(record, f"{before}\n\n{section}".rstrip("\n") + "\n")
    for name in sorted(gone):
        (root / "models" / f"{name}.glb").unlink(missing_ok=True)
