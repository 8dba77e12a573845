"""Which span's data went where, what contains a word, and a span as OTLP again."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.rest import rest_span, span_path, store, trace_path
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person, new_person


def _call(call_id: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"id": call_id, "name": name, "arguments": arguments}


def _talk(trace_id: str, at: int, calls: list[Any], *results: str) -> dict[str, Any]:
    given = [{"role": "user", "content": "go"}]
    given += [{"role": "tool", "tool_call_id": each, "content": "done"} for each in results]
    answer = {"role": "assistant", "content": "", "tool_calls": calls}
    return rest_span(
        trace_id, name="chat", span_type="llm", start_time=at, end_time=at + 1, input=given,
        output=[answer],
    )  # fmt: skip


def _tool(trace_id: str, at: int, name: str, call_id: str | None, **given: Any) -> dict[str, Any]:
    attributes = {"gen_ai.tool.call.id": call_id} if call_id else {}
    return rest_span(
        trace_id, name=name, span_type="tool", start_time=at, end_time=at + 1, input=given,
        attributes=attributes,
    )  # fmt: skip


def _edges(person: Person, trace_id: str) -> set[tuple[str, str, str, bool]]:
    found = person.get(trace_path(trace_id, "/edges"))
    assert found["truncated"] is False
    return {(each["from"], each["to"], each["kind"], each["inferred"]) for each in found["edges"]}


def test_calls_and_results_by_id(person: Person) -> None:
    """From the model to each tool that it asked for, and on to the model that got the results."""
    trace_id, now = new_trace_id(), 1_795_000_000
    asks = _talk(trace_id, now, [_call("c1", "search", q="a"), _call("c2", "search", q="a")])
    one = _tool(trace_id, now + 2, "search", "c2", q="a")
    two = _tool(trace_id, now + 3, "search", "c1", q="a")
    answers = _talk(trace_id, now + 5, [], "c1", "c2")
    later = _talk(trace_id, now + 7, [], "c1", "c2")
    store(person, asks, one, two, answers, later)
    a, b, c, d = (each["span_id"] for each in (asks, one, two, answers))
    assert _edges(person, trace_id) == {
        (a, b, "call", False),
        (a, c, "call", False),
        (b, d, "result", False),
        (c, d, "result", False),
    }


def test_calls_without_an_id_are_inferred(person: Person) -> None:
    """By name and arguments, each tool once, and none from before the call."""
    trace_id, now = new_trace_id(), 1_795_000_000
    early = _tool(trace_id, now - 5, "search", None, q="a")
    asks = _talk(trace_id, now, [_call("c1", "search", q="a"), _call("c2", "search", q="a")])
    one = _tool(trace_id, now + 2, "search", None, q="a")
    other = _tool(trace_id, now + 3, "search", None, q="other")
    store(person, early, asks, one, other)
    assert _edges(person, trace_id) == {(asks["span_id"], one["span_id"], "call", True)}


def test_a_call_id_in_what_the_tool_returned(person: Person) -> None:
    """A tool may name its call in its message alone, and of a single argument tell the value."""
    trace_id, now = new_trace_id(), 1_795_000_000
    asks = _talk(trace_id, now, [_call("c1", "search", q="a"), _call("c2", "read", path="b")])
    one = _tool(trace_id, now + 2, "search", None) | {
        "input": "a, as text",
        "output": {"type": "tool", "data": {"content": "done", "tool_call_id": "c1"}},
    }
    two = _tool(trace_id, now + 3, "read", None) | {"input": "b"}
    store(person, asks, one, two)
    assert _edges(person, trace_id) == {
        (asks["span_id"], one["span_id"], "call", False),
        (asks["span_id"], two["span_id"], "call", True),
    }


def test_a_call_id_that_no_model_gave(person: Person) -> None:
    """Is one of the framework's own: name and arguments tell which call it was."""
    trace_id, now = new_trace_id(), 1_795_000_000
    asks = _talk(trace_id, now, [_call("c1", "search", q="a")])
    tool = _tool(trace_id, now + 2, "search", "own-7", q="a")
    answers = _talk(trace_id, now + 4, [], "c1")
    store(person, asks, tool, answers)
    assert _edges(person, trace_id) == {
        (asks["span_id"], tool["span_id"], "call", True),
        (tool["span_id"], answers["span_id"], "result", True),
    }


