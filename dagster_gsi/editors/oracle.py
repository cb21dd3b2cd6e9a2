"""The ceiling: hands back the true target. A protocol that does not give it nearly full marks is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from dagster_gsi.editors.base import Editor, OneByOne, Settings, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image


class OracleSettings(Settings):
    """`kind: oracle`"""

    kind: Literal["oracle"]
    told: ClassVar[Told] = "truth"


def open_oracle(answer: Callable[[str], Image.Image]) -> Editor:
    """Hands back what it is told: `answer` gives a picture for a sample id."""
    return OneByOne(lambda request: answer(request.sample_id).convert("RGB"))
