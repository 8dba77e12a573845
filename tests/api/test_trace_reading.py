"""One trace: its fields, spans, skeleton and deletion; and when it runs, ends or falls silent."""

from __future__ import annotations

import time

import pytest

from tests.api.rest import register, rest_span, span_path, store, trace_path
from tests.api.routes import is_problem
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person

TRACE_FIELDS = {
    "trace_id",
    "name",
    "agent_name",
    "environment",
    "session_id",
    "user_id",
    "status",
    "start_time",
    "end_time",
    "duration_ms",
    "span_count",
    "error_count",
    "llm_calls",
    "tool_calls",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_reasoning",
    "cost",
    "cost_source",
    "models",
    "metadata",
}
SPAN_FIELDS = {
    "span_id",
    "parent_span_id",
    "name",
    "span_type",
    "status",
    "input",
    "output",
    "model",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_reasoning",
    "cost",
    "cost_source",
    "session_id",
    "agent_name",
    "attributes",
    "events",
    "links",
    "resource",
    "scope",
    "tool_calls",
    "start_time",
    "end_time",
}


def test_the_fields_of_a_trace_and_a_span(person: Person) -> None:
    """All are there, known or not; the same in the list."""
    trace_id, span_id = new_trace_id(), new_span_id()
    store(person, rest_span(trace_id, span_id))
    trace = person.get(trace_path(trace_id))
    assert trace.keys() >= TRACE_FIELDS
    assert person.get("/api/v1/traces") == [trace]
    assert person.get(span_path(trace_id, span_id)).keys() >= SPAN_FIELDS | {"received_versions"}
    (read,) = person.spans(trace_id)
    assert read.keys() >= SPAN_FIELDS


def test_spans_come_in_pages(person: Person) -> None:
    """By start, each once, those with equal starts too."""
    trace_id = new_trace_id()
    sent = [rest_span(trace_id, start_time=f"2026-01-31T11:59:0{n // 3}Z") for n in range(10)]
    store(person, *sent)
    for limit in (1, 3, 10):
        read = list(person.pages(trace_path(trace_id, "/spans"), limit=limit))
        assert sorted(each["span_id"] for each in read) == sorted(s["span_id"] for s in sent)
        assert [each["start_time"] for each in read] == sorted(e["start_time"] for e in read)


def test_chosen_fields(person: Person) -> None:
    """Only those asked for; an empty list means all but the payload."""
    trace_id = new_trace_id()
    store(person, rest_span(trace_id, input="asked"))
    path = trace_path(trace_id, "/spans")
    (chosen,) = person.get(path, fields="name,input,unknown")
    assert chosen == {"name": "step", "input": "asked"}
    (light,) = person.get(path, fields="")
    assert "input" not in light
    assert light["name"] == "step"


