"""Comparing what a client says it sent with what the API gives back, whatever the door.

A client tells of each span in the names of the API: a dictionary with at least ``trace_id``,
``span_id`` and whatever else of ``SPAN_FIELDS`` is not empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.support.people import Person

Told = dict[str, Any]

# Of a span that has nothing special. A field that a client does not tell of must come back so.
_NOTHING: Told = {
    "parent_span_id": None,
    "remote_parent": False,
    "name": "",
    "kind": 0,
    "status": "ok",
    "status_message": None,
    "trace_flags": 0,
    "attributes": {},
    "events": [],
    "links": [],
    "extra": {},
    "flags": [],
    "origin": "otlp",
    "versions": 1,
}
SPAN_FIELDS = (
    "trace_id",
    "span_id",
    "start_time_unix_nano",
    "end_time_unix_nano",
    "resource",
    "scope",
    *_NOTHING,
)
LOG_FIELDS = (
    "time_unix_nano",
    "observed_time_unix_nano",
    "span_id",
    "event_name",
    "severity",
    "severity_text",
    "body",
    "attributes",
    "trace_flags",
    "resource",
    "scope",
)


def told_status(code: int, message: str | None) -> Told:
    """UNSET and OK both mean success."""
    return {"status": "error" if code == 2 else "ok", "status_message": message or None}


def without_nothing(**rare: Any) -> Told:
    """What is not empty, since the API leaves out what is."""
    return {name: value for name, value in rare.items() if value}


def check_spans(person: Person, told: Iterable[Told]) -> None:
    """Each span is there once, field by field as its client told, by both ways to read it; and
    none that nobody told of."""
    traces: dict[str, list[Told]] = {}
    for span in told:
        traces.setdefault(span["trace_id"], []).append(_NOTHING | span)
    assert traces, "the client sent nothing"
    for trace_id, sent in traces.items():
        assert _text(map(_fields, person.spans(trace_id))) == _text(map(_fields, sent))
        assert person.get(f"/api/v1/traces/{trace_id}")["span_count"] == len(sent)
        with person.client() as client:
            for span in sent:
                answer = client.get(f"/api/v1/spans/{trace_id}/{span['span_id']}")
                assert answer.status_code == 200, answer.text
                got = answer.json()["data"]
                for each in (got, *got["received_versions"]):
                    assert _text([_fields(each)]) == _text([_fields(span)])
                assert len(got["received_versions"]) == 1


def check_logs(person: Person, trace_id: str, told: Iterable[Told]) -> list[Told]:
    """Each log record is there once, as its client told, by both ways to read it. Returns them as
    they were told, by time."""
    sent = sorted(told, key=_time_ns)
    assert sent, "the client sent nothing"
    got = person.get(f"/api/v1/traces/{trace_id}/logs")
    assert exact([{name: log[name] for name in LOG_FIELDS} for log in got]) == exact(sent)
    assert [log["time"] for log in got] == [_iso(_time_ns(log)) for log in sent]
    for span_id in {log["span_id"] for log in sent}:
        span = person.get(f"/api/v1/spans/{trace_id}/{span_id}")
        assert span["logs"] == [log for log in got if log["span_id"] == span_id]
    return sent


def _time_ns(log: Told) -> int:
    return int(log["time_unix_nano"] or log["observed_time_unix_nano"])


def _iso(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns // 10**9, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ns % 10**9 // 1000:06d}Z"


def check_nothing_stored(person: Person, trace_id: str) -> None:
    assert list(person.pages("/api/v1/traces")) == []
    with person.client() as client:
        assert client.get(f"/api/v1/traces/{trace_id}").status_code == 404


def exact(value: Any) -> str:
    """Text that differs where the value or a type in it differs: 1, 1.0 and true are not the same
    here, nor are 0.0 and -0.0. Keys have no order."""
    return json.dumps(value, indent=1, sort_keys=True)


def _text(spans: Iterable[Told]) -> str:
    return exact(sorted(spans, key=lambda span: str(span["span_id"])))


def _fields(span: Told) -> Told:
    return {name: span[name] for name in SPAN_FIELDS}
