"""Who says whether the edited thing still looks like itself: what a judge is given and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dagster_gsi.geometry.pose import Array


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One edited picture and where its target was and is."""

    sample_id: str
    operation: str
    instruction: str
    source_HW3: NDArray[np.uint8]
    edited_HW3: NDArray[np.uint8]
    mask_HW: NDArray[np.bool_]
    """The target in the source; nothing where the edit has no target, as when the view changes."""
    others_HW: NDArray[np.bool_]
    """All other things in the source."""
    before_4: Array | None
    """Frame (left, top, right, bottom) around the target in the source, in pixels; None where there is no target."""
    after_4: Array | None
    """The same in the edited picture, where the target was found; None where it was not."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A score from 0 (another thing) to 10 (the same thing), or None where the judge failed, and why."""

    score: float | None
    reason: str
    prompt_tokens: int = 0
    """What the answer cost when it was given, be it now or in an earlier run; 0 where nothing is counted."""
    completion_tokens: int = 0
    cost: float | None = None
    """In the currency of the prices that are set."""


class Judge(Protocol):
    """Scores appearance: of the target; for a removal of the background that took its place; for a view change of the
    whole picture.
    """

    @property
    def version(self) -> str:
        """Names the judge and its formulas or prompt: verdicts of other versions are not comparable."""
        ...

    def usage(self) -> dict[str, float]:
        """What was spent since the judge was opened, for the stage's report; nothing for a judge that costs nothing."""
        ...

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        """One verdict a request, in their order. A judge may work on many at once, so few calls with many are best."""
        ...
