"""What the processor gives to its exporter."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from audittrail import semconv
from audittrail.otel_exporter.process.suppression import _KEYS
from tests.otel_exporter.processors import HOUR, MakeProcessor
from tests.otel_exporter.recorder import (
    Recorder,
    eventually,
    is_running,
    tracer_of,
)


def test_a_short_span_is_sent_once(make_processor: MakeProcessor) -> None:
    """Nothing is said of it while it runs, and the final version has no mark."""
    recorder = Recorder()
    tracer = tracer_of(make_processor(recorder, live_delay_millis=HOUR, schedule_delay_millis=5))
    for name in ("one", "two"):
        tracer.start_span(name, attributes={"a": 1}).end()
    eventually(lambda: len(recorder.spans) == 2)
    assert recorder.told() == ["one", "two"]
    assert [dict(span.attributes or {}) for span in recorder.spans] == [{"a": 1}, {"a": 1}]


def test_a_span_that_lasts_is_sent_as_running_first(make_processor: MakeProcessor) -> None:
    """A whole span with the same ids, name, parent and start, and the attributes so far."""
    recorder = Recorder()
    tracer = tracer_of(make_processor(recorder, live_delay_millis=0, schedule_delay_millis=5))
    with tracer.start_as_current_span("root") as root:
        span = tracer.start_span("work", attributes={"a": 1})
        span.add_event("begun")
        eventually(lambda: recorder.names(running=True) == ["root", "work"])
        span.set_attribute("b", 2)
        span.end()
    eventually(lambda: len(recorder.spans) == 4)
    assert recorder.told()[:2] == ["~root", "~work"]
    running, final = (span for span in recorder.spans if span.name == "work")
    assert running.context == final.context
    assert running.parent == final.parent == root.get_span_context()
    assert running.start_time == final.start_time
    assert running.start_time <= running.end_time <= final.end_time
    assert [event.name for event in running.events] == ["begun"]
    assert (running.resource, running.instrumentation_scope, running.kind) == (
        final.resource,
        final.instrumentation_scope,
        final.kind,
    )
    assert dict(running.attributes or {}) == {"a": 1, semconv.RUNNING: True}
    assert dict(final.attributes or {}) == {"a": 1, "b": 2}


def test_a_running_span_is_announced_once(make_processor: MakeProcessor) -> None:
    """However many others end meanwhile."""
    recorder = Recorder()
    tracer = tracer_of(make_processor(recorder, live_delay_millis=0, schedule_delay_millis=1))
    span = tracer.start_span("long")
    for number in range(5):
        tracer.start_span(str(number)).end()
        eventually(lambda number=number: str(number) in recorder.names())
    span.end()
    eventually(lambda: "long" in recorder.names())
    assert recorder.told().count("~long") == 1


def test_a_long_span_has_a_heartbeat(make_processor: MakeProcessor) -> None:
    """Which is counted, and shows attributes that were set since."""
    recorder = Recorder()
    processor = make_processor(
        recorder, live_delay_millis=0, schedule_delay_millis=1, heartbeat_seconds=0.02
    )
    span = tracer_of(processor).start_span("long")
    eventually(lambda: recorder.spans)
    span.set_attribute("seen", True)
    eventually(lambda: len(recorder.spans) >= 4)
    span.end()
    eventually(lambda: recorder.names() == ["long"])
    *running, final = (dict(span.attributes or {}) for span in recorder.spans)
    assert [each.get(semconv.HEARTBEAT) for each in running] == [None, *range(1, len(running))]
    assert running[-1]["seen"] is True
    assert semconv.HEARTBEAT not in final


def test_live_off_sends_final_versions_only(make_processor: MakeProcessor) -> None:
    """As receivers other than AuditTrail want it, at shutdown too."""
    recorder = Recorder()
    processor = make_processor(
        recorder, live=False, live_delay_millis=0, schedule_delay_millis=1, heartbeat_seconds=0.01
    )
    tracer = tracer_of(processor)
    unfinished = tracer.start_span("unfinished")
    tracer.start_span("done").end()
    eventually(lambda: recorder.spans)
    processor.shutdown()
    assert recorder.told() == ["done"]
    assert unfinished.is_recording()


@pytest.mark.parametrize(("text", "live"), [("false", False), ("true", True), ("", True)])
def test_the_environment_says_whether_running_spans_are_sent(
    make_processor: MakeProcessor, monkeypatch: pytest.MonkeyPatch, text: str, live: bool
) -> None:
    """And an argument says it better."""
    monkeypatch.setenv("AUDITTRAIL_LIVE", text)
    assert make_processor(Recorder()).live is live
    assert make_processor(Recorder(), live=not live).live is not live


def test_spans_that_are_not_sampled_are_ignored(make_processor: MakeProcessor) -> None:
    """As the sampler wishes."""
    recorder = Recorder()
    processor = make_processor(recorder, live_delay_millis=0)
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    provider.get_tracer("tests").start_span("unseen").end()
    tracer_of(processor).start_span("seen").end()
    assert processor.force_flush()
    assert recorder.names() == ["seen"]


def test_a_burst_does_not_wait_for_the_delay(make_processor: MakeProcessor) -> None:
    """Full batches are sent at once, and none is larger than it may be."""
    recorder = Recorder()
    tracer = tracer_of(
        make_processor(recorder, schedule_delay_millis=HOUR, max_export_batch_size=100)
    )
    for number in range(1000):
        tracer.start_span(str(number)).end()
    eventually(lambda: len(recorder.spans) > 900)
    assert max(map(len, recorder.batches)) <= 100
    assert recorder.names() == [str(number) for number in range(len(recorder.spans))]


def test_an_idle_agent_is_not_polled(
    make_processor: MakeProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once all is sent, the thread waits without a deadline."""
    recorder = Recorder()
    processor = make_processor(recorder, live_delay_millis=0, schedule_delay_millis=1)
    worker = processor._worker
    assert worker is not None
    deadlines: list[float | None] = []
    wait = worker._wait

    def watched(deadline: float | None) -> Any:
        deadlines.append(deadline)
        return wait(deadline)

    monkeypatch.setattr(worker, "_wait", watched)
    tracer_of(processor).start_span("only").end()
    eventually(lambda: recorder.names() == ["only"] and deadlines[-1] is None)
    assert deadlines[0] is not None or deadlines[1] is not None


