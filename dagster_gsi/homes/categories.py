"""What a piece of furniture is, from its name in a catalogue or in the home: an English noun.

The nouns are those of `data/assets` where it has models of the kind, so that these can take a plain piece's place.
"""

from __future__ import annotations

import re

# The first line whose words are all there decides: special names come before those that are part of them.
_WORDS: tuple[tuple[str, str], ...] = (
    ("upper cabinet", "wall cabinet"), ("washbasin", "washbasin"), ("kitchen cabinet", "kitchen cabinet"),
    ("door cabinet", "cabinet"), ("tv unit", "TV stand"), ("tv table", "TV stand"), ("tv stand", "TV stand"),
    ("flat tv", "television"), ("tv", "television"), ("coffee table", "coffee table"),
    ("bedside table", "nightstand"), ("nightstand", "nightstand"), ("dressing table", "dresser"), ("table", "table"),
    ("desk", "desk"), ("bunk bed", "bunk bed"), ("loft bed", "bunk bed"), ("crib", "crib"), ("bed", "bed"),
    ("bookcase", "shelf"), ("shelf", "shelf"), ("wardrobe", "wardrobe"), ("chest", "dresser"), ("dresser", "dresser"),
    ("cabinet", "cabinet"), ("armchair", "armchair"), ("chair", "chair"), ("stool", "stool"), ("bench", "bench"),
    ("sofa", "sofa"), ("couch", "sofa"), ("piano", "piano"), ("fireplace", "fireplace"), ("aquarium", "fish tank"),
    ("clothes washer", "washing machine"), ("washing machine", "washing machine"), ("dryer", "dryer"),
    ("dishwasher", "dishwasher"), ("fridge", "refrigerator"), ("freezer", "refrigerator"), ("cooker", "stove"),
    ("microwave", "microwave"), ("oven", "oven"), ("hood", "extractor hood"), ("sink", "sink"), ("toilet", "toilet"),
    ("shower", "shower"), ("bath", "bathtub"), ("bathtub", "bathtub"), ("radiator", "radiator"), ("plant", "plant"),
    ("flowers", "flowers"), ("laptop", "laptop"), ("carpet", "carpet"), ("rug", "carpet"), ("mirror", "mirror"),
    ("curtains", "curtains"), ("blind", "blind"), ("frame", "picture"), ("railing", "railing"),
    ("staircase", "staircase"), ("stairs", "staircase"), ("sliding doors", "sliding doors"), ("box", "box"),
    ("cylinder", "cylinder"), ("uplight", "lamp"), ("spotlight", "lamp"), ("lamp", "lamp"), ("mannequin", "mannequin"),
)  # fmt: skip
_PLAIN = {"box", "cylinder"}
"""Shapes that authors make everything of: there the name that they gave says more."""


def category_of(catalogue: str | None, name: str) -> str | None:
    """The noun for a piece, by its id in the catalogue first, because authors call things what they like."""
    by_id = _first(_words(catalogue.rpartition("#")[2])) if catalogue else None
    by_name = _first(_words(name))
    return by_name or by_id if by_id is None or by_id in _PLAIN else by_id


def _first(words: list[str]) -> str | None:
    return next((noun for phrase, noun in _WORDS if set(phrase.split()) <= set(words)), None)


def _words(text: str) -> list[str]:
    """`kitchenUpperCabinet`, `bed140x190` and "Kitchen upper cabinet" in small words; `doubleTVs2` ends in `tvs`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)]
