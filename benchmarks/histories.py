"""An agent whose every model call carries the whole history: what agents with tools send."""

from __future__ import annotations

import json
import random
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.payload import new_scope, set_attributes

__all__ = ["MESSAGE", "build_history"]

MESSAGE: Final = 1_000
"""Characters of each message."""


def build_history(turns: int, seed: int, start_ns: int) -> bytes:
    """An export request of one trace: a root, and below it a model call for each turn. Every call
    adds a question or a tool's result and an answer: that of turn 150 carries 300 messages."""
    rnd = random.Random(seed)
    request = ExportTraceServiceRequest()
    scope = new_scope(request)
    trace_id, root = rnd.randbytes(16), rnd.randbytes(8)

    def message(role: str) -> str:
        said = rnd.randbytes(MESSAGE // 2).hex()
        return json.dumps({"role": role, "parts": [{"type": "text", "content": said}]})

    def add(name: str, first_ns: int, last_ns: int, attributes: dict[str, str | int]) -> None:
        span = scope.spans.add(trace_id=trace_id, name=name, kind=3)
        span.span_id = rnd.randbytes(8) if span is not scope.spans[0] else root
        if len(scope.spans) > 1:
            span.parent_span_id = root
        span.start_time_unix_nano, span.end_time_unix_nano = first_ns, last_ns
        set_attributes(span.attributes, attributes)

    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "researcher"}
    add("invoke_agent researcher", start_ns, start_ns + turns * 1_000_000, {**agent})
    history = [message("system")]
    for turn in range(turns):
        history.append(message("tool" if turn % 2 else "user"))
        answer = message("assistant")
        messages = f"[{', '.join(history)}]"
        call: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": len(messages) // 4,
            "gen_ai.usage.output_tokens": MESSAGE // 4,
            "gen_ai.input.messages": messages,
            "gen_ai.output.messages": f"[{answer}]",
        }
        begun = start_ns + turn * 1_000_000
        add("chat gpt-4o", begun, begun + 900_000, call)
        history.append(answer)
    return request.SerializeToString()
