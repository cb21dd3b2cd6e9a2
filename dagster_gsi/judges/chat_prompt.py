"""What a judging model is told and shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_gsi.judges.chat_message import Message, picture_part, text_part

if TYPE_CHECKING:
    from dagster_gsi.judges.base import Request


@dataclass(frozen=True, slots=True)
class Prompt:
    """The texts around the two pictures. A changed text needs a new version: answers are kept and compared by it."""

    version: str
    system: str
    target: str
    """The question where the edit has a target that stays."""
    remove: str
    view: str
    repair: str

    def question(self, operation: str) -> str:
        return {"remove": self.remove, "view": self.view}.get(operation, self.target)


_SYSTEM = """\
You inspect pictures that an image editor has made. You see the picture before the edit, then the picture after it, and \
the instruction that the editor was given. You judge appearance only. Whether the instruction was carried out, and how \
exactly, is measured elsewhere: do not reward or punish it.

Give a score from 0 to 10; use the whole scale and fractions where they fit:
10 - no difference in appearance that the instruction does not ask for
8 - tiny differences that are seen only when one looks for them
6 - clearly visible differences, but the same thing beyond doubt
4 - large differences: a wrong colour, a wrong material, lost or invented parts, strong blur
2 - only the kind of thing, or a part of it, is still recognisable
0 - something else, nothing, or a picture in ruins

Answer with one JSON object and nothing else, the reasoning in at most two sentences:
{"score": <number from 0 to 10>, "reasoning": "<why>"}"""

_TARGET = """\
Find the object that the instruction is about in both pictures. Is it still the same object: the same kind of thing, \
with the same shape, material, texture, colours and markings? Its place, its heading, its size in the picture and the \
light on it may differ as far as the instruction or the changed place explains it; sides that were hidden before may \
show. If the object is in the second picture twice or in parts, judge the worst of it. If it is not there, the score \
is 0."""

_REMOVE = """\
Find where the object that the instruction asks to remove stands in the first picture, and look at the same place in the \
second. Judge what is there now: is it a plausible and clean continuation of what surrounds it, with the texture, lines, \
light and sharpness of the surroundings, without smears, seams, ghosts, a left shadow or reflection of the object, and \
without anything new in its place? If the object or a part of it is still there, the score is at most 2."""

_VIEW = """\
The instruction asks for another view of the same scene. Are the same things still there, each with its kind, shape, \
material, texture and colours, in the same arrangement in the room and in the same light? What leaves or enters the \
picture at its edges and what a nearer or more distant camera changes is no difference. Missing, added, exchanged or \
melted things are."""

_REPAIR = """\
This answer cannot be used: {error}. Answer again with one JSON object and nothing else, as in \
{{"score": 7.5, "reasoning": "one or two short sentences"}}."""

PROMPT = Prompt("1", _SYSTEM, _TARGET, _REMOVE, _VIEW, _REPAIR)


def ask(prompt: Prompt, request: Request, *, longest_side: int) -> list[Message]:
    """The conversation so far: the rules, then the question with both pictures."""
    instruction = json.dumps(request.instruction, ensure_ascii=False)
    return [
        {"role": "system", "content": prompt.system},
        {
            "role": "user",
            "content": [
                text_part(f"Instruction (operation: {request.operation}): {instruction}\n\nBefore the edit:"),
                picture_part(request.source_HW3, longest_side),
                text_part("After the edit:"),
                picture_part(request.edited_HW3, longest_side),
                text_part(prompt.question(request.operation)),
            ],
        },
    ]