def test_links_within_the_trace(person: Person) -> None:
    """From spans of any type to spans of any type. Links to other traces lead elsewhere."""
    trace_id, first = new_trace_id(), new_span_id()
    links = [
        {"trace_id": trace_id, "span_id": first},
        {"trace_id": new_trace_id(), "span_id": first},
        {"trace_id": trace_id, "span_id": new_span_id()},
    ]
    second = rest_span(trace_id, name="joins", links=links)
    store(person, rest_span(trace_id, span_id=first, name="first"), second, rest_span(trace_id))
    assert _edges(person, trace_id) == {(second["span_id"], first, "link", False)}


def test_words_within_a_trace(person: Person) -> None:
    """In names, inputs and outputs, in any case, as text and not as a pattern."""
    trace_id = new_trace_id()
    named = rest_span(trace_id, name="Find Zürich")
    given = rest_span(trace_id, name="a", input={"city": "zürich"})
    returned = rest_span(trace_id, name="b", output="100% ZÜRICH")
    store(person, named, given, returned)
    path = trace_path(trace_id, "/search")
    found = person.get(path, text=["zürich", "100%", "1%0", "none"])
    assert {word: set(ids) for word, ids in found.items()} == {
        "zürich": {named["span_id"], given["span_id"], returned["span_id"]},
        "100%": {returned["span_id"]},
        "1%0": set(),
        "none": set(),
    }
    with person.client() as client:
        assert client.get(path, params={"text": list("abcdef")}).status_code == 422


def test_others_see_nothing_of_it(person: Person) -> None:
    """To another user the trace is not there."""
    trace_id = new_trace_id()
    mine = rest_span(trace_id, name="mine")
    store(person, mine)
    other = new_person(person.server)
    with other.client() as client:
        for path in (
            trace_path(trace_id, "/edges"),
            trace_path(trace_id, "/search?text=mine"),
            span_path(trace_id, mine["span_id"]) + "/otlp",
        ):
            assert client.get(path).status_code == 404


_ODD: dict[str, Any] = {
    "text": "a",
    "number": 1,
    "large": 2**63 - 1,
    "real": 1.5,
    "yes": True,
    "list": ["a", "b"],
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.input.messages": json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": "x"}]}]
    ),
}


@pytest.mark.parametrize("running", [False, True])
def test_as_otlp_again(person: Person, running: bool) -> None:
    """What is read as OTLP and sent by somebody else is the same span."""
    trace_id, span_id = new_trace_id(), new_span_id()
    attributes = _ODD | ({"audittrail.span.running": True} if running else {})
    sent = span(
        trace_id, span_id, parent=new_span_id(), name="odd", status=2, message="failed",
        attributes=attributes, flags=0x301,
        events=[{"name": "exception", "attributes": {"exception.type": "ValueError"}}],
    )  # fmt: skip
    resource = {"service.name": "odd", "host.cpus": 2}
    assert person.otlp(traces_request(sent, resource=resource)).status_code == 200
    raw = person.get(span_path(trace_id, span_id) + "/otlp")
    other = new_person(person.server)
    answer = httpx.post(
        f"{other.server.otlp_http}/v1/traces",
        json=raw,
        headers={"authorization": f"Bearer {other.key}"},
    )
    assert (answer.status_code, answer.json()) == (200, {})
    mine, theirs = (each.get(span_path(trace_id, span_id)) for each in (person, other))
    for each in (mine, theirs):
        for name in ("seq", "received_at", "received_versions"):
            del each[name]
    assert theirs == mine
