"""Ingest without OpenTelemetry: traces and spans as plain JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import orjson
from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from audittrail.api.dependencies import OwnerReading, OwnerSending, ServicesDep
from audittrail.api.responses import Data, iso_time, problem
from audittrail.api.rest_spans import SpanIds, build_rest_batch, ids_of
from audittrail.api.schemas import SpanIn, TracesIn
from audittrail.errors import InvalidInput, TooLarge
from audittrail.receiver.ids import parse_trace_id
from audittrail.receiver.mapping.engine import Engine
from audittrail.storage import TRACE_UUID, Batch, TraceRegistration

__all__ = ["router"]

# Described by hand: each span is checked by itself, so that a bad one does not cost the others.
_SPANS_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["batch"],
                    "properties": {"batch": {"type": "array", "items": SpanIn.model_json_schema()}},
                }
            }
        },
    }
}

router = APIRouter(prefix="/api/v1/ingest", tags=["ingest"])


class _Refused(NamedTuple):
    place: int
    span_id: Any
    errors: list[dict[str, Any]]


@router.post("/traces", summary="Say what a trace is about, before or after its spans")
async def register_trace(body: TracesIn, owner: OwnerSending, services: ServicesDep) -> Response:
    said = body.trace
    trace_id = parse_trace_id(said.trace_id, "trace.trace_id")
    registration = TraceRegistration(
        trace_id=trace_id.hex,
        id_form=trace_id.is_uuid * TRACE_UUID,
        name=said.name,
        agent_name=said.agent_name,
        environment=said.environment,
        session_id=said.session_id,
        user_id=said.user_id,
        metadata=None if said.metadata is None else orjson.dumps(said.metadata).decode(),
    )
    await services.pipeline.store(Batch(owner, time.time_ns(), registrations=[registration]))
    return Data({"trace_id": said.trace_id.strip().lower(), "stored": True}, 201)


@router.post("/spans", summary="Store spans", openapi_extra=_SPANS_BODY)
async def store_spans(request: Request, owner: OwnerSending, services: ServicesDep) -> Response:
    """Each span is stored or refused by itself; the answer says which and why. 422 if none could
    be stored. A stored span is durable when the answer comes."""
    received = time.time_ns()
    batch = _batch_of(await _json_body(request, services.max_message_bytes))
    good, refused = await run_in_threadpool(_sort_out, batch)
    if good:
        spans = [(ids, span) for _, ids, span in good]
        built = await run_in_threadpool(
            build_rest_batch, owner, received, spans, Engine(), services.pipeline.price
        )
        receipt = await services.pipeline.store(built)
        for place, reason in receipt.rejected:
            index, _, span = good[place]
            refused.append(_Refused(index, span.span_id, [{"loc": [], "msg": reason}]))
        lost = {place for place, _ in receipt.rejected}
        good = [each for place, each in enumerate(good) if place not in lost]
    if refused and not good:
        return problem(422, [error for each in refused for error in each.errors])
    return Data(
        {
            "stored": [{"index": place, "span_id": span.span_id} for place, _, span in good],
            "rejected": [
                {"index": each.place, "span_id": each.span_id, "errors": each.errors}
                for each in sorted(refused, key=lambda each: each.place)
            ],
        }
    )


async def _json_body(request: Request, limit: int) -> Any:
    parts = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(f"The body is larger than {limit} bytes; send smaller batches.")
        parts.append(part)
    try:
        return orjson.loads(b"".join(parts))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The body is not JSON: {error}") from None


def _batch_of(body: Any) -> list[Any]:
    if not isinstance(body, dict) or not isinstance(body.get("batch"), list):
        raise InvalidInput('The body must be {"batch": [span, ...]}.', field="batch")
    batch: list[Any] = body["batch"]
    return batch


def _sort_out(
    batch: list[Any],
) -> tuple[list[tuple[int, SpanIds, SpanIn]], list[_Refused]]:
    good: list[tuple[int, SpanIds, SpanIn]] = []
    refused: list[_Refused] = []
    for index, item in enumerate(batch):
        try:
            span = SpanIn.model_validate(item)
            good.append((index, ids_of(span), span))
        except (ValidationError, InvalidInput) as error:
            span_id = item.get("span_id") if isinstance(item, dict) else None
            refused.append(_Refused(index, span_id, list(_errors(index, error))))
    return good, refused


def _errors(index: int, error: ValidationError | InvalidInput) -> Iterator[dict[str, Any]]:
    if isinstance(error, InvalidInput):
        place = ["body", "batch", index, error.field]
        yield {"loc": place, "msg": str(error), "type": "invalid"}
        return
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        message = each["msg"].removeprefix("Value error, ")
        place = ["body", "batch", index, *each["loc"]]
        yield {"loc": place, "msg": message, "type": each["type"]}


@router.get("/refused", summary="Were senders at your address refused lately?")
def refused(request: Request, _: OwnerReading, services: ServicesDep) -> Response:
    """Requests of the last ten minutes, from the address that asks, whose credential was not taken:
    how many, and of the last one when, why and over what."""
    address = request.client.host if request.client else "unknown"
    found = services.accounts.refusals.of(address)
    if found is None:
        return Data({"count": 0, "last_at": None, "reason": None, "protocol": None})
    last = iso_time(round(found.last_s * 1e9))
    told = {"count": found.count, "last_at": last, "reason": found.reason}
    return Data({**told, "protocol": found.protocol})
