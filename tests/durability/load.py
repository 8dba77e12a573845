"""Senders that repeat a request until it is acknowledged, and remember what was."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import threading
from collections import defaultdict
from collections.abc import Mapping

import grpc
import httpx

from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
# What OTLP's clients send again, of that what a server that stops may say: gRPC cancels calls that
# reach it in its last moment.
_RETRYABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
HISTORY = "gen_ai.input.messages"
_PADDING = 2_000
"""Bytes of each span that do not repeat, so that checkpoints happen between the kills."""


class Ledger:
    """What has been acknowledged.

    Attributes:
        traces: For each trace its spans, each with its input tokens.
        texts: For each span with a history, its digest.
    """

    def __init__(self) -> None:
        self.traces: dict[str, dict[str, int]] = defaultdict(dict)
        self.texts: dict[str, str] = {}

    def acknowledge(self, trace_id: str, spans: dict[str, int], texts: Mapping[str, str]) -> None:
        self.traces[trace_id] |= spans
        self.texts |= {span_id: digest(text) for span_id, text in texts.items()}

    @property
    def spans(self) -> int:
        return sum(len(spans) for spans in self.traces.values())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Sender(threading.Thread):
    """Sends requests of a few spans into a trace of its own; after a failure, the same again. A
    third of the requests is a model call with the history of all before, up to 100 KB.

    It ends when ``ending`` is set and nothing is left that was sent but not acknowledged.
    """

    def __init__(self, person: Person, ledger: Ledger, number: int, seed: int) -> None:
        super().__init__(name=f"sender-{number}")
        self.ending = threading.Event()
        self.acknowledged = 0
        self.repeated = 0
        self._person = person
        self._ledger = ledger
        self._number = number
        self._chance = random.Random(seed)
        self._trace_id = new_trace_id()
        self._said: list[dict[str, object]] = []

    def run(self) -> None:
        for turn in itertools.count(1):
            if self.ending.is_set():
                return
            if turn % 50 == 0:
                self._trace_id = new_trace_id()
                self._said.clear()
            spans = {
                new_span_id(): self._chance.randrange(1, 1000)
                for _ in range(self._chance.choice((1, 4, 16, 64)))
            }
            texts = {next(iter(spans)): self._history()} if turn % 3 == 0 else {}
            body = self._body(spans, texts)
            while not self._export(body):
                self.repeated += 1
                # An exporter waits longer; a refused connection costs a test nothing.
                threading.Event().wait(0.02)
            self._ledger.acknowledge(self._trace_id, spans, texts)
            self.acknowledged += 1

    def _history(self) -> str:
        for role in ("user", "assistant", "tool"):
            parts = [{"type": "text", "content": self._chance.randbytes(1000).hex()}]
            self._said.append({"role": role, "parts": parts})
        return json.dumps(self._said)

    def _body(self, spans: dict[str, int], texts: dict[str, str]) -> bytes:
        return traces_request(
            *(
                span(
                    self._trace_id,
                    span_id,
                    attributes={
                        "gen_ai.operation.name": "chat",
                        "gen_ai.usage.input_tokens": tokens,
                        "padding": self._chance.randbytes(_PADDING // 2).hex(),
                    }
                    | ({HISTORY: texts[span_id]} if span_id in texts else {}),
                )
                for span_id, tokens in spans.items()
            )
        )

    def _export(self, body: bytes) -> bool:
        """Whether all of it was acknowledged."""
        if self._number % 2:
            try:
                answer = self._person.otlp(body)
            except httpx.TransportError:
                return False
            # 503 is what a server that is about to stop says.
            assert answer.status_code in (200, 503), answer.text
            return answer.status_code == 200
        with grpc.insecure_channel(self._person.server.otlp_grpc) as channel:
            metadata = (("authorization", f"Bearer {self._person.key}"),)
            try:
                channel.unary_unary(_EXPORT)(body, timeout=30, metadata=metadata)
            except grpc.RpcError as error:
                if error.code() not in _RETRYABLE:
                    raise
                return False
        return True
