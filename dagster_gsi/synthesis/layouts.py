"""Tables that somebody laid out, as an import keeps them: the same things on them, in other rooms, light and views."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.samples.codec import scene_from_document
from dagster_gsi.scenes.scene import Scene
from dagster_gsi.synthesis.framing import framed
from dagster_gsi.synthesis.tabletop import SUPPORT_NAME, as_thing, lighting_for, room_around, support_of, wood_or_own

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dagster_gsi.scenes.catalogue import Card, Catalogue

SCENES = "scenes.jsonl"
"""In the folder of the models: a scene a line."""
# The front of a layout is at -y; people stand a little to the left or right of it.
_HEADING, _ASIDE = np.pi / 2, np.radians(35)


def has_layouts(assets: Path) -> bool:
    """Whether the asset folder says what stands on its tables."""
    return (assets / SCENES).is_file()


def draw_layouts(catalogue: Catalogue, rng: np.random.Generator, *, image_size: int) -> Iterator[Scene]:
    """Layouts of the catalogue's folder without end, each as often as any other, never twice in the same picture.

    Raises ValueError where there are none or their file cannot be read.
    """
    layouts = _read(catalogue.root / SCENES)
    while True:
        layout = layouts[rng.integers(len(layouts))]
        empty, heading = set_up(catalogue[layout.supports[0].body.asset], catalogue, rng, image_size=image_size)
        camera = framed(empty.supports[0].body, heading, rng, image_size=image_size, things=layout.things)
        yield replace(empty, things=layout.things, camera=camera)


def set_up(table: Card, catalogue: Catalogue, rng: np.random.Generator, *, image_size: int) -> tuple[Scene, float]:
    """The bare table in a room, seen from its front, and the heading of the view in radians."""
    body = as_thing(table, SUPPORT_NAME, Pose.identity())
    heading = _HEADING + rng.uniform(-_ASIDE, _ASIDE)
    empty = framed(body, heading, rng, image_size=image_size)
    texture = wood_or_own(catalogue, rng)
    room, lighting = room_around(catalogue, body, empty.ahead_3, rng), lighting_for(catalogue, empty, rng)
    return Scene((support_of(table, body, texture=texture),), (), empty, room, lighting), float(heading)


@lru_cache(maxsize=4)  # every shard of a set asks for the same
def _read(path: Path) -> tuple[Scene, ...]:
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        layouts = tuple(scene_from_document(json.loads(line)["scene"]) for line in lines)
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({error}): run the import that makes it again") from None
    if not layouts:
        raise ValueError(f"{path} is empty: of no layout enough was left; dropped.jsonl beside it says why")
    return layouts
