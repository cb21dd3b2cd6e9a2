"""Which of several possible edits a set lacks most, and which are not worth another try."""

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

Trial = tuple[str, str]
"""An operation and the model that it was tried on."""

# A model is tried again while it was in vain fewer times than twice (1 + how often the operation showed on it): in the long
# run, one try in three has to show. A category that never shows a turn is the rarest of all, and would come first for ever.
_IN_VAIN = 2


@dataclass(slots=True)
class Balance:
    """Counts of the edits made so far, by direction, amount and category of the target, and of what showed and did not, by
    model.
    """

    counts: Counter[Key] = field(default_factory=Counter)
    shown: Counter[Trial] = field(default_factory=Counter)
    unshown: Counter[Trial] = field(default_factory=Counter)

    def rarest_first(self, edits: Sequence[Operation], scene: Scene) -> list[Operation]:
        """The edits that are worth a try, in the order of how often their aspects were asked for, those drawn earlier
        first among equals.
        """
        worth = [edit for edit in edits if not self._is_vain(edit, scene)]
        return sorted(worth, key=lambda edit: sum(self.counts[key] for key in _aspects(edit, scene)))

    def add(self, edit: Operation, scene: Scene) -> None:
        self.counts.update(_aspects(edit, scene))
        self.shown.update(_trials(edit, scene))

    def add_unshown(self, edit: Operation, scene: Scene) -> None:
        """Count an edit that was tried and changed nothing that one could see."""
        self.unshown.update(_trials(edit, scene))

    def _is_vain(self, edit: Operation, scene: Scene) -> bool:
        return any(self.unshown[one] >= _IN_VAIN * (1 + self.shown[one]) for one in _trials(edit, scene))


def _aspects(edit: Operation, scene: Scene) -> tuple[Key, ...]:
    direction, amount = direction_and_amount(edit)
    aspects = [(edit.name, "direction", direction), (edit.name, "amount", f"{amount:.3f}")]
    if edit.target is not None:
        aspects.append((edit.name, "category", scene.find(edit.target).category.en))
    return tuple(aspects)


def _trials(edit: Operation, scene: Scene) -> tuple[Trial, ...]:
    """None for a change of view: one that shows too little says nothing of the next scene's."""
    return () if edit.target is None else ((edit.name, scene.find(edit.target).asset),)
