"""Spans: what is sent comes back, in order, and nobody waits for it."""

from __future__ import annotations

import datetime as dt
import inspect
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from audittrail.api.schemas import SpanIn
from audittrail.ingestor import AuditTrailIngestor
from tests.ingestor.stand_in import Answer, stand_in, stored
from tests.support.otlp import new_trace_id
from tests.support.people import Person
from tests.support.servers import free_ports, make_server

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def send(ingestor: AuditTrailIngestor, name: str) -> None:
    ingestor.send_complete(trace_id=new_trace_id(), name=name)


def test_running_then_complete(person: Person, ingestor: AuditTrailIngestor) -> None:
    """One span, seen running first; the end need not repeat what the start said."""
    trace_id = ingestor.register_trace("a trip")
    root = ingestor.send_running(trace_id=trace_id, name="trip", span_type="agent")
    child = ingestor.send_running(
        trace_id=trace_id, name="search", span_type="tool", parent_span_id=root, input={"q": "x"}
    )
    assert ingestor.flush()
    assert person.get(f"/api/v1/traces/{trace_id}")["status"] == "running"
    assert ingestor.send_complete(span_id=child, output=["mild"]) == child
    ingestor.send_complete(span_id=root, status="error", status_message="no")
    assert ingestor.flush()
    spans = {span["name"]: span for span in person.spans(trace_id)}
    assert spans["search"]["span_id"] == child
    assert spans["search"]["parent_span_id"] == root
    assert (spans["search"]["status"], spans["search"]["span_type"]) == ("ok", "tool")
    assert (spans["search"]["input"], spans["search"]["output"]) == ({"q": "x"}, ["mild"])
    assert (spans["trip"]["status"], spans["trip"]["status_message"]) == ("error", "no")
    assert spans["search"]["duration_ms"] is not None
    assert (ingestor.stored, ingestor.rejected, ingestor.dropped) == (4, 0, 0)


def test_every_field(person: Person, ingestor: AuditTrailIngestor) -> None:
    """All that the REST API knows can be said."""
    trace_id = new_trace_id()
    said: dict[str, Any] = {
        "trace_id": trace_id,
        "name": "answer",
        "span_type": "llm",
        "parent_span_id": "ab" * 8,
        "input": {"question": "why"},
        "output": "because",
        "model": "gpt-4o",
        "provider": "openai",
        "tokens_in": 11,
        "tokens_out": 7,
        "tokens_cached": 3,
        "tokens_cache_write": 1,
        "tokens_reasoning": 2,
        "ttft_ms": 12.5,
        "cost": 0.25,
        "tool_calls": [{"id": "c", "name": "search", "arguments": {"q": "x"}, "result": None}],
        "session_id": "s",
        "user_id": "u",
        "agent_name": "planner",
        "environment": "staging",
    }
    span_id = ingestor.send_complete(
        **said,
        start_time=NOON,
        end_time=NOON + dt.timedelta(seconds=1),
        attributes={"at": NOON, "bad": float("nan")},
        events=[{"name": "retry"}],
        links=[{"trace_id": "ab" * 16}],
    )
    assert ingestor.flush()
    read = person.get(f"/api/v1/spans/{trace_id}/{span_id}")
    assert {name: read[name] for name in said} == said
    assert (read["start_time"], read["duration_ms"]) == ("2026-01-31T12:00:00.000000Z", 1000)
    assert read["attributes"].items() >= {"at": NOON.isoformat(), "bad": "NaN"}.items()


def test_the_arguments_are_the_schema() -> None:
    """What the REST API learns, the client must too."""
    fields = set(SpanIn.model_fields)
    assert set(inspect.signature(AuditTrailIngestor.send_complete).parameters) == fields | {"self"}
    running = set(inspect.signature(AuditTrailIngestor.send_running).parameters)
    assert running < fields | {"self"}


def test_complete_alone(person: Person, ingestor: AuditTrailIngestor) -> None:
    """A span of which nothing was said before, and without a start."""
    trace_id = new_trace_id()
    ingestor.send_complete(trace_id=trace_id, name="step")
    assert ingestor.flush()
    (span,) = person.spans(trace_id)
    assert (span["name"], span["status"], span["span_type"]) == ("step", "ok", "custom")


