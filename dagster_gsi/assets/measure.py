"""What is measured on the file that users will load, whoever made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.assets.stability import stands
from dagster_gsi.assets.surfaces import surfaces
from dagster_gsi.assets.symmetry import symmetry

if TYPE_CHECKING:
    from dagster_gsi.scenes.catalogue import Kind, Surface
    from dagster_gsi.scenes.mesh import Mesh

_RIM_AREA = 0.05
"""Square metres of a surface of furniture: the rim of a washbasin takes a bottle and a cup."""
_REACH = 1.3
"""Metres above the floor up to which people put things on furniture."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of a card."""

    size: tuple[float, float, float]
    """Width, depth and height in metres, to a tenth of a millimetre."""
    symmetry: int
    surfaces: tuple[Surface, ...]


def measure(mesh: Mesh, kind: Kind, *, has_surfaces: bool = False) -> Measured:
    """The figures of a model; furniture has surfaces where `has_surfaces` says so, supports always.

    Raises ValueError where an object does not stand or a support offers nothing to stand on.
    """
    if kind == "object" and not stands(mesh):
        raise ValueError(
            "it does not stand by itself: `settle` it, `flatten` its bottom by some millimetres, or correct what is up"
        )
    areas = surfaces(mesh) if kind == "support" else ()
    if kind == "furniture" and has_surfaces:
        areas = tuple(area for area in surfaces(mesh, _RIM_AREA) if area.height <= _REACH)
        if not areas:
            raise ValueError("it has no level area of 0.05 m2 with 35 cm of room above: take its `surfaces: true` away")
    if kind == "support" and not areas:
        raise ValueError(
            "it has no level area of 0.15 m2 with 35 cm of room above: it is no support, or its size or what is up is wrong"
        )
    return Measured(rounded_size(mesh), symmetry(mesh), areas)


def rounded_size(mesh: Mesh) -> tuple[float, float, float]:
    width, depth, height = (round(float(extent), 4) for extent in np.ptp(mesh.points(), axis=0))
    return width, depth, height
