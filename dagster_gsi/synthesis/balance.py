"""Which of several possible edits a set lacks most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dagster_gsi.samples.manifest import direction_and_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.operations.base import Operation
    from dagster_gsi.scenes.scene import Scene

Key = tuple[str, str, str]
"""An operation, one of its aspects and the value of that."""


@dataclass(slots=True)
class Balance:
    """Counts of the edits made so far, by direction, amount and category of the target."""

    counts: Counter[Key] = field(default_factory=Counter)

    def rarest_first(self, edits: Sequence[Operation], scene: Scene) -> list[Operation]:
        """The edits in the order of how often their aspects were asked for, those drawn earlier first among equals."""
        return sorted(edits, key=lambda edit: sum(self.counts[key] for key in _aspects(edit, scene)))

    def add(self, edit: Operation, scene: Scene) -> None:
        self.counts.update(_aspects(edit, scene))


def _aspects(edit: Operation, scene: Scene) -> tuple[Key, ...]:
    direction, amount = direction_and_amount(edit)
    aspects = [(edit.name, "direction", direction), (edit.name, "amount", f"{amount:.3f}")]
    if edit.target is not None:
        aspects.append((edit.name, "category", scene.find(edit.target).category.en))
    return tuple(aspects)
