"""Reads an English instruction. On purpose not the templates that wrote it: an editor works from what it is told."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from dagster_gsi.editors.base import EditError

Direction = Literal["left", "right", "toward", "away"]


@dataclass(frozen=True, slots=True)
class Shift:
    """Along the camera's horizontal axes, by metres."""

    direction: Direction
    distance: float


@dataclass(frozen=True, slots=True)
class Turn:
    """About the vertical axis, by radians counter-clockwise as seen from above."""

    angle: float


@dataclass(frozen=True, slots=True)
class Resize:
    """Uniformly, by a factor."""

    factor: float


@dataclass(frozen=True, slots=True)
class Erase:
    """Gone."""


Wish = Shift | Turn | Resize | Erase

_NUMBER = r"(?P<number>\d+(?:\.\d+)?)"
_LENGTH = rf"{_NUMBER} (?:cm|centimet(?:er|re)s?)"
_VIEWER = "the (?:camera|viewer)"
_SPIN = "(?P<counter>counter-?|anti-?)?clockwise"

# The verb opens and the amount closes the sentence: in between stands a name, which may hold any word or number.
_MOVING = "(?:move|shift|slide|bring|pull|push|drag) the .+ "
_TURNING = "(?:rotate|turn|spin) the .+ "
_DIRECTIONS: tuple[tuple[Direction, str], ...] = (
    ("left", rf"(?:{_LENGTH} (?:to|towards?) the left(?: side of the (?:picture|image))?)"),
    ("left", rf"left by {_LENGTH}"),
    ("right", rf"(?:{_LENGTH} (?:to|towards?) the right(?: side of the (?:picture|image))?)"),
    ("right", rf"right by {_LENGTH}"),
    ("toward", rf"{_LENGTH} (?:closer to|towards?) {_VIEWER}"),
    ("away", rf"{_LENGTH} (?:away from {_VIEWER}|further back|farther back)"),
)
_MOVES = tuple((direction, re.compile(_MOVING + tail, re.IGNORECASE)) for direction, tail in _DIRECTIONS)
_TURNS = tuple(
    re.compile(_TURNING + tail, re.IGNORECASE)
    for tail in (
        rf"{_NUMBER} degrees {_SPIN}(?: on the spot)?(?: \(?(?:as )?(?:seen|viewed) from above\)?)?",
        rf"{_SPIN} by {_NUMBER} degrees(?:, (?:as )?(?:seen|viewed) from above)?",
    )
)
_SCALES = tuple(
    (unit, re.compile(pattern, re.IGNORECASE))
    for unit, pattern in (
        (100.0, rf"(?:enlarge|shrink|scale|resize) the .+ to {_NUMBER} ?% of its size"),
        (1.0, rf"make the .+ {_NUMBER} times as large"),
        (1.0, rf"scale the .+ (?:up |down )?by a factor of {_NUMBER}"),
    )
)
_ERASE = re.compile("(?:remove|take away|delete|erase) the .+", re.IGNORECASE)


def parse(instruction: str) -> Wish:
    """What the sentence asks for; an EditError if it is none of the four edits."""
    sentence = instruction.strip().removesuffix(".")
    for direction, pattern in _MOVES:
        if match := pattern.fullmatch(sentence):
            return Shift(direction, float(match["number"]) / 100)
    for pattern in _TURNS:
        if match := pattern.fullmatch(sentence):
            angle = math.radians(float(match["number"]))
            return Turn(angle if match["counter"] else -angle)
    for unit, pattern in _SCALES:
        if match := pattern.fullmatch(sentence):
            return Resize(float(match["number"]) / unit)
    if _ERASE.fullmatch(sentence):
        return Erase()
    raise EditError(f"the instruction {instruction!r} is not understood as a move, turn, scaling or removal")
