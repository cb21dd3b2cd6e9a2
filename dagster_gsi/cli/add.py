"""`gsi assets add`: from a folder of models and a person's answers to a larger catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_gsi.assets.add import Facts, look, prepare
from dagster_gsi.assets.form import NAME, Form, as_id, entry_text
from dagster_gsi.assets.found import model_files
from dagster_gsi.assets.shelf import cards_in, missing_from, take_in
from dagster_gsi.cli.add_talk import Ask, talk
from dagster_gsi.progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dagster_gsi.scenes.catalogue import Card

_ROW = "{:<26} {:<8} {:>20}  {:<9} {:<6} {:<14} {}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where models come from, where they go, and where pictures to look at are drawn."""

    folder: Path
    into: Path
    pictures: Path

    def picture(self, asset: str) -> Path:
        return self.pictures / f"{asset}.jpg"


def add_models(places: Places, given: Mapping[str, str], *, ask: Ask | None, template: bool, dry_run: bool) -> None:
    """Add what is in the folder, asking by `ask` or else by `models.yaml`.

    `given` are answers that hold for all models: unit, up, front. With `template`, `models.yaml` is written and nothing
    else; with `dry_run`, nothing at all.
    """
    names = model_files(places.folder)
    form = Form(places.folder / NAME)
    if gone := sorted(set(form.names) - set(names)):
        raise ValueError(f"{form.path}: there is no {', '.join(gone)}; take it out, or put the file back")
    fresh = [name for name in names if name not in form.names]
    if dry_run:
        _rehearse(places, form, fresh, given)
        return
    if fresh:
        form.append(_entries(places, form, fresh, given))
    for name in form.wanted:
        for key, value in _fitting(name, given).items():
            form.answer(name, key, value)
    if fresh:
        print(f"{form.path}: {len(fresh)} models measured and written down; pictures of them are in {places.pictures}")
    if template:
        print(f"fill it in, then run `gsi assets add {places.folder}`")
        return
    if ask is not None:
        talk(form, ask, cards_in(places.into), lambda name: _introduced(places, form, name))
    with progress(f"measure {places.folder.name}", len(form.wanted), "models") as advance:
        additions = prepare(places.folder, form, places.into, advance)
    new = missing_from(places.into, additions)
    _print_cards([addition.card for addition in additions])
    take_in(places.into, additions)
    there = f", {len(additions) - len(new)} were there already" if len(new) < len(additions) else ""
    print(f"{places.into}: {len(new)} model{'s' * (len(new) != 1)} added{there}")
    if skipped := sorted(set(form.names) - set(form.wanted)):
        print(f"left out: {', '.join(skipped)}")


def _fitting(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """The answers that go for this file: a glTF says itself what is up and what a unit is."""
    return {key: value for key, value in given.items() if key == "front" or name.lower().endswith(".obj")}


def _entries(places: Places, form: Form, names: Sequence[str], given: Mapping[str, str]) -> list[str]:
    """What to write of models that the form does not have; of those that cannot be used, why."""
    taken = {str(form.entry(name).get("id", as_id(name))) for name in form.names}
    taken |= {card.id for card in cards_in(places.into)}
    texts = []
    with progress(f"look at {places.folder.name}", len(names), "models") as advance:
        for name in names:
            asset = as_id(name, taken)
            taken.add(asset)
            try:
                facts = look(places.folder, name, _fitting(name, given), places.picture(asset))
            except ValueError as error:
                print(f"left out: {error}")
                texts.append(entry_text(name, (), {}, refused=str(error).removeprefix(f"{name}: ")))
            else:
                remarks = [*facts.remarks(), f"picture: {places.picture(asset)}"]
                texts.append(entry_text(name, remarks, {"id": asset, **facts.known(), **_fitting(name, given)}))
            advance(1)
    return texts


def _introduced(places: Places, form: Form, name: str) -> dict[str, str]:
    """Tell what is known of a model and where its picture is; returns likely answers."""
    entry = form.entry(name)
    picture = places.picture(str(entry.get("id", as_id(name))))
    facts = look(places.folder, name, entry, picture)
    print(f"{_told(name, facts)}\n  look at {picture}")
    return facts.likely()


def _rehearse(places: Places, form: Form, fresh: Sequence[str], given: Mapping[str, str]) -> None:
    """Show what would be added, or what is known of it so far."""
    half_known = [*(name for name in form.wanted if form.open(name)), *fresh]
    if not half_known:
        with progress(f"measure {places.folder.name}", len(form.wanted), "models") as advance:
            additions = prepare(places.folder, form, places.into, advance)
        _print_cards([addition.card for addition in additions])
        print(
            f"dry run: {len(missing_from(places.into, additions))} would be added to {places.into}; nothing is written"
        )
        return
    for name in half_known:
        entry = {**(form.entry(name) if name in form.names else {}), **_fitting(name, given)}
        try:
            facts = look(places.folder, name, entry, places.picture(as_id(name)))
            print(_told(name, facts))
        except ValueError as error:
            print(f"\ncannot be used: {error}")
    print(f"dry run: these have open questions, nothing is written; pictures are in {places.pictures}")


def _told(name: str, facts: Facts) -> str:
    return "\n".join(["", name, *(f"  {remark}" for remark in facts.remarks())])


def _print_cards(cards: Sequence[Card]) -> None:
    print(_ROW.format("id", "kind", "size in cm", "symmetry", "front", "surfaces", "licence"))
    for card in cards:
        size = " x ".join(f"{100 * extent:.1f}" for extent in card.size)
        turns = {0: "any turn", 1: "none"}.get(card.symmetry, f"{card.symmetry} turns")
        heights = " ".join(f"{100 * surface.height:.0f}" for surface in card.surfaces) or "-"
        print(_ROW.format(card.id, card.kind, size, turns, "yes" if card.has_front else "no", heights, card.licence))
