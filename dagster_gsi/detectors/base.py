"""What every detector is asked and what it answers: where a thing is in a picture, in three dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.rendering.base import Geometry
    from dagster_gsi.scenes.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The scene as it was before the edit, for detectors that compare: never anything of what was asked for."""

    scene: Scene
    picture_HW3: NDArray[np.uint8]
    geometry: Geometry
    """Instance map and depth of the picture."""
    instances: dict[str, int]
    """Value of each thing in the instance map, by name."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A picture and what to look for in it."""

    picture_HW3: NDArray[np.uint8]
    camera: Camera
    """Its intrinsics belong to the picture's size."""
    label: str
    """What the thing is, in words."""
    target: str
    """Its name in the known scene."""
    known: Known | None


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One thing that was found: its oriented box in the world. A thing that is not there has no detection."""

    label: str
    box: Box
    confidence: float
    """From 0 to 1; comparable within one detector only."""


class Detector(Protocol):
    """Finds things in pictures. It raises ValueError for a query it cannot answer; () means it looked and saw none."""

    def detect(self, query: Query) -> tuple[Detection, ...]: ...
