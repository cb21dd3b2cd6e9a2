from __future__ import annotations

import math

import numpy as np
import pytest

from dagster_gsi.editors.base import EditError
from dagster_gsi.editors.parse import Erase, Resize, Shift, Turn, Wish, parse
from dagster_gsi.operations.language import TEMPLATES

# Names that could be taken for parts of the request.
NAMES = (
    "mug",
    "left-handed 12 cm scissors",
    "clockwise-winding clock",
    "set of 2 times as large bowls",
    "move-right toy",
)
VERBS = ("move", "rotate", "scale", "remove")
PHRASINGS = [
    (key, index) for key, template in TEMPLATES.items() if key.startswith(VERBS) for index in range(len(template["en"]))
]


def _wishes(key: str) -> list[tuple[dict[str, str], Wish]]:
    """Amounts as the operations print them, each with the edit they belong to."""
    verb, _, way = key.partition("_")
    match verb:
        case "move":
            return [({"amount": str(cm)}, Shift(way, cm / 100)) for cm in range(1, 201)]  # type: ignore[arg-type]
        case "rotate":
            sign = 1 if way == "counterclockwise" else -1
            return [({"amount": str(angle)}, Turn(sign * float(np.radians(angle)))) for angle in range(1, 181)]
        case "scale":
            factors = (1.25, 1.3, 1.5, 1.75, 2.0, 3.0) if way == "up" else (0.25, 0.5, 0.6, 0.7, 0.75)
            return [({"amount": f"{f * 100:.0f}", "factor": f"{f:g}"}, Resize(f)) for f in factors]
        case "remove":
            return [({}, Erase())]
    raise AssertionError(f"no wishes for {key}: the parser must learn it")


@pytest.mark.parametrize(("key", "index"), PHRASINGS, ids=[f"{key}-{index}" for key, index in PHRASINGS])
@pytest.mark.parametrize("name", NAMES)
def test_every_phrasing_reads_back_as_the_edit_that_wrote_it(key: str, index: int, name: str) -> None:
    for amounts, wish in _wishes(key):
        assert parse(TEMPLATES[key]["en"][index].format(it=name, **amounts)) == wish


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "Make it nicer.",
        "Move the mug.",
        "Move the mug to the left.",
        "Rotate the mug clockwise.",
        "Paint the mug 2 times.",
    ],
)
def test_a_sentence_without_an_edit_is_not_guessed_at(sentence: str) -> None:
    with pytest.raises(EditError, match="not understood"):
        parse(sentence)


def test_clockwise_from_above_is_a_negative_angle() -> None:
    assert parse("Turn the cup clockwise by 90 degrees, viewed from above.") == Turn(-math.pi / 2)
