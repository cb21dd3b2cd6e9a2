"""Where figures of a run are recorded; passed in, so that whatever is tracked knows no tracking service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Tracker(Protocol):
    """Receives figures while a run is open."""

    run_id: str | None
    """Identity of the run in the tracking service, or None where there is none."""

    def log(self, metrics: Mapping[str, float], *, step: int) -> None: ...


class Untracked:
    """Forgets everything: for tests and for runs that nobody will look up."""

    run_id: str | None = None

    def log(self, metrics: Mapping[str, float], *, step: int) -> None:
        del metrics, step
