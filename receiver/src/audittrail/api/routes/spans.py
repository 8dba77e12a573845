"""Reading one span, and what leads from one span of a trace to others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from audittrail.api.dependencies import ReaderDep
from audittrail.api.finding import span_of, trace_of
from audittrail.api.presenting import present_log, present_span, present_spans
from audittrail.api.raw_span import otlp_json
from audittrail.api.responses import Data
from audittrail.errors import InvalidInput
from audittrail.receiver.edges import Step, data_edges, step_of
from audittrail.receiver.ids import as_sent
from audittrail.storage import SPAN_UUID, Row, TraceReader

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["traces"])

_MAX_STEPS: Final = 20_000
_STEPS_AT_ONCE: Final = 1000
_MAX_WORDS: Final = 5
_MAX_FOUND: Final = 10_000
_JOINED: Final = ("llm", "tool")


@router.get("/spans/{trace_id}/{span_id}", summary="One span, with all versions received of it")
def get_span(trace_id: str, span_id: str, reader: ReaderDep) -> Response:
    trace = trace_of(reader, trace_id)
    row = span_of(reader, trace, span_id)
    logs = reader.list_logs(trace["trace_id"]) if trace["has_logs"] else ()
    own_logs: list[dict[str, Any]] = [
        present_log(log) for log in logs if log["span_id"] == row["span_id"]
    ]
    shown = present_span(row, logs)
    # Of most spans there is one version, and log records say nothing more of it.
    if row["versions"] > 1:
        received = reader.span_versions(trace["trace_id"], row["span_id"])
        versions = list(present_spans(received))
    else:
        versions = [shown if not logs else present_span(row)]
    return Data(shown | {"received_versions": versions, "logs": own_logs})


@router.get("/spans/{trace_id}/{span_id}/otlp", summary="One span as OTLP/JSON")
def get_span_otlp(trace_id: str, span_id: str, reader: ReaderDep) -> Response:
    """What can be posted to ``/v1/traces`` to have the same span again."""
    row = span_of(reader, trace_of(reader, trace_id), span_id)
    return Data(otlp_json(row, present_span(row)))


@router.get("/traces/{trace_id}/edges", summary="Which span's data went where")
def list_edges(trace_id: str, reader: ReaderDep) -> Response:
    """``call``: from a model call to the span of a tool that it asked for; ``result``: from there
    to the first later model call that was given what came of it; ``link``: links within the trace.
    ``inferred`` says that the tool's span carries no call id, but has the name and the arguments.
    ``truncated``: only the first 20,000 model calls, tools and spans with links were looked at."""
    trace = trace_of(reader, trace_id)
    ids = reader.joined_spans(trace["trace_id"], _JOINED, _MAX_STEPS + 1)
    logs = reader.list_logs(trace["trace_id"]) if trace["has_logs"] else ()
    edges = data_edges(_steps(reader, trace, ids[:_MAX_STEPS], logs))
    shown = [
        {
            "from": edge.source,
            "to": edge.target,
            "kind": edge.kind,
            "inferred": edge.inferred,
            "call_id": edge.call_id,
        }
        for edge in edges
    ]
    return Data({"edges": shown, "truncated": len(ids) > _MAX_STEPS})


def _steps(reader: TraceReader, trace: Row, ids: Sequence[str], logs: Any) -> list[Step]:
    """Some at a time: a payload may be large."""
    steps: list[Step] = []
    for first in range(0, len(ids), _STEPS_AT_ONCE):
        rows = reader.spans(trace["trace_id"], ids[first : first + _STEPS_AT_ONCE])
        steps += map(step_of, present_spans(rows, logs))
    return steps


@router.get("/traces/{trace_id}/search", summary="Which spans of a trace contain words")
def search(
    trace_id: str, reader: ReaderDep, text: Annotated[list[str], Query(max_length=200)]
) -> Response:
    """``{word: [span id, ...]}`` of the spans that have it in their name, input or output, in any
    case. At most 5 words, and 10,000 spans for each."""
    trace = trace_of(reader, trace_id)
    if len(text) > _MAX_WORDS:
        raise InvalidInput(f"text may be given {_MAX_WORDS} times at most.")
    return Data(
        {
            word: [
                as_sent(span_id, form, SPAN_UUID)
                for span_id, form in reader.spans_with(trace["trace_id"], word, _MAX_FOUND)
            ]
            for word in text
        }
    )
