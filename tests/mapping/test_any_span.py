"""Spans of no dialect, and what holds for spans of all: sessions and errors."""

from __future__ import annotations

from typing import Any

import pytest

from audittrail.receiver.otlp.values import load_value
from tests.mapping.told import told

UNKNOWN: dict[str, Any] = {
    "http.request.method": "GET",
    "http.response.status_code": 200,
    "db.rows": [1, 2],
    "nested": {"a": {"b": [True, None, 1.5, b"\x00"]}},
    "empty": "",
    "": "no key",
    "__proto__": "data",
    "a.b": 1,
    "a.b.c": 2,
    "a" * 10_000: "long",
}


def test_an_unknown_span_is_stored_whole() -> None:
    """It is custom, with its name, its attributes and nothing made up."""
    span = told(UNKNOWN, name="GET /weather", scope="opentelemetry.instrumentation.requests")
    assert (span["span_type"], span["dialect"], span["name"]) == ("custom", None, "GET /weather")
    assert load_value(span["attributes"]) == UNKNOWN
    made_up = ("input", "output", "model", "provider", "cost", "cost_source", "tokens_in")
    assert [span[name] for name in made_up] == [None] * len(made_up)


def test_a_span_without_attributes() -> None:
    """It is a span like any other."""
    span = told({}, name="step")
    assert (span["span_type"], span["status"], span["attributes"]) == ("custom", "ok", {})


def test_session_and_user_of_any_span() -> None:
    """Names that are not of generative AI alone."""
    span = told({"session.id": "s", "enduser.id": "u"})
    assert (span["session_id"], span["user_id"], span["dialect"]) == ("s", "u", None)


@pytest.mark.parametrize(
    ("attributes", "more", "message"),
    [
        ({}, {"status": 2, "message": "boom"}, "boom"),
        ({}, {"status": 2}, None),
        ({"error.type": "TimeoutError"}, {}, "TimeoutError"),
        ({"error.type": "TimeoutError", "error.message": "too slow"}, {}, "too slow"),
        ({"exception.type": "E", "exception.message": "too slow"}, {}, "too slow"),
        ({"error.type": "E"}, {"status": 2, "message": "boom"}, "boom"),
        (
            {},
            {"events": [{"name": "exception", "attributes": {"exception.message": "boom"}}]},
            "boom",
        ),
        ({}, {"events": [{"name": "exception"}]}, None),
        ({"error.type": 500}, {}, "500"),
        ({"error.type": "E"}, {"status": 1}, "E"),
    ],
)
@pytest.mark.parametrize("kind", [{}, {"gen_ai.operation.name": "chat"}], ids=["any", "llm"])
def test_errors(
    kind: dict[str, Any], attributes: dict[str, Any], more: dict[str, Any], message: str | None
) -> None:
    """By the status, an error's type or an exception event; the best text there is."""
    span = told(kind | attributes, **more)
    assert (span["status"], span["status_message"]) == ("error", message)


@pytest.mark.parametrize(
    ("attributes", "status"), [({}, 0), ({}, 1), ({"error.type": ""}, 0), ({"error.type": None}, 1)]
)
def test_ok_and_unset_are_success(attributes: dict[str, Any], status: int) -> None:
    """An error type that says nothing is none."""
    assert told(attributes, status=status)["status"] == "ok"


def test_a_span_that_runs_and_failed_has_failed() -> None:
    """It need not end for that."""
    assert told({"error.type": "E"}, end_ns=0)["status"] == "error"
