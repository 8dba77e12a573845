"""What a trace's summary means, and that it does not depend on the order of arrival."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from audittrail.storage import (
    PHASE_RUNNING,
    SpanFacts,
    TraceRegistration,
    TraceSummary,
)
from audittrail.storage.facts import merge_facts
from audittrail.storage.rollup import Applied, TraceRollup
from tests.support.facts import fact, log_version, registration


def summary_of(versions: Iterable[SpanFacts]) -> TraceSummary:
    rollup = TraceRollup("owner", "t")
    for seq, version in enumerate(versions, 1):
        if rollup.apply(version) is not Applied.DUPLICATE:
            rollup.touch(seq, seq)
    return rollup.summary()


def meaning(summary: TraceSummary) -> dict[str, Any]:
    """A summary without what tells the order of arrival."""
    told = summary._asdict()
    for name in ("seq", "first_seq", "last_received_ns"):
        del told[name]
    return told


def llm(span_id: str, parent: str | None = None, **known: Any) -> SpanFacts:
    usage = {"span_type": "llm", "tokens_in": 57, "tokens_out": 17, "cost": 0.5}
    return fact("t", span_id, parent, **{"cost_source": "estimated", **usage, **known})


def test_a_parents_repeated_usage_is_not_counted() -> None:
    """An agent span that sums up its model calls adds nothing to the trace's tokens and cost."""
    told = summary_of(
        [
            fact("t", "agent", span_type="agent", tokens_in=114, tokens_out=34),
            llm("a", "agent"),
            llm("b", "agent"),
        ]
    )
    assert (told.tokens_in, told.tokens_out, told.cost, told.llm_calls) == (114, 34, 1.0, 2)


def test_usage_that_only_a_parent_reports_is_counted() -> None:
    """Where no descendant carries usage, the agent's own figure is the trace's."""
    told = summary_of(
        [
            fact("t", "agent", span_type="agent", tokens_in=100, tokens_out=20),
            fact("t", "step", "agent"),
        ]
    )
    assert (told.tokens_in, told.tokens_out) == (100, 20)


def test_two_records_of_one_call_count_once() -> None:
    """Siblings that share a response id and overlap in time are one call, told by the fuller."""
    told = summary_of(
        [
            fact("t", "root"),
            llm("a", "root", response_id="r1", tokens_cached=32),
            llm("b", "root", response_id="r1", start_ns=1_100, end_ns=1_900),
        ]
    )
    assert (told.tokens_in, told.tokens_cached, told.llm_calls, told.cost) == (57, 32, 1, 0.5)


def test_one_response_id_at_different_times_is_two_calls() -> None:
    """Some servers give colliding ids: calls one after the other are never the same call."""
    told = summary_of(
        [
            fact("t", "root"),
            llm("a", "root", response_id="r1"),
            llm("b", "root", response_id="r1", start_ns=3_000, end_ns=4_000),
        ]
    )
    assert (told.tokens_in, told.llm_calls) == (114, 2)


def test_a_response_id_that_everybody_has_is_no_id() -> None:
    """A server that always answers with the same id does not make all calls one."""
    versions = [fact("t", "root")]
    versions += [llm(f"s{n}", "root", response_id="constant") for n in range(40)]
    told = summary_of(versions)
    assert (told.tokens_in, told.llm_calls) == (57 * 40, 40)


def test_nested_spans_of_one_kind_are_one_call() -> None:
    """Two instrumentations that record one tool call as parent and child count it once."""
    told = summary_of(
        [
            fact("t", "root", span_type="agent"),
            fact("t", "outer", "root", span_type="tool"),
            fact("t", "inner", "outer", span_type="tool"),
        ]
    )
    assert told.tool_calls == 1


def test_the_cost_of_a_paid_tool_is_added_to_the_model_call_above_it() -> None:
    """A span with a cost and no tokens neither hides the tokens above it nor is lost."""
    told = summary_of(
        [
            llm("call", cost=0.5),
            fact("t", "tool", "call", span_type="tool", cost=0.25, cost_source="agent"),
        ]
    )
    assert (told.tokens_in, told.cost, told.cost_source) == (57, 0.75, "mixed")


def test_unpriced_tokens_are_never_free() -> None:
    """A trace without any price has no cost; with some prices it says how many spans lack one."""
    unpriced = llm("a", cost=None, cost_source="unpriced")
    told = summary_of([unpriced])
    assert (told.cost, told.cost_source, told.unpriced_spans) == (None, "unpriced", 1)
    told = summary_of([unpriced, llm("b")])
    assert (told.cost, told.cost_source, told.unpriced_spans) == (0.5, "mixed", 1)


