"""The section `judges.chat` of `params.yaml`."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

# What the judge itself puts into a request; `body` must not say it a second time.
_OWN = frozenset({"model", "messages", "stream", "temperature", "max_tokens", "n"})


class ChatParams(BaseModel):
    """A judging model behind an OpenAI-compatible endpoint: vLLM, or a hosted service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    section: ClassVar[str] = "judges.chat"
    """Where in `params.yaml` these keys stand, for messages."""

    url: str = "http://127.0.0.1:8000/v1"
    """Base address, without `/chat/completions`. The default is where `vllm serve` listens."""
    model: str = Field(min_length=1)
    """The name under which the endpoint serves the model."""
    key_env: str = Field(default="GSI_JUDGE_KEY", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Environment variable that holds the key. The key itself is written nowhere."""
    requires_key: bool = False
    """Whether a missing key is an error; otherwise no key is sent where the variable is not set."""
    concurrency: int = Field(default=8, ge=1)
    """Questions under way at once, in each process."""
    timeout_s: float = Field(default=180.0, gt=0)
    """For one answer, from the connection to its last byte."""
    tries: int = Field(default=5, ge=1)
    """Of one question while the endpoint is busy, broken or away."""
    backoff_s: float = Field(default=1.0, ge=0)
    """Wait before the second try; it doubles with each further one. Half to all of it is waited, at random."""
    longest_wait_s: float = Field(default=60.0, ge=0)
    """No wait is longer; an endpoint that asks for a longer one is given up."""
    temperature: float | None = Field(default=0.0, ge=0)
    """Null leaves it out, for services that refuse it."""
    max_tokens: int | None = Field(default=1024, ge=16)
    """Of one answer. Null leaves it out, for services that want `max_completion_tokens`, which goes into `body`."""
    body: dict[str, JsonValue] = {}
    """Further fields of each request, such as `{response_format: {type: json_object}}` or `{seed: 0}`."""
    longest_side: int = Field(default=1024, ge=32)
    """Pixels; larger pictures are sent smaller."""
    cache: str = ".cache/judgements"
    """Folder of kept answers; a relative path starts at the project's root."""
    price_prompt: float | None = Field(default=None, ge=0)
    """Per million tokens, in any currency."""
    price_completion: float | None = Field(default=None, ge=0)

    @property
    def parameters(self) -> dict[str, Any]:
        """What shapes an answer besides the model: part of the name under which the answer is kept."""
        return {**self.sampling, "longest_side": self.longest_side}

    @property
    def sampling(self) -> dict[str, Any]:
        """Fields of each request besides the model and the messages."""
        own = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        return {**{name: value for name, value in own.items() if value is not None}, **self.body}

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float | None:
        """Of so many tokens, where prices are set."""
        if self.price_prompt is None or self.price_completion is None:
            return None
        return (prompt_tokens * self.price_prompt + completion_tokens * self.price_completion) / 1e6

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            whole = (
                parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
            )
        except ValueError:
            raise ValueError("is no address") from None
        if not whole:
            raise ValueError("must be an http or https address such as http://127.0.0.1:8000/v1")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            # Addresses appear in messages and logs. This one is not repeated in the error for the same reason.
            raise ValueError("must hold no user, password or query: keys come from the variable that `key_env` names")
        return url.rstrip("/")

    @field_validator("body")
    @classmethod
    def _nothing_twice(cls, body: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if twice := sorted(_OWN & body.keys()):
            raise ValueError(f"must not hold {', '.join(twice)}: these have keys of their own or are the judge's")
        return body

    @model_validator(mode="after")
    def _both_prices(self) -> Self:
        if (self.price_prompt is None) != (self.price_completion is None):
            raise ValueError("price_prompt and price_completion go together: a cost from one of them would be wrong")
        return self
