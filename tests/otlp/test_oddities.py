"""Odd ids, times, keys and flags: rejected one by one, or stored and flagged."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from tests.otlp.wire import WAYS, Way
from tests.support.otlp import new_span_id, new_trace_id, set_value, span, traces_message
from tests.support.people import Person

YEAR_NS = 365 * 86_400 * 10**9
SECOND_NS = 10**9


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize(
    ("trace_id", "span_id", "parent", "why"),
    [
        (bytes(16), b"12345678", b"", "trace_id is all zeros"),
        (b"0123456789abcdef", bytes(8), b"", "span_id is all zeros"),
        (b"", b"12345678", b"", "trace_id has 0 bytes"),
        (b"0123456789abcdef", b"", b"", "span_id has 0 bytes"),
        (b"0123456789abcde", b"12345678", b"", "trace_id has 15 bytes"),
        (b"0123456789abcdefg", b"12345678", b"", "trace_id has 17 bytes"),
        (b"0123456789abcdef", b"1234567", b"", "span_id has 7 bytes"),
        (b"0123456789abcdef", b"0123456789abcdef", b"", "span_id has 16 bytes"),
        (b"0123456789abcdef", b"12345678", b"123", "parent_span_id has 3 bytes"),
    ],
)
def test_a_span_with_a_wrong_id_is_rejected_alone(
    person: Person, way: Way, trace_id: bytes, span_id: bytes, parent: bytes, why: str
) -> None:
    """All-zero ids and ids of a wrong length cost that span; the one beside it is stored."""
    good = new_trace_id()
    message = traces_message(span(good))
    spans = message.resource_spans[0].scope_spans[0].spans
    spans.add(trace_id=trace_id, span_id=span_id, parent_span_id=parent, name="wrong")
    partial = way.send(person, message).partial_success
    assert partial.rejected_spans == 1
    assert why in partial.error_message
    assert len(person.spans(good)) == 1


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_an_all_zero_parent_means_none(person: Person, way: Way) -> None:
    """Some senders fill in zeros where a root has no parent."""
    trace_id = new_trace_id()
    way.send(person, traces_message(span(trace_id, parent="00" * 8)))
    (stored,) = person.spans(trace_id)
    assert stored["parent_span_id"] is None
    assert person.get(f"/api/v1/traces/{trace_id}")["missing_parents"] == 0


def stored_times(person: Person, way: Way, start: int, end: int) -> dict[str, Any]:
    trace_id = new_trace_id()
    message = traces_message(span(trace_id, start_ns=start, end_ns=end))
    assert not way.send(person, message).HasField("partial_success")
    before = time.time()
    (stored,) = person.spans(trace_id)
    # The receiver's own clock, whatever the sender's says.
    received = datetime.fromisoformat(stored["received_at"]).timestamp()
    assert abs(received - before) < 300
    assert person.get(f"/api/v1/traces/{trace_id}")["span_count"] == 1
    assert any(each["trace_id"] == trace_id for each in person.pages("/api/v1/traces"))
    found: dict[str, Any] = stored
    return found


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("years", [-10, 10])
def test_clocks_that_are_years_off_are_stored_and_flagged(
    person: Person, way: Way, years: int
) -> None:
    """The sender's times are kept to the nanosecond, with a flag; the receiver's are beside
    them."""
    start = time.time_ns() + years * YEAR_NS
    stored = stored_times(person, way, start, start + 1)
    assert stored["start_time_unix_nano"] == str(start)
    assert stored["end_time_unix_nano"] == str(start + 1)
    assert stored["flags"] == ["clock_skew"]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_clocks_that_are_right_are_not_flagged(person: Person, way: Way) -> None:
    """A span of the last hour is nothing special."""
    start = time.time_ns() - 3600 * SECOND_NS
    assert stored_times(person, way, start, start + SECOND_NS)["flags"] == []


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_times_beyond_int64_are_stored_as_its_end(person: Person, way: Way) -> None:
    """OTLP's times are unsigned: those after the year 2262 crash nothing."""
    stored = stored_times(person, way, 2**64 - 1, 2**63)
    assert stored["start_time_unix_nano"] == str(2**63 - 1)
    assert stored["end_time_unix_nano"] == str(2**63 - 1)
    assert "time_out_of_range" in stored["flags"]
    assert "clock_skew" in stored["flags"]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_an_end_before_the_start_is_stored_and_flagged(person: Person, way: Way) -> None:
    """The times stay as they were sent."""
    start = time.time_ns()
    stored = stored_times(person, way, start, start - SECOND_NS)
    assert stored["flags"] == ["end_before_start"]
    assert stored["end_time_unix_nano"] == str(start - SECOND_NS)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_span_without_a_start_is_stored_and_flagged(person: Person, way: Way) -> None:
    """A missing start is no date in 1970."""
    stored = stored_times(person, way, 0, time.time_ns())
    assert stored["start_time_unix_nano"] is None
    assert stored["flags"] == ["no_start_time"]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_of_keys_that_come_twice_the_last_counts(person: Person, way: Way) -> None:
    """Attributes are a map: the span is stored with the last value, and flagged."""
    trace_id = new_trace_id()
    message = traces_message(span(trace_id), span(trace_id, attributes={"k": "only"}))
    made = message.resource_spans[0].scope_spans[0].spans[0]
    for plain in ("first", 2, "last"):
        pair = made.attributes.add()
        pair.key = "k"
        set_value(pair.value, plain)
    assert not way.send(person, message).HasField("partial_success")
    twice, once = person.spans(trace_id)
    assert (twice["attributes"], twice["flags"]) == ({"k": "last"}, ["duplicate_attribute_keys"])
    assert (once["attributes"], once["flags"]) == ({"k": "only"}, [])


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize(
    ("flags", "remote"),
    [
        (0, False),
        (1, False),
        (0x100, False),
        (0x200, False),
        (0x301, True),
        (0xFFFFFFFF, True),
        (0xFFFFFC01, False),
    ],
)
def test_flags_are_kept_and_tell_a_remote_parent(
    person: Person, way: Way, flags: int, remote: bool
) -> None:
    """A parent is remote where both bits say so; reserved bits crash nothing and come back."""
    trace_id = new_trace_id()
    way.send(person, traces_message(span(trace_id, parent=new_span_id(), flags=flags)))
    (stored,) = person.spans(trace_id)
    assert stored["trace_flags"] == flags
    assert stored["remote_parent"] is remote
