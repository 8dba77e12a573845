"""The official exporters for Node: JSON and protobuf over HTTP, and gRPC."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any, NamedTuple

import pytest

from tests.clients.node_program import Sending, node_program
from tests.clients.node_told import node_log, node_span
from tests.clients.told import check_logs, check_nothing_stored, check_spans
from tests.support.people import Person, new_person
from tests.support.servers import Server

pytestmark = pytest.mark.slow

DOORS = ("json", "proto", "grpc")
REQUESTS = 3  # spans, log records, and a span whose texts were cut


class Sent(NamedTuple):
    """Who sent something, and what the program says of it."""

    person: Person
    told: Any


@pytest.fixture(scope="module")
def accepted(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, bool], Sent]:
    """By door, and whether by environment: what one process sent, each for somebody else."""
    ways = list(itertools.product(DOORS, [False, True]))
    people = [new_person(server) for _ in ways]
    sendings = [
        Sending(door, person.key, by_environment)
        for (door, by_environment), person in zip(ways, people, strict=True)
    ]
    program = node_program(tmp_path_factory.mktemp("node"))
    told = program.send(server, sendings)
    return dict(zip(ways, map(Sent, people, told), strict=True))


@pytest.fixture(scope="module")
def refused(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Sent]:
    """By door and by what the key may do: what one process tried to send."""
    ways = list(itertools.product(DOORS, ["nothing", "read"]))
    people = [new_person(server) for _ in ways]
    sendings = [
        Sending(door, "sk-at-" + "0" * 40 if may == "nothing" else person.new_key("read"))
        for (door, may), person in zip(ways, people, strict=True)
    ]
    program = node_program(tmp_path_factory.mktemp("node"))
    told = program.send(server, sendings)
    return dict(zip(ways, map(Sent, people, told), strict=True))


@pytest.mark.parametrize("by_environment", [False, True], ids=["options", "environment"])
@pytest.mark.parametrize("door", DOORS)
def test_spans_and_log_records_arrive_field_for_field(
    accepted: dict[tuple[str, bool], Sent], door: str, by_environment: bool
) -> None:
    """What the SDK's spans and log records say is what the API says, exactly; with the endpoint
    and the key as options, or with them and gzip as OTEL_* variables. The SDK has nothing to
    complain of."""
    person, sent = accepted[door, by_environment]
    assert sent["said"] == []
    spans = [node_span(span) for span in sent["spans"]]
    check_spans(person, spans)
    check_logs(person, spans[0]["trace_id"], map(node_log, sent["logs"]))


def test_the_program_sends_what_spans_can_have(
    accepted: dict[tuple[str, bool], Sent],
) -> None:
    """Or else the test above would compare nothing with nothing."""
    person, sent = accepted["json", False]
    spans = [node_span(span) for span in sent["spans"]]
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
    refused: dict[tuple[str, str], Sent], door: str, may: str
) -> None:
    """The SDK says so once for each request, and nothing is stored."""
    person, sent = refused[door, may]
    refusal = {
        ("grpc", "nothing"): "UNAUTHENTICATED",
        ("grpc", "read"): "PERMISSION_DENIED",
    }.get((door, may), "Unauthorized" if may == "nothing" else "Forbidden")
    assert [refusal in said for said in sent["said"]] == [True] * REQUESTS, sent["said"]
    check_nothing_stored(person, sent["spans"][0]["trace_id"])
