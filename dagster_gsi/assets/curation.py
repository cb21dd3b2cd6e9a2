"""The curated selection, `curation.yaml`: which models are in the set and what people call them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

if TYPE_CHECKING:
    from dagster_gsi.scenes.catalogue import Kind

PATH = Path(__file__).with_name("curation.yaml")


class Recipe(BaseModel):
    """One model of the set: where it comes from, what it is called, what is to be corrected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    model: str
    """Library, then the file's path in it."""
    category: tuple[str, str]
    """English, Chinese."""
    description: tuple[str, str]
    """English, Chinese."""
    front: bool
    yaw: float = 0.0
    """Degrees counter-clockwise from above that bring the front to -y."""
    scale: float = 1.0
    """Where the library's size is not the real thing's."""
    groups: str = ""
    without: str = ""
    flatten: float = 0.0
    """Millimetres pressed flat at the bottom, for bowls whose round bottom would rock."""
    settle: bool = False
    """Lay it down as it comes to rest, for things whose file holds them as they never lie."""
    paint: dict[str, Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]] = {}
    """Colours, sRGB, for the materials whose names match these regular expressions; their textures go."""
    pictures: dict[str, str] = {}
    """Textures beside the model for the materials that match, where its own file names one that is not there."""
    surfaces: bool = False
    """Whether things can be put on a piece of furniture; on a support they always can."""
    triangles: int = 10_000
    picture_side: int = 512

    @field_validator("groups", "without")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        re.compile(pattern)
        return pattern

    @property
    def library(self) -> str:
        return self.model.partition("/")[0]

    @property
    def path(self) -> str:
        return self.model.partition("/")[2]


class Texture(BaseModel):
    """A picture for floors, walls or table tops."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^(floor|wall|wood)-[a-z-]+$")]
    file: str


class Curation(BaseModel):
    """The whole selection."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    objects: tuple[Recipe, ...]
    supports: tuple[Recipe, ...]
    furniture: tuple[Recipe, ...]
    textures: tuple[Texture, ...]
    environments: tuple[str, ...]

    @property
    def recipes(self) -> tuple[tuple[Kind, Recipe], ...]:
        """All models with their kind, sorted by id."""
        kinds: dict[Kind, tuple[Recipe, ...]] = {
            "object": self.objects,
            "support": self.supports,
            "furniture": self.furniture,
        }
        pairs = [(kind, recipe) for kind, recipes in kinds.items() for recipe in recipes]
        return tuple(sorted(pairs, key=lambda pair: pair[1].id))


def read_curation(path: Path = PATH) -> Curation:
    """The selection. Raises ValueError where it is not valid or says something twice."""
    try:
        curation = Curation.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is not a valid selection: {error}") from error
    for what in ("id", "description"):
        seen: set[object] = set()
        for _, recipe in curation.recipes:
            values = [recipe.id] if what == "id" else recipe.description
            for value in values:
                if value in seen:
                    raise ValueError(f"{path}: two models have the {what} {value!r}; make them different")
                seen.add(value)
    return curation
