"""The floor: returns the source unchanged. A protocol that finds compliance in it is broken."""

from __future__ import annotations

from typing import Literal

from dagster_gsi.editors.base import Editor, OneByOne, Settings


class IdentitySettings(Settings):
    """`kind: identity`"""

    kind: Literal["identity"]


def open_identity() -> Editor:
    return OneByOne(lambda request: request.source.convert("RGB"))
