"""The official exporters for Node: JSON and protobuf over HTTP, and gRPC."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.clients.node_program import NodeProgram, node_program
from tests.clients.node_told import node_log, node_span
from tests.clients.told import check_logs, check_nothing_stored, check_spans
from tests.support.people import Person
from tests.support.servers import Server

DOORS = ("json", "proto", "grpc")
REQUESTS = 3  # spans, log records, and a span whose texts were cut


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> NodeProgram:
    return node_program(tmp_path_factory.mktemp("node"))


@pytest.mark.parametrize("by_environment", [False, True], ids=["options", "environment"])
@pytest.mark.parametrize("door", DOORS)
def test_spans_and_log_records_arrive_field_for_field(
    program: NodeProgram, server: Server, person: Person, door: str, by_environment: bool
) -> None:
    """What the SDK's spans and log records say is what the API says, exactly; with the endpoint
    and the key as options, or with them and gzip as OTEL_* variables. The SDK has nothing to
    complain of."""
    sent = program.send(server, door, person.key, by_environment=by_environment)
    assert sent["said"] == []
    spans = [node_span(span) for span in sent["spans"]]
    check_spans(person, spans)
    check_logs(person, spans[0]["trace_id"], map(node_log, sent["logs"]))


def test_the_program_sends_what_spans_can_have(
    program: NodeProgram, server: Server, person: Person
) -> None:
    """Or else the test above would compare nothing with nothing."""
    spans = [node_span(span) for span in program.send(server, "json", person.key)["spans"]]
    [root] = [span for span in spans if span["remote_parent"]]
    parents = Counter(span["parent_span_id"] for span in spans)
    assert len(parents) >= 3  # nested: below the root, and below one of its children
    assert parents[root["span_id"]] >= 10
    assert {span["kind"] for span in spans} == {1, 2, 3, 4, 5}
    assert {span["status"] for span in spans} == {"ok", "error"}
    [cut] = [span for span in spans if span["name"] == "cut \ufffd"]
    assert cut["attributes"]["text"] == "\ufffd and \ufffd"
    [ask] = [span for span in spans if span["name"] == "ask"]
    assert [len(ask[name]) for name in ("events", "links")] == [4, 3]
    [limited] = [span for span in spans if span["name"] == "limited"]
    assert limited["extra"] == {
        "trace_state": "vendor=a:b;c,tenant@system=0123",
        "dropped_attributes_count": 2,
        "dropped_events_count": 3,
        "dropped_links_count": 2,
    }
    [talk] = [
        span
        for span in person.spans(root["trace_id"])
        if "gen_ai.request.model" in span["attributes"]
    ]
    known = {name: talk[name] for name in ("span_type", "model", "tokens_in", "tokens_out")}
    assert known == {
        "span_type": "llm",
        "model": "gpt-4o-mini",
        "tokens_in": 57,
        "tokens_out": 17,
    }


@pytest.mark.parametrize("may", ["nothing", "read"])
@pytest.mark.parametrize("door", DOORS)
def test_a_key_that_may_not_ingest_is_refused(
    program: NodeProgram, server: Server, person: Person, door: str, may: str
) -> None:
    """The SDK says so once for each request, and nothing is stored."""
    key = "sk-at-" + "0" * 40 if may == "nothing" else person.new_key("read")
    sent = program.send(server, door, key)
    refusal = {
        ("grpc", "nothing"): "UNAUTHENTICATED",
        ("grpc", "read"): "PERMISSION_DENIED",
    }.get((door, may), "Unauthorized" if may == "nothing" else "Forbidden")
    assert [refusal in said for said in sent["said"]] == [True] * REQUESTS, sent["said"]
    check_nothing_stored(person, sent["spans"][0]["trace_id"])
