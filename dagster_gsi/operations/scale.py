"""Scale (OS): uniformly, standing where it stood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from dagster_gsi.operations.language import drawn, phrase

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np

    from dagster_gsi.scenes.scene import Scene, Words

# Between 0.8 and 1.25 a change of size is hard to see without the two pictures side by side.
_FACTORS = (0.5, 0.6, 0.7, 0.75, 1.3, 1.4, 1.5, 1.75, 2.0)


@dataclass(frozen=True)
class Scale:
    """Make one object larger or smaller in all directions, its base staying on the support."""

    name: ClassVar[str] = "scale"
    code: ClassVar[str] = "OS"
    target: str
    factor: float

    @classmethod
    def sample(cls, scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Self | None:
        target = drawn(scene, targets, rng)
        return None if target is None else cls(target.name, float(rng.choice(_FACTORS)))

    def apply(self, scene: Scene) -> Scene:
        thing = scene.find(self.target)
        return scene.with_thing(replace(thing, scale=thing.scale * self.factor))

    def instruction(self, scene: Scene, rng: np.random.Generator) -> Words:
        key = "scale_up" if self.factor > 1 else "scale_down"
        return phrase(key, scene, self.target, rng, amount=f"{self.factor * 100:.0f}", factor=f"{self.factor:g}")
