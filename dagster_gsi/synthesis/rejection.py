"""Why a candidate was given up: a value, because it is an expected outcome that is counted and reported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rejection:
    """A scene or an edit that is not used, and the reason in a few words."""

    reason: str
