"""What every renderer offers: a loaded scene that gives pictures, instance maps and depth of itself and its edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dagster_gsi.scenes.scene import Scene

BACKGROUND, SUPPORT, FIRST_THING = 0, 1, 2
"""Values of an instance map; `FIRST_THING + k` is the k-th thing of the scene that was loaded."""


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """What is seen where, by one ray through each pixel centre."""

    ids_HW: NDArray[np.uint16]
    depth_HW: NDArray[np.float32]
    """Metres along the optical axis; 0 where nothing is hit."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a scene and the geometry behind it."""

    rgb_HW3: NDArray[np.uint8]
    geometry: Geometry


class View(Protocol):
    """A scene that is loaded once and pictured in several states.

    Every state must come from the loaded scene by edits: things may move, turn, grow, shrink or be absent and the
    camera may move, but no thing may be added.
    """

    def trace(self, state: Scene) -> Geometry:
        """Instance map and depth: exact and cheap."""

    def sketch(self, state: Scene) -> Frame:
        """Colours and shapes under a plain light, without shadows: a tenth of the time of a picture, and not lost for it."""

    def render(self, state: Scene) -> Frame:
        """The path-traced picture. Exposure is set by the loaded scene and shared by all its states."""
