"""GenAI spans of about 2.4 KB in OTLP requests, with ids that can be renewed in place."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
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
    resource = request.resource_spans.add()
    _set(resource.resource.attributes, "service.name", "bench")
    _set(resource.resource.attributes, "telemetry.sdk.language", "python")
    scope = resource.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.genai.openai"
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
        for key, value in _attributes(rnd, words, index).items():
            _set(span.attributes, key, value)
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


def _set(attributes: Any, key: str, value: Any) -> None:
    pair = attributes.add()
    pair.key = key
    if isinstance(value, list):
        for item in value:
            pair.value.array_value.values.add().string_value = item
    elif isinstance(value, float):
        pair.value.double_value = value
    elif isinstance(value, int):
        pair.value.int_value = value
    else:
        pair.value.string_value = value


class Renewable:
    """A request whose trace and span ids can be replaced without encoding it again."""

    def __init__(self, body: bytes) -> None:
        self._bytes = np.frombuffer(body, np.uint8).copy()
        request = ExportTraceServiceRequest.FromString(body)
        spans = request.resource_spans[0].scope_spans[0].spans
        traces: dict[bytes, list[int]] = {}
        ids: dict[bytes, list[int]] = {}
        at = 0
        for span in spans:
            at = body.index(b"\x0a\x10" + span.trace_id, at) + 2
            traces.setdefault(span.trace_id, []).append(at)
            at = body.index(b"\x12\x08" + span.span_id, at) + 2
            ids.setdefault(span.span_id, []).append(at)
            if span.parent_span_id:
                at = body.index(b"\x22\x08" + span.parent_span_id, at) + 2
                ids.setdefault(span.parent_span_id, []).append(at)
        self._trace_places, self._trace_codes = _places(traces, 16)
        self._span_places, self._span_codes = _places(ids, 8)
        self._random = np.random.default_rng()
        self._counts = (len(traces), len(ids))
        self.spans = len(spans)
        self.trace_of = [list(traces).index(span.trace_id) for span in spans]

    def renewed(self) -> tuple[bytes, list[str]]:
        """A request with fresh ids, and the trace ids in it."""
        traces = self._random.integers(0, 256, (self._counts[0], 16), np.uint8)
        spans = self._random.integers(0, 256, (self._counts[1], 8), np.uint8)
        self._bytes[self._trace_places] = traces[self._trace_codes]
        self._bytes[self._span_places] = spans[self._span_codes]
        return self._bytes.tobytes(), [row.tobytes().hex() for row in traces]


def _places(found: dict[bytes, list[int]], width: int) -> tuple[Any, Any]:
    starts = [at for places in found.values() for at in places]
    codes = [code for code, places in enumerate(found.values()) for _ in places]
    return np.array(starts)[:, None] + np.arange(width)[None, :], np.array(codes)
