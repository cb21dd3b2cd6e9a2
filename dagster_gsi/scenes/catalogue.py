"""The catalogue of 3D models: what each one is, how large, who made it, and where its files lie.

On disk: `catalogue.json` (a list of cards) beside `models/<id>.glb`, `textures/*.jpg` and `environments/*.exr`.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Licence = Literal[
    "CC0-1.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Apache-2.0",
    "Unlicense",
]
"""SPDX names of the licences that let anybody publish pictures of a model for any purpose: the credits, and at most the
licence's text, are all that they ask for."""

ASSETS = "data/assets"
"""Where a project keeps the built-in models."""

Kind = Literal["object", "support", "furniture", "shell"]
"""Objects stand on supports and are edited; tabletop scenes draw both. Furniture stands in rooms only. A shell is what a
home's level is built of, in the home's frame."""


class Surface(BaseModel):
    """A level area of a support that things can stand on, in the support's frame."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: float
    """Metres above the support's base."""
    outline: tuple[tuple[float, float], ...] = Field(min_length=3)
    """Convex outline, counter-clockwise from above, in metres."""


class Card(BaseModel):
    """All that is known of one model. Its frame: origin at the middle of the base, +z up, front to -y."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    kind: Kind
    category_en: str
    category_zh: str
    description_en: str
    """A noun phrase without article that fits an instruction and is unique in the catalogue: "yellow floral teapot"."""
    description_zh: str
    size: tuple[float, float, float]
    """Width, depth and height in metres."""
    has_front: bool
    """Whether people would agree which side is the front; it faces -y."""
    symmetry: int = Field(ge=0)
    """Turns by 360/symmetry degrees about the vertical axis look the same: 1 is none, 0 is every angle."""
    surfaces: tuple[Surface, ...] = ()
    """Where things can be put: on every support, on some furniture, the topmost first."""
    creator: str
    licence: Licence
    source: str
    """Library and file that the model was made from."""


class Catalogue:
    """The cards of one asset folder, by id, and the paths of their files."""

    def __init__(self, root: Path, *, only: Callable[[Card], bool] | None = None) -> None:
        """All cards, or those for which `only` holds."""
        self.root = root
        self._only = only

    @cached_property
    def cards(self) -> dict[str, Card]:
        path = self.root / "catalogue.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            cards = [Card.model_validate(entry) for entry in document]
        except FileNotFoundError:
            raise ValueError(f"{path} is missing: run `gsi assets build`, or check it out from Git") from None
        except (json.JSONDecodeError, ValidationError) as error:
            raise ValueError(f"{path} is not a catalogue: {error}. Restore it from Git or rebuild it") from None
        return {card.id: card for card in cards if self._only is None or self._only(card)}

    def __getitem__(self, asset: str) -> Card:
        try:
            return self.cards[asset]
        except KeyError:
            raise ValueError(f"{self.root / 'catalogue.json'} has no model {asset!r}") from None

    def __iter__(self) -> Iterator[Card]:
        return iter(self.cards.values())

    def of_kind(self, kind: Kind) -> tuple[Card, ...]:
        return tuple(card for card in self if card.kind == kind)

    def model_path(self, asset: str) -> Path:
        if not asset:
            raise ValueError(
                "sets imported from boxes have no models: choose the detector detany3d or cached (docs/interchange.md)"
            )
        return self._existing(self.root / "models" / f"{asset}.glb")

    def texture_path(self, name: str) -> Path:
        return self._existing(self.root / "textures" / f"{name}.jpg")

    def environment_path(self, name: str) -> Path:
        return self._existing(self.root / "environments" / f"{name}.exr")

    @cached_property
    def textures(self) -> dict[str, tuple[str, ...]]:
        """Names of the textures by use, the part before the first hyphen: floor, wall, wood."""
        by_use: dict[str, list[str]] = {}
        for path in sorted((self.root / "textures").glob("*.jpg")):
            by_use.setdefault(path.stem.split("-")[0], []).append(path.stem)
        return {use: tuple(names) for use, names in by_use.items()}

    @cached_property
    def environments(self) -> tuple[str, ...]:
        return tuple(path.stem for path in sorted((self.root / "environments").glob("*.exr")))

    def check(self) -> None:
        """Raise ValueError if the catalogue, one of its models, or every texture of a use is missing."""
        for card in self:
            self.model_path(card.id)
        for use in ("floor", "wall", "wood"):
            if use not in self.textures:
                raise ValueError(f"{self.root / 'textures'} has no {use}-*.jpg: restore it from Git")
        if not self.environments:
            raise ValueError(f"{self.root / 'environments'} has no *.exr: restore it from Git")

    def _existing(self, path: Path) -> Path:
        if not path.is_file():
            raise ValueError(f"{path} is missing: restore it from Git (`git checkout -- {self.root}`)")
        return path