def test_rejected_spans(
    person: Person, ingestor: AuditTrailIngestor, caplog: pytest.LogCaptureFixture
) -> None:
    """They are counted and logged with the reason, and cost the others nothing."""
    trace_id = new_trace_id()
    ingestor.send_complete(trace_id=trace_id, name="bad", span_type="robot")
    ingestor.send_complete(trace_id=trace_id, name="good")
    assert ingestor.flush()
    assert [span["name"] for span in person.spans(trace_id)] == ["good"]
    assert (ingestor.stored, ingestor.rejected) == (1, 1)
    (record,) = caplog.records
    assert "rejected the span 'bad': must be one of llm, tool" in record.getMessage()


def test_what_cannot_be_sent(
    ingestor: AuditTrailIngestor, caplog: pytest.LogCaptureFixture
) -> None:
    """An end without a start that was sent: it is logged, and nothing raises."""
    ingestor.send_complete(span_id="ab" * 8, output=1)
    assert ingestor.flush()
    assert (ingestor.stored, ingestor.rejected) == (0, 1)
    assert "trace_id and name must be given" in caplog.text


def test_order_and_batches() -> None:
    """As they came, so many at a time."""
    with stand_in() as server, AuditTrailIngestor(api_url=server.url, batch_size=7) as ingestor:
        names = [f"s{number}" for number in range(50)]
        for name in names:
            send(ingestor, name)
        assert ingestor.flush()
        assert server.spans == names
        assert max(len(request.body["batch"]) for request in server.requests) == 7


def test_nobody_waits() -> None:
    """While the server hangs, sending returns at once."""
    with stand_in() as server, AuditTrailIngestor(api_url=server.url) as ingestor:
        server.let_go.clear()
        for number in range(1_000):
            send(ingestor, f"s{number}")
        assert not ingestor.flush(timeout=0.05)
        server.let_go.set()
        assert ingestor.flush()
    assert len(server.spans) == 1_000


