"""What is asked of a measure of compliance, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.pose import Array, Pose

if TYPE_CHECKING:
    from dagster_gsi.geometry.box import Box
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.operations.base import Operation
    from dagster_gsi.scenes.scene import Scene, Thing

# The shortest move that is ever asked for: a thing that ends further away than this was moved, whatever else it was.
STAYS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What an edited picture shows of the scene."""

    before: Scene
    after: Scene
    """The true state after the edit: what is asked is read off it, so that a set's own boxes count."""
    edit: Operation
    found: Thing | None
    """The target as it was found, or None if it is not there."""
    lost: tuple[str, ...] = ()
    """Other things that are no longer where they were."""
    reference: Thing | None = None
    """What a placement is relative to, as it was found; None where it was not found or nobody looked."""
    viewpoint: Camera | None = None
    """Where an edited view was found to be taken from; None where that was not found or nobody looked."""

    @property
    def target(self) -> Thing:
        assert self.edit.target is not None
        return self.before.find(self.edit.target)

    @property
    def wanted(self) -> Thing:
        """The target as it should be after an edit that keeps it."""
        return self.after.find(self.target.name)


@dataclass(frozen=True, slots=True)
class Measured:
    """Whether the edit does what was asked, and how far it is from it."""

    complies: bool
    normalised_error: float
    """In units of the tolerance; infinite where there is nothing to measure."""
    reason: str
    figures: dict[str, Any] = field(default_factory=dict)
    """Columns of the table that this operation fills."""


def accuracy(normalised_error: float) -> float:
    """SA of a complying edit: 1 without error, 1/2 at the edge of the tolerance, flat near 0.

    A Gaussian rather than an exponential, so that errors of the size of the detector's own cost next to nothing.
    """
    return float(2.0 ** -(normalised_error**2))


def thing_in(box: Box, thing: Thing) -> Thing:
    """`thing` standing where `box` is: its pose is that of the box's base, its scale that of its volume."""
    scale = float(np.cbrt(np.prod(box.size_3 / thing.size_3)))
    to_base = Pose(np.eye(3), np.array([0.0, 0.0, -float(box.size_3[2]) / 2]))
    return replace(thing, pose_wo=box.pose_wb @ to_base, scale=scale)


def displacement_2(outcome: Outcome) -> Array:
    """How far the target went, in metres along the camera's right and away from the camera."""
    return displacement_3(outcome)[:2]


def displacement_3(outcome: Outcome) -> Array:
    """The same, and how far up."""
    assert outcome.found is not None
    return as_seen(outcome.found.pose_wo.translation_3 - outcome.target.pose_wo.translation_3, outcome.before)


def over_ground(shift_3: Array, scene: Scene) -> Array:
    """A shift in the world as (along the camera's right, away from the camera)."""
    return as_seen(shift_3, scene)[:2]


def as_seen(shift_3: Array, scene: Scene) -> Array:
    """A shift in the world as (along the camera's right, away from the camera, up)."""
    return np.array([shift_3 @ scene.camera.right_3, shift_3 @ scene.camera.ahead_3, shift_3[2]])


def in_words(shift: Array) -> str:
    """A displacement over the ground or in space as people say it: "8 cm right, 3 cm toward the camera"."""
    ways = (("right", "left"), ("away", "toward the camera"), ("up", "down"))
    parts = [
        f"{abs(amount) * 100:.1f} cm {positive if amount > 0 else negative}"
        for amount, (positive, negative) in zip(shift, ways, strict=False)
        if abs(amount) >= 0.005
    ]
    return ", ".join(parts) or "by less than 0.5 cm"


def absent(outcome: Outcome, **figures: Any) -> Measured:
    """The target should be there and is not."""
    return Measured(False, float("inf"), f"The {outcome.target.description.en} was not found in the picture.", figures)
