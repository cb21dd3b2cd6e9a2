"""One spatial edit: what it does to a scene and how a person would ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np

    from dagster_gsi.scenes.scene import Scene, Words


class Operation(Protocol):
    """A frozen dataclass whose fields say exactly what is asked, in metres, radians and factors."""

    name: ClassVar[str]
    """As in parameters and tables: move, place, receptacle, rotate, scale, remove, view."""
    code: ClassVar[str]
    """As in the paper: CM, OP, RP, OR, OS, SR, PC."""

    @property
    def target(self) -> str | None:
        """Name of the thing that is edited; None where it is the view."""

    @classmethod
    def sample(cls, scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Self | None:
        """Draw an edit of one of `targets` (names of things and supports that are seen well), or None if the rules allow
        none of them in `scene`. What else an edit names is one of `targets` too, or what its target stands on.
        """

    def apply(self, scene: Scene) -> Scene:
        """The ideal state after the edit."""

    def instruction(self, scene: Scene, rng: np.random.Generator) -> Words:
        """The request in both languages, in one of several phrasings. It names the target so that only it is meant."""
