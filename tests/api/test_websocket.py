"""Live events: an event a commit, for a trace or for the list."""

from __future__ import annotations

import uuid

import pytest

from tests.api.rest import new_uuid, register, rest_span, store, trace_path
from tests.api.sockets import watching
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person


def test_each_commit_of_a_trace_is_told(person: Person) -> None:
    """With the trace and the spans as they are then, as REST shows them."""
    trace_id, span_id = new_trace_id(), new_span_id()
    with watching(person, trace_id) as watcher:
        store(person, rest_span(trace_id, span_id, status="running", end_time=None))
        running = watcher.next()
        assert running["type"] == "commit"
        assert running["trace_id"] == trace_id
        assert running["trace"]["status"] == "running"
        assert [(each["span_id"], each["end_time"]) for each in running["spans"]] == [
            (span_id, None)
        ]
        store(person, rest_span(trace_id, span_id, model="m", cost=0.5))
        final = watcher.until(status="complete")[-1]
    assert final["seq"] > running["seq"]
    assert final["trace"] == person.get(trace_path(trace_id))
    (told,) = final["spans"]
    (read,) = person.spans(trace_id)
    assert told == {name: read[name] for name in told}


def test_otlp_is_told_too(person: Person) -> None:
    """Whatever the door."""
    trace_id = new_trace_id()
    with watching(person, trace_id) as watcher:
        person.otlp(traces_request(span(trace_id, name="by otlp")))
        assert watcher.next()["spans"][0]["name"] == "by otlp"


def test_only_the_watched_trace_is_told(person: Person) -> None:
    """A socket for a trace says nothing of others."""
    trace_id, another = new_trace_id(), new_trace_id()
    with watching(person, trace_id) as watcher:
        store(person, rest_span(another))
        store(person, rest_span(trace_id))
        assert watcher.next()["trace_id"] == trace_id


def test_the_list_is_told_of_all_traces(person: Person) -> None:
    """Without their spans."""
    traces = [new_trace_id() for _ in range(3)]
    with watching(person) as watcher:
        for trace_id in traces:
            store(person, rest_span(trace_id))
            message = watcher.until(trace_id=trace_id)[-1]
            assert message["type"] == "commit"
            assert "spans" not in message
            assert message["trace"] == person.get(trace_path(trace_id))


def test_a_registration_is_told(person: Person) -> None:
    """A trace without spans appears in the list at once."""
    trace_id = new_trace_id()
    with watching(person) as watcher:
        register(person, trace_id=trace_id, agent_name="planner")
        assert watcher.next()["trace"]["agent_name"] == "planner"


def test_a_uuid_is_watched_and_told_as_sent(person: Person) -> None:
    """In either form."""
    trace_id, span_id = new_uuid(), new_uuid()
    with (
        watching(person, trace_id) as watcher,
        watching(person, trace_id.replace("-", "").upper()) as another,
    ):
        store(person, rest_span(trace_id, span_id))
        for each in (watcher, another):
            message = each.next()
            assert message["trace_id"] == message["trace"]["trace_id"] == trace_id
            assert message["spans"][0]["span_id"] == span_id


@pytest.mark.parametrize("trace_id", [new_trace_id(), str(uuid.uuid4())], ids=["hex", "uuid"])
def test_a_deletion_is_told(person: Person, trace_id: str) -> None:
    """To those who watch the trace and to the list, by the id as it was sent."""
    store(person, rest_span(trace_id))
    with watching(person, trace_id) as watcher, watching(person) as of_list:
        with person.client() as client:
            assert client.delete(trace_path(trace_id)).status_code == 200
        for each in (watcher, of_list):
            message = each.next()
            assert (message["type"], message["trace_id"]) == ("deleted", trace_id)


def test_an_unknown_trace_is_waited_for(person: Person) -> None:
    """It may come yet: a view can be open before the agent starts."""
    trace_id = new_trace_id()
    with watching(person, trace_id) as watcher:
        store(person, rest_span(trace_id))
        assert watcher.next()["trace_id"] == trace_id


def test_the_gap_between_two_sockets_is_closed(person: Person) -> None:
    """What came after ``seq`` of the last message is in the skeleton after that ``seq``."""
    trace_id, first, second = new_trace_id(), new_span_id(), new_span_id()
    with watching(person, trace_id) as watcher:
        store(person, rest_span(trace_id, first))
        seq = watcher.next()["seq"]
    store(person, rest_span(trace_id, second))
    skeleton = person.get(trace_path(trace_id, "/skeleton"), after_seq=seq)
    assert skeleton["columns"]["span_id"] == [second]


def test_anothers_events_do_not_arrive(person: Person, other: Person) -> None:
    """Neither in the list nor of a trace with the same id."""
    trace_id = new_trace_id()
    with watching(person, trace_id) as of_trace, watching(person) as of_list:
        store(other, rest_span(trace_id, name="theirs"))
        register(other, trace_id=trace_id, name="theirs")
        with other.client() as client:
            client.delete(trace_path(trace_id))
        store(person, rest_span(trace_id, name="mine"))
        assert [each["name"] for each in of_trace.next()["spans"]] == ["mine"]
        message = of_list.next()
        assert (message["type"], message["trace"]["span_count"]) == ("commit", 1)
