"""How compliance is measured, one file an operation. A new operation is one file and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.evaluation.compliance import move, place, receptacle, remove, rotate, scale, view

if TYPE_CHECKING:
    from collections.abc import Callable

    from dagster_gsi.evaluation.compliance.base import Measured, Outcome

MEASURES: dict[str, Callable[[Outcome], Measured]] = {
    "move": move.measure,
    "place": place.measure,
    "receptacle": receptacle.measure,
    "rotate": rotate.measure,
    "scale": scale.measure,
    "remove": remove.measure,
    "view": view.measure,
}