def test_what_the_exporter_does_is_not_traced(make_processor: MakeProcessor) -> None:
    """Instrumentations of HTTP clients are told to keep quiet."""
    recorder = Recorder()
    processor = make_processor(recorder)
    with tracer_of(processor).start_as_current_span("root"):
        processor.force_flush()
    processor.shutdown()
    (context,) = recorder.contexts
    assert all(context[key] is True for key in _KEYS)


def test_a_processor_that_is_added_late_sends_what_ends(make_processor: MakeProcessor) -> None:
    """A span that had begun before is sent as well."""
    recorder = Recorder()
    provider = TracerProvider(shutdown_on_exit=False)
    early = provider.get_tracer("tests").start_span("early")
    processor = make_processor(recorder)
    provider.add_span_processor(processor)
    early.end()
    assert processor.force_flush()
    assert recorder.told() == ["early"]


def test_running_versions_never_follow_final_ones(make_processor: MakeProcessor) -> None:
    """Whatever the threads do."""
    recorder = Recorder()
    processor = make_processor(recorder, live_delay_millis=0, schedule_delay_millis=1)
    tracer = tracer_of(processor)

    def work() -> None:
        for _ in range(500):
            with tracer.start_as_current_span("outer"):
                tracer.start_span("inner").end()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert processor.force_flush()
    finished: set[int] = set()
    for span in recorder.spans:
        assert span.context is not None
        assert span.context.span_id not in finished
        if not is_running(span):
            finished.add(span.context.span_id)
    assert len(finished) == 4000
