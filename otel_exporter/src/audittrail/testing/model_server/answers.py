"""What a script answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Answer",
    "Failure",
    "ToolCall",
    "Usage",
    "hangs",
    "rate_limited",
    "server_error",
    "unauthorized",
    "unsupported_parameter",
]


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool. ``arguments`` that are text go out as they are, so that they may be JSON
    that is not valid. Without an ``id`` the server gives one."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str | None = None

    @property
    def text(self) -> str:
        """The arguments as the model wrote them."""
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(self.arguments, ensure_ascii=False)

    @property
    def parsed(self) -> Any:
        """The arguments as a value; the text itself where it is not JSON."""
        if not isinstance(self.arguments, str):
            return self.arguments
        try:
            return json.loads(self.arguments)
        except ValueError:
            return self.arguments


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. ``cached`` are part of the prompt, ``reasoning`` of the completion."""

    prompt: int
    completion: int
    cached: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        return self.prompt + self.completion


@dataclass(frozen=True)
class Failure:
    """An answer that is an error. ``hang`` is how many seconds pass before it is given, ``param``
    which parameter of the request it is about."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    retry_after: float | None = None
    hang: float = 0.0
    param: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the model says: a text, calls of tools, or both; or an error.

    ``delay`` is the time to its first token and ``pace`` the time between two pieces, in seconds;
    without a pace, the server's. ``usage`` replaces the usage that is counted,
    ``reasoning_tokens`` are added to what is counted. ``breaks_off_after`` ends the connection of
    a streamed answer after so many pieces. ``likelihood`` is the probability of each
    token of the prompt's last message, for requests with ``prompt_logprobs``; without it none are
    given.
    """

    text: str | None = None
    tool_calls: Sequence[ToolCall] = ()
    delay: float = 0.0
    pace: float | None = None
    usage: Usage | None = None
    reasoning_tokens: int = 0
    finish_reason: str | None = None
    error: Failure | None = None
    breaks_off_after: int | None = None
    likelihood: float | None = None


def rate_limited(retry_after: float = 1.0) -> Answer:
    """429, with Retry-After."""
    message = f"Rate limit reached for requests. Please try again in {retry_after:g}s."
    return Answer(
        error=Failure(429, message, "requests", "rate_limit_exceeded", retry_after=retry_after)
    )


def server_error(message: str = "The server had an error while processing your request.") -> Answer:
    """500."""
    return Answer(error=Failure(500, message, "server_error"))


def unauthorized() -> Answer:
    """401."""
    message = "Incorrect API key provided. Make a new one and set OPENAI_API_KEY."
    return Answer(error=Failure(401, message, code="invalid_api_key"))


def unsupported_parameter(name: str) -> Answer:
    """400, as reasoning models answer to a parameter that they do not take."""
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return Answer(error=Failure(400, message, code="unsupported_parameter", param=name))


def hangs(seconds: float = 3600.0) -> Answer:
    """Nothing for so long, then 504; the server can be stopped meanwhile."""
    return Answer(error=Failure(504, "The model did not answer.", "server_error", hang=seconds))
