"""The Codex command line agent. Its conversation is a "thread".

https://github.com/openai/codex
"""

from __future__ import annotations

import re
from typing import Any, Final

from audittrail.receiver.mapping.dialect import ByName, Dialect, Internal
from audittrail.receiver.mapping.sources import Source

__all__ = ["CODEX"]

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _uuid(value: Any) -> str | None:
    # The same key is OpenTelemetry's for the number of an operating system's thread.
    return value if isinstance(value, str) and _UUID.fullmatch(value) else None


CODEX: Final = Dialect(
    name="codex",
    title="Codex",
    spoken_by="the Codex command line agent",
    marks=("codex.",),
    scopes=("codex",),
    span_type=(
        ByName({"session_task.turn": "agent", "exec_command": "tool"}),
        ByName({"handle_responses": "llm"}, given="gen_ai.usage.input_tokens"),
    ),
    fields={
        "session_id": (Source("conversation.id", _uuid), Source("thread.id", _uuid)),
        "tokens_reasoning": ("codex.usage.reasoning_output_tokens",),
    },
    # Of a turn's several hundred spans all but a few tell what the program does inside.
    internal=(Internal(types=("custom",)),),
)
