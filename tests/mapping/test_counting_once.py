"""Usage that instrumentations report twice is counted once, from attributes to trace totals."""

from __future__ import annotations

from typing import Any

import pytest

from audittrail import semconv
from audittrail.storage import TraceSummary
from tests.mapping.told import summary_of, told_all
from tests.support import otlp

Usage = dict[str, Any]


def of_audittrail(kind: str) -> Usage:
    return {
        semconv.SPAN_TYPE: kind,
        semconv.TOKENS_IN: 57,
        semconv.TOKENS_CACHED: 32,
        semconv.TOKENS_OUT: 17,
        semconv.TOKENS_REASONING: 5,
    }


def of_otel(kind: str) -> Usage:
    operation = {"llm": "chat", "agent": "invoke_agent", "chain": "invoke_workflow"}[kind]
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.usage.input_tokens": 57,
        "gen_ai.usage.cache_read.input_tokens": 32,
        "gen_ai.usage.output_tokens": 17,
        "gen_ai.usage.reasoning.output_tokens": 5,
    }


def of_openinference(kind: str) -> Usage:
    return {
        "openinference.span.kind": kind.upper(),
        "llm.token_count.prompt": 57,
        "llm.token_count.prompt_details.cache_read": 32,
        "llm.token_count.completion": 17,
        "llm.token_count.completion_details.reasoning": 5,
    }


DIALECTS = (of_audittrail, of_otel, of_openinference)


def times(usage: Usage, factor: int) -> Usage:
    return {k: v * factor if isinstance(v, int) else v for k, v in usage.items()}


def totals(told: TraceSummary) -> list[int | None]:
    tokens = [told.tokens_in, told.tokens_out, told.tokens_cached, told.tokens_reasoning]
    return [told.llm_calls, *tokens]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_parents_that_repeat_their_childrens_usage(dialect: Any) -> None:
    """Chain, agent and two model calls, each parent with the sum of what is below it."""
    trace = otlp.new_trace_id()
    chain = otlp.span(trace, attributes=times(dialect("chain"), 2))
    agent = otlp.span(trace, None, chain["span_id"], attributes=times(dialect("agent"), 2))
    calls = [otlp.span(trace, None, agent["span_id"], attributes=dialect("llm")) for _ in range(2)]
    assert totals(summary_of(chain, agent, *calls)) == [2, 114, 34, 64, 10]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_parents_own_figure_is_still_shown(dialect: Any) -> None:
    """It is the span's, and only the trace's sum leaves it out."""
    trace = otlp.new_trace_id()
    agent = otlp.span(trace, attributes=dialect("agent"))
    call = otlp.span(trace, None, agent["span_id"], attributes=dialect("llm"))
    assert [span["tokens_in"] for span in told_all(agent, call)] == [57, 57]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_usage_that_only_a_parent_reports(dialect: Any) -> None:
    """It counts if no model call below says any."""
    trace = otlp.new_trace_id()
    agent = otlp.span(trace, attributes=dialect("agent"))
    silent = {k: v for k, v in dialect("llm").items() if not isinstance(v, int)}
    call = otlp.span(trace, None, agent["span_id"], attributes=silent)
    assert totals(summary_of(agent, call)) == [1, 57, 17, 32, 5]


@pytest.mark.parametrize("outer", DIALECTS)
@pytest.mark.parametrize("inner", DIALECTS)
def test_two_instrumentations_nested(outer: Any, inner: Any) -> None:
    """One call recorded by the framework's instrumentation and, below it, by the SDK's."""
    trace = otlp.new_trace_id()
    theirs = otlp.span(trace, attributes=outer("llm"))
    sdk = otlp.span(trace, None, theirs["span_id"], attributes=inner("llm"))
    assert totals(summary_of(theirs, sdk)) == [1, 57, 17, 32, 5]


def test_two_instrumentations_side_by_side() -> None:
    """One call recorded twice under one parent, with the provider's id of the response."""
    trace = otlp.new_trace_id()
    same = {"gen_ai.response.id": "chatcmpl-1"}
    root = otlp.span(trace, attributes={semconv.SPAN_TYPE: "agent"})
    when = {"start_ns": root["start"], "end_ns": root["end"]}
    one, two = (
        otlp.span(trace, None, root["span_id"], attributes=usage | same, **when)
        for usage in (of_otel("llm"), of_openinference("llm"))
    )
    assert totals(summary_of(root, one, two)) == [1, 57, 17, 32, 5]


def test_two_calls_are_two() -> None:
    """Siblings with responses of their own are no repetition of each other."""
    trace = otlp.new_trace_id()
    calls = [
        otlp.span(trace, attributes=of_otel("llm") | {"gen_ai.response.id": f"r{number}"})
        for number in range(3)
    ]
    assert totals(summary_of(*calls)) == [3, 171, 51, 96, 15]


def test_cost_counts_with_the_tokens_beside_it() -> None:
    """A parent's cost is left out with its tokens."""
    trace = otlp.new_trace_id()
    agent = otlp.span(trace, attributes=times(of_otel("agent"), 2) | {"gen_ai.usage.cost": 0.5})
    calls = [
        otlp.span(
            trace,
            None,
            agent["span_id"],
            attributes=of_otel("llm") | {"gen_ai.usage.cost": 0.25, "n": n},
        )
        for n in range(2)
    ]
    told = summary_of(agent, *calls)
    assert (told.cost, told.cost_source) == (0.5, "agent")


def test_counts_beyond_all_sense_neither_raise_nor_wrap() -> None:
    """Two spans that claim the largest number there is: the sum stays at it."""
    trace = otlp.new_trace_id()
    most = 2**63 - 1
    calls = [otlp.span(trace, attributes={semconv.TOKENS_IN: most}) for _ in range(2)]
    assert summary_of(*calls).tokens_in == most
