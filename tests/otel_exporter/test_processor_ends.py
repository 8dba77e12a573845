"""Flushing, the end, and what goes wrong: the agent does not suffer for it."""

from __future__ import annotations

import gc
import logging
import threading

import pytest

from audittrail.errors import SettingsError
from audittrail.otel_exporter import AuditTrailSpanProcessor
from tests.otel_exporter.processors import HOUR, MakeProcessor
from tests.otel_exporter.recorder import (
    Failing,
    Hanging,
    Recorder,
    eventually,
    tracer_of,
)


def test_too_many_spans_cost_the_oldest(
    make_processor: MakeProcessor, caplog: pytest.LogCaptureFixture
) -> None:
    """They are counted, and the log says so once and what to do; the root is not lost."""
    exporter = Hanging()
    processor = make_processor(exporter, schedule_delay_millis=1, max_queue_size=10)
    tracer = tracer_of(processor)
    with tracer.start_as_current_span("root"):
        tracer.start_span("first").end()
        assert exporter.entered.wait(30)
        for number in range(50):
            tracer.start_span(str(number)).end()
    assert processor.dropped == 41
    with caplog.at_level(logging.WARNING):
        exporter.let_go.set()
        assert processor.force_flush()
    assert exporter.names() == ["first", *map(str, range(41, 50)), "root"]
    (record,) = caplog.records
    assert record.getMessage().startswith("41 spans were dropped")
    assert "OTEL_BSP_MAX_QUEUE_SIZE" in record.getMessage()


def test_an_exporter_that_fails_costs_the_agent_nothing(
    make_processor: MakeProcessor, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither an exception nor later spans, and the log says it once."""
    exporter = Failing(times=3)
    processor = make_processor(exporter, schedule_delay_millis=1)
    tracer = tracer_of(processor)
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            tracer.start_span(str(number)).end()
            assert processor.force_flush()
    assert exporter.names() == ["3", "4"]
    assert [record.name for record in caplog.records] == ["audittrail.otel_exporter.worker"]


def test_an_exporter_that_hangs_holds_up_nobody(make_processor: MakeProcessor) -> None:
    """Spans start and end, and whoever waits for them is told that they are not sent."""
    exporter = Hanging()
    processor = make_processor(exporter, schedule_delay_millis=1)
    tracer = tracer_of(processor)
    tracer.start_span("stuck").end()
    assert exporter.entered.wait(30)
    for _ in range(1000):
        tracer.start_span("next").end()
    assert processor.force_flush(timeout_millis=10) is False
    processor.shutdown(timeout_millis=10)
    assert exporter.spans == []
    eventually(lambda: exporter.shut_down)
    exporter.let_go.set()
    eventually(lambda: len(exporter.spans) == 1001)


def test_flushing_sends_what_is_due(make_processor: MakeProcessor) -> None:
    """Ended spans, and running ones that would be announced by now; and flushes the exporter."""
    recorder = Recorder()
    processor = make_processor(recorder, schedule_delay_millis=HOUR, live_delay_millis=0)
    tracer = tracer_of(processor)
    running = tracer.start_span("running")
    tracer.start_span("ended").end()
    assert processor.force_flush()
    assert recorder.told() == ["~running", "ended"]
    assert recorder.flushed == 1
    assert running.is_recording()


def test_flushing_before_the_first_span_is_done_at_once(make_processor: MakeProcessor) -> None:
    """No thread is made for it."""
    recorder = Recorder()
    before = threading.active_count()
    processor = make_processor(recorder)
    assert processor.force_flush()
    assert (recorder.batches, recorder.flushed) == ([], 1)
    assert threading.active_count() == before


def test_shutdown_sends_all(make_processor: MakeProcessor) -> None:
    """Spans that still run too, as running, with what they know by then."""
    recorder = Recorder()
    processor = make_processor(recorder, schedule_delay_millis=HOUR, live_delay_millis=HOUR)
    tracer = tracer_of(processor)
    unfinished = tracer.start_span("unfinished")
    unfinished.set_attribute("at", "the database")
    tracer.start_span("ended").end()
    processor.shutdown()
    assert recorder.told() == ["~unfinished", "ended"]
    assert (recorder.spans[0].attributes or {})["at"] == "the database"
    assert recorder.shut_down == 1


def test_after_shutdown_nothing_is_sent(make_processor: MakeProcessor) -> None:
    """And nothing happens to the agent."""
    recorder = Recorder()
    processor = make_processor(recorder, schedule_delay_millis=1)
    tracer = tracer_of(processor)
    early = tracer.start_span("early")
    processor.shutdown()
    early.end()
    tracer.start_span("late").end()
    assert processor.force_flush() is False
    processor.shutdown()
    assert recorder.told() == ["~early"]
    assert recorder.shut_down == 1
    assert processor.closed


def test_a_forgotten_span_is_not_kept(make_processor: MakeProcessor) -> None:
    """Nobody can end a span that nobody has."""
    recorder = Recorder()
    processor = make_processor(
        recorder, live_delay_millis=0, schedule_delay_millis=1, heartbeat_seconds=0.01
    )
    tracer = tracer_of(processor)
    kept, forgotten = tracer.start_span("kept"), tracer.start_span("forgotten")
    eventually(lambda: set(recorder.told()) == {"~kept", "~forgotten"})
    del forgotten
    gc.collect()
    processor.force_flush()
    told = recorder.told().count("~forgotten")
    before = recorder.told().count("~kept")
    eventually(lambda: recorder.told().count("~kept") >= before + 3)
    assert recorder.told().count("~forgotten") == told
    kept.end()


def test_forgotten_spans_do_not_pile_up_with_live_off(make_processor: MakeProcessor) -> None:
    """They are looked for now and then."""
    processor = make_processor(Recorder(), live=False, schedule_delay_millis=1)
    tracer = tracer_of(processor)
    for _ in range(3000):
        tracer.start_span("forgotten")
    tracer.start_span("ended").end()
    assert processor.force_flush()
    assert processor._worker is not None
    assert not processor._worker.live


def test_without_a_thread_spans_are_sent_at_the_end(
    make_processor: MakeProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system refuses one, as an interpreter does that is shutting down."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    recorder = Recorder()
    processor = make_processor(recorder)
    tracer = tracer_of(processor)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    tracer.start_span("one").end()
    tracer.start_span("two").end()
    assert recorder.spans == []
    processor.shutdown()
    assert recorder.names() == ["one", "two"]
    assert recorder.shut_down == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_queue_size": 0},
        {"max_export_batch_size": 0},
        {"schedule_delay_millis": -1},
        {"heartbeat_seconds": 0},
        {"live_delay_millis": float("nan")},
    ],
)
def test_a_wrong_argument_is_refused(wrong: dict[str, float]) -> None:
    """At start-up, by its name."""
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        AuditTrailSpanProcessor(Recorder(), **wrong)  # type: ignore[arg-type]  # wrong on purpose
