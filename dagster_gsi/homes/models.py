"""Which model of a catalogue takes the place of a home's plain piece of furniture."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.scenes.catalogue import Surface

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.home import Colour, Level, Piece
    from dagster_gsi.scenes.catalogue import Card, Catalogue

# Of the factors of width, depth and height, the largest over the smallest: more than the first is seen, and more than the
# second is a caricature.
_UNSEEN, _MOST = 1.35, 2.5
# There is little else in bathrooms that things can be put on: those with a top may be stretched by so much.
_PUT_ON, _TOLERABLE = {"washbasin", "sink"}, 1.6
# What is flatter than this, in metres, has no height to speak of.
_FLAT = 0.03
# Ids of the catalogue's plain shapes, with the colour of each in sRGB.
_BLOCKS: dict[str, Colour] = {
    "block-white": (0.92, 0.91, 0.88),
    "block-wood": (0.55, 0.38, 0.24),
    "block-gray": (0.45, 0.45, 0.46),
}
_CYLINDERS: dict[str, Colour] = {
    "cylinder-white": (0.92, 0.91, 0.88),
    "cylinder-wood": (0.55, 0.38, 0.24),
    "cylinder-gray": (0.45, 0.45, 0.46),
}
# Metres: lamps that end so near under the ceiling hang from it; those on the floor that are so tall are floor lamps.
_NEAR, _TALL_LAMP = 0.1, 1.0
_WOODEN_CLASSES = {
    "table", "desk", "coffee table", "bench", "nightstand", "dresser", "cabinet", "shelf", "TV stand",
}  # fmt: skip
_WOODEN = ("wood", "parquet", "oak", "pine", "beech", "bois")


@dataclass(frozen=True, slots=True)
class Fit:
    """A model for a piece."""

    card: Card
    turned: bool
    """Whether it stands there turned by a quarter, its width along the piece's depth."""
    spread: float
    """The largest over the smallest of its factors of width, depth and height; 1 keeps its proportions."""


class Models:
    """Chooses models, the same for pieces of a kind: six chairs around a table are alike."""

    def __init__(self, catalogue: Catalogue, level: Level, rng: np.random.Generator) -> None:
        self._catalogue, self._level, self._rng = catalogue, level, rng
        self._used: dict[str, list[Card]] = {}
        self._by_category: dict[str, list[Card]] = {}
        for card in catalogue:
            if card.kind in {"support", "furniture"} and not _is_shape(card):
                self._by_category.setdefault(card.category_en, []).append(card)

    def for_piece(self, piece: Piece) -> Fit | None:
        """A model of its class that need not be stretched visibly, or else the least stretched, or else a plain shape."""
        category = class_of(piece, self._level)
        fits = [_fit(card, piece) for card in self._by_category.get(category, ())]
        good, used = self._good(category, fits), self._used.setdefault(category, [])
        if known := [fit for fit in good if fit.card in used]:
            return known[0]
        best = min(fits, key=lambda fit: fit.spread, default=None)
        if good:
            best = good[int(self._rng.integers(len(good)))]
        if best is None or best.spread > _MOST:
            return self._plain(piece)
        used.append(best.card)
        return best

    def _good(self, category: str, fits: list[Fit]) -> list[Fit]:
        """Those among which chance may choose: of washbasins those with a top, of all else those with pictures."""
        if category in _PUT_ON:
            useful = [fit for fit in fits if fit.card.surfaces and fit.spread <= _TOLERABLE]
            if useful:
                return useful
        fitting = [fit for fit in fits if fit.spread <= _UNSEEN]
        return [fit for fit in fitting if self._is_pretty(fit.card)] or fitting

    def _is_pretty(self, card: Card) -> bool:
        return is_wooden(card) or _has_pictures(self._catalogue.model_path(card.id))

    def _plain(self, piece: Piece) -> Fit | None:
        shape = (piece.catalogue or "").rpartition("#")[2]
        colours = {"texturableBox": _BLOCKS, "texturableCylinder": _CYLINDERS}.get(shape, {})
        there = {name: colour for name, colour in colours.items() if name in self._catalogue.cards}
        if not there:
            return None
        wanted_3 = np.array(_colour(piece))
        name = min(there, key=lambda name: float(np.linalg.norm(wanted_3 - there[name])))
        return Fit(self._catalogue[name], turned=False, spread=1.0)


def is_wooden(card: Card) -> bool:
    """Whether wood may be laid on its plain colours."""
    return card.kind == "support" and card.category_en in _WOODEN_CLASSES


def class_of(piece: Piece, level: Level) -> str:
    """The catalogue's noun for a piece; lamps are parted by whether they hang or stand on the floor."""
    if piece.category != "lamp":
        return piece.category or ""
    if level.elevation + level.height - piece.height < _NEAR:
        return "pendant lamp"
    is_standing = piece.base - level.elevation < _NEAR and piece.box.size_3[2] > _TALL_LAMP
    return "floor lamp" if is_standing else "lamp"


def surfaces_of(card: Card) -> tuple[Surface, ...]:
    """Where things can be put on a model; on a plain block, all over it: counters and shelves are drawn with them."""
    if card.id not in _BLOCKS:
        return card.surfaces
    x, y = card.size[0] / 2, card.size[1] / 2
    return (Surface(height=card.size[2], outline=((-x, -y), (x, -y), (x, y), (-x, y))),)


def _is_shape(card: Card) -> bool:
    return card.id in _BLOCKS or card.id in _CYLINDERS


def size_of(fit: Fit, piece: Piece) -> Array:
    """Width, depth and height that the model gets."""
    size_3 = piece.box.size_3
    return np.asarray(size_3[[1, 0, 2]] if fit.turned else size_3).copy()


def _fit(card: Card, piece: Piece) -> Fit:
    straight = Fit(card, turned=False, spread=_spread(card, piece.box.size_3))
    if card.has_front:
        return straight
    turned = Fit(card, turned=True, spread=_spread(card, piece.box.size_3[[1, 0, 2]]))
    # A little is not worth another view of it.
    return turned if turned.spread < straight.spread - 1e-3 else straight


def _spread(card: Card, size_3: Array) -> float:
    factors_3 = size_3 / np.array(card.size)
    if max(float(size_3[2]), card.size[2]) < _FLAT:
        factors_3 = factors_3[:2]
    return float(factors_3.max() / factors_3.min())


def _colour(piece: Piece) -> Colour:
    texture = piece.finish.texture
    if texture is not None:
        has_wood = any(word in f"{texture.name} {texture.picture}".lower() for word in _WOODEN)
        return _BLOCKS["block-wood" if has_wood else "block-gray"]
    return piece.finish.colour or _BLOCKS["block-white"]


@lru_cache(maxsize=512)
def _has_pictures(path: Path) -> bool:
    """Whether a binary glTF says so in its JSON, which comes first: reading it all would decode every picture."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(20)[12:16], "little")
        return bool(json.loads(file.read(length)).get("images"))
