"""The ceiling: hands back the true target. A protocol that does not give it nearly full marks is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dagster_gsi.editors.base import Editor, OneByOne, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image


class OracleSettings(Settings):
    """`kind: oracle`"""

    kind: Literal["oracle"]


def open_oracle(truth: Callable[[str], Image.Image]) -> Editor:
    """The one editor that is told the answers: `truth` gives the target picture of a sample id."""
    return OneByOne(lambda request: truth(request.sample_id).convert("RGB"))
