"""Causal attribution: asking a model again without parts of what it was given."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from audittrail.ablation.desk import AblationDesk
from audittrail.ablation.planning import Plan
from audittrail.ablation.request import AblationRequest, Limits
from audittrail.api.ablations import (
    present_calls,
    present_preview,
    present_run,
    present_targets,
    shown_trace,
)
from audittrail.api.dependencies import OwnerReading, OwnerWriting, ReaderDep, ServicesDep
from audittrail.api.finding import trace_of
from audittrail.api.responses import Data
from audittrail.api.services import Services
from audittrail.storage import AblationRun, Row

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/traces/{trace_id}/ablation", tags=["ablation"])

Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("", summary="What can be explained, and what was")
def overview(
    trace_id: str, reader: ReaderDep, owner: OwnerReading, services: ServicesDep, limit: Limit = 100
) -> Response:
    """The model calls of a trace, which one gave the final answer, and the runs, newest first."""
    trace = trace_of(reader, trace_id)
    desk = services.ablations
    history, targets = desk.look(reader, trace)
    runs = desk.runs(owner, trace["trace_id"], limit)
    return Data(
        {
            "endpoint": desk.endpoint_told(),
            **present_targets(history, targets),
            "runs": [_told(desk, run, trace, whole=False) for run in runs],
        }
    )


@router.post("/preview", summary="What an ablation would do and cost")
def preview(
    trace_id: str,
    reader: ReaderDep,
    services: ServicesDep,
    body: AblationRequest | None = None,
) -> Response:
    """No model is asked. ``calls``, ``tokens_...`` and ``cost`` (USD) are what is expected,
    ``..._at_most`` bounds; ``overlap`` is what the texts have in common, which is no cause."""
    trace = trace_of(reader, trace_id)
    request = body or AblationRequest()
    plan = services.ablations.plan(reader, trace, request)
    return Data(present_preview(plan, request, services.ablations))


@router.post("", summary="Run an ablation")
async def begin(
    trace_id: str, owner: OwnerWriting, services: ServicesDep, body: AblationRequest | None = None
) -> Response:
    """It goes on by itself; ``/ws?trace_id=`` tells how far it is. 409 without an endpoint."""
    request = body or AblationRequest()

    def planned() -> tuple[Row, Plan]:
        with services.store.read(owner) as reader:
            trace = trace_of(reader, trace_id)
            return trace, services.ablations.plan(reader, trace, request)

    trace, plan = await asyncio.to_thread(planned)
    run = await services.ablations.begin(owner, trace, request, plan)
    return Data(_told(services.ablations, run, trace), 202)


@router.get("/{run_id}", summary="A run, as far as it is")
def get_run(
    trace_id: str, run_id: str, reader: ReaderDep, owner: OwnerReading, services: ServicesDep
) -> Response:
    trace = trace_of(reader, trace_id)
    run = services.ablations.get(owner, trace["trace_id"], run_id)
    return Data(_told(services.ablations, run, trace))


@router.get("/{run_id}/calls", summary="Every answer that a run rests on")
def list_calls(
    trace_id: str, run_id: str, reader: ReaderDep, owner: OwnerReading, services: ServicesDep
) -> Response:
    """In the order in which they came: the mask (bit i is the i-th source that is taken away), the
    ids of the sources that were missing, the answer, and its value. From these all figures of the
    run follow."""
    trace = trace_of(reader, trace_id)
    run = services.ablations.get(owner, trace["trace_id"], run_id)
    return Data(present_calls(run, services.ablations.calls(run)), next_cursor=None)


@router.post("/{run_id}/cancel", summary="Stop a run, and keep what is there")
async def cancel(
    trace_id: str, run_id: str, owner: OwnerWriting, services: ServicesDep
) -> Response:
    trace = await _trace(services, owner, trace_id)
    run = await services.ablations.cancel(owner, trace["trace_id"], run_id)
    return Data(await asyncio.to_thread(_told, services.ablations, run, trace))


@router.post("/{run_id}/resume", summary="Go on with a run that was stopped or failed")
async def resume(
    trace_id: str,
    run_id: str,
    owner: OwnerWriting,
    services: ServicesDep,
    body: Limits | None = None,
) -> Response:
    """What was answered before is not asked again. The body may have other limits than before, for
    all calls together."""
    trace = await _trace(services, owner, trace_id)
    run = await services.ablations.resume(owner, trace, run_id, body)
    return Data(_told(services.ablations, run, trace), 202)


@router.delete("/{run_id}", summary="Delete a run, and the trace of its calls")
async def delete(
    trace_id: str, run_id: str, owner: OwnerWriting, services: ServicesDep
) -> Response:
    trace = await _trace(services, owner, trace_id)
    run = services.ablations.get(owner, trace["trace_id"], run_id)
    await services.ablations.delete(owner, trace["trace_id"], run_id)
    if run.calls_trace_id is not None:
        gone = services.store.writer.delete_trace(owner, run.calls_trace_id)
        await asyncio.wrap_future(gone)
    return Data({"id": run_id, "deleted": True})


async def _trace(services: Services, owner: str, trace_id: str) -> Row:
    def found() -> Row:
        with services.store.read(owner) as reader:
            return trace_of(reader, trace_id)

    return await asyncio.to_thread(found)


def _told(
    desk: AblationDesk, run: AblationRun, trace: Row, *, whole: bool = True
) -> dict[str, Any]:
    found = desk.findings(run) if whole else None
    return {"trace_id": shown_trace(trace), **present_run(run, desk, found, whole=whole)}
