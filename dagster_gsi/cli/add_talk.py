"""Questions about models, put to a person at a terminal; each answer is kept at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dagster_gsi.assets.answers import SHARED, check_fresh
from dagster_gsi.assets.form import HINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dagster_gsi.assets.form import Form
    from dagster_gsi.scenes.catalogue import Card


class Ask(Protocol):
    """Puts a question to a person and returns the answer."""

    def __call__(self, question: str, default: str | None) -> str: ...


def talk(form: Form, ask: Ask, cards: Sequence[Card], introduce: Callable[[str], dict[str, str]]) -> None:
    """Ask whatever the form leaves open. `introduce` tells what is known of a model and returns likely answers."""
    waiting = [name for name in form.wanted if form.open(name)]
    if not waiting:
        return
    print(f"Answers are kept in {form.path}: Ctrl-C stops, and the same command goes on there.")
    if len(waiting) > 1:
        for key in SHARED:
            if key not in form.shared:
                _ask(form, None, key, ask, cards)
    for name in waiting:
        likely = introduce(name)
        if ask("add it? y, or n to leave it out", "y").strip().lower().startswith("n"):
            form.skip(name)
            continue
        for key in form.open(name):
            _ask(form, name, key, ask, cards, likely.get(key))


def _ask(form: Form, name: str | None, key: str, ask: Ask, cards: Sequence[Card], likely: str | None = None) -> None:
    """Ask until the answer can be one. Where `name` is None it is for all models, and nothing is an answer, too."""
    question = f"{key}: {HINTS[key]}" if name else f"{key} of all models, empty where they differ: {HINTS[key]}"
    while True:
        value = " ".join(ask(question, likely or _default(form, name, key, cards)).split())
        if not value and not name:
            return
        try:
            if name:
                check_fresh(key, value, cards, {other: form.entry(other) for other in form.names if other != name})
            form.answer(name, key, value)
        except ValueError as error:
            print(f"  {error}")
        else:
            return


def _default(form: Form, name: str | None, key: str, cards: Sequence[Card]) -> str | None:
    """A category has one name in each language."""
    if name is None:
        return ""
    if key != "category_zh":
        return None
    known = {card.category_en: card.category_zh for card in cards}
    for entry in map(form.entry, form.names):
        if "category_en" in entry and "category_zh" in entry:
            known.setdefault(str(entry["category_en"]), str(entry["category_zh"]))
    return known.get(str(form.entry(name).get("category_en")))
