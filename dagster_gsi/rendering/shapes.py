"""The meshes of a scene by name and owner: things one by one, what never moves joined by material."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.rendering.base import BACKGROUND, FIRST_THING, SUPPORT
from dagster_gsi.rendering.bodies import covered, merged, model_parts
from dagster_gsi.rendering.meshes import picture
from dagster_gsi.rendering.room import FLOOR_ROUGHNESS, TILE
from dagster_gsi.scenes.scene import Interior

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.mesh import Part
    from dagster_gsi.scenes.scene import Scene, Thing

# Panes are left out: few samples find the light that comes through them, and what is seen through clean glass is the same.
_LEFT_OUT = "glass"


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One part, as the Mitsuba scene calls it."""

    name: str
    owner: int
    """Value of the owner in the instance map."""
    part: Part


def shapes_of_things(scene: Scene, catalogue: Catalogue) -> tuple[Shape, ...]:
    """Every part of every thing in its model's frame."""
    return tuple(
        Shape(f"body-{owner}-{index}", owner, part)
        for owner, thing in enumerate(scene.things, start=FIRST_THING)
        for index, part in enumerate(model_parts(catalogue.model_path(thing.asset)))
    )


def standing_shapes(scene: Scene, catalogue: Catalogue) -> tuple[Shape, ...]:
    """Supports, fixtures and the shell of a home in the world; the surroundings of a tabletop are no models."""
    around = [(part, thing) for thing in scene.fixtures for part in model_parts(catalogue.model_path(thing.asset))]
    shell = _shell(scene.room, catalogue) if isinstance(scene.room, Interior) else ()
    return (
        *_named("support", SUPPORT, merged(_bodies_of_supports(scene, catalogue))),
        *_named("fixture", BACKGROUND, merged(around)),
        *_named("shell", BACKGROUND, shell),
    )


def _bodies_of_supports(scene: Scene, catalogue: Catalogue) -> Iterator[tuple[Part, Thing]]:
    for support in scene.supports:
        parts = model_parts(catalogue.model_path(support.body.asset))
        if support.texture is not None:
            parts = covered(parts, picture(catalogue.texture_path(support.texture)))
        yield from ((part, support.body) for part in parts)


def _shell(room: Interior, catalogue: Catalogue) -> Iterator[Part]:
    """Floors, walls and what else a home is built of; its texture coordinates are metres."""
    textures = {"floor": room.floor, "wall": room.wall}
    for part in model_parts(catalogue.model_path(room.shell)):
        role = part.material.name
        if role in textures:
            material = replace(
                part.material,
                texture=picture(catalogue.texture_path(textures[role])),
                colour_3=np.ones(3, dtype=np.float32),
                roughness=FLOOR_ROUGHNESS if role == "floor" else part.material.roughness,
            )
            assert part.uv_V2 is not None
            yield replace(part, material=material, uv_V2=part.uv_V2 / np.float32(TILE))
        elif role != _LEFT_OUT:
            yield part


def _named(name: str, owner: int, parts: tuple[Part, ...] | Iterator[Part]) -> tuple[Shape, ...]:
    return tuple(Shape(f"{name}-{index}", owner, part) for index, part in enumerate(parts))