@pytest.mark.parametrize("first", [0, 1])
def test_running_then_final(first: int) -> None:
    """The final version counts, whether the running one came before or after it."""
    versions = [
        fact("t", "s", phase=PHASE_RUNNING, status="running", end_ns=None, session_id="kept"),
        fact("t", "s", status="error"),
    ]
    told = summary_of([versions[first], versions[1 - first]])
    assert (told.state, told.open_spans, told.error_count) == ("error", 0, 1)
    assert told.session_id == "kept"


def test_states() -> None:
    """Running while a span is open or the root is missing; then as the root ended."""
    child = fact("t", "child", "root", status="error")
    assert summary_of([child]).state == "running"
    assert summary_of([child]).missing_parents == 1
    told = summary_of([child, fact("t", "root")])
    assert (told.state, told.error_count, told.missing_parents) == ("complete", 1, 0)
    open_span = fact("t", "late", "root", phase=PHASE_RUNNING, end_ns=None)
    assert summary_of([child, fact("t", "root"), open_span]).state == "running"
    remote = fact("t", "entry", "elsewhere", remote_parent=True)
    assert summary_of([remote]).state == "complete"


def test_a_registration_names_the_trace_before_its_first_span() -> None:
    """What a client says of the trace goes before what its spans say; a later word wins."""
    rollup = TraceRollup("owner", "t")
    rollup.register(registration("t", agent_name="first", metadata='{"a": 1}'))
    rollup.touch(1, 1)
    assert rollup.summary().span_count == 0
    rollup.register(registration("t", agent_name="second"))
    rollup.apply(fact("t", "s", agent_name="of the span", environment="prod"))
    told = rollup.summary()
    assert (told.agent_name, told.environment, told.metadata) == ("second", "prod", '{"a": 1}')


def test_a_loop_of_parents_neither_hangs_nor_loses_usage() -> None:
    """Spans that name each other as parent count as if the earliest had none."""
    loop = [llm("a", "b", start_ns=5), llm("b", "c"), llm("c", "a"), llm("self", "self")]
    results = {str(meaning(summary_of(order))) for order in itertools.permutations(loop)}
    assert len(results) == 1
    told = summary_of(loop)
    assert told.span_count == 4
    assert told.tokens_in == 57 * 2  # the end of the opened loop, and the one of its own


# Any trace, in any order.

_span_ids = st.sampled_from([f"s{n}" for n in range(8)])
_parents = st.none() | st.sampled_from([f"s{n}" for n in range(8)] + ["elsewhere"])
_maybe = st.none() | st.integers(0, 5)


@st.composite
def _finals(draw: st.DrawFn) -> list[SpanFacts]:
    """The final versions of the spans of a trace, any tree, forest or worse."""
    made = []
    for span_id in draw(st.sets(_span_ids, min_size=1)):
        tokens = draw(_maybe)
        source = draw(st.sampled_from([None, "agent", "estimated", "default", "unpriced"]))
        if source in ("estimated", "default", "unpriced") and not tokens:
            source = None
        start = draw(st.integers(0, 20))
        made.append(
            fact(
                "t",
                span_id,
                draw(_parents),
                span_type=draw(st.sampled_from(["llm", "tool", "agent", "chain"])),
                status=draw(st.sampled_from(["ok", "error"])),
                start_ns=start,
                end_ns=start + draw(st.integers(1, 20)),
                tokens_in=tokens,
                tokens_out=draw(_maybe) if tokens else None,
                cost=draw(st.integers(1, 9)) / 8 if source and source != "unpriced" else None,
                cost_source=source,
                response_id=draw(st.sampled_from([None, None, "r1", "r2"])),
                session_id=draw(st.sampled_from([None, "x", "y"])),
                model=draw(st.sampled_from([None, "m1", "m2"])),
                remote_parent=draw(st.booleans()),
            )
        )
    return made


def _with_history(final: SpanFacts, draw: st.DrawFn) -> list[SpanFacts]:
    """A final version with what may come beside it: a running one, log records, repeats."""
    versions = [final]
    if draw(st.booleans()):
        versions.append(
            final._replace(
                phase=PHASE_RUNNING,
                status="running",
                end_ns=None,
                tokens_in=None,
                tokens_out=None,
                cost=None,
                cost_source=None,
                fingerprint=hash((final.fingerprint, "running")),
            )
        )
    if draw(st.booleans()):
        told = log_version("t", final.span_id, tokens_in=3, session_id="z")
        versions.append(told)
    if draw(st.booleans()):
        versions.append(final)
    return versions


