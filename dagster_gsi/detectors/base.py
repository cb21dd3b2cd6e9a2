"""What every detector is asked and what it answers: where a thing is in a picture, in three dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.rendering.base import Geometry
    from dagster_gsi.scenes.scene import Scene


Role = Literal["origin", "new"]
"""Which of a sample's two pictures: the source or the edited one, in the words of the published cache."""


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
    sample_id: str = ""
    """Of what the picture belongs to: answers are kept under it. Empty where nothing is kept."""
    role: Role = "new"


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One thing that was found: its oriented box in the world. A thing that is not there has no detection."""

    label: str
    box: Box
    confidence: float
    """From 0 to 1; comparable within one detector only."""
    record: Mapping[str, Any] | None = None
    """The answer in the published form with all its figures, where the detector speaks it."""


class UnansweredError(ValueError):
    """One picture cannot be answered for; the next one may. Any other ValueError is about the detector itself."""


class Detector(Protocol):
    """Finds things in pictures. It raises ValueError for a query it cannot answer; () means it looked and saw none."""

    @property
    def version(self) -> str:
        """Names the detector and what its answers depend on: figures from other versions are not comparable."""

    @property
    def finds_all(self) -> bool:
        """Whether it answers all things that bear the label, in no order, and knows nothing of names; otherwise it
        answers at most the target.
        """

    @property
    def any_label(self) -> bool:
        """Whether it can also be asked for other things than the target of the edit."""

    def detect(self, query: Query) -> tuple[Detection, ...]: ...
