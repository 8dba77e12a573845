"""What the tests ask a model server, and what it answers them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from openai import OpenAI

from audittrail.testing.model_server import Answer, ModelRequest, ModelServer, Script, ToolCall

MODEL: Final = "gpt-4o-mini"
PARAMETERS: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
CHAT_TOOLS: Final[Any] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "It is known here.",
            "parameters": PARAMETERS,
            "strict": True,
        },
    }
    for name in ("get_weather", "get_time")
]
RESPONSE_TOOLS: Final[Any] = [{"type": "function", **each["function"]} for each in CHAT_TOOLS]
QUESTION: Final[Any] = [{"role": "user", "content": "Weather in Paris?"}]
CALLS: Final = {"get_weather": '{"city": "Paris"}', "get_time": '{"city": "Paris"}'}
SAID: Final = "I look that up, in two places at once."


def weather(request: ModelRequest) -> Answer:
    """Asks both tools, then says what they gave."""
    if not request.results:
        calls = [ToolCall(name, {"city": "Paris"}) for name in request.tool_names]
        return Answer(SAID, calls)
    return Answer("; ".join(f"{each.name}: {each.text}" for each in request.results))


@contextmanager
def asked(script: Script, **how: Any) -> Iterator[tuple[ModelServer, OpenAI]]:
    """A server, and a client of it that repeats nothing by itself."""
    with (
        ModelServer(script, **how) as server,
        OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client,
    ):
        yield server, client
