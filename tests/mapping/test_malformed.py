"""Values that are not what their keys promise."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audittrail import semconv
from audittrail.receiver.mapping.dialect import (
    NUMBER_FIELDS,
    ByPrefix,
    BySuffix,
    ByValue,
    IndexedMessages,
)
from audittrail.receiver.mapping.dialects import DIALECTS
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.mapping.sources import Source
from audittrail.receiver.otlp.values import dump_json, value_of
from audittrail.rules.pricing import Pricer
from audittrail.rules.shipped import default_rules_dir
from tests.mapping.told import told, told_all
from tests.support import otlp

PRICE = Pricer(default_rules_dir())


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (57, 57),
        ("57", 57),
        (57.0, 57),
        ("57.0", 57),
        (" 57 ", 57),
        (0, 0),
        (2**63 - 1, 2**63 - 1),
        (-1, None),
        ("-1", None),
        (1e30, None),
        (math.nan, None),
        (math.inf, None),
        ("nan", None),
        ("inf", None),
        ("57 tokens", None),
        ("", None),
        (True, None),
        (None, None),
        ([57], None),
        ({"n": 57}, None),
        (b"57", None),
    ],
)
def test_counts_of_odd_types(value: Any, count: int | None) -> None:
    """Numbers as text are numbers; what is no count is none, and the span is kept with it."""
    span = told({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": value})
    assert (span["tokens_in"], span["span_type"]) == (count, "llm")
    assert "gen_ai.usage.input_tokens" in span["attributes"]


@pytest.mark.parametrize("value", [10**30, -(10**30), 10**400, "9" * 400])
def test_numbers_that_no_column_holds(value: Any) -> None:
    """JSON has integers of any size, and the REST API takes them as attributes."""
    said = Engine().map_one(
        {
            "gen_ai.usage.input_tokens": value,
            "gen_ai.response.time_to_first_chunk": value,
            "gen_ai.usage.cost": value,
            "gen_ai.request.model": "m",
        },
        "",
    )
    assert said == {"request_model": "m"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(7, "7"), (True, "true"), ({"a": 1}, '{"a":1}'), (["a"], '["a"]'), ("", None), (None, None)],
)
def test_texts_of_odd_types(value: Any, text: str | None) -> None:
    """A text column gets text, whatever was sent."""
    span = told({semconv.MODEL: value, semconv.SESSION_ID: value, semconv.AGENT_NAME: value})
    assert [span[name] for name in ("model", "session_id", "agent_name")] == [text] * 3


# Every key that any dialect speaks of, those of spread content filled in.
_SPREAD = [
    f"{source.prefix}.{number}.{source.inner}{rest}"
    for dialect in DIALECTS
    for source in (*dialect.input, *dialect.output)
    if not isinstance(source, str | Source)
    for number in (0, 1, 10)
    for rest in (
        ("role", "content", "contents.0.message_content.text", "tool_calls.0.tool_call.id")
        if isinstance(source, IndexedMessages)
        else ("content", "id", "metadata")
    )
]
_KEYS = sorted(
    {
        source.key if isinstance(source, Source) else source
        for dialect in DIALECTS
        for sources in dialect.fields.values()
        for source in sources
    }
    | {
        rule.key
        for dialect in DIALECTS
        for rule in dialect.span_type
        if isinstance(rule, ByValue | ByPrefix | BySuffix)
    }
    | {
        source.key if isinstance(source, Source) else source
        for each in DIALECTS
        for source in (*each.input, *each.output)
        if isinstance(source, str | Source)
    }
    | {each.placeholder.key for each in DIALECTS if each.placeholder is not None}
    | {each.estimate.key for each in DIALECTS if each.estimate is not None}
    | {rule.key for each in DIALECTS for rule in each.internal if rule.key is not None}
    | {key for dialect in DIALECTS for key in dialect.system}
    | {semconv.RUNNING}
    | set(_SPREAD)
)
_MESSAGES = [
    {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
    {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]},
]
_TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "chat",
        "LLM",
        "tool",
        "57",
        "-1",
        "1e400",
        "nan",
        "true",
        "{",
        "[]",
        '[{"role": 1}]',
        '{"role": "user"}',
        '{"messages": [[]]}',
        json.dumps(_MESSAGES),
        json.dumps(_MESSAGES)[:-1],
        "[" * 5000,
        '{"a":' * 300 + "1" + "}" * 300,
    ]
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | _TEXTS
    | st.binary(max_size=4)
    | st.just(_MESSAGES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "parts", "tool_calls", "id", "type", "message"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
_ATTRIBUTES = st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=8)
_EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(
                [
                    "exception",
                    "gen_ai.user.message",
                    "gen_ai.choice",
                    "gen_ai.content.prompt",
                    "gen_ai.client.inference.operation.details",
                ]
            ),
            "attributes": st.dictionaries(
                st.sampled_from(
                    [
                        "content",
                        "message",
                        "role",
                        "tool_calls",
                        "exception.message",
                        "gen_ai.prompt",
                        "gen_ai.input.messages",
                        "gen_ai.output.messages",
                    ]
                ),
                _VALUES,
                max_size=3,
            ),
        }
    ),
    max_size=2,
)


def as_json(attributes: dict[str, Any]) -> Any:
    """As readers get them: NaN under the name that JSON has for it."""
    request = otlp.traces_message(otlp.span(otlp.new_trace_id(), attributes=attributes))
    pairs = request.resource_spans[0].scope_spans[0].spans[0].attributes
    return orjson.loads(dump_json({pair.key: value_of(pair.value) for pair in pairs}))


@given(st.lists(_ATTRIBUTES, min_size=1, max_size=3), _EVENTS)
@example([{semconv.TOOL_CALLS: "no JSON"}, {"metadata": "[" * 100_000}], [])
@example([{semconv.OUTPUT: '[{"tool_calls": true}]'}], [])
def test_no_values_lose_a_span(rows: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    """Whatever the known keys hold: every span is stored, can be read, is of a known type, has
    sensible numbers, and keeps every attribute as it came."""
    trace_id = otlp.new_trace_id()
    sent = [otlp.span(trace_id, attributes=row, events=events) for row in rows]
    spans = told_all(*sent, price=PRICE)
    assert [span["span_id"] for span in spans] == [span["span_id"] for span in sent]
    for row, span in zip(rows, spans, strict=True):
        orjson.dumps({"data": [span]})
        assert span["attributes"] == as_json(row)
        assert span["span_type"] in semconv.SPAN_TYPES
        assert span["status"] in ("ok", "error", "running")
        for name in NUMBER_FIELDS:
            assert span[name] is None or 0 <= span[name] < math.inf
        assert (span["cost"] is None) == (span["cost_source"] in (None, "unpriced"))
        assert isinstance(span["tool_calls"], list | None)


@given(_ATTRIBUTES, _ATTRIBUTES)
def test_spans_do_not_change_each_other(one: dict[str, Any], two: dict[str, Any]) -> None:
    """A span means the same alone as in one request with others, those of its keys included."""
    trace_id = otlp.new_trace_id()
    mirrored = dict.fromkeys(one, "x")
    spans = [
        otlp.span(trace_id, attributes=each, start_ns=1_000, end_ns=2_000)
        for each in (one, two, mirrored, one)
    ]
    together = told_all(*spans)
    alone = [told_all(span)[0] for span in spans]
    assert together == alone
