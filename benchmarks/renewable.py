"""Requests whose ids and texts can be replaced without encoding them again."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.texts import Texts

__all__ = ["Renewable"]

_CONTENT: Final = re.compile(rb'"content": "([^"]*)"')


class Renewable:
    """An encoded request. What was said in it twice is said twice in each renewed one too."""

    def __init__(self, body: bytes, word: str = "") -> None:
        """Every message of what is renewed begins with ``word``, if there is one."""
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
        said: dict[bytes, list[int]] = {}
        for found in _CONTENT.finditer(body):
            said.setdefault(found[1], []).append(found.start(1))
        self._said = list(said.values())
        self._lengths = [len(text) for text in said]
        self._texts = Texts(word)
        self.spans = len(spans)
        self.trace_of = [list(traces).index(span.trace_id) for span in spans]
        self.unique_bytes = sum(self._lengths)
        """Of the texts of its messages, each counted once."""

    def renewed(self) -> tuple[bytes, list[str]]:
        """A request with fresh ids and texts, and the trace ids in it."""
        traces = self._random.integers(0, 256, (self._counts[0], 16), np.uint8)
        spans = self._random.integers(0, 256, (self._counts[1], 8), np.uint8)
        self._bytes[self._trace_places] = traces[self._trace_codes]
        self._bytes[self._span_places] = spans[self._span_codes]
        buffer = memoryview(self._bytes)
        for text, places in zip(self._texts.write(self._lengths), self._said, strict=True):
            for at in places:
                buffer[at : at + len(text)] = text
        return self._bytes.tobytes(), [row.tobytes().hex() for row in traces]


def _places(found: dict[bytes, list[int]], width: int) -> tuple[Any, Any]:
    starts = [at for places in found.values() for at in places]
    codes = [code for code, places in enumerate(found.values()) for _ in places]
    return np.array(starts)[:, None] + np.arange(width)[None, :], np.array(codes)
