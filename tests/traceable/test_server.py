"""What is traced arrives: programs as users write them, against a real server."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from typing import Any

from audittrail.otel_exporter import configure
from audittrail.traceable import init_tracer
from tests.support.people import Person

AGENT = """
import asyncio
from audittrail.traceable import *

@traceable(span_type="tool")
async def search(query: str) -> dict[str, str]:
    await asyncio.sleep(0)
    return {"found": query}

@traceable(span_type="llm")
async def answer(question):
    for token in ("It ", "is ", "mild."):
        yield token

@traceable(span_type="tool")
def broken(path):
    raise FileNotFoundError(path)

async def main():
    await init_tracer(service_name="weather")
    async with start_trace(
        "weather", "development", session_id="s-1", input="Weather in Paris?"
    ) as trace_id:
        await search("Paris")
        try:
            broken("/etc/weather")
        except FileNotFoundError:
            pass
        set_output("".join([token async for token in answer("mild?")]))
    await shutdown_tracer()
    print(trace_id)

asyncio.run(main())
"""

PLAIN = """
from audittrail.traceable import traceable, start_trace

@traceable
def work(x):
    return x + 1

with start_trace("plain", "test", trace_id="{trace_id}"):
    work(1)
"""

STOPPING = """
import asyncio, threading
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from audittrail.traceable import *

ticked = threading.Event()

class Slow(SpanExporter):
    def export(self, spans):
        # Ends once the loop has run on.
        assert ticked.wait(30)
        print([span.name for span in spans])
        return SpanExportResult.SUCCESS

@traceable
def work():
    pass

async def main():
    init_tracer(exporter=Slow())
    work()
    stopping = shutdown_tracer()
    impatient = asyncio.ensure_future(asyncio.wait_for(stopping, 0.01))
    assert isinstance((await asyncio.gather(impatient, return_exceptions=True))[0], TimeoutError)
    ticked.set()
    await stopping
    await shutdown_tracer()

asyncio.run(main())
"""


def run(person: Person, code: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={
            **os.environ,
            "AUDITTRAIL_ENDPOINT": person.server.api,
            "AUDITTRAIL_API_KEY": person.key,
            "AUDITTRAIL_SPOOL_DIR": "",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stderr == ""
    return ran.stdout.strip()


def by_name(person: Person, trace_id: str) -> dict[str, dict[str, Any]]:
    found = {}
    for span in person.spans(trace_id):
        found[span["name"]] = person.get(f"/api/v1/spans/{trace_id}/{span['span_id']}")
    return found


def test_an_agent(person: Person) -> None:
    """Its trace has the agent, what it used, and what went wrong, as it was written down."""
    trace_id = run(person, AGENT)
    trace = person.get(f"/api/v1/traces/{trace_id}")
    assert (trace["status"], trace["span_count"]) == ("complete", 4)
    assert (trace["agent_name"], trace["environment"]) == ("weather", "development")
    assert trace["session_id"] == "s-1"
    spans = by_name(person, trace_id)
    root = spans["weather"]
    assert (root["span_type"], root["input"], root["output"]) == (
        "agent",
        "Weather in Paris?",
        "It is mild.",
    )
    for name in ("search", "broken", "answer"):
        assert spans[name]["parent_span_id"] == root["span_id"]
    search = spans["search"]
    assert (search["span_type"], search["input"]) == ("tool", {"query": "Paris"})
    assert search["output"] == {"found": "Paris"}
    answer = spans["answer"]
    assert (answer["span_type"], answer["output"]) == ("llm", "It is mild.")
    assert answer["ttft_ms"] is not None
    broken = spans["broken"]
    assert (broken["status"], broken["status_message"]) == (
        "error",
        "FileNotFoundError: /etc/weather",
    )
    assert ", line 17, in broken" in str(broken["events"])


def test_without_any_set_up(person: Person) -> None:
    """The first traced call sees to it, and the end of the program sends what waits."""
    trace_id = os.urandom(16).hex()
    run(person, PLAIN.format(trace_id=trace_id))
    spans = by_name(person, trace_id)
    assert (spans["work"]["input"], spans["work"]["output"]) == ({"x": 1}, "2")
    assert spans["plain"]["parent_span_id"] is None


def test_shutting_down_does_not_block_the_loop(person: Person) -> None:
    """What is sent last may take its time; the loop runs on. Who stops waiting does not stop it,
    and a second time is fine."""
    assert run(person, STOPPING) == "['work']"


def test_init_tracer_takes_what_configure_takes() -> None:
    """And the hook beside it."""
    taken = inspect.signature(init_tracer).parameters
    assert set(taken) == {*inspect.signature(configure).parameters, "redact"}
