"""What an image editor is given and what it returns. It never sees the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from PIL import Image

    from dagster_gsi.geometry.camera import Camera


Told = Literal["nothing", "truth", "another"]
"""What a reference editor is told of the answers: the true picture of its request, or that of another one."""


class Settings(BaseModel):
    """One editor of `params.yaml`. Each kind adds its own keys; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    told: ClassVar[Told] = "nothing"


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


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that an editor could not answer; the others may still be fine."""

    reason: str


class EditError(ValueError):
    """Raised by an editor of single pictures for a request that it cannot answer; its text becomes the reason."""


class Editor(Protocol):
    """Turns requests into edited pictures, RGB and of the source's size."""

    def edit_all(self, requests: Iterable[Request]) -> Iterator[tuple[str, Image.Image | Failure]]:
        """One (sample id, picture or failure) a request, in the order of the requests.

        What stops the editor as a whole (a missing model, a command that crashes) raises ValueError with the remedy.
        """


@dataclass(frozen=True, slots=True)
class OneByOne:
    """An editor that treats every picture by itself."""

    edit: Callable[[Request], Image.Image]

    def edit_all(self, requests: Iterable[Request]) -> Iterator[tuple[str, Image.Image | Failure]]:
        for request in requests:
            try:
                yield request.sample_id, self.edit(request)
            except EditError as error:
                yield request.sample_id, Failure(str(error))
