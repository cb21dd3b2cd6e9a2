"""One question to a model: its answer is taken from those that are kept, or asked for, and then kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from dagster_gsi.judges.chat_answer import AnswerError, Form, read_answer
from dagster_gsi.judges.chat_cache import Kept, keep, read_kept
from dagster_gsi.judges.chat_endpoint import Endpoint, Reply, UnansweredError
from dagster_gsi.judges.chat_message import answered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dagster_gsi.judges.chat_message import Message


@dataclass(frozen=True, slots=True, eq=False)
class Question(Generic[Form]):
    """What is asked, in which form the answer must come, and how the model is told that it did not."""

    name: str
    """Of everything that the answer depends on; see `name_of`."""
    prompt: str
    """The version of its prompt."""
    compose: Callable[[], list[Message]]
    form: type[Form]
    repair: str
    """Text with a place for `{error}`."""


async def kept_or_asked(endpoint: Endpoint, question: Question[Form], folder: Path) -> Kept[Form]:
    """The answer; one that cannot be read is shown to the model once, with what is wrong with it.

    Raises `UnansweredError` where there is none.
    """
    kept = read_kept(folder, question.name, question.form)
    if kept is not None:
        endpoint.counts["cached"] += 1
        return kept
    answer, replies = await _answer(endpoint, question)
    kept = Kept[question.form](  # type: ignore[name-defined]
        model=endpoint.params.model,
        prompt=question.prompt,
        answer=answer,
        said=replies[-1].text,
        prompt_tokens=sum(reply.prompt_tokens for reply in replies),
        completion_tokens=sum(reply.completion_tokens for reply in replies),
    )
    keep(folder, question.name, kept)
    return kept


async def _answer(endpoint: Endpoint, question: Question[Form]) -> tuple[Form, list[Reply]]:
    """The answer, and the replies that it took."""
    # Pictures are packed meanwhile: other answers must not wait for that.
    messages = await asyncio.to_thread(question.compose)
    reply = await endpoint.ask(messages)
    try:
        return _read(endpoint, reply, question.form), [reply]
    except AnswerError as first:
        endpoint.counts["repairs"] += 1
        again = await endpoint.ask(answered(messages, reply.text, question.repair.format(error=first)))
    try:
        return _read(endpoint, again, question.form), [reply, again]
    except AnswerError as second:
        raise UnansweredError(f"The model's answer cannot be used, nor its second one: {second}.") from None


def _read(endpoint: Endpoint, reply: Reply, form: type[Form]) -> Form:
    try:
        return read_answer(reply.text, form)
    except AnswerError as error:
        if not reply.cut_off:
            raise
        most = endpoint.params.max_tokens
        limit = f" of max_tokens ({most})" if most else ""
        raise AnswerError(f"it was cut off at the limit{limit}, and {error}") from None
