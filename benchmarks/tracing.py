"""What tracing costs the agent's thread: an agent of its own process, which times itself.

The same spans go through the plain SDK, through its batch processor and OTLP exporter, and through
AuditTrail's. They take turns, so that a slow moment of the machine hits all of them. Loopback only.

    python benchmarks/tracing.py http://127.0.0.1:4318 short
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, Tracer

from audittrail.otel_exporter import AuditTrailSpanExporter, AuditTrailSpanProcessor

VARIANTS = ("no processor", "SDK batch", "live off", "live on")
_MESSAGES = json.dumps(
    [
        {"role": "system", "parts": [{"type": "text", "content": "You plan trips. " * 20}]},
        {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris? " * 30}]},
    ]
)
_ANSWER = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "Mild. " * 60}]}])
_PLAN = {"audittrail.span.type": "agent", "audittrail.input": "Weather in Paris?"}
_ASK = {
    "audittrail.span.type": "llm",
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.input.messages": _MESSAGES,
}
_CALL = {"audittrail.span.type": "tool", "gen_ai.tool.name": "get_weather"}
# Open spans live longer than the delay after which they are announced, which is 100 ms.
_LIFETIME = 0.2
_BEAT = 0.005


def make(variant: str, endpoint: str, spool: str) -> TracerProvider:
    provider = TracerProvider(shutdown_on_exit=False)
    if variant == "SDK batch":
        exporter = OTLPSpanExporter(endpoint + "/v1/traces")
        # As often as AuditTrail's own does it with live spans off.
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    elif variant != "no processor":
        provider.add_span_processor(
            AuditTrailSpanProcessor(
                AuditTrailSpanExporter(endpoint, spool_dir=spool), live=variant == "live on"
            )
        )
    return provider


def ask(tracer: Tracer) -> None:
    """A call of a model and of a tool, in a step: three spans."""
    with tracer.start_as_current_span("plan", attributes=_PLAN) as plan:
        with tracer.start_as_current_span("chat gpt-4o-mini", attributes=_ASK) as chat:
            chat.set_attribute("gen_ai.output.messages", _ANSWER)
            chat.set_attribute("gen_ai.usage.input_tokens", 412)
            chat.set_attribute("gen_ai.usage.output_tokens", 87)
        with tracer.start_as_current_span("get_weather", attributes=_CALL) as call:
            call.set_attribute("gen_ai.tool.call.result", "mild")
        plan.set_attribute("audittrail.output", "Mild.")


class Meter:
    """Adds up times on this thread: by its own clock, and by the one on the wall."""

    def __init__(self) -> None:
        self.spans = 0
        self.cpu = self.wall = self.longest = 0.0

    def measure(self, work: Callable[[], None], spans: int) -> None:
        cpu, wall = time.thread_time(), time.perf_counter()
        work()
        wall = time.perf_counter() - wall
        self.cpu += time.thread_time() - cpu
        self.wall += wall
        self.spans += spans

    def watch(self, call: Callable[[], object]) -> object:
        """For the longest single call."""
        started = time.perf_counter()
        result = call()
        self.longest = max(self.longest, time.perf_counter() - started)
        return result


def short(tracer: Tracer, meter: Meter, steps: int) -> None:
    """Spans that end at once, one after the other."""

    def work() -> None:
        for _ in range(steps):
            ask(tracer)

    meter.measure(work, 3 * steps)
    for _ in range(steps // 4):
        span = meter.watch(lambda: tracer.start_span("chat", attributes=_ASK))
        assert isinstance(span, Span)
        found = span
        meter.watch(lambda found=found: found.set_attribute("gen_ai.output.messages", _ANSWER))
        meter.watch(found.end)


def long(tracer: Tracer, meter: Meter, steps: int) -> None:
    """Spans that live long enough to be announced; many at the same time, at a steady pace."""
    opened: deque[tuple[float, Span]] = deque()
    left = steps

    def beat() -> None:
        nonlocal left
        for _ in range(min(left, 10)):
            left -= 1
            span = meter.watch(lambda: tracer.start_span("chat", attributes=_ASK))
            assert isinstance(span, Span)
            opened.append((time.monotonic() + _LIFETIME, span))
        while opened and opened[0][0] <= time.monotonic():
            span = opened.popleft()[1]
            span.set_attribute("gen_ai.output.messages", _ANSWER)
            meter.watch(span.end)

    while left or opened:
        meter.measure(beat, min(left, 10))
        time.sleep(_BEAT)


SCENARIOS = {"short": short, "long": long}


def run(endpoint: str, scenario: str, steps: int, rounds: int, flushes: bool) -> dict[str, object]:
    """Each variant in turn; what waits is sent before the next one, unless nothing ever is."""
    logging.disable()
    with tempfile.TemporaryDirectory(prefix="audittrail-benchmark-") as spool:
        providers = {each: make(each, endpoint, spool) for each in VARIANTS}
        meters = {each: Meter() for each in VARIANTS}
        for turn in range(rounds + 1):
            if turn == 1:
                gc.collect()
                gc.freeze()  # its pauses shall not be for what the benchmark itself has loaded
            for variant, provider in providers.items():
                meter = meters[variant] if turn else Meter()  # the first is to warm up
                SCENARIOS[scenario](provider.get_tracer("agent"), meter, steps)
                if flushes:
                    provider.force_flush()
                else:
                    time.sleep(0.3)
    return {
        variant: {
            "spans": meter.spans,
            "us_per_span": meter.wall / meter.spans * 1e6,
            "cpu_us_per_span": meter.cpu / meter.spans * 1e6,
            "longest_call_ms": meter.longest * 1e3,
        }
        for variant, meter in meters.items()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("endpoint")
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--hangs", type=int, default=0, help="1: the server never answers")
    given = parser.parse_args()
    if urlsplit(given.endpoint).hostname not in ("127.0.0.1", "localhost"):
        parser.error("load goes to this machine only")
    print(
        json.dumps(run(given.endpoint, given.scenario, given.steps, given.rounds, not given.hangs))
    )
    sys.stdout.flush()
    os._exit(0)  # an exporter may be waiting for its server still
