"""What a model is told when it looks at a pair. A changed text is a new version: verdicts are kept and compared by it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_gsi.judges.chat_message import Message, picture_part, text_part

if TYPE_CHECKING:
    from dagster_gsi.quality.inspector_pairs import Pair


@dataclass(frozen=True, slots=True)
class Prompt:
    """The texts around the two pictures."""

    version: str
    system: str
    instruction: str
    """Before the first picture, with places for `{operation}` and `{instruction}`."""
    between: str
    question: str
    repair: str
    """After an answer that cannot be used, with a place for `{error}`."""

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.system, self.instruction, self.between, self.question, self.repair)

    @property
    def digest(self) -> str:
        """SHA-256 of the texts."""
        return hashlib.sha256(json.dumps(self.texts).encode()).hexdigest()


_SYSTEM = """\
You inspect pairs of pictures that were made to train and to test image editors. The first picture shows a scene. The \
second one is meant to show the same scene after the edit that the instruction asks for, and nothing else changed. Both \
are computer graphics: simple models, bare rooms and a little noise are no faults. Look for mistakes of those who made \
the pair.

Answer three questions with true or false:

"plausible" - could both pictures show real things? false if in either picture something hangs in the air without \
support, cuts into another thing or into what it stands on, leans or balances so that it would fall, or has surfaces that \
are broken, missing or smeared.

"unambiguous" - can someone who sees only the first picture tell which thing the instruction means? false if its words \
fit two things or none, or if the thing is so hidden, so small or so far outside the picture that it cannot be \
recognised. An instruction that moves or turns the camera names no thing: answer true if it is clear what the camera \
should do.

"matches" - is the difference between the two pictures the one that the instruction asks for? false if nothing changed, \
if another thing changed, if it changed in another way or the wrong way round, or if other things changed too. Do not \
measure: an amount is wrong only if that is plain to see. Where the camera moves or turns, the whole picture changes, but \
all things must still be the same and stand as they stood. Shadows, reflections and what comes out from behind a thing \
or goes behind it are part of the change. Left, right, in front and behind are as seen from the camera; clockwise is as \
seen from above; a thing that is made larger or smaller stays on what it stands on.

Answer with one JSON object and nothing else; the reason in at most two short sentences, which name the fault if there \
is one:
{"plausible": <true or false>, "unambiguous": <true or false>, "matches": <true or false>, "reason": "<why>"}"""

_INSTRUCTION = "Instruction (operation: {operation}): {instruction}\n\nThe first picture:"

_BETWEEN = "The second picture:"

_QUESTION = "Is the pair plausible, unambiguous and does its change match the instruction?"

_REPAIR = """\
This answer cannot be used: {error}. Answer again with one JSON object and nothing else, as in \
{{"plausible": true, "unambiguous": true, "matches": false, "reason": "one or two short sentences"}}."""

PROMPT = Prompt("1", _SYSTEM, _INSTRUCTION, _BETWEEN, _QUESTION, _REPAIR)

DIGESTS = {
    "1": "cf050b92fe85ac3dd6924cf308d2d5a5e23359f7a17790e5818561b801ad5d3a",
}
"""Of every version. Lines are added, never changed: an answer to other words is another answer."""


def ask(prompt: Prompt, pair: Pair, *, longest_side: int) -> list[Message]:
    """The conversation: the rules, then the instruction and both pictures."""
    instruction = json.dumps(pair.instruction, ensure_ascii=False)
    return [
        {"role": "system", "content": prompt.system},
        {
            "role": "user",
            "content": [
                text_part(prompt.instruction.format(operation=pair.operation, instruction=instruction)),
                picture_part(pair.source_HW3, longest_side),
                text_part(prompt.between),
                picture_part(pair.target_HW3, longest_side),
                text_part(prompt.question),
            ],
        },
    ]
