"""What a judging model may answer, and how it is read."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

Form = TypeVar("Form", bound=BaseModel)

_QUOTED = 160
"""Characters of an unreadable answer that its reason quotes."""
_READ = 20_000
"""Characters at the end of an answer that are looked through: a hundred times what is asked for. Text made of nothing but
opening braces costs its length squared."""


def plain(text: str) -> str:
    """The text on one line. Halves of surrogate pairs, which JSON allows and no file takes, become question marks."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


PlainText = Annotated[str, AfterValidator(plain)]
"""A reason as it stands in tables: one line."""


class Answer(BaseModel):
    """A score from 0 to 10 and why. Numbers in quotes, further keys and NaN are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    score: float = Field(ge=0, le=10, allow_inf_nan=False)
    reasoning: PlainText


class AnswerError(ValueError):
    """An answer that does not have its form; its text says why, to people and to the model that is asked to mend it."""


def read_answer(text: str, form: type[Form]) -> Form:
    """The answer of that form in `text`: its last JSON object, whatever stands around it.

    One rule covers prose before and after, fences, `||V^=^V||` marks and drafts in a model's thinking: the model's last
    word counts. Raises `AnswerError`.
    """
    found = _last_object(text)
    if found is None:
        raise AnswerError(f"there is no whole JSON object in {quoted(text)}")
    try:
        return form.model_validate(found)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, e['loc']))}: {e['msg'][0].lower()}{e['msg'][1:]}" for e in error.errors())
        raise AnswerError(f"{'; '.join(faults)}, in {quoted(text)}") from None


def quoted(text: str) -> str:
    """The beginning of a text, for a reason."""
    line = plain(text)
    return f"«{line[:_QUOTED]}{'...' if len(line) > _QUOTED else ''}»"


def _last_object(text: str) -> dict[str, Any] | None:
    """The last JSON object that is not inside another one."""
    text = text[-_READ:]
    decoder, found, at = json.JSONDecoder(), None, text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return found
