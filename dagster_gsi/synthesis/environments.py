"""Where scenes are: on tables, in rooms or in bathrooms."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from dagster_gsi.homes.sh3d import read_home
from dagster_gsi.homes.shelf import homes_in
from dagster_gsi.synthesis.interior import draw_interiors, places_in
from dagster_gsi.synthesis.layouts import draw_layouts, has_layouts
from dagster_gsi.synthesis.splits import catalogue_of, furniture_of, split_of_home
from dagster_gsi.synthesis.tabletop import sample_scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np

    from dagster_gsi.samples.sample import Split
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Scene
    from dagster_gsi.synthesis.interior import Place
    from dagster_gsi.synthesis.rejection import Rejection

Environment = Literal["table", "room", "bathroom"]


def draw_scenes(
    environment: Environment,
    split: Split,
    catalogue: Catalogue,
    homes: Path,
    rng: np.random.Generator,
    *,
    image_size: int,
) -> Iterator[Scene | Rejection]:
    """Scenes of one split without end; `homes` is the folder of floor plans.

    Where the folder of the models holds layouts, tables are laid out as these are.

    Raises ValueError where nothing is there to make them of.
    """
    if environment == "table" and has_layouts(catalogue.root):
        return draw_layouts(catalogue, rng, image_size=image_size)
    objects = catalogue_of(catalogue, split)
    if not objects.of_kind("object") or not objects.of_kind("support"):
        raise ValueError(
            f"{catalogue.root / 'catalogue.json'} has too few models for the split {split!r}, which a hash of their "
            "sources decides: add models (`gsi assets add`), or restore the file from Git"
        )
    if environment == "table":
        return _tabletops(objects, rng, image_size=image_size)
    places = _places(homes, split, bathroom=environment == "bathroom")
    if not places:
        raise ValueError(
            f"{homes} has no {environment} for the split {split!r}, which a hash of the homes' names decides: add homes "
            "(docs/homes.md), or restore the folder from Git"
        )
    return draw_interiors(places, furniture_of(catalogue, split), objects, rng, image_size=image_size)


@lru_cache(maxsize=8)  # seconds each, and every shard of a set asks for the same
def _places(homes: Path, split: Split, *, bathroom: bool) -> tuple[Place, ...]:
    known = homes_in([homes])
    plans = [read_home(path) for name, path in sorted(known.items()) if split_of_home(name) == split]
    return places_in(plans, bathroom=bathroom)


def _tabletops(catalogue: Catalogue, rng: np.random.Generator, *, image_size: int) -> Iterator[Scene | Rejection]:
    while True:
        yield sample_scene(catalogue, rng, image_size=image_size)
