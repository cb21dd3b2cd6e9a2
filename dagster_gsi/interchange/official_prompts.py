"""What a prompt of the published sets asks for, read from its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
_SIDES = {"to the right of": "right", "to the left of": "left", "in front of": "front", "behind": "behind"}
_REGIONS = {
    "center": "centre",
    "centre": "centre",
    "edge nearest to the camera": "nearest",
    "edge farthest from the camera": "farthest",
    "leftmost edge": "left",
    "rightmost edge": "right",
}
_ON_SUPPORT = re.compile(rf"\bto the ({'|'.join(_REGIONS)}) of the (.+?)[.,]")


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


def side_of(prompt: str) -> str | None:
    """Side of a reference that a thing is to be placed at: left, right, front or behind."""
    return next((side for words, side in _SIDES.items() if words in prompt), None)


def region_of(prompt: str) -> str | None:
    """Part of a support that a thing is to be put on: centre, nearest, farthest, left or right."""
    found = _ON_SUPPORT.search(prompt.lower())
    return None if found is None else _REGIONS[found[1]]
