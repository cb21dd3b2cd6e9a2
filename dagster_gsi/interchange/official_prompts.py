"""What a prompt of the published sets asks for, read from its words."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, cast, get_args

from dagster_gsi.operations.view import Motion, View

if TYPE_CHECKING:
    from dagster_gsi.operations.place import Side
    from dagster_gsi.operations.receptacle import Region
    from dagster_gsi.operations.remove import Extreme

_VERBS = {
    "move": ("move", "shift", "relocate", "place", "put", "push", "pull"),
    "rotate": ("rotate", "turn", "spin"),
    "remove": ("remove",),
    "scale": ("scale", "resize", "make", "shrink", "reduce", "enlarge", "expand", "increase"),
    "view": ("view", "changeview", "look"),
}
# The generators' own words for the extremes ("leftest", "frontest") and people's.
_EXTREMES: dict[Extreme, tuple[str, ...]] = {
    "leftmost": ("leftmost", "leftest", "far left"),
    "rightmost": ("rightmost", "rightest", "far right"),
    "nearest": ("nearest", "closest", "frontest"),
    "farthest": ("farthest", "furthest", "backest"),
}
_SIDES: dict[str, Side] = {
    "to the right of": "right",
    "to the left of": "left",
    "in front of": "front",
    "behind": "behind",
}
_BESIDE = re.compile(rf"\b({'|'.join(_SIDES)}) the \w")
_REGIONS: dict[str, Region] = {
    "center": "centre",
    "centre": "centre",
    "edge nearest to the camera": "nearest",
    "edge farthest from the camera": "farthest",
    "leftmost edge": "left",
    "rightmost edge": "right",
}
_ON_SUPPORT = re.compile(rf"\bto the ({'|'.join(_REGIONS)}) of the \w")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?) ?(°|deg|cm\b|centimet|m\b|met)")
_WAY = re.compile(r"\b(left|right|up|down|forward|back)(?:wards?)?\b")


def operation_of(prompt: str) -> str:
    """Kind of edit by the first word of the prompt; a word that is in no list is an error, as in the original."""
    words = prompt.split(" ")
    verb = words[1].lower() if words[0].lower() == "please" and len(words) > 1 else words[0].lower()
    if "camera" in prompt and "from the camera" not in prompt and "to the camera" not in prompt:
        return "view"
    for operation, verbs in _VERBS.items():
        if verb in verbs or verb == operation:
            return operation
    raise ValueError(f"the prompt {prompt!r} begins with none of the verbs that the official protocol knows")


def reads_as(prompt: str, operation: str) -> bool:
    """Whether the published evaluator takes the prompt for that operation."""
    try:
        return operation_of(prompt) == operation
    except ValueError:
        return False


def extreme_of(prompt: str) -> Extreme | None:
    """Which of its kind is meant, where the prompt says so."""
    text = prompt.lower()
    return next((extreme for extreme, words in _EXTREMES.items() if any(word in text for word in words)), None)


def side_of(prompt: str) -> Side | None:
    """Side of another thing that a thing is to be placed at."""
    found = _BESIDE.search(prompt.lower())
    return None if found is None else _SIDES[found[1]]


def region_of(prompt: str) -> Region | None:
    """Part of a support that a thing is to be put on."""
    found = _ON_SUPPORT.search(prompt.lower())
    return None if found is None else _REGIONS[found[1]]


def view_of(prompt: str) -> View:
    """The motion of the camera; a prompt that names none, or no amount, is an error."""
    amount, way = _AMOUNT.search(prompt.lower()), _WAY.search(prompt.lower())
    if amount is None or way is None:
        raise ValueError(f"the prompt {prompt!r} names no motion of the camera: a direction and degrees or metres")
    number, unit = float(amount[1]), amount[2]
    kind = "move" if unit[0] in "cm" else "turn" if way[1] in ("left", "right") else "tilt"
    motion = f"{kind}_{way[1]}"
    if motion not in get_args(Motion) or not number:
        raise ValueError(f"the prompt {prompt!r} asks for a motion that no camera makes")
    unit_size = {"c": 0.01, "m": 1.0}.get(unit[0], math.radians(1))
    return View(cast("Motion", motion), number * unit_size)
