"""docs/semantic-conventions.md: the words that go together, and the two versions of a span."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import httpx
import pytest

from audittrail import semconv
from tests.docs.blocks import ROOT, blocks_of
from tests.mapping.told import told
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.people import Person

PAGE: Final = "docs/semantic-conventions.md"
_TYPES: Final[dict[str, Any]] = {"string": str, "int": int, "double": float}
# The field of the API that an attribute fills.
_FIELDS: Final = {
    semconv.SPAN_TYPE: "span_type",
    semconv.INPUT: "input",
    semconv.OUTPUT: "output",
    semconv.MODEL: "model",
    semconv.PROVIDER: "provider",
    semconv.TOKENS_IN: "tokens_in",
    semconv.TOKENS_OUT: "tokens_out",
    semconv.TOKENS_CACHED: "tokens_cached",
    semconv.TOKENS_CACHE_WRITE: "tokens_cache_write",
    semconv.TOKENS_REASONING: "tokens_reasoning",
    semconv.TTFT_MS: "ttft_ms",
    semconv.TOOL_CALLS: "tool_calls",
    semconv.AGENT_NAME: "agent_name",
    semconv.ENVIRONMENT: "environment",
    semconv.SESSION_ID: "session_id",
    semconv.USER_ID: "user_id",
}
_CALL: Final = {"id": "call_1", "name": "get_weather", "arguments": {"city": "Paris"}}
# Where the two say the same in other words.
_SAID: Final[dict[tuple[str, str], Any]] = {
    (semconv.SPAN_TYPE, "gen_ai.operation.name"): "execute_tool",
    (semconv.TTFT_MS, "gen_ai.response.time_to_first_chunk"): 0.4125,
    (semconv.TOOL_CALLS, "gen_ai.output.messages"): json.dumps(
        [{"role": "assistant", "parts": [{"type": "tool_call", **_CALL}]}]
    ),
}


def _pairs() -> list[tuple[str, str]]:
    """(attribute of AuditTrail, attribute that it goes with)."""
    rows = re.findall(
        r"(?m)^\| `(audittrail\.[^`]+)` \|.*\| ([^|]*) \|$", (ROOT / PAGE).read_text()
    )
    keys = {own: re.findall(r"`((?:[a-z_]+\.)+[a-z_]+)`", beside) for own, beside in rows}
    return [(own, key) for own, beside in keys.items() for key in beside]


def test_every_field_has_its_words() -> None:
    """The table leaves none out that the conventions have a word for."""
    assert {own for own, _ in _pairs()} == set(_FIELDS)


@pytest.mark.parametrize(("own", "beside"), _pairs())
def test_both_fill_the_same_field(own: str, beside: str) -> None:
    """What goes together means the same to the server."""
    attribute = next(each for each in semconv.ATTRIBUTES if each.key == own)
    value = _TYPES[attribute.type](attribute.example)
    other = {beside: _SAID.get((own, beside), value)}
    kind = {} if own == semconv.SPAN_TYPE else {semconv.SPAN_TYPE: "llm"}
    second = told(kind, resource=other) if own == semconv.ENVIRONMENT else told(kind | other)
    field = _FIELDS[own]
    first = told(kind | {own: value})
    assert first[field] is not None
    assert second[field] == first[field]


def test_running_and_final_version(person: Person) -> None:
    """The server shows the span of the two examples as running, and then as one that is over,
    with what both say."""
    first, final = [json.loads(each.text) for each in blocks_of(PAGE) if each.language == "json"]
    ids = {"traceId": new_trace_id(), "spanId": new_span_id()}
    assert {**first, "attributes": [], "endTimeUnixNano": ""} == {
        **final,
        "attributes": [],
        "endTimeUnixNano": "",
    }
    _send(person, first | ids)
    (running,) = person.spans(ids["traceId"])
    assert (running["status"], running["end_time"], running["span_type"]) == (
        "running",
        None,
        "tool",
    )
    _send(person, final | ids)
    (over,) = person.spans(ids["traceId"])
    assert (over["status"], over["duration_ms"]) == ("ok", 3000)
    assert (over["input"], over["output"]) == ({"query": "Paris"}, "11 documents")


def _send(person: Person, span: dict[str, Any]) -> None:
    answer = httpx.post(
        f"{person.server.otlp_http}/v1/traces",
        json={"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]},
        headers={"authorization": f"Bearer {person.key}"},
    )
    assert answer.json() == {}, answer.text
