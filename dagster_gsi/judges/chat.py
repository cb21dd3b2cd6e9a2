"""The judge that asks a vision-language model behind a chat endpoint.

Each request becomes one question with both pictures. An answer that cannot be read is shown to the model once, with what
is wrong with it. Good answers are kept on disk by what was asked, so that a rerun asks nothing twice. What could not be
judged has a reason instead of a score.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dagster_gsi.judges.base import Request, Verdict
from dagster_gsi.judges.chat_answer import Answer
from dagster_gsi.judges.chat_asker import Asker
from dagster_gsi.judges.chat_endpoint import UnansweredError, read_key
from dagster_gsi.judges.chat_prompt import PROMPT, Prompt, ask
from dagster_gsi.judges.chat_question import Question, kept_or_asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.judges.chat_endpoint import Endpoint
    from dagster_gsi.judges.chat_params import ChatParams


@dataclass(slots=True, eq=False)
class Chat(Asker):
    """Judges by a model."""

    prompt: Prompt = PROMPT

    @property
    def version(self) -> str:
        return f"chat-{self.prompt.version}:{self.params.model}"

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        return asyncio.run(self._judge(requests))

    async def _judge(self, requests: Sequence[Request]) -> list[Verdict]:
        names = [self._name(request) for request in requests]
        unique = dict(zip(names, requests, strict=True))
        permits = asyncio.Semaphore(self.params.concurrency)
        async with self.endpoint() as endpoint:
            found = await asyncio.gather(*(self._verdict(endpoint, permits, *item) for item in unique.items()))
        by_name = dict(zip(unique, found, strict=True))
        self.count(requests=len(requests), failures=sum(by_name[name].score is None for name in names))
        return [by_name[name] for name in names]

    async def _verdict(self, endpoint: Endpoint, permits: asyncio.Semaphore, name: str, request: Request) -> Verdict:
        compose = partial(ask, self.prompt, request, longest_side=self.params.longest_side)
        question = Question(name, self.prompt.version, compose, Answer, self.prompt.repair)
        async with permits:
            try:
                kept = await kept_or_asked(endpoint, question, self.folder)
            except UnansweredError as failure:
                return Verdict(None, str(failure))
        cost = self.params.cost(kept.prompt_tokens, kept.completion_tokens)
        return Verdict(kept.answer.score, kept.answer.reasoning, kept.prompt_tokens, kept.completion_tokens, cost)

    def _name(self, request: Request) -> str:
        texts = [self.prompt.version, self.prompt.system, self.prompt.question(request.operation), self.prompt.repair]
        return self.name_of(texts, request.operation, request.instruction, (request.source_HW3, request.edited_HW3))


def open_chat(params: ChatParams, root: Path) -> Chat:
    """A judge for the endpoint of `params`; the key is read from the environment now."""
    return Chat(params, root / params.cache, read_key(params))
