"""Whoever asks a model about pictures: the endpoint, the folder of kept answers, and what it came to."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dagster_gsi.judges.chat_cache import name_of
from dagster_gsi.judges.chat_endpoint import Endpoint, new_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from pydantic import SecretStr

    from dagster_gsi.judges.chat_params import ChatParams


@dataclass(slots=True, eq=False)
class Asker:
    """Call what is built on it from synchronous code: it runs an event loop of its own while it asks."""

    params: ChatParams
    folder: Path
    """Of kept answers."""
    key: SecretStr | None
    wait: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, kw_only=True)
    """How the time between two tries passes."""
    # Not a result of anything: the moments of tries need not come again.
    draw: Callable[[], float] = field(default=lambda: secrets.randbits(16) / 2**16, kw_only=True)
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False)

    def usage(self) -> dict[str, float]:
        """Requests, those answered from kept answers, tries beyond the first, repairs, failures, tokens, and the cost
        where prices are set, since this was opened.
        """
        names = ("requests", "cached", "retries", "repairs", "failures", "prompt_tokens", "completion_tokens")
        total = {name: float(self._counts[name]) for name in names}
        cost = self.params.cost(total["prompt_tokens"], total["completion_tokens"])
        return total if cost is None else {**total, "cost": cost}

    @asynccontextmanager
    async def endpoint(self) -> AsyncIterator[Endpoint]:
        async with new_client(self.params) as client:
            yield Endpoint(client, self.params, self.key, self._counts, self.wait, self.draw)

    def count(self, *, requests: int, failures: int) -> None:
        self._counts["requests"] += requests
        self._counts["failures"] += failures

    def name_of(
        self, prompt: Sequence[str], operation: str, instruction: str, pictures: Sequence[NDArray[np.uint8]]
    ) -> str:
        """Of what is asked; the sample's id and the server's address are not of it."""
        told = {
            "prompt": list(prompt),
            "model": self.params.model,
            "parameters": self.params.parameters,
            "operation": operation,
            "instruction": instruction,
        }
        return name_of(told, pictures)
