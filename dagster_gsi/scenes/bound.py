"""Asset folders of models under terms that pass on to pictures: for a user's own sets, never of the built-in one.

They are laid out like `data/assets`, and `scenes.catalogue.Catalogue` refuses them by their licence, so that nobody
publishes their pictures by accident; whoever means to use one names it, in `assets` of a set or as `BoundCatalogue`.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from pydantic import TypeAdapter, ValidationError

from dagster_gsi.scenes.catalogue import ASSETS, Card, Catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


Bound = Literal["CC-BY-NC-SA-4.0"]
BOUND: Final = "CC-BY-NC-SA-4.0"


class BoundCard(Card):
    """A card of a model whose terms pass on."""

    # Wider than the field it replaces, on purpose: `Card` takes no such licence.
    licence: Bound  # type: ignore[assignment]


class BoundCatalogue(Catalogue):
    """An asset folder that may hold such models; `cards` are given where the folder is still in the making."""

    def __init__(self, root: Path, cards: Iterable[Card] | None = None) -> None:
        super().__init__(root)
        self._given = None if cards is None else {card.id: card for card in cards}

    @cached_property
    def cards(self) -> dict[str, Card]:
        if self._given is not None:
            return self._given
        path = self.root / "catalogue.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            cards = [as_card(entry) for entry in document]
        except FileNotFoundError:
            raise ValueError(f"{path} is missing: run the import that makes this folder again") from None
        except (json.JSONDecodeError, ValidationError) as error:
            raise ValueError(f"{path} is not a catalogue: {error}. Run the import again") from None
        return {card.id: card for card in cards}


def open_assets(root: Path, assets: str) -> Catalogue:
    """The catalogue of an asset folder below `root`; of the built-in one only if all its terms are free."""
    return Catalogue(root / ASSETS) if assets == ASSETS else BoundCatalogue(root / assets)


def as_card(entry: object) -> Card:
    """A card from its document, bound or not. Raises pydantic's ValidationError."""
    return _CARD.validate_python(entry)


_CARD: TypeAdapter[Card] = TypeAdapter(Card | BoundCard)
