"""Taking requests apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from audittrail.otel_exporter.delivery.splitting import count_spans, first_span, halve, pieces
from tests.support.otlp import set_attributes

Facts = list[tuple[bytes, str, bytes, str, bytes]]
TEXTS = st.text("ab", max_size=3)
SHAPES = st.lists(
    st.tuples(TEXTS, TEXTS, st.lists(st.tuples(TEXTS, TEXTS, st.lists(TEXTS, max_size=6)))),
    max_size=4,
)


@st.composite
def requests(draw: st.DrawFn) -> ExportTraceServiceRequest:
    """Resources with scopes with spans, some of them without any. Each span has its own id."""
    request = ExportTraceServiceRequest()
    number = 0
    for service, resource_schema, scopes in draw(SHAPES):
        holder = request.resource_spans.add(schema_url=resource_schema)
        set_attributes(holder.resource.attributes, {"service.name": service})
        for name, scope_schema, texts in scopes:
            scoped = holder.scope_spans.add(schema_url=scope_schema)
            scoped.scope.name = name
            for text in texts:
                number += 1
                span = scoped.spans.add(span_id=number.to_bytes(8, "big"))
                set_attributes(span.attributes, {"text": text * 40})
    return request


def facts(request: ExportTraceServiceRequest) -> Facts:
    """Each span, with its resource and its scope, in order."""
    return [
        (
            holder.resource.SerializeToString(),
            holder.schema_url,
            scoped.scope.SerializeToString(),
            scoped.schema_url,
            span.SerializeToString(),
        )
        for holder in request.resource_spans
        for scoped in holder.scope_spans
        for span in scoped.spans
    ]


def shells(request: ExportTraceServiceRequest) -> set[tuple[bytes, str | None]]:
    """The resources, and the scopes in each; those without a span as well."""
    found: set[tuple[bytes, str | None]] = set()
    for holder in request.resource_spans:
        resource = holder.resource.SerializeToString()
        found.add((resource, None))
        found.update((resource, scoped.scope.name) for scoped in holder.scope_spans)
    return found


@given(requests())
def test_two_halves_are_the_whole(request: ExportTraceServiceRequest) -> None:
    """In order, with their resources and scopes; and they are halves."""
    spans = count_spans(request)
    first, second = halve(request, spans)
    assert facts(first) + facts(second) == facts(request)
    assert (count_spans(first), count_spans(second)) == (spans // 2, spans - spans // 2)


@given(requests())
def test_no_resource_and_no_scope_is_lost(request: ExportTraceServiceRequest) -> None:
    """Not even those that have no spans."""
    first, second = halve(request, count_spans(request))
    assert shells(first) | shells(second) == shells(request)


@given(requests(), st.integers(1, 2000))
def test_pieces_fit_and_are_the_whole(request: ExportTraceServiceRequest, most: int) -> None:
    """Only a single span may be larger."""
    found = list(pieces(request, count_spans(request), most))
    parsed = [ExportTraceServiceRequest.FromString(piece.body) for piece in found]
    assert [fact for each in parsed for fact in facts(each)] == facts(request)
    assert [piece.spans for piece in found] == [count_spans(each) for each in parsed]
    assert all(len(piece.body) <= most or piece.spans <= 1 for piece in found)


@given(requests())
def test_the_first_span_is_found(request: ExportTraceServiceRequest) -> None:
    span = first_span(request.SerializeToString())
    assert [span.SerializeToString()] if span else [fact[4] for fact in facts(request)][:1] == []