def test_the_skeleton(person: Person) -> None:
    """One entry a span in each column; names are indexes; only changes after a ``seq``."""
    trace_id = new_trace_id()
    sent = [rest_span(trace_id, name=f"step {n % 2}", input="payload") for n in range(40)]
    store(person, *sent)
    path = trace_path(trace_id, "/skeleton")
    with person.client() as client:
        answer = client.get(path, headers={"accept-encoding": "gzip"})
        plain = client.get(path, headers={"accept-encoding": "identity"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    whole = answer.json()["data"]
    assert plain.json()["data"] | {"server_time_ms": whole["server_time_ms"]} == whole
    assert "payload" not in answer.text
    assert {len(column) for column in whole["columns"].values()} == {40}
    names = whole["dictionaries"]["name"]
    assert sorted(names) == ["step 0", "step 1"]
    told = dict(zip(whole["columns"]["span_id"], whole["columns"]["name"], strict=True))
    assert {span_id: names[code] for span_id, code in told.items()} == {
        each["span_id"]: each["name"] for each in sent
    }
    assert person.get(path, after_seq=whole["seq"])["columns"]["span_id"] == []
    store(person, rest_span(trace_id, sent[7]["span_id"], status="error"))
    changed = person.get(path, after_seq=whole["seq"])["columns"]["span_id"]
    assert changed == [sent[7]["span_id"]]
    first = person.get(path, limit=15)
    assert first["columns"]["span_id"] == whole["columns"]["span_id"][:15]
    assert first["trace"]["span_count"] == 40


def test_a_deleted_trace_is_gone_until_sent_anew(person: Person) -> None:
    """From every route; and sent again, it is new: nothing of the old one comes back."""
    trace_id, span_id = new_trace_id(), new_span_id()
    sent = rest_span(trace_id, span_id, cost=1.0)
    store(person, sent, rest_span(trace_id))
    register(person, trace_id=trace_id, metadata={"old": 1})
    paths = [trace_path(trace_id, part) for part in ("", "/spans", "/skeleton", "/logs")]
    paths.append(span_path(trace_id, span_id))
    with person.client() as client:
        assert client.delete(trace_path(trace_id)).status_code == 200
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 404
            assert is_problem(answer)
    assert person.get("/api/v1/traces") == []
    store(person, sent)
    trace = person.get(trace_path(trace_id))
    assert (trace["span_count"], trace["cost"], trace["metadata"]) == (1, 1.0, {})
    assert len(person.get(span_path(trace_id, span_id))["received_versions"]) == 1


def test_a_span_that_is_not_there(person: Person) -> None:
    """404, in a trace that is there too."""
    trace_id = new_trace_id()
    store(person, rest_span(trace_id))
    with person.client() as client:
        for span_id in (new_span_id(), "nonsense"):
            answer = client.get(span_path(trace_id, span_id))
            assert answer.status_code == 404
            assert is_problem(answer)


@pytest.mark.parametrize("door", ["rest", "otlp"])
def test_a_trace_runs_until_its_root_ends(person: Person, door: str) -> None:
    """Running by REST is a status, by OTLP an end of 0."""
    trace_id, root = new_trace_id(), new_span_id()

    def say(ended: bool) -> None:
        if door == "otlp":
            made = span(trace_id, root, start_ns=10**18, end_ns=10**18 + 1 if ended else 0)
            assert person.otlp(traces_request(made)).status_code == 200
        else:
            open_fields = {} if ended else {"status": "running", "end_time": None}
            store(person, rest_span(trace_id, root, **open_fields))

    say(ended=False)
    store(person, rest_span(trace_id, parent_span_id=root))
    assert person.get(trace_path(trace_id))["status"] == "running"
    say(ended=True)
    trace = person.get(trace_path(trace_id))
    assert (trace["status"], trace["span_count"], trace["open_spans"]) == ("complete", 2, 0)


def test_failed_spans_do_not_hide(person: Person) -> None:
    """A root that is OK is shown as it is, and so are the errors below it."""
    trace_id, root = new_trace_id(), new_span_id()
    failed = rest_span(trace_id, parent_span_id=root, status="error", status_message="no")
    store(person, rest_span(trace_id, root), failed)
    trace = person.get(trace_path(trace_id))
    assert (trace["root_span_id"], trace["error_count"]) == (root, 1)
    statuses = {each["span_id"]: each["status"] for each in person.spans(trace_id)}
    assert statuses == {root: "ok", failed["span_id"]: "error"}


def test_a_silent_trace_is_incomplete_until_news(strict_person: Person) -> None:
    """News brings it back to life, and its end completes it."""
    trace_id, root = new_trace_id(), new_span_id()
    running = rest_span(trace_id, root, status="running", end_time=None)
    store(strict_person, running)
    until = time.monotonic() + 30
    while strict_person.get(trace_path(trace_id))["status"] != "incomplete":
        assert time.monotonic() < until
        time.sleep(0.05)
    listed = strict_person.get("/api/v1/traces", status="incomplete")
    assert [each["trace_id"] for each in listed] == [trace_id]
    before = strict_person.get(trace_path(trace_id))["last_received_at"]
    store(strict_person, rest_span(trace_id, parent_span_id=root))
    assert strict_person.get(trace_path(trace_id))["last_received_at"] > before
    store(strict_person, rest_span(trace_id, root))
    assert strict_person.get(trace_path(trace_id))["status"] == "complete"
