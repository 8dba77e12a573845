"""Captured traces taken apart, and put together again otherwise."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.otlp.wire import TYPES, WAYS
from tests.support.people import Person
from tests.support.truth import NAMES, payloads

_REQUESTS: Final[dict[str, Any]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
}
_MAX_INT64: Final = 2**63 - 1
# What tells when and how something came, and not what it is.
_OF_DELIVERY: Final = {"seq", "received_at", "last_received_at"}

_numbers = itertools.count(1)


class Piece(NamedTuple):
    """A span or a log record as a request of its own, with its resource and its scope."""

    signal: str
    request: Any

    @property
    def item(self) -> Any:
        """The span or the log record itself."""
        if self.signal == "traces":
            return self.request.resource_spans[0].scope_spans[0].spans[0]
        return self.request.resource_logs[0].scope_logs[0].log_records[0]

    @property
    def holders(self) -> list[Any]:
        """All lists of attributes in it."""
        if self.signal == "logs":
            return [self.item.attributes, self.request.resource_logs[0].resource.attributes]
        resource = self.request.resource_spans[0]
        scope = resource.scope_spans[0].scope
        inner = [each.attributes for each in (*self.item.events, *self.item.links)]
        return [self.item.attributes, *inner, resource.resource.attributes, scope.attributes]

    def copy(self) -> Piece:
        request = type(self.request)()
        request.CopyFrom(self.request)
        return Piece(self.signal, request)


@cache
def traces() -> dict[str, list[Piece]]:
    """The captured traces with all their spans and log records in the order in which they were
    sent, by the names of their captures and their ids."""
    found: dict[str, list[Piece]] = defaultdict(list)
    for name in NAMES:
        for signal, body in payloads(name):
            if signal in _REQUESTS:
                for piece in _pieces(signal, _REQUESTS[signal].FromString(body)):
                    if piece.item.trace_id and piece.item.span_id:
                        found[f"{name}/{piece.item.trace_id.hex()}"].append(piece)
    return dict(found)


def _pieces(signal: str, request: Any) -> Iterator[Piece]:
    resources, scopes, items = (
        ("resource_spans", "scope_spans", "spans")
        if signal == "traces"
        else ("resource_logs", "scope_logs", "log_records")
    )
    for resource in getattr(request, resources):
        for scope in getattr(resource, scopes):
            for item in getattr(scope, items):
                alone = type(request)()
                outer = getattr(alone, resources).add(schema_url=resource.schema_url)
                outer.resource.CopyFrom(resource.resource)
                inner = getattr(outer, scopes).add(schema_url=scope.schema_url)
                inner.scope.CopyFrom(scope.scope)
                getattr(inner, items).append(item)
                yield Piece(signal, alone)


def merged(pieces: Iterable[Piece]) -> list[Any]:
    """A request for each signal with all these pieces in their order."""
    requests: dict[str, Any] = {}
    for signal, request in pieces:
        requests.setdefault(signal, type(request)()).MergeFrom(request)
    return list(requests.values())


class Sending:
    """One sending of captured traces, under trace ids that no other sending has."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._mark = str(next(_numbers))

    def trace_id(self, name: str) -> str:
        """The id that this captured trace has here."""
        return self._moved(bytes.fromhex(name.rpartition("/")[2])).hex()

    def _moved(self, trace_id: bytes) -> bytes:
        return hashlib.blake2b(trace_id + self._mark.encode(), digest_size=16).digest()

    def send(
        self, requests: Iterable[Any], ways: Iterable[Any] = itertools.repeat(WAYS[0])
    ) -> None:
        """Send each; every one has to be taken as a whole."""
        for request, way in zip(requests, itertools.cycle(ways), strict=False):
            here = type(request)()
            here.CopyFrom(request)
            for signal in _REQUESTS:
                for item in _items(here, signal):
                    item.trace_id, captured = self._moved(item.trace_id), item.trace_id
                    for link in getattr(item, "links", ()):
                        if link.trace_id == captured:
                            link.trace_id = item.trace_id
            answer = way.send(self._person, here)
            assert not answer.HasField("partial_success"), answer

    def trace(self, name: str) -> dict[str, Any]:
        """The trace as the API tells it, but for how it was delivered."""
        told = self._person.get(f"/api/v1/traces/{self.trace_id(name)}")
        return self._comparable(told, name)

    def spans(self, name: str) -> dict[str, dict[str, Any]]:
        """Its spans as the API lists them, each once."""
        told = self._person.spans(self.trace_id(name))
        found = {span["span_id"]: self._comparable(span, name) for span in told}
        assert len(found) == len(told)
        return found

    def read(self, *paths: str) -> list[Any]:
        """The answers of the API at these paths, all of which have to be there, in strict JSON."""
        with self._person.client() as client:
            answers = [client.get(f"/api/v1{path}") for path in paths]
        for answer in answers:
            assert answer.status_code == 200, f"{answer.url}: {answer.text}"
        return [json.loads(answer.text, parse_constant=_refused)["data"] for answer in answers]

    def details(self, name: str, span_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What is told of each of these spans alone."""
        ids = list(span_ids)
        told = self.read(*(f"/spans/{self.trace_id(name)}/{span_id}" for span_id in ids))
        return dict(zip(ids, told, strict=True))

    def _comparable(self, told: dict[str, Any], name: str) -> dict[str, Any]:
        kept = {key: value for key, value in told.items() if key not in _OF_DELIVERY}
        text = json.dumps(kept).replace(self.trace_id(name), name.rpartition("/")[2])
        plain: dict[str, Any] = json.loads(text)
        return plain


def _refused(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def _items(request: Any, signal: str) -> Iterator[Any]:
    if signal == "traces":
        for resource in getattr(request, "resource_spans", ()):
            for scope in resource.scope_spans:
                yield from scope.spans
    else:
        for resource in getattr(request, "resource_logs", ()):
            for scope in resource.scope_logs:
                yield from scope.log_records


def counted_once(spans: dict[str, dict[str, Any]]) -> tuple[dict[str, int], bool]:
    """What these spans amount to, if the usage of a span counts where no span below it has any,
    and a call where no span below it is one of its kind; and whether that is exact: of spans that
    share a response id, some may be records of one call, which counts once."""
    children = defaultdict(list)
    for span in spans.values():
        children[span["parent_span_id"]].append(span)

    def below(span: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for child in children[span["span_id"]]:
            yield child
            yield from below(child)

    def used(span: dict[str, Any]) -> bool:
        return bool(span["tokens_in"] or span["tokens_out"])

    using = [span for span in spans.values() if used(span) and not any(map(used, below(span)))]
    sums = {
        "tokens_in": min(sum(span["tokens_in"] or 0 for span in using), _MAX_INT64),
        "tokens_out": min(sum(span["tokens_out"] or 0 for span in using), _MAX_INT64),
    }
    for kind, total in (("llm", "llm_calls"), ("tool", "tool_calls")):
        of_kind = [span for span in spans.values() if span["span_type"] == kind]
        sums[total] = sum(
            all(each["span_type"] != kind for each in below(span)) for span in of_kind
        )
    shared = [span["response_id"] for span in spans.values() if span["response_id"]]
    return sums, len(shared) == len(set(shared))


def assert_counted_once(trace: dict[str, Any], spans: dict[str, dict[str, Any]]) -> None:
    """The totals of a trace are what its spans amount to when nothing counts twice."""
    sums, exact = counted_once(spans)
    told = {name: trace[name] or 0 for name in sums}
    assert trace["span_count"] == len(spans)
    assert told == sums if exact else all(told[name] <= sums[name] for name in sums)


def differences(told: Any, expected: Any, where: str = "") -> Iterator[str]:
    """Where two answers of the API differ."""
    if isinstance(told, dict) and isinstance(expected, dict):
        for key in told.keys() | expected.keys():
            yield from differences(told.get(key), expected.get(key), f"{where} {key}".lstrip())
    elif told != expected:
        yield f"{where} is {str(told)[:300]}, should be {str(expected)[:300]}"


# Which traces, and how they are sent.


@cache
def _busy() -> list[str]:
    """Traces with several spans; of those with the same names of spans in a capture, the first."""
    found: dict[tuple[str, ...], str] = {}
    for name, pieces in traces().items():
        steps = sorted(piece.item.name for piece in pieces if piece.signal == "traces")
        if len(steps) > 1:
            found.setdefault((name.partition("/")[0], *steps), name)
    return list(found.values())


some_traces = st.deferred(lambda: st.lists(st.sampled_from(_busy()), min_size=1, max_size=3))


@st.composite
def deliveries(draw: st.DrawFn, count: int) -> list[list[int]]:
    """The numbers of the pieces that each request brings, so that all come at least once: in any
    order, some several times, cut into requests of any size, some requests again."""
    order = list(draw(st.permutations(range(count))))
    for number in draw(st.lists(st.sampled_from(range(count)), max_size=5)):
        order.insert(draw(st.integers(0, len(order))), number)
    cuts = sorted(draw(st.sets(st.integers(1, len(order)), max_size=4)))
    requests = [order[start:end] for start, end in itertools.pairwise([0, *cuts, len(order)])]
    for request in draw(st.lists(st.sampled_from(requests), max_size=2)):
        requests.insert(draw(st.integers(0, len(requests))), request)
    return requests


def requests_of(pieces: Sequence[Piece], delivery: list[list[int]]) -> list[Any]:
    """These pieces as the requests of a delivery."""
    parts = ([pieces[number] for number in part] for part in delivery)
    return [request for part in parts for request in merged(part)]


# Of one encoding each, since the versions of a span are told apart by the bytes they came in.
some_ways = st.sampled_from(TYPES).flatmap(
    lambda encoding: st.lists(
        st.sampled_from([way for way in WAYS if way.content_type == encoding]),
        min_size=1,
        max_size=3,
    )
)
