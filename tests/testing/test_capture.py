"""capture(): the spans of a block, whoever makes them, and nothing is sent."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from audittrail.errors import SettingsError
from audittrail.testing import CountingIds, SpanClock, capture, deterministic_clock
from audittrail.traceable import start_trace, traceable

early = trace.get_tracer("made before any provider")


@traceable(span_type="tool")
async def search(query: str) -> list[str]:
    await asyncio.sleep(0)
    return [query]


@traceable(span_type="tool")
def broken() -> None:
    raise ValueError("no")


async def agent() -> None:
    async with start_trace("planner", "test", input="why"):
        await asyncio.gather(search("a"), search("b"))
        with pytest.raises(ValueError, match="no"):
            broken()


def test_looking_at_spans() -> None:
    """By place, by name, as a tree, and each by what matters."""
    with capture() as spans:
        asyncio.run(agent())
    assert spans.tree() == "planner\n  search\n  search\n  broken"
    assert spans.names == [span.name for span in spans] == ["planner", "search", "search", "broken"]
    assert (len(spans), spans[0], spans[1:3]) == (4, spans["planner"], spans.named("search"))
    assert spans.roots == [spans["planner"]]
    assert spans.children(spans[0]) == spans[1:]
    assert [span.input for span in spans.named("search")] == [{"query": "a"}, {"query": "b"}]
    assert spans[1].output == ["a"]
    failed = spans["broken"]
    assert (failed.type, failed.status, failed.status_message) == (
        "tool",
        "error",
        "ValueError: no",
    )
    assert failed.events[0]["name"] == "exception"
    assert failed.attributes["gen_ai.tool.name"] == "broken"


@pytest.mark.parametrize("name", ["search", "nobody"])
def test_a_name_that_is_not_there_once(name: str) -> None:
    """The message says what there is."""
    with capture() as spans:
        asyncio.run(agent())
    with pytest.raises(KeyError, match=r"spans are named .* there are \['planner', 'search'"):
        spans[name]


def test_it_is_the_same_every_time() -> None:
    """Ids, times and the snapshot."""
    found = []
    for _ in range(2):
        with capture() as spans:
            asyncio.run(agent())
        times = [(span.raw.start_time, span.raw.end_time) for span in spans]
        ids = [(span.trace_id, span.span_id, span.parent_id) for span in spans]
        found.append((ids, times, spans.snapshot()))
    assert found[0] == found[1]
    ids, times, _ = found[0]
    assert ids[:2] == [
        ("0" * 31 + "1", "0" * 15 + "1", None),
        ("0" * 31 + "1", "0" * 15 + "2", "0" * 15 + "1"),
    ]
    assert times[0][0] == 1_767_225_600_000_000_000


def test_the_snapshot() -> None:
    """Plain data without ids, times and stacks; children in their parents."""
    with capture() as spans:
        asyncio.run(agent())
    (root,) = spans.snapshot()
    assert [child["name"] for child in root["children"]] == ["search", "search", "broken"]
    assert root["children"][2] == {
        "name": "broken",
        "status": "error",
        "status_message": "ValueError: no",
        "attributes": {
            "audittrail.span.type": "tool",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.arguments": "{}",
            "gen_ai.tool.name": "broken",
        },
        "events": [
            {
                "name": "exception",
                "attributes": {"exception.message": "no", "exception.type": "ValueError"},
            }
        ],
    }


def test_tracers_of_anybody() -> None:
    """Also those that were made before there was a provider."""
    with capture() as spans, early.start_as_current_span("outer"):
        trace.get_tracer("late").start_span("inner").end()
    assert spans.tree() == "outer\n  inner"


def test_one_capture_after_another_and_inside() -> None:
    """Each has its own; the outer one sees what the inner one sees."""
    with capture() as outer:
        early.start_span("a").end()
        with capture() as inner:
            early.start_span("b").end()
        early.start_span("c").end()
    with capture() as after:
        early.start_span("d").end()
    early.start_span("e").end()
    assert (outer.names, inner.names, after.names) == (["a", "b", "c"], ["b"], ["d"])


def test_spans_across_the_border() -> None:
    """What started before the block, or ends after it, is not part of it."""
    before = early.start_span("before")
    with capture() as spans:
        before.end()
        after = early.start_span("after")
    after.end()
    assert len(spans) == 0


def test_threads() -> None:
    """All threads of the process are seen."""
    with capture() as spans:
        threads = [threading.Thread(target=early.start_span("t").end) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({span.span_id for span in spans}) == 20


def test_running_versions() -> None:
    """As the live view gets them, before the spans end."""
    with capture(running=True) as spans:
        with start_trace("planner", "test", input="why"):
            version = spans.wait_for_running("planner")
        assert (version.status, version.input) == ("running", "why")
    assert [span.status for span in spans] == ["ok"]
    assert spans["planner"].span_id == version.span_id


def test_no_running_versions() -> None:
    """Waiting for what does not come ends."""
    with capture() as spans, pytest.raises(TimeoutError, match="'x' was seen running"):
        spans.wait_for_running("x", timeout=0.01)


PROGRAM = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from audittrail.testing import capture
from audittrail.traceable import init_tracer, start_trace

sent = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(sent))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("x")
names = lambda: [span.name for span in sent.get_finished_spans()]

open_before = tracer.start_span("open before")
with capture() as spans:
    tracer.start_span("captured").end()
    open_before.end()
    init_tracer(exporter=InMemorySpanExporter())
    with start_trace("a", "test", trace_id="ab" * 16) as trace_id:
        assert trace_id == "ab" * 16
    late = tracer.start_span("ends late")
late.end()
assert spans.names == ["captured", "a"], spans.names
assert names() == ["open before"], names()
with capture(send=True, deterministic=False) as spans:
    tracer.start_span("both").end()
assert spans.names == ["both"] and int(spans[0].trace_id, 16) > 2**60
tracer.start_span("after").end()
assert names() == ["open before", "both", "after"], names()
"""


