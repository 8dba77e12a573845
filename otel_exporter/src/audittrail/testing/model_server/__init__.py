"""An OpenAI-compatible server for tests and examples: no model, no key, no network.

It answers chat completions and responses, plain and streamed, with calls of tools and usage, and
embeddings. What it says is decided by a script, a function of the messages that it is given, so
that the same question always has the same answer::

    def script(request: ModelRequest) -> Answer:
        found = request.result_of("search")
        if found is None:
            return Answer(tool_calls=[ToolCall("search", {"query": request.question})])
        return Answer(f"It says: {found.text}")

    with ModelServer(script) as server:
        client = OpenAI(base_url=server.base_url, api_key="any")

``python -m audittrail.testing.model_server --port 8089`` is the same for programs in any language.
"""

from __future__ import annotations

from audittrail.testing.model_server.answers import (
    Answer,
    Failure,
    ToolCall,
    Usage,
    hangs,
    rate_limited,
    server_error,
    unauthorized,
    unsupported_parameter,
)
from audittrail.testing.model_server.offline import offline_openai
from audittrail.testing.model_server.requests import Message, ModelRequest, Tool, ToolResult
from audittrail.testing.model_server.scripts import Echo, Rules, Script, ToolUser, Turns
from audittrail.testing.model_server.server import ModelServer

__all__ = [
    "Answer",
    "Echo",
    "Failure",
    "Message",
    "ModelRequest",
    "ModelServer",
    "Rules",
    "Script",
    "Tool",
    "ToolCall",
    "ToolResult",
    "ToolUser",
    "Turns",
    "Usage",
    "hangs",
    "offline_openai",
    "rate_limited",
    "server_error",
    "unauthorized",
    "unsupported_parameter",
]
