"""The other floor: answers each request with the true answer of another one.

Its pictures are flawless and of the right kind of scene, often of the very same one, but nobody asked for them. A
protocol that finds compliance in them scores looks, not edits.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from dagster_gsi.editors.base import Settings, Told


class ShuffledSettings(Settings):
    """`kind: shuffled`"""

    kind: Literal["shuffled"]
    told: ClassVar[Told] = "another"