def run(code: str, **variables: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "AUDITTRAIL_SPOOL_DIR": "", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ran.stderr


def test_a_provider_that_is_configured() -> None:
    """Its processors get nothing of what is captured, unless asked to, and all the rest. Given
    trace ids are kept."""
    assert run(PROGRAM) == ""


def test_tracing_that_is_switched_off() -> None:
    """There would be nothing to capture; the message says why."""
    said = run(PROGRAM, OTEL_SDK_DISABLED="true")
    assert "SettingsError: OTEL_SDK_DISABLED is set" in said


def test_counted_ids_are_never_sent() -> None:
    """They would replace those of the run before."""
    with pytest.raises(SettingsError, match="deterministic=False"), capture(send=True):
        pass


def test_parts_for_a_provider_of_your_own() -> None:
    """Counting ids, and a clock that tells the same times."""
    provider = TracerProvider(id_generator=CountingIds(), shutdown_on_exit=False)
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with deterministic_clock(start_ns=1_000, step_ns=10) as clock:
        span = provider.get_tracer("x").start_span("a")
        clock.advance(1)
        span.add_event("e")
        span.set_status(StatusCode.OK)
        span.end()
    (ended,) = exporter.get_finished_spans()
    assert (ended.context.trace_id, ended.context.span_id) == (1, 1)
    assert (ended.start_time, ended.events[0].timestamp, ended.end_time) == (
        1_000,
        1_000_001_010,
        1_000_001_020,
    )
    assert SpanClock(5, 1)() == 5


def test_importing_is_light() -> None:
    """Neither pytest nor the SDK, until something is asked for."""
    code = (
        "import sys, audittrail.testing as t; "
        "assert not {'pytest', 'opentelemetry', 'requests'} & set(sys.modules); "
        "assert all(getattr(t, name) for name in t.__all__); "
        "assert not {'pytest', 'requests', 'grpc', 'duckdb', 'langchain_core'} & set(sys.modules)"
    )
    assert run(code) == ""


def test_what_it_does_not_have() -> None:
    """Is an AttributeError, as of any module."""
    import audittrail.testing

    missing: Any = audittrail.testing
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        missing.nothing()
