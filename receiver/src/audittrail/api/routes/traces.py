"""Reading traces and spans."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from audittrail.api.dependencies import OwnerWriting, ReaderDep, ServicesDep
from audittrail.api.filter_query import parse_filter
from audittrail.api.finding import NO_TRACE, hex_id, trace_of
from audittrail.api.presenting import SPAN_PAYLOAD, present_log, present_spans, present_trace
from audittrail.api.raw_span import otlp_json
from audittrail.api.responses import Data, DataList, decode_cursor, encode_cursor
from audittrail.api.schemas import FilterText, TimeNs
from audittrail.api.skeleton import skeleton_columns
from audittrail.api.violations import span_marks
from audittrail.errors import InvalidInput, NotFound
from audittrail.storage import SortKey, TraceQuery

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["traces"])

_MIN_GZIP: Final = 1024

Limit = Annotated[int, Query(ge=1, le=1000)]
Usd = Annotated[float, Query(ge=0, le=1e12, allow_inf_nan=False)]
# As ns it must fit into 64 bits.
Milliseconds = Annotated[float, Query(ge=0, le=9e12, allow_inf_nan=False)]
Seq = Annotated[int, Query(ge=-1, lt=2**63)]


@router.get("/traces", summary="Your traces, newest first")
def list_traces(
    reader: ReaderDep,
    services: ServicesDep,
    status: Annotated[
        list[Literal["running", "complete", "error", "incomplete"]] | None, Query()
    ] = None,
    agent: str | None = None,
    environment: str | None = None,
    session: str | None = None,
    user: str | None = None,
    model: str | None = None,
    min_cost: Usd | None = None,
    max_cost: Usd | None = None,
    min_duration_ms: Milliseconds | None = None,
    max_duration_ms: Milliseconds | None = None,
    has_violations: bool | None = None,
    text: Annotated[str | None, Query(max_length=200)] = None,
    q: FilterText = None,
    since: TimeNs | None = None,
    until: TimeNs | None = None,
    sort: SortKey = "start_time",
    order: Literal["asc", "desc"] = "desc",
    limit: Limit = 50,
    cursor: str | None = None,
) -> Response:
    """Repeat ``status`` to mean any of several. ``text`` looks into names, ids, inputs and
    outputs. ``q`` is a filter as the dashboard takes it, such as ``status:error cost:>0.01``. Pages
    follow on with ``next_cursor``; sort and filters must stay the same."""
    now = time.time_ns()
    idle_before = now - services.idle_ns
    page = reader.list_traces(
        TraceQuery(
            status=status or (),
            agent_name=agent,
            environment=environment,
            session_id=session,
            user_id=user,
            model=model,
            min_cost=min_cost,
            max_cost=max_cost,
            min_duration_ms=min_duration_ms,
            max_duration_ms=max_duration_ms,
            has_violations=has_violations,
            text=text,
            terms=parse_filter(q or "", now),
            since_ns=since,
            until_ns=until,
            sort=sort,
            descending=order == "desc",
            limit=limit,
            after=decode_cursor(cursor),
            idle_before_ns=idle_before,
        )
    )
    return Data(
        [present_trace(row, idle_before) for row in page.rows],
        next_cursor=encode_cursor(page.after),
    )


@router.get("/traces/{trace_id}", summary="One trace")
def get_trace(trace_id: str, reader: ReaderDep, services: ServicesDep) -> Response:
    row = trace_of(reader, trace_id)
    return Data(present_trace(row, time.time_ns() - services.idle_ns))


@router.delete("/traces/{trace_id}", summary="Delete a trace with its spans and log records")
async def delete_trace(trace_id: str, owner: OwnerWriting, services: ServicesDep) -> Response:
    """Also with its ablations, and the traces of their calls, which repeat what it says. Spans of
    it that arrive later start it anew."""
    wanted = hex_id(trace_id)
    writer = services.store.writer
    of_ablations = await services.ablations.forget(owner, wanted)
    if not await asyncio.wrap_future(writer.delete_trace(owner, wanted)):
        raise NotFound(NO_TRACE)
    if of_ablations:
        await asyncio.wrap_future(writer.delete_traces(owner, sorted(of_ablations)))
    return Data({"trace_id": trace_id, "deleted": True})


@router.get("/traces/{trace_id}/spans", summary="The spans of a trace, by start time")
def list_spans(
    trace_id: str,
    reader: ReaderDep,
    fields: Annotated[
        str | None,
        Query(description="Comma-separated names. Empty, or without payload names: faster."),
    ] = None,
    limit: Limit = 200,
    cursor: str | None = None,
) -> Response:
    trace = trace_of(reader, trace_id)
    wanted = None if fields is None else {name for name in fields.split(",") if name}
    payload = wanted is None or not wanted.isdisjoint(SPAN_PAYLOAD)
    after = decode_cursor(cursor)
    if after is not None and after[0] is None:
        raise InvalidInput("cursor is not one of ours; leave it out to start.")
    page = reader.list_spans(
        trace["trace_id"],
        payload=payload,
        limit=limit,
        after=None if after is None else (int(after[0]), after[1]),
    )
    logs = reader.list_logs(trace["trace_id"]) if payload and trace["has_logs"] else ()
    spans: Iterable[dict[str, Any]] = present_spans(page.rows, logs)
    if wanted:
        spans = ({name: span[name] for name in span if name in wanted} for span in spans)
    return DataList(spans, next_cursor=encode_cursor(page.after))


@router.get("/traces/{trace_id}/skeleton", summary="All spans as columns, without payload")
def skeleton(
    trace_id: str,
    request: Request,
    reader: ReaderDep,
    services: ServicesDep,
    after_seq: Seq = -1,
    limit: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    """What the views are drawn from. ``after_seq`` asks only for spans that changed since the
    ``seq`` of an earlier answer, ``limit`` for so many at most, the first by start. Times are ns
    after ``base_ns``, as far as they are whole; names, models and types are indexes into
    ``dictionaries``. ``violations`` are of the whole trace: how many by span id, those that no
    span broke alone at the spans that did together, and all under an empty id."""
    trace = trace_of(reader, trace_id)
    columns = skeleton_columns(reader.skeleton(trace["trace_id"], after_seq, limit))
    marked = span_marks(reader.violations_of_traces([trace["trace_id"]]), reader)
    now = time.time_ns()
    shown = present_trace(trace, now - services.idle_ns)
    data = {"trace": shown, "seq": trace["seq"], "server_time_ms": now / 1e6, **columns}
    data["violations"] = marked
    body = orjson.dumps({"data": data})
    headers = {"vary": "accept-encoding"}
    accepted = request.headers.get("accept-encoding", "")
    if "gzip" in accepted and len(body) >= _MIN_GZIP:
        body = gzip.compress(body, 5)
        headers["content-encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)


@router.get("/traces/{trace_id}/otlp", summary="A trace as OTLP/JSON")
def get_trace_otlp(
    trace_id: str, reader: ReaderDep, limit: Limit = 200, cursor: str | None = None
) -> Response:
    """By start: the ``resourceSpans`` of an export request to ``/v1/traces``."""
    trace = trace_of(reader, trace_id)
    after = decode_cursor(cursor)
    if after is not None and after[0] is None:
        raise InvalidInput("cursor is not one of ours; leave it out to start.")
    page = reader.list_spans(
        trace["trace_id"],
        payload=True,
        limit=limit,
        after=None if after is None else (int(after[0]), after[1]),
    )
    logs = reader.list_logs(trace["trace_id"]) if trace["has_logs"] else ()
    shown = zip(page.rows, present_spans(page.rows, logs), strict=True)
    spans = (each for row, span in shown for each in otlp_json(row, span)["resourceSpans"])
    return DataList(spans, next_cursor=encode_cursor(page.after))


@router.get("/traces/{trace_id}/logs", summary="The log records of a trace, by time")
def list_logs(trace_id: str, reader: ReaderDep) -> Response:
    trace = trace_of(reader, trace_id)
    return Data([present_log(row) for row in reader.list_logs(trace["trace_id"])], next_cursor=None)
