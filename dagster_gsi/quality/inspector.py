"""Shows pairs to a vision-language model behind a chat endpoint.

Good answers are kept on disk by what was asked, so that a run that was interrupted or is repeated asks only what is
missing. A question that fails is asked again; what stays without an answer has a reason instead of findings.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dagster_gsi.judges.chat_asker import Asker
from dagster_gsi.judges.chat_endpoint import UnansweredError, read_key
from dagster_gsi.judges.chat_question import Question, kept_or_asked
from dagster_gsi.quality.inspection import Inspection, PairAnswer
from dagster_gsi.quality.inspector_prompt import PROMPT, Prompt, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from dagster_gsi.judges.chat_endpoint import Endpoint
    from dagster_gsi.quality.inspector_pairs import Pair
    from dagster_gsi.quality.inspector_params import InspectorParams


@dataclass(slots=True, eq=False)
class Inspector(Asker):
    """Looks at pairs by a model."""

    params: InspectorParams
    prompt: Prompt = PROMPT

    @property
    def identity(self) -> dict[str, str]:
        """Who looks, and at whose word: findings of others are not comparable."""
        return {
            "model": self.params.model,
            "prompt": self.prompt.version,
            "prompt_sha256": self.prompt.digest,
        }

    def inspect(self, pairs: Iterable[Pair], advance: Callable[[int], None]) -> list[Inspection]:
        """One row a pair, in their order. Pairs are taken when it is their turn, so that few are in memory at once."""
        return asyncio.run(self._inspect(pairs, advance))

    async def _inspect(self, pairs: Iterable[Pair], advance: Callable[[int], None]) -> list[Inspection]:
        waiting = enumerate(pairs)
        found: dict[int, Inspection] = {}
        # Of two equal pairs the second one finds the answer to the first.
        locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        async with self.endpoint() as endpoint:

            async def work() -> None:
                for number, pair in waiting:
                    name = self._name(pair)
                    async with locks[name]:
                        found[number] = await self._look(endpoint, name, pair)
                    advance(1)

            await asyncio.gather(*(work() for _ in range(self.params.concurrency)))
        self.count(requests=len(found), failures=sum(not inspection.is_judged for inspection in found.values()))
        return [found[number] for number in sorted(found)]

    async def _look(self, endpoint: Endpoint, name: str, pair: Pair) -> Inspection:
        compose = partial(ask, self.prompt, pair, longest_side=self.params.longest_side)
        identity = (pair.sample_id, pair.set, pair.operation, self.params.model, self.prompt.version, name)
        question = Question(name, self.prompt.version, compose, PairAnswer, self.prompt.repair)
        try:
            kept = await kept_or_asked(endpoint, question, self.folder)
        except UnansweredError as failure:
            return Inspection(*identity, None, None, None, str(failure), None, 0, 0)
        answer = kept.answer
        findings = (answer.plausible, answer.unambiguous, answer.matches, answer.reason)
        return Inspection(*identity, *findings, kept.said, kept.prompt_tokens, kept.completion_tokens)

    def _name(self, pair: Pair) -> str:
        texts = [self.prompt.version, *self.prompt.texts]
        return self.name_of(texts, pair.operation, pair.instruction, (pair.source_HW3, pair.target_HW3))


def open_inspector(params: InspectorParams, root: Path) -> Inspector:
    """An inspector by the model of `params`; the key is read from the environment now."""
    return Inspector(params, root / params.cache, read_key(params))
