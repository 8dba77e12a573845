"""Input that no client means to send, and good bodies to spoil with it."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

from tests.api.rest import SPANS, TRACES, new_uuid, rest_span
from tests.support.otlp import new_span_id, new_trace_id

HUGE = 10**40


def cursor(place: Any) -> str:
    text = place if isinstance(place, str) else json.dumps(place)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


# As they stand in a URL.
ODD_WORDS = [
    "",
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "%f0%9f%a6%86",
    "'%20OR%201=1;--",
    "%25_%5C",
    "-1",
    "0",
    "1",
    "1.5",
    "1e400",
    "1e300",
    "-1e300",
    "nan",
    "inf",
    "-inf",
    str(2**63 - 1),
    str(2**63),
    str(-(2**63) - 1),
    str(2**127),
    str(HUGE),
    "9" * 5000,
    "null",
    "true",
    "[]",
    "..",
    "2026-01-31T12:00:00Z",
    "0001-01-01T00:00:00%2B23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59.999999Z",
    "x" * 5000,
]
ODD_CURSORS = [
    "=",
    "====",
    "a",
    "A" * 4000,
    *(
        cursor(place)
        for place in (
            None,
            [],
            {},
            "{",
            "[1e999, 'a']",
            "[" * 500,
            '[1e999, "a"]',
            [None, None],
            [None, "x"],
            [None, "\0"],
            ["text", "x"],
            [True, "x"],
            [1, 2],
            [1, "x", 3],
            [-1, "x"],
            [1.5, "x"],
            [1e308, "x"],
            [2**63, "x"],
            [2**64, "x"],
            [-(2**64), "x"],
            [HUGE, "x"],
            [1, "x" * 100_0],
            [1, "\ud800"],
        )
    ),
]
ODD_VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    1.5,
    2**53 + 1,
    2**63,
    2**64,
    HUGE,
    -HUGE,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "🦆" * 30_000,
    "nan",
    "9999-12-31T23:59:59.999999-23:59",
    "0001-01-01T00:00:00+23:59",
    [],
    [None],
    ["\ud800"],
    [[[[]]]],
    {},
    {"": None},
    {"\0": "\0"},
    {"\ud800": 1},
    {"a": HUGE},
    {"a": float("nan")},
    {"result": "text"},
    [{"result": "text"}],
    [{"\0": {"\ud800": [HUGE]}}],
    *(json.loads("[" * depth + "]" * depth) for depth in (190, 201, 245, 300, 900)),
    "[" * 300 + "]" * 300,
]
ODD_BODIES = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"1",
    b'"text"',
    b"{",
    b"{}",
    b"[" * 100_000,
    b'{"batch":' * 2000,
    b'{"trace": {"trace_id": "\xff"}}',
    b'{"batch": null}',
    b'{"batch": [null, 1, "x", [], {}]}',
    b'{"batch": [{"attributes": ' + b'{"a":' * 600 + b"1" + b"}" * 600 + b"}]}",
    b'{"trace": {"trace_id": "' + b"a" * 32 + b'", "metadata": ' + b'{"a":' * 600 + b"1"
    + b"}" * 600 + b"}}",
]  # fmt: skip


def good_bodies() -> dict[str, Any]:
    call = {"id": "1", "name": "f", "arguments": {}, "result": {}}
    full = rest_span(
        new_trace_id(),
        parent_span_id=new_span_id(),
        span_type="llm",
        status_message="m",
        input={"a": 1},
        output="text",
        model="gpt-4o",
        provider="openai",
        tokens_in=1,
        tokens_out=1,
        tokens_cached=1,
        tokens_cache_write=1,
        tokens_reasoning=1,
        ttft_ms=1.5,
        cost=0.1,
        tool_calls=[call],
        session_id="s",
        user_id="u",
        agent_name="a",
        environment="e",
        attributes={"k": 1},
        events=[{"name": "e"}],
        links=[{"trace_id": new_trace_id()}],
        unknown_field=1,
    )
    names = ("name", "agent_name", "environment", "session_id", "user_id")
    trace = {"trace_id": new_uuid(), "metadata": {"a": 1}, **dict.fromkeys(names, "text")}
    ablation = {
        "target": "a" * 16, "measure": "text", "sentence": 0, "mode": "quick", "steps": "one",
        "include": ["m0"], "exclude": ["m1"], "model": "m", "max_usd": 1.0, "max_calls": 9,
    }  # fmt: skip
    account = {"email": f"{new_uuid()}@example.com", "password": "long enough for a password"}
    return {
        SPANS: {"batch": [full]},
        TRACES: {"trace": trace},
        "/api/v1/auth/register": account | {"password": "short"},
        "/api/v1/auth/login": account,
        "/api/v1/api-keys": {"name": "k", "scopes": ["read"]},
        "/api/v1/settings/retention": {"days": 30},
        "/api/v1/rules/own": {"text": "rules: []", "off": ["refusal"]},
        "/api/v1/rules/try": {"text": "rules: []"},
        "/api/v1/webhooks": {"url": "https://a.invalid/b", "rule_ids": ["refusal"]},
        "/api/v1/webhooks/{webhook_id}": {"enabled": False},
        "/api/v1/traces/{trace_id}/ablation": ablation,
        "/api/v1/traces/{trace_id}/ablation/preview": ablation,
        "/api/v1/traces/{trace_id}/ablation/{run_id}/resume": {"max_usd": 1.0, "max_calls": 9},
        "/api/v1/violations/decisions": {"ids": ["a"], "kind": "waived", "reason": "so it is"},
    }


def spoilt(body: Any) -> Iterator[bytes]:
    """The body with each of its fields, at every depth, replaced by each odd value."""

    def places(inner: Any) -> Iterator[tuple[Any, ...]]:
        pairs = inner.items() if isinstance(inner, dict) else enumerate(inner)
        for key, value in list(pairs):
            yield (key,)
            if isinstance(value, dict | list):
                yield from ((key, *rest) for rest in places(value))

    for place in places(body):
        for odd in ODD_VALUES:
            changed = copy.deepcopy(body)
            inner = changed
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = odd
            yield json.dumps(changed).encode()
