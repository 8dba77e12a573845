"""GenAI spans of about 2.4 KB in OTLP requests."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SPANS_PER_TRACE = 16
_WORDS = 2000


def build_request(
    spans: int, seed: int, start_ns: int, spans_per_trace: int = SPANS_PER_TRACE
) -> bytes:
    """An export request of ``spans`` model calls, in traces under one root each."""
    rnd = random.Random(seed)
    words = [
        "".join(rnd.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rnd.randint(2, 9)))
        for _ in range(_WORDS)
    ]
    request = ExportTraceServiceRequest()
    scope = new_scope(request)
    for index in range(spans):
        first = index % spans_per_trace == 0
        if first:
            trace_id, root = rnd.randbytes(16), rnd.randbytes(8)
        span = scope.spans.add()
        span.trace_id = trace_id
        span.span_id = root if first else rnd.randbytes(8)
        if not first:
            span.parent_span_id = root
        span.name = "chat gpt-4o-mini"
        span.kind = 3
        span.start_time_unix_nano = start_ns + index * 1_000_000
        span.end_time_unix_nano = span.start_time_unix_nano + 900_000_000
        set_attributes(span.attributes, _attributes(rnd, words, index))
    return request.SerializeToString()


def _attributes(rnd: random.Random, words: list[str], index: int) -> dict[str, Any]:
    def text(count: int) -> str:
        return " ".join(rnd.choice(words) for _ in range(count))

    def message(role: str, count: int) -> dict[str, Any]:
        return {"role": role, "parts": [{"type": "text", "content": text(count)}]}

    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": f"chatcmpl-{rnd.getrandbits(64):016x}",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 1024,
        "gen_ai.usage.input_tokens": rnd.randint(50, 4000),
        "gen_ai.usage.output_tokens": rnd.randint(10, 500),
        "gen_ai.usage.cache_read.input_tokens": 32,
        "gen_ai.usage.reasoning.output_tokens": 5,
        "gen_ai.response.finish_reasons": ["stop"],
        "server.address": "api.openai.com",
        "server.port": 443,
        "gen_ai.conversation.id": f"conv-{index // SPANS_PER_TRACE}",
        "gen_ai.input.messages": json.dumps([message("system", 40), message("user", 110)]),
        "gen_ai.output.messages": json.dumps([message("assistant", 90)]),
    }


def new_scope(request: ExportTraceServiceRequest) -> Any:
    """An instrumentation scope of a new resource of this request."""
    resource = request.resource_spans.add()
    attributes = {"service.name": "bench", "telemetry.sdk.language": "python"}
    set_attributes(resource.resource.attributes, attributes)
    return resource.scope_spans.add(scope={"name": "opentelemetry.instrumentation.genai.openai"})


def set_attributes(pairs: Any, attributes: Mapping[str, Any]) -> None:
    for key, value in attributes.items():
        pair = pairs.add(key=key)
        if isinstance(value, list):
            for item in value:
                pair.value.array_value.values.add(string_value=item)
        elif isinstance(value, float):
            pair.value.double_value = value
        elif isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.string_value = value
