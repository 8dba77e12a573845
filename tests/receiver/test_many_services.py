"""One trace that several services send in pieces: an agent in Python that calls a tool server in
Node by MCP, which calls a database service in Java, each in its own dialect and its own way."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.otlp.wire import WAYS, Way
from tests.support.otlp import logs_request, new_trace_id, span, traces_message
from tests.support.people import Person, new_person
from tests.support.servers import Server

NOW: Final = time.time_ns() - 60 * 10**9
MS: Final = 10**6
INTERNAL, SERVER, CLIENT = 1, 2, 3
SAMPLED, REMOTE_PARENT = 0x001, 0x300

AGENT, PLAN, CALL, SERVED, THINK, ASK, FETCH, ANSWERED, QUERY, SUMMARY = (
    f"{number:016x}" for number in range(1, 11)
)


class Expected(NamedTuple):
    """What has to be told of a span."""

    parent: str | None
    service: str
    language: str
    name: str
    span_type: str
    dialect: str | None
    remote: bool = False
    tokens: tuple[int | None, int | None] = (None, None)


# The usage of AGENT and of THINK repeats that of the model calls below them; the usage of SUMMARY
# is in a log record only.
TREE: Final = {
    AGENT: Expected(
        None, "planner", "python", "planner", "agent", "openinference", tokens=(170, 50)
    ),
    PLAN: Expected(
        AGENT, "planner", "python", "ChatOpenAI", "llm", "openinference", tokens=(100, 20)
    ),
    CALL: Expected(AGENT, "planner", "python", "search", "tool", "mcp"),
    SERVED: Expected(CALL, "tool-server", "nodejs", "search", "tool", "mcp", remote=True),
    THINK: Expected(
        SERVED, "tool-server", "nodejs", "ai.generateText", "chain", "vercel_ai", tokens=(50, 10)
    ),
    ASK: Expected(
        THINK, "tool-server", "nodejs", "ai.generateText.doGenerate", "llm", "vercel_ai",
        tokens=(50, 10),
    ),
    FETCH: Expected(SERVED, "tool-server", "nodejs", "GET", "custom", None),
    ANSWERED: Expected(FETCH, "db", "java", "GET /documents", "custom", None, remote=True),
    QUERY: Expected(ANSWERED, "db", "java", "SELECT documents", "custom", None),
    SUMMARY: Expected(
        AGENT, "planner", "python", "chat gpt-4o", "llm", "otel_genai", tokens=(70, 30)
    ),
}  # fmt: skip
TOTALS: Final = {"tokens_in": 220, "tokens_out": 60, "llm_calls": 3, "tool_calls": 1}


class Part(NamedTuple):
    """What a service sends at once."""

    request: Any
    span_ids: tuple[str, ...]


def steps(trace_id: str) -> dict[str, dict[str, Any]]:
    """The spans, by their ids."""
    mcp = {"mcp.method.name": "tools/call", "mcp.session.id": "s-1", "gen_ai.tool.name": "search"}
    usage = {"ai.usage.inputTokens": 50, "ai.usage.outputTokens": 10}
    vercel = {"ai.model.id": "gpt-4o-mini", "ai.model.provider": "openai.chat", **usage}
    said: dict[str, tuple[str, int, dict[str, Any]]] = {
        AGENT: (
            "planner",
            INTERNAL,
            {
                "openinference.span.kind": "AGENT",
                "agent.name": "planner",
                "llm.token_count.prompt": 170,
                "llm.token_count.completion": 50,
            },
        ),
        PLAN: (
            "ChatOpenAI",
            INTERNAL,
            {
                "openinference.span.kind": "LLM",
                "llm.model_name": "gpt-4o",
                "llm.token_count.prompt": 100,
                "llm.token_count.completion": 20,
            },
        ),
        CALL: ("tools/call search", CLIENT, {**mcp, "gen_ai.operation.name": "execute_tool"}),
        SERVED: ("tools/call search", SERVER, {**mcp, "gen_ai.operation.name": "execute_tool"}),
        THINK: ("ai.generateText", INTERNAL, {"ai.operationId": "ai.generateText", **vercel}),
        ASK: (
            "ai.generateText.doGenerate",
            INTERNAL,
            {
                "ai.operationId": "ai.generateText.doGenerate",
                "gen_ai.usage.input_tokens": 50,
                "gen_ai.usage.output_tokens": 10,
                **vercel,
            },
        ),
        FETCH: ("GET", CLIENT, {"http.request.method": "GET", "url.full": "http://db/documents"}),
        ANSWERED: ("GET /documents", SERVER, {"http.route": "/documents"}),
        QUERY: ("SELECT documents", CLIENT, {"db.system.name": "postgresql"}),
        SUMMARY: (
            "chat gpt-4o",
            CLIENT,
            {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"},
        ),
    }
    return {
        span_id: span(
            trace_id, span_id, TREE[span_id].parent,
            name=name, kind=kind, attributes=attributes, start_ns=NOW + int(span_id, 16) * MS,
            end_ns=NOW + (100 - int(span_id, 16)) * MS,
            flags=SAMPLED | 0x100 | (REMOTE_PARENT if TREE[span_id].remote else 0),
        )
        for span_id, (name, kind, attributes) in said.items()
    }  # fmt: skip


def parts(trace_id: str) -> list[Part]:
    """What the services send, each as its spans end: children before their parents."""
    spans = steps(trace_id)

    def sent(scope: str, *span_ids: str) -> Part:
        first = TREE[span_ids[0]]
        resource = {"service.name": first.service, "telemetry.sdk.language": first.language}
        chosen = [spans[span_id] for span_id in span_ids]
        request = traces_message(*chosen, scope=scope, resource=resource)
        made = request.resource_spans[0].scope_spans[0].spans
        for each, said in zip(made, chosen, strict=True):
            each.kind = said["kind"]
        return Part(request, span_ids)

    record = {
        "trace_id": trace_id,
        "span_id": SUMMARY,
        "time": NOW + 50 * MS,
        "event": "gen_ai.client.inference.operation.details",
        "attributes": {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 70,
            "gen_ai.usage.output_tokens": 30,
        },
    }
    return [
        Part(ExportLogsServiceRequest.FromString(logs_request(record)), ()),
        sent("io.opentelemetry.jdbc", QUERY),
        sent("io.opentelemetry.tomcat-10.0", ANSWERED),
        sent("@opentelemetry/instrumentation-http", FETCH),
        sent("ai", ASK, THINK),
        sent("@modelcontextprotocol/sdk", SERVED),
        sent("opentelemetry.instrumentation.mcp", CALL),
        sent("openinference.instrumentation.langchain", PLAN),
        sent("opentelemetry.instrumentation.openai_v2", SUMMARY),
        sent("openinference.instrumentation.langchain", AGENT),
    ]


def deliver(person: Person, part: Part, way: Way) -> None:
    assert not way.send(person, part.request).HasField("partial_success")


def assert_one_tree(person: Person, trace_id: str) -> None:
    """The whole trace is told as it was."""
    trace = person.get(f"/api/v1/traces/{trace_id}")
    assert {name: trace[name] for name in TOTALS} == TOTALS
    assert (trace["status"], trace["root_span_id"]) == ("complete", AGENT)
    assert (trace["span_count"], trace["missing_parents"]) == (len(TREE), 0)
    assert (trace["service_name"], trace["agent_name"]) == ("planner", "planner")
    assert trace["models"] == ["gpt-4o", "gpt-4o-mini"]
    told = person.spans(trace_id)
    tree = {
        each["span_id"]: Expected(
            each["parent_span_id"],
            each["service_name"],
            each["resource"]["attributes"]["telemetry.sdk.language"],
            each["name"],
            each["span_type"],
            each["dialect"],
            each["remote_parent"],
            (each["tokens_in"], each["tokens_out"]),
        )
        for each in told
    }
    assert tree == TREE
    assert len(told) == len(TREE)


def missing(span_ids: set[str]) -> set[str]:
    """The parents of these spans that are not among them."""
    parents = {TREE[span_id].parent for span_id in span_ids}
    return {parent for parent in parents if parent is not None} - span_ids


@pytest.fixture(scope="module")
def sender(server: Server) -> Person:
    """One for all examples: each sends a trace of its own."""
    return new_person(server)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_services_that_send_one_after_the_other_make_one_trace(person: Person, way: Way) -> None:
    """Whatever door and encoding they use, there is one trace and one tree: services, languages,
    types and dialects are right, the tokens of all dialects are counted once, and a tool call
    that client and server both record is one."""
    trace_id = new_trace_id()
    for part in parts(trace_id):
        deliver(person, part, way)
    assert_one_tree(person, trace_id)
    assert [each["trace_id"] for each in person.pages("/api/v1/traces")] == [trace_id]


def test_services_that_send_at_once_make_one_trace(person: Person) -> None:
    """All at the same time, each by its own way, several traces over."""
    trace_ids = [new_trace_id() for _ in range(5)]
    work = [part for trace_id in trace_ids for part in parts(trace_id)]
    with ThreadPoolExecutor(10) as services:
        list(services.map(deliver, itertools.repeat(person), work, itertools.cycle(WAYS)))
    for trace_id in trace_ids:
        assert_one_tree(person, trace_id)
    assert len(list(person.pages("/api/v1/traces"))) == len(trace_ids)


def deliver_together(person: Person, together: Sequence[Part], way: Way) -> None:
    """What came for several traces, as a collector sends it on: one request a signal."""
    requests: dict[type, Any] = {}
    for part in together:
        requests.setdefault(type(part.request), type(part.request)()).MergeFrom(part.request)
    for request in requests.values():
        assert not way.send(person, request).HasField("partial_success")


orders = st.permutations(range(len(parts("00" * 16))))


# Three orders an example, each of a trace of its own: together they need fewer requests.
@settings(max_examples=settings().max_examples // 6)
@given(
    three=st.lists(orders, min_size=3, max_size=3),
    ways=st.lists(st.sampled_from(WAYS), min_size=1, max_size=4),
)
@pytest.mark.long
def test_any_order_makes_the_same_tree(
    sender: Person, three: list[Sequence[int]], ways: list[Way]
) -> None:
    """Until a parent comes, the trace counts it as missing and what the tree is drawn from names
    it without having it; in the end none is missing and the tree is the same."""
    trace_ids = [new_trace_id() for _ in three]
    pieces = [parts(trace_id) for trace_id in trace_ids]
    here: list[set[str]] = [set() for _ in three]
    for numbers, way in zip(zip(*three, strict=True), itertools.cycle(ways), strict=False):
        arriving = [pieces[trace][number] for trace, number in enumerate(numbers)]
        deliver_together(sender, arriving, way)
        for trace_id, present, part in zip(trace_ids, here, arriving, strict=True):
            present |= set(part.span_ids)
            if present:
                assert_drawn(sender, trace_id, present)
    for trace_id in trace_ids:
        assert_one_tree(sender, trace_id)


def assert_drawn(person: Person, trace_id: str, present: set[str]) -> None:
    """The tree is drawn from these spans, and names the parents that are missing."""
    drawn = person.get(f"/api/v1/traces/{trace_id}/skeleton")
    columns = drawn["columns"]
    assert drawn["trace"]["missing_parents"] == len(missing(present))
    assert set(columns["span_id"]) == present
    told = dict(zip(columns["span_id"], columns["parent_span_id"], strict=True))
    assert told == {span_id: TREE[span_id].parent for span_id in present}
    assert set(told.values()) - present - {None} == missing(present)


def test_a_parent_that_comes_late_is_missed_until_then(person: Person) -> None:
    """The tool server's spans alone are a trace that begins at a remote caller which is missing;
    when the caller comes, its own parent is; with the agent the tree is whole."""
    trace_id = new_trace_id()
    pieces = {part.span_ids: part for part in parts(trace_id)}

    def told(*span_ids: str) -> dict[str, Any]:
        deliver(person, pieces.pop(span_ids), WAYS[0])
        trace: dict[str, Any] = person.get(f"/api/v1/traces/{trace_id}")
        return trace

    trace = told(SERVED)
    assert (trace["missing_parents"], trace["root_span_id"]) == (1, SERVED)
    (served,) = person.spans(trace_id)
    assert (served["parent_span_id"], served["remote_parent"]) == (CALL, True)
    trace = told(CALL)
    assert (trace["missing_parents"], trace["root_span_id"]) == (1, None)
    assert trace["status"] == "running"
    trace = told(AGENT)
    assert (trace["missing_parents"], trace["root_span_id"]) == (0, AGENT)
    assert trace["status"] == "complete"
    trace = told(QUERY)
    assert trace["missing_parents"] == 1
    for part in pieces.values():
        deliver(person, part, WAYS[0])
    assert_one_tree(person, trace_id)
