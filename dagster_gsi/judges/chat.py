"""The judge that asks a vision-language model behind a chat endpoint.

Each request becomes one question with both pictures. An answer that cannot be read is shown to the model once, with what
is wrong with it. Good answers are kept on disk by what was asked, so that a rerun asks nothing twice. What could not be
judged has a reason instead of a score.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from dagster_gsi.judges.base import Request, Verdict
from dagster_gsi.judges.chat_answer import Answer, AnswerError, read_answer
from dagster_gsi.judges.chat_cache import Kept, keep, name_of, read_kept
from dagster_gsi.judges.chat_endpoint import Endpoint, Reply, UnansweredError, new_client
from dagster_gsi.judges.chat_prompt import PROMPT, Prompt, ask, ask_again

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from dagster_gsi.judges.chat_params import ChatParams


@dataclass(slots=True, eq=False)
class Chat:
    """Judges by a model. Call it from synchronous code: it runs an event loop of its own while it judges."""

    params: ChatParams
    folder: Path
    """Of kept answers."""
    key: SecretStr | None
    prompt: Prompt = PROMPT
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How the time between two tries passes."""
    # Not a result of anything: the moments of tries need not come again.
    draw: Callable[[], float] = lambda: secrets.randbits(16) / 2**16
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False)

    @property
    def version(self) -> str:
        return f"chat-{self.prompt.version}:{self.params.model}"

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        return asyncio.run(self._judge(requests))

    def usage(self) -> dict[str, float]:
        """Since this judge was opened: requests, those answered from kept answers, tries beyond the first, repairs,
        failures, tokens, and the cost where prices are set.
        """
        names = ("requests", "cached", "retries", "repairs", "failures", "prompt_tokens", "completion_tokens")
        total = {name: float(self._counts[name]) for name in names}
        cost = self._cost(total["prompt_tokens"], total["completion_tokens"])
        return total if cost is None else {**total, "cost": cost}

    async def _judge(self, requests: Sequence[Request]) -> list[Verdict]:
        names = [name_of(self.prompt, self.params.model, self.params.parameters, request) for request in requests]
        unique = dict(zip(names, requests, strict=True))
        permits = asyncio.Semaphore(self.params.concurrency)
        async with new_client(self.params) as client:
            endpoint = Endpoint(client, self.params, self.key, self._counts, self.wait, self.draw)
            found = await asyncio.gather(*(self._verdict(endpoint, permits, *item) for item in unique.items()))
        by_name = dict(zip(unique, found, strict=True))
        self._counts["requests"] += len(requests)
        self._counts["failures"] += sum(by_name[name].score is None for name in names)
        return [by_name[name] for name in names]

    async def _verdict(self, endpoint: Endpoint, permits: asyncio.Semaphore, name: str, request: Request) -> Verdict:
        kept = read_kept(self.folder, name)
        if kept is not None:
            self._counts["cached"] += 1
            return self._said(kept)
        async with permits:
            try:
                answer, replies = await self._answer(endpoint, request)
            except UnansweredError as failure:
                return Verdict(None, str(failure))
        kept = Kept(
            model=self.params.model,
            prompt=self.prompt.version,
            answer=answer,
            prompt_tokens=sum(reply.prompt_tokens for reply in replies),
            completion_tokens=sum(reply.completion_tokens for reply in replies),
        )
        keep(self.folder, name, kept)
        return self._said(kept)

    def _said(self, kept: Kept) -> Verdict:
        cost = self._cost(kept.prompt_tokens, kept.completion_tokens)
        return Verdict(kept.answer.score, kept.answer.reasoning, kept.prompt_tokens, kept.completion_tokens, cost)

    def _cost(self, prompt_tokens: float, completion_tokens: float) -> float | None:
        """Of so many tokens, where prices are set."""
        if self.params.price_prompt is None or self.params.price_completion is None:
            return None
        return (prompt_tokens * self.params.price_prompt + completion_tokens * self.params.price_completion) / 1e6

    async def _answer(self, endpoint: Endpoint, request: Request) -> tuple[Answer, list[Reply]]:
        """The answer, and the replies that it took."""
        messages = await asyncio.to_thread(ask, self.prompt, request, longest_side=self.params.longest_side)
        reply = await endpoint.ask(messages)
        try:
            return self._read(reply), [reply]
        except AnswerError as first:
            self._counts["repairs"] += 1
            again = await endpoint.ask(ask_again(self.prompt, messages, reply.text, str(first)))
        try:
            return self._read(again), [reply, again]
        except AnswerError as second:
            raise UnansweredError(f"The model's answer cannot be used, nor its second one: {second}.") from None

    def _read(self, reply: Reply) -> Answer:
        try:
            return read_answer(reply.text)
        except AnswerError as error:
            if not reply.cut_off:
                raise
            limit = f" of max_tokens ({self.params.max_tokens})" if self.params.max_tokens else ""
            raise AnswerError(f"it was cut off at the limit{limit}, and {error}") from None


def open_chat(params: ChatParams, root: Path) -> Chat:
    """A judge for the endpoint of `params`; the key is read from the environment now."""
    return Chat(params, root / params.cache, _key(params))


def _key(params: ChatParams) -> SecretStr | None:
    # A line's end comes along easily from a file.
    value = os.environ.get(params.key_env, "").strip()
    if not value:
        if params.requires_key:
            raise ValueError(f"judges.chat.requires_key is set, but the variable {params.key_env} is not: export it")
        return None
    # Such a key would be refused by the HTTP library with an error that repeats it.
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(f"the variable {params.key_env} holds characters that no key has: export it again")
    return SecretStr(value)
