"""Items done by tasks that may have to begin anew, each counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Tally:
    """How far each task is, in absolute numbers, so that news may be lost, late or told twice.

    A task whose node died begins anew at no items. Its number stands still until the new attempt is further than the
    old one was: the sum never falls and never holds an item twice. What a finished task says of itself is final.
    """

    def __init__(self) -> None:
        self._running: dict[int, int] = {}
        self._finished: dict[int, int] = {}
        self._told = 0

    def reach(self, items_by_task: Mapping[int, int]) -> None:
        """Running tasks say how far they are."""
        for task, items in items_by_task.items():
            if task not in self._finished:
                self._running[task] = max(items, self._running.get(task, 0))

    def finish(self, task: int, items: int) -> None:
        """A task is done, and this is how many items it had."""
        self._running.pop(task, None)
        self._finished[task] = items

    def news(self) -> int:
        """Items done since this was last asked."""
        done = sum(self._finished.values()) + sum(self._running.values())
        news = max(done - self._told, 0)
        self._told += news
        return news
