"""Reading a span while other threads write to it."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

from audittrail import semconv
from audittrail.otel_exporter.running import running_version


@pytest.fixture(autouse=True)
def _threads_that_change_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def new_span() -> Span:
    span = TracerProvider(shutdown_on_exit=False).get_tracer("tests").start_span("span")
    assert isinstance(span, Span)
    return span


def writers(span: Span, numbers: Iterator[int]) -> list[Callable[[], object]]:
    """Everything that an agent can do to a span before it ends."""
    link = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1))
    return [
        lambda: span.set_attribute("same", next(numbers)),
        # More than the 128 that it keeps, so the oldest go.
        lambda: span.set_attribute(f"key {next(numbers)}", "x" * 100),
        lambda: span.set_attributes({"same": 0, "list": [1, 2, 3], "map": {"a": {"b": 1}}}),
        lambda: span.add_event("event", {"n": next(numbers)}),
        lambda: span.add_link(link, {"n": next(numbers)}),
        lambda: span.update_name(f"name {next(numbers)}"),
        lambda: span.set_status(Status(StatusCode.ERROR, "bad")),
        lambda: span.record_exception(ValueError("bad")),
    ]


def test_a_span_may_be_read_while_it_is_written_to() -> None:
    """From several threads, in every way: each version can be encoded, and nothing fails."""
    span, numbers = new_span(), itertools.count()
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(change: Callable[[], object]) -> None:
        try:
            while not stop.is_set():
                change()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write, args=(each,)) for each in writers(span, numbers)]
    for thread in threads:
        thread.start()
    try:
        for number in range(150):
            version = running_version(span, time.time_ns(), number)
            assert (version.attributes or {})[semconv.RUNNING] is True
            (resource_spans,) = encode_spans([version]).resource_spans
            (encoded,) = resource_spans.scope_spans[0].spans
            assert encoded.end_time_unix_nano >= encoded.start_time_unix_nano
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures


def test_a_version_does_not_change_any_more() -> None:
    """Nor does reading change the span."""
    span = new_span()
    span.set_attribute("a", 1)
    span.add_event("one")
    version = running_version(span, time.time_ns())
    span.set_attribute("a", 2)
    span.add_event("two")
    span.update_name("other")
    span.end()
    assert version.name == "span"
    assert dict(version.attributes or {}) == {"a": 1, semconv.RUNNING: True}
    assert [event.name for event in version.events] == ["one"]
    assert dict(span.attributes or {}) == {"a": 2}


def test_a_version_does_not_end_before_it_starts() -> None:
    """An agent may give a start time that lies ahead."""
    ahead = time.time_ns() + 10**12
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("tests")
    span = tracer.start_span("span", start_time=ahead)
    assert isinstance(span, Span)
    assert running_version(span, time.time_ns()).end_time == ahead