@pytest.mark.parametrize("status", [429, 503])
def test_passing_faults(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """The same batch is sent again, after what the server asks for, and before what came later."""
    busy = Answer(status, {"detail": "busy"}, (("retry-after", "0"),))
    with stand_in(busy, busy, stored()) as server, AuditTrailIngestor(api_url=server.url) as sends:
        send(sends, "first")
        assert sends.flush()
        send(sends, "second")
        assert sends.flush()
    assert server.spans == ["first", "first", "first", "second"]
    assert (sends.stored, sends.dropped) == (2, 0)
    assert len(caplog.records) == 1  # once a minute


def test_a_server_that_comes_later() -> None:
    """What was sent before it was there is sent then."""
    (port,) = free_ports(1)
    with AuditTrailIngestor(api_url=f"http://127.0.0.1:{port}") as ingestor:
        send(ingestor, "early")
        assert not ingestor.flush(timeout=0.1)
        with stand_in(port=port) as server:
            assert ingestor.flush()
            assert server.spans == ["early"]
    assert (ingestor.stored, ingestor.dropped) == (1, 0)


def test_a_server_that_never_comes(caplog: pytest.LogCaptureFixture) -> None:
    """Closing waits no longer than it was told; what is lost is counted and logged."""
    (port,) = free_ports(1)
    ingestor = AuditTrailIngestor(api_url=f"http://127.0.0.1:{port}")
    send(ingestor, "lost")
    ingestor.close(timeout=0.1)
    assert (ingestor.stored, ingestor.dropped) == (0, 1)
    assert "could not be reached in time" in caplog.text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
def test_lasting_faults(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing would be better the next time: they are logged with what to do, and counted."""
    with (
        stand_in(Answer(status, {"detail": "no"}), stored()) as server,
        AuditTrailIngestor(api_url=server.url) as ingestor,
    ):
        send(ingestor, "lost")
        assert ingestor.flush()
        send(ingestor, "kept")
        assert ingestor.flush()
        assert (ingestor.stored, ingestor.rejected) == (1, 1)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "1 spans are lost (lost, ...)" in record.getMessage()


def test_batches_that_are_too_large() -> None:
    """They are sent in halves; a single span that is too large is lost alone."""
    too_large = Answer(413, {"detail": "too large"})
    with (
        stand_in(too_large, too_large, stored(), stored()) as server,
        AuditTrailIngestor(api_url=server.url) as ingestor,
    ):
        server.let_go.clear()
        send(ingestor, "held")
        until = threading.Event()
        while not server.requests:
            until.wait(0.005)
        for name in ("a", "b", "c"):
            send(ingestor, name)
        server.let_go.set()
        assert ingestor.flush()
        assert (ingestor.stored, ingestor.rejected) == (3, 1)
    sizes = [len(request.body["batch"]) for request in server.requests]
    assert (sizes, server.spans[-3:]) == ([1, 3, 1, 2], ["a", "b", "c"])


def test_a_closed_ingestor(caplog: pytest.LogCaptureFixture) -> None:
    """Spans that come after it are counted as dropped; closing twice is fine."""
    with stand_in() as server:
        ingestor = AuditTrailIngestor(api_url=server.url)
        send(ingestor, "in time")
        ingestor.close()
        send(ingestor, "too late")
        ingestor.close()
    assert server.spans == ["in time"]
    assert ingestor.dropped == 1
    assert "after the ingestor was closed" in caplog.text


def test_the_oldest_give_way() -> None:
    """There is a bound to what waits."""
    with stand_in() as server, AuditTrailIngestor(api_url=server.url) as ingestor:
        server.let_go.clear()
        send(ingestor, "held")
        until = threading.Event()
        while not server.requests:
            until.wait(0.005)
        for _ in range(200):
            ingestor.send_complete(trace_id=new_trace_id(), name="big", input="x" * 400_000)
        assert ingestor.dropped > 0
        server.let_go.set()
        assert ingestor.flush()
        assert ingestor.stored + ingestor.dropped == 201


def test_many_threads() -> None:
    """Each span arrives once."""
    with stand_in() as server, AuditTrailIngestor(api_url=server.url) as ingestor:

        def work(place: int) -> None:
            for number in range(100):
                send(ingestor, f"{place}-{number}")

        threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ingestor.flush()
    assert len(server.spans) == len(set(server.spans)) == 800
    for place in range(8):
        own = [name for name in server.spans if name.startswith(f"{place}-")]
        assert own == [f"{place}-{number}" for number in range(100)]


def test_a_server_that_is_killed_and_started_again(tmp_path: Path) -> None:
    """After that every span is there once."""
    server = make_server(tmp_path, "--local")
    server.start()
    try:
        trace_id = new_trace_id()
        with AuditTrailIngestor(api_url=server.api) as ingestor:
            ids = [ingestor.send_running(trace_id=trace_id, name="s") for _ in range(20)]
            assert ingestor.flush()
            server.kill()
            for span_id in ids:
                ingestor.send_complete(span_id=span_id)
            assert not ingestor.flush(timeout=0.1)
            server.start()
            assert ingestor.flush()
        answer = httpx.get(f"{server.api}/api/v1/traces/{trace_id}/spans", params={"limit": 100})
        found = answer.json()["data"]
        assert sorted(span["span_id"] for span in found) == sorted(ids)
        assert {span["status"] for span in found} == {"ok"}
    finally:
        server.stop()


PROGRAM = """
import os, signal, sys
from audittrail.ingestor import AuditTrailIngestor
ingestor = AuditTrailIngestor(flush_interval=60)
ingestor.send_complete(trace_id="ab" * 16, name="parent")
if sys.argv[1] == "fork":
    child = os.fork()
    if child == 0:
        ingestor.send_complete(trace_id="ab" * 16, name="child")
        assert ingestor.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
if sys.argv[1] == "sigterm":
    os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.mark.parametrize(
    ("end", "names"), [("exit", ["parent"]), ("fork", ["child", "parent"]), ("sigterm", ["parent"])]
)
def test_the_end_of_a_program(end: str, names: list[str]) -> None:
    """What waits is sent; a child sends its own spans alone."""
    with stand_in() as server:
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, end],
            env={**os.environ, "AUDITTRAIL_API_URL": server.url},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert (ran.stderr, ran.stdout) == ("", "")
    assert sorted(server.spans) == names