def _oracle(finals: Sequence[SpanFacts]) -> dict[str, Any]:
    """The sums, worked out the long way from the resolved spans of a trace."""
    spans = {each.span_id: each for each in finals}
    parents = {
        each.span_id: None if each.parent_span_id == each.span_id else each.parent_span_id
        for each in finals
    }
    for span_id in sorted(spans, key=lambda s: (spans[s].start_ns or 0, s)):
        path, at = [], span_id
        while at in spans and at not in path:
            path.append(at)
            at = parents[at]  # type: ignore[assignment]
        if at in path:
            loop = path[path.index(at) :]
            parents[min(loop, key=lambda s: (spans[s].start_ns or 0, s))] = None

    def below(span_id: str) -> list[SpanFacts]:
        found = []
        for other in spans:
            at: str | None = parents[other]
            while at is not None and at in spans and at != span_id:
                at = parents[at]
            if at == span_id:
                found.append(spans[other])
        return found

    def has_tokens(span: SpanFacts) -> bool:
        return bool(span.tokens_in or span.tokens_out)

    def told(span: SpanFacts) -> tuple[bool, bool, bool]:
        rest = below(span.span_id)
        tokens = has_tokens(span) and not any(map(has_tokens, rest))
        own_cost = span.cost_source == "agent" and not has_tokens(span)
        cost = tokens or (
            own_cost and not any(has_tokens(s) or s.cost_source == "agent" for s in rest)
        )
        call = span.span_type == "llm" and not any(s.span_type == "llm" for s in rest)
        return tokens, cost, call

    counted = {s: told(span) for s, span in spans.items() if any(told(span))}
    calls: list[list[str]] = []
    for span_id in sorted(counted, key=lambda s: (spans[s].start_ns or 0, s)):
        span = spans[span_id]
        for call in calls:
            first = [spans[s] for s in call]
            if "tool" in (span.span_type, first[0].span_type) or span.response_id is None:
                continue
            ended = max(s.end_ns or 2**63 for s in first)
            if first[0].response_id == span.response_id and (span.start_ns or 0) < ended:
                call.append(span_id)
                break
        else:
            calls.append([span_id])
    tokens_in = cost = llm_calls = 0.0
    for call in calls:
        best = max(
            call,
            key=lambda s: (
                counted[s][0],
                (spans[s].tokens_in or 0) + (spans[s].tokens_out or 0),
                0,
                spans[s].cost_source == "agent",
                s,
            ),
        )
        tokens_in += (spans[best].tokens_in or 0) if counted[best][0] else 0
        cost += (spans[best].cost or 0) if counted[best][1] else 0
        llm_calls += any(counted[s][2] for s in call)
    return {
        "tokens_in": tokens_in,
        "cost": cost,
        "llm_calls": llm_calls,
        "span_count": len(spans),
        "error_count": sum(each.status == "error" for each in spans.values()),
    }


@given(st.data())
def test_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    """Any order of final and running versions, log records and repeats gives one summary, and its
    sums are those of a calculation from all spans at once."""
    finals = data.draw(_finals())
    versions = [v for final in finals for v in _with_history(final, data.draw)]
    order = data.draw(st.permutations(versions))
    note(f"order: {[(v.span_id, v.phase) for v in order]}")
    expected = meaning(summary_of(_by_rank(versions)))
    assert meaning(summary_of(_reloading(order))) == expected
    resolved = [
        merge_facts(log, final) if log else final
        for final in finals
        for log in [
            next((v for v in versions if v.span_id == final.span_id and v.phase == 0), None)
        ]
    ]
    sums = _oracle(resolved)
    assert {name: expected[name] or 0 for name in sums} == sums


def _by_rank(versions: Sequence[SpanFacts]) -> list[SpanFacts]:
    """As the database resolves them."""
    return sorted(versions, key=lambda each: each.phase)


def _reloading(versions: Sequence[SpanFacts]) -> list[SpanFacts]:
    """The versions in this order, unless the roll-up would ask the database on the way."""
    rollup = TraceRollup("owner", "t")
    if any(rollup.apply(version) is Applied.RELOAD for version in versions):
        return _by_rank(versions)
    return list(versions)


def test_a_late_lower_version_asks_the_database() -> None:
    """With several versions merged, only the database knows what a late lower one changes."""
    rollup = TraceRollup("owner", "t")
    rollup.apply(log_version("t", "s", model="m"))
    rollup.apply(fact("t", "s"))
    late = fact("t", "s", phase=PHASE_RUNNING, end_ns=None, model="other")
    assert rollup.apply(late) is Applied.RELOAD
    assert rollup.apply(fact("t", "s")) is Applied.DUPLICATE


def test_registrations_have_the_fields_that_summaries_pick() -> None:
    """What can be registered of a trace is part of its summary."""
    assert set(TraceRegistration._fields) <= set(TraceSummary._fields)
