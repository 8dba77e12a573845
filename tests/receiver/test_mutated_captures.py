"""Captured telemetry that is cut up, repeated, shuffled, incomplete or wrong is stored all the
same, and never counts twice."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.receiver.mutations import (
    Piece,
    Sending,
    assert_counted_once,
    deliveries,
    differences,
    merged,
    requests_of,
    some_traces,
    some_ways,
    traces,
)
from tests.support.otlp import set_value
from tests.support.people import Person, new_person
from tests.support.servers import Server

Told: TypeAlias = dict[str, dict[str, Any]]

# Half of the profile's examples each: every one sends to a real server.
few = settings(max_examples=settings().max_examples // 2)


@pytest.fixture(scope="module")
def sender(server: Server) -> Person:
    """One for all examples: each sends traces of its own."""
    return new_person(server)


_plain: dict[str, Told] = {}


def as_captured(sender: Person, name: str) -> Told:
    """What is told of a captured trace that is sent once and in order."""
    if name not in _plain:
        _plain[name] = sent_once(sender, name, traces()[name], alone=True)
    return _plain[name]


def sent_once(sender: Person, name: str, pieces: list[Piece], *, alone: bool) -> Told:
    """What is told of a trace of these pieces that are sent once and in order, each alone or all
    in a request a signal: of the trace, and of each span by its id."""
    sending = Sending(sender)
    sending.send([piece.request for piece in pieces] if alone else merged(pieces))
    return {"trace": sending.trace(name), **sending.spans(name)}


def span_ids(pieces: list[Piece]) -> set[str]:
    return {piece.item.span_id.hex() for piece in pieces if piece.signal == "traces"}


@pytest.mark.long
@few
@given(names=some_traces, ways=some_ways, data=st.data())
def test_repeated_reordered_and_split_requests_mean_the_same(
    sender: Person, names: list[str], ways: list[Any], data: st.DataObject
) -> None:
    """Spans and log records of traces of several instrumentations, in any order and cut into
    requests in any way, some again, end in the same traces and spans as sent once and in order:
    tokens, cost and calls are equal, and every span is there once."""
    pieces = [piece for name in names for piece in traces()[name]]
    sending = Sending(sender)
    sending.send(requests_of(pieces, data.draw(deliveries(len(pieces)))), ways)
    for name in names:
        trace, spans = sending.trace(name), sending.spans(name)
        assert spans.keys() == span_ids(traces()[name])
        assert not list(differences({"trace": trace, **spans}, as_captured(sender, name)))
        assert_counted_once(trace, spans)


@few
@given(names=some_traces, ways=some_ways, data=st.data())
def test_dropped_spans_leave_the_others_as_they_are(
    sender: Person, names: list[str], ways: list[Any], data: st.DataObject
) -> None:
    """Of traces that lost spans and log records, what came counts once: the totals are those of
    the surviving spans sent once and in order, and the sum over those with no usage below."""
    name = names[0]
    whole = traces()[name]
    kept = data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    pieces = [piece for piece, stays in zip(whole, kept, strict=True) if stays]
    sending = Sending(sender)
    if not span_ids(pieces):
        return
    sending.send(requests_of(pieces, data.draw(deliveries(len(pieces)))), ways)
    trace, spans = sending.trace(name), sending.spans(name)
    assert spans.keys() == span_ids(pieces)
    expected = sent_once(sender, name, pieces, alone=False)
    assert not list(differences({"trace": trace, **spans}, expected))
    logged = {piece.item.span_id.hex() for piece in pieces}
    if logged == spans.keys():
        assert_counted_once(trace, spans)


ODD_KEYS: tuple[str, ...] = (
    "", ".", "..", "__proto__", "constructor", "toString", "a.b", "a", "a.b.c", "$ref", "\0",
    "k" * 20_000, "é😀", "select * from spans", "'; drop table spans; --", "x[0]", "{}",
)  # fmt: skip
_scalars = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=9) | st.none()
)
any_value = st.recursive(
    _scalars | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(ODD_KEYS[:9]), inner, max_size=3)
    ),
    max_leaves=6,
)


@few
@given(names=some_traces, ways=some_ways, data=st.data())
def test_unknown_keys_change_nothing_else(
    sender: Person, names: list[str], ways: list[Any], data: st.DataObject
) -> None:
    """Attributes that nobody knows, such as ``__proto__``, the empty key, one of 20,000
    characters and the beginning of a known key, are kept; totals and types stay."""
    name = names[0]
    pieces = [piece.copy() for piece in traces()[name]]
    added: dict[str, set[str]] = {}
    for piece in pieces:
        present = {pair.key for pair in piece.item.attributes}
        beginnings = sorted({key.partition(".")[0] for key in present} - present)
        keys = st.sampled_from([*ODD_KEYS, *beginnings])
        for key, value in data.draw(st.dictionaries(keys, any_value, max_size=3)).items():
            pair = piece.item.attributes.add()
            pair.key = key
            set_value(pair.value, value)
            if piece.signal == "traces":
                added.setdefault(piece.item.span_id.hex(), set()).add(key)
    sending = Sending(sender)
    sending.send(merged(pieces), ways)
    trace, spans = sending.trace(name), sending.spans(name)
    plain = as_captured(sender, name)
    assert not list(differences(trace, plain["trace"]))
    types = {span_id: span["span_type"] for span_id, span in spans.items()}
    assert types == {span_id: plain[span_id]["span_type"] for span_id in spans}
    details = sending.details(name, added)
    for span_id, keys_added in added.items():
        assert keys_added <= details[span_id]["attributes"].keys()


WRONG: tuple[Any, ...] = (
    -1, -(2**63), 2**63 - 1, 0, -0.5, 1e300, math.nan, math.inf, -math.inf, True, None, "", " ",
    "-5", "12", "1e400", "NaN", "null", "9" * 400, "\0", b"", b"\xff\x00", [], [[], [None]], {},
    {"": {"__proto__": [1, {"a": None}]}}, '{"a": ', '[{"role": ', "[" * 5000, '{"a":' * 5000,
    "[" * 900 + "]" * 900, '[{"role": 5, "content": [7, null, {}]}]', '"text"', "[1e999, NaN]",
    [{"role": ["user"], "content": {"parts": 5}}], '{"\\ud800": 1}',
)  # fmt: skip


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


@pytest.mark.long
@few
@given(names=some_traces, ways=some_ways, data=st.data())
def test_values_of_wrong_types_cost_themselves_alone(
    sender: Person, names: list[str], ways: list[Any], data: st.DataObject
) -> None:
    """Whatever stands under the keys of an instrumentation, no span is refused or lost, each can
    be read in lists and alone, and what is left of the usage counts once."""
    name = names[0]
    pieces = [piece.copy() for piece in traces()[name]]
    wrong = st.sampled_from(WRONG) | any_value | st.integers(1, 20).map(nested)
    for number in data.draw(st.lists(st.sampled_from(range(len(pieces))), min_size=1, max_size=6)):
        piece = pieces[number]
        pairs = [pair for holder in piece.holders for pair in holder]
        if piece.signal == "traces":
            piece.item.kind = data.draw(st.sampled_from([0, 3, 99, 2**31 - 1]))
        for at in data.draw(st.lists(st.sampled_from(range(len(pairs))), min_size=1, max_size=6)):
            pairs[at].value.Clear()
            set_value(pairs[at].value, data.draw(wrong, label=pairs[at].key))
    sending = Sending(sender)
    sending.send(merged(pieces), ways)
    trace, spans = sending.trace(name), sending.spans(name)
    assert spans.keys() == span_ids(pieces)
    here = sending.trace_id(name)
    sending.read(*(f"/spans/{here}/{span_id}{way}" for span_id in spans for way in ("", "/otlp")))
    sending.read(*(f"/traces/{here}/{part}" for part in ("skeleton", "edges", "logs")))
    sending.read("/traces", "/sessions")
    if {piece.item.span_id.hex() for piece in pieces} == spans.keys():
        assert_counted_once(trace, spans)
