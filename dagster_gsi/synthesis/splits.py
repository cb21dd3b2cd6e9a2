"""Who is trained on what: homes and models belong to one split each, for good.

A model's place follows from the file it was made of, so that a cup and its recoloured twin are never told apart, and a
home's from its name. Adding one moves no other.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from dagster_gsi.scenes.catalogue import Catalogue

if TYPE_CHECKING:
    from dagster_gsi.samples.sample import Split
    from dagster_gsi.scenes.catalogue import Card

# Homes are few, and a test set wants bathrooms, too.
_TEST_MODELS, _TEST_HOMES = 0.25, 0.35


def split_of_model(card: Card) -> Split:
    """Of an object, or of furniture."""
    return "test" if _share(card.source) < _TEST_MODELS else "train"


def split_of_home(home: str) -> Split:
    return "test" if _share(home) < _TEST_HOMES else "train"


def catalogue_of(catalogue: Catalogue, split: Split) -> Catalogue:
    """What tabletops of one split are made of: no model is in both."""
    return Catalogue(catalogue.root, only=lambda card: split_of_model(card) == split)


def furniture_of(catalogue: Catalogue, split: Split) -> Catalogue:
    """What homes of one split are furnished with.

    A class that has no models in one of the splits is shared: most homes have one kind of bathtub, and nothing is asked
    of it.
    """
    places: dict[str, set[Split]] = {}
    for card in catalogue:
        if card.kind != "object":
            places.setdefault(card.category_en, set()).add(split_of_model(card))
    return Catalogue(
        catalogue.root,
        only=lambda card: (
            split_of_model(card) == split or (card.kind != "object" and len(places[card.category_en]) == 1)
        ),
    )


def _share(key: str) -> float:
    """Where a key falls in [0, 1), the same on every machine."""
    return zlib.crc32(key.encode()) / 2**32
