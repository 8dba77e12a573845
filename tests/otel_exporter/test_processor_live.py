"""What somebody who watches sees of an agent that runs."""

from __future__ import annotations

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import Tracer, format_span_id, format_trace_id, set_span_in_context

from audittrail import semconv
from audittrail.otel_exporter import AuditTrailSpanExporter, AuditTrailSpanProcessor
from audittrail.otel_exporter.trace_ids import use_trace_id, with_trace_ids
from tests.api.sockets import Watcher, watching
from tests.otel_exporter.receivers import Receiver
from tests.support.otlp import new_trace_id
from tests.support.people import Person


def exporter_for(person: Person, kind: str) -> SpanExporter:
    if kind == "ours":
        return AuditTrailSpanExporter(person.server.otlp_http, person.key, spool_dir="")
    return OTLPSpanExporter(
        f"{person.server.otlp_http}/v1/traces", headers={"authorization": f"Bearer {person.key}"}
    )


def next_of(watcher: Watcher, span_id: str) -> str:
    """The status of a span in the next message that tells of it."""
    while True:
        for span in watcher.next()["spans"]:
            if span["span_id"] == span_id:
                return str(span["status"])


@pytest.mark.parametrize("kind", ["ours", "the SDK's"])
def test_a_span_is_seen_running_and_then_ended(person: Person, kind: str) -> None:
    """In that order, with heartbeats in between, whichever exporter takes it there."""
    processor = AuditTrailSpanProcessor(
        exporter_for(person, kind),
        live_delay_millis=0,
        schedule_delay_millis=20,
        heartbeat_seconds=0.05,
    )
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer: Tracer = with_trace_ids(provider.get_tracer("tests"))
    trace_id = new_trace_id()
    with watching(person, trace_id) as watcher:
        with use_trace_id(trace_id):
            root = tracer.start_span("root")
        span_id = format_span_id(root.get_span_context().span_id)
        seen = [next_of(watcher, span_id) for _ in range(3)]
        assert seen == ["running"] * 3
        tracer.start_span("short", context=set_span_in_context(root)).end()
        root.set_attribute("audittrail.output", "done")
        root.end()
        while seen[-1] == "running":
            seen.append(next_of(watcher, span_id))
        assert set(seen[:-1]) == {"running"}
        assert seen[-1] == "ok"
    processor.shutdown()
    spans = {span["name"]: span for span in person.spans(trace_id)}
    assert sorted(spans) == ["root", "short"]
    assert spans["root"]["output"] == "done"
    assert {span["status"] for span in spans.values()} == {"ok"}


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("kind", [AuditTrailSpanExporter, OTLPSpanExporter])
def test_any_otlp_receiver_takes_them(web: Receiver, kind: type[SpanExporter], live: bool) -> None:
    """Running versions are ordinary spans to it, and with live off it gets none."""
    path = "" if kind is AuditTrailSpanExporter else "/v1/traces"
    processor = AuditTrailSpanProcessor(
        kind(web.endpoint + path),  # type: ignore[call-arg]  # both take it
        live=live,
        live_delay_millis=0,
    )
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    with provider.get_tracer("tests").start_as_current_span("step", attributes={"a": 1}):
        assert provider.force_flush()
    provider.shutdown()
    spans = [
        span
        for request in web.kept
        for holder in request.resource_spans
        for scoped in holder.scope_spans
        for span in scoped.spans
    ]
    assert len({(span.trace_id, span.span_id, span.start_time_unix_nano) for span in spans}) == 1
    assert [sorted(each.key for each in span.attributes) for span in spans] == [
        *([["a", semconv.RUNNING]] if live else []),
        ["a"],
    ]
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano > 0 for span in spans)


def test_a_span_that_never_ends_stays_running(person: Person) -> None:
    """The agent was stopped in the middle of it."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(AuditTrailSpanProcessor(exporter_for(person, "ours")))
    span = provider.get_tracer("tests").start_span("unfinished")
    provider.shutdown()
    trace_id = format_trace_id(span.get_span_context().trace_id)
    (found,) = person.spans(trace_id)
    assert (found["name"], found["status"], found["end_time"]) == ("unfinished", "running", None)


def test_with_live_off_nothing_is_seen_before_the_end(person: Person) -> None:
    """The server hears of the span when it has ended."""
    processor = AuditTrailSpanProcessor(
        exporter_for(person, "the SDK's"), live=False, live_delay_millis=0, schedule_delay_millis=1
    )
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("root") as root:
        trace_id = format_trace_id(root.get_span_context().trace_id)
        tracer.start_span("first").end()
        assert processor.force_flush()
        assert [span["name"] for span in person.spans(trace_id)] == ["first"]
    provider.shutdown()
    assert sorted(span["name"] for span in person.spans(trace_id)) == ["first", "root"]
