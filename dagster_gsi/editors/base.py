"""What an image editor is given and what it returns. It never sees the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

    from dagster_gsi.geometry.camera import Camera


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One edit that is asked for. Learned models use the picture and the text; classical ones may use the rest."""

    sample_id: str
    source: Image.Image
    instruction_en: str
    instruction_zh: str
    mask_HW: NDArray[np.bool_]
    """Where the target is in the source."""
    depth_HW: NDArray[np.float32]
    """Metres along the optical axis of the source, 0 where nothing is hit."""
    camera: Camera


class Editor(Protocol):
    """Turns a request into an edited picture of the same size."""

    def edit(self, request: Request) -> Image.Image: ...
