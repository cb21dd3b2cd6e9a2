"""An OpenAI-compatible chat endpoint: one question, one answer, however often it takes."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator

from dagster_gsi.judges.chat_answer import quoted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Awaitable, Callable

    import httpx

    from dagster_gsi.judges.chat_message import Message
    from dagster_gsi.judges.chat_params import ChatParams

# Of the whole time-out, how much a connection may take: an address that nobody answers is known sooner.
_CONNECT_S = 10.0
# Questions in a row that may find nobody before the others are not asked any more.
_UNREACHED = 3
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class UnansweredError(Exception):
    """The endpoint gave no answer that could be read; the text says why and never holds the key."""


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Tokens(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_is_zero(cls, value: object) -> object:
        return 0 if value is None else value


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Tokens | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said, and whether it was cut off."""

    text: str
    cut_off: bool
    prompt_tokens: int
    completion_tokens: int


class _PassingError(Exception):
    """A fault that may pass: the reason, the wait that the endpoint asks for, and whether nobody was there at all."""

    def __init__(self, reason: str, *, wait_s: float = 0.0, unreached: bool = False) -> None:
        super().__init__(reason)
        self.wait_s, self.unreached = wait_s, unreached


@dataclass(slots=True, eq=False)
class Endpoint:
    """Asks within one event loop. `wait` sleeps, `draw` gives a number from 0 to 1 for the jitter."""

    client: httpx.AsyncClient
    params: ChatParams
    key: SecretStr | None
    counts: Counter[str]
    wait: Callable[[float], Awaitable[None]]
    draw: Callable[[], float]
    unreached: int = field(default=0, init=False)
    """Questions in a row that found nobody."""
    locked: str = field(default="", init=False)
    """Why no question is asked any more, once the endpoint did not take the key."""

    async def ask(self, messages: list[Message]) -> Reply:
        """The model's reply. Raises `UnansweredError` for a refusal, and where the tries are used up or of no use."""
        if self.locked:
            raise UnansweredError(self.locked)
        if self.unreached >= _UNREACHED:
            raise UnansweredError(f"Not asked: {self.params.url} was not reached by the questions before.")
        for number in range(self.params.tries):
            try:
                return await self._once(messages)
            except _PassingError as fault:
                await self._back_off(number, fault)
        raise AssertionError("the last try returns or raises")

    async def _back_off(self, number: int, fault: _PassingError) -> None:
        if number + 1 == self.params.tries:
            self.unreached += fault.unreached
            tries = f"{self.params.tries} tries" if self.params.tries > 1 else "1 try"
            raise UnansweredError(f"No answer in {tries}; at last {fault}.")
        if fault.wait_s > self.params.longest_wait_s:
            raise UnansweredError(
                f"{fault}, and it asks to wait {fault.wait_s:.0f} s, longer than longest_wait_s "
                f"({self.params.longest_wait_s:g})."
            )
        # Jitter: many that were turned away together must not come back together.
        own = min(self.params.backoff_s * 2**number, self.params.longest_wait_s) * (0.5 + 0.5 * self.draw())
        self.counts["retries"] += 1
        await self.wait(max(own, fault.wait_s))

    async def _once(self, messages: list[Message]) -> Reply:
        import httpx

        try:
            async with asyncio.timeout(self.params.timeout_s):
                response = await self.client.post(
                    f"{self.params.url}/chat/completions",
                    json={"model": self.params.model, "messages": messages, **self.params.sampling},
                    headers={} if self.key is None else {"Authorization": f"Bearer {self.key.get_secret_value()}"},
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _PassingError(f"{self.params.url} was not reached: {self._clean(error)}", unreached=True) from None
        except (TimeoutError, httpx.TimeoutException):
            raise _PassingError(f"there was no answer within {self.params.timeout_s:g} s") from None
        except httpx.RequestError as error:
            raise _PassingError(f"the connection failed: {type(error).__name__} {self._clean(error)}") from None
        self.unreached = 0
        self._check_status(response)
        return self._reply(response.content)

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        said = f"HTTP {status} {quoted(self._clean(response.text))}"
        if status in (401, 403):
            # Its text is left out: services repeat parts of the key there.
            sent = "was not accepted" if self.key is not None else "is not set"
            reason = f"The endpoint let nobody in (HTTP {status}): the key in {self.params.key_env} {sent}."
            # Some services answer 403 to single pictures that they do not want to see.
            self.locked = reason if status == 401 else ""
            raise UnansweredError(reason)
        if status in (408, 429) or status >= 500:
            raise _PassingError(
                f"the endpoint answered {said}", wait_s=_asked_wait(response.headers.get("Retry-After", ""))
            )
        if response.is_redirect:
            # Followed, it could take the key to another host.
            raise UnansweredError(
                f"The endpoint sends on to another address (HTTP {status}): set {self.params.section}.url to that one."
            )
        if status != 200:
            raise UnansweredError(f"The endpoint answered {said}.")

    def _reply(self, body: bytes) -> Reply:
        try:
            completion = _Completion.model_validate_json(body)
        except ValidationError:
            said = quoted(self._clean(body.decode("utf-8", "replace"))) if body else "nothing"
            raise _PassingError(f"the endpoint answered no chat completion but {said}") from None
        used = completion.usage or _Tokens()
        self.counts["prompt_tokens"] += used.prompt_tokens
        self.counts["completion_tokens"] += used.completion_tokens
        choice = completion.choices[0]
        text = self._clean(choice.message.content or "")
        if choice.message.refusal or choice.finish_reason == "content_filter":
            refusal = self._clean(choice.message.refusal or "") or text or "without a word"
            raise UnansweredError(f"The model refused: {quoted(refusal)}.")
        return Reply(text, choice.finish_reason == "length", used.prompt_tokens, used.completion_tokens)

    def _clean(self, said: object) -> str:
        """The text without the key, should a server have echoed it. Cut texts only after this."""
        text = str(said)
        return text if self.key is None else text.replace(self.key.get_secret_value(), "[key]")


def read_key(params: ChatParams) -> SecretStr | None:
    """The key from the environment, where it holds one."""
    # A line's end comes along easily from a file.
    value = os.environ.get(params.key_env, "").strip()
    if not value:
        if params.requires_key:
            raise ValueError(
                f"{params.section}.requires_key is set, but the variable {params.key_env} is not: export it"
            )
        return None
    # Such a key would be refused by the HTTP library with an error that repeats it.
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(f"the variable {params.key_env} holds characters that no key has: export it again")
    return SecretStr(value)


def new_client(params: ChatParams) -> httpx.AsyncClient:
    import httpx

    # The whole answer has its time-out in `_once`: httpx's own would start anew with every piece that arrives.
    timeout = httpx.Timeout(None, connect=min(_CONNECT_S, params.timeout_s))
    limits = httpx.Limits(max_connections=params.concurrency)
    # A proxy of the environment does not reach the servers of this machine.
    outside = urlsplit(params.url).hostname not in _THIS_MACHINE
    return httpx.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False, trust_env=outside)


def _asked_wait(retry_after: str) -> float:
    """Seconds of a Retry-After header, which holds a number or a date; 0 where it holds neither."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
