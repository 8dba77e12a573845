"""Ablations as the JSON that clients get."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from audittrail.ablation.desk import AblationDesk
from audittrail.ablation.estimate import Estimate, estimate_all, estimate_step
from audittrail.ablation.findings import source_told
from audittrail.ablation.flowchart import overlap_chart
from audittrail.ablation.history import History
from audittrail.ablation.planning import Plan
from audittrail.ablation.request import AblationRequest
from audittrail.ablation.step import Step
from audittrail.ablation.targets import Target, final_target
from audittrail.api.responses import iso_time
from audittrail.attribution import sentences
from audittrail.receiver.ids import as_sent
from audittrail.storage import TRACE_UUID, AblationCall, AblationRun

__all__ = ["present_calls", "present_preview", "present_run", "present_targets", "shown_trace"]

_MOST_TEXT: Final = 4000


def present_targets(history: History, targets: Sequence[Target]) -> dict[str, Any]:
    final = final_target(history, targets)
    told = [_target(history, each, is_final=each is final) for each in targets]
    return {
        "default_target": None if final is None else history.shown(final.row["span_id"]),
        "targets": told,
    }


def _target(history: History, target: Target, *, is_final: bool) -> dict[str, Any]:
    answer = target.recorded.answer
    return {
        "span_id": history.shown(target.row["span_id"]),
        "name": target.name,
        "model": target.recorded.model,
        "start_time": iso_time(target.row["start_ns"]),
        "is_final": is_final,
        "kind": "decision" if answer.tool_calls else "answer",
        "text": answer.text[:_MOST_TEXT],
        "tool_calls": [call.name for call in answer.tool_calls],
        "sentences": sentences(answer.text),
        "why_not": target.why_not,
    }


def present_preview(plan: Plan, request: AblationRequest, desk: AblationDesk) -> dict[str, Any]:
    """What a run would take, and what can be shown without one."""
    estimates = [estimate_step(step, desk.price) for step in plan.steps]
    calls = min(request.max_calls or desk.settings.max_calls, desk.settings.max_calls)
    whole = estimate_all(estimates, calls, request.max_usd or desk.settings.max_usd)
    return {
        "target": _explained(plan.target),
        "measure": plan.target.measure,
        "model": plan.target.model,
        "endpoint": desk.endpoint_told(),
        "notices": plan.all_notices,
        "steps": [
            _previewed(step, estimate) for step, estimate in zip(plan.steps, estimates, strict=True)
        ],
        **asdict(whole),
        "overlap": overlap_chart(plan.target),
    }


def _explained(step: Step) -> dict[str, Any]:
    return {
        "span_id": step.shown_id,
        "name": step.name,
        "model": step.model,
        "kind": "decision" if step.recorded.tool_calls else "answer",
        "text": step.recorded.text[:_MOST_TEXT],
        "tool_calls": [call.name for call in step.recorded.tool_calls],
        "sentences": sentences(step.recorded.text),
    }


def _previewed(step: Step, estimate: Estimate) -> dict[str, Any]:
    return {
        "span_id": step.shown_id,
        "name": step.name,
        "model": step.model,
        "depth": step.depth,
        "measure": step.measure,
        "method": step.study().method,
        "sources": [source_told(source) for source in step.prompt.sources],
        **asdict(estimate),
    }


def present_run(
    run: AblationRun,
    desk: AblationDesk,
    found: Mapping[str, Any] | None = None,
    *,
    whole: bool = True,
) -> dict[str, Any]:
    """A run; with ``whole`` also its steps and its graph."""
    stored = json.loads(run.plan)
    plan = Plan.from_dict(stored)
    told: dict[str, Any] = {
        "id": run.id,
        "version": stored.get("version"),
        "state": run.state,
        "error": run.error,
        "created_at": iso_time(run.created_ns),
        "started_at": iso_time(run.started_ns),
        "ended_at": iso_time(run.ended_ns),
        "request": json.loads(run.request),
        "target": _explained(plan.target),
        "measure": plan.target.measure,
        "sentence": plan.target.sentence,
        "mode": plan.target.mode,
        "model": plan.target.model,
        "endpoint": desk.endpoint_told()["host"],
        "seed": plan.target.seed,
        "calls_trace_id": run.calls_trace_id,
        "progress": json.loads(run.progress),
        "notices": list(found["notices"]) if found else list(plan.notices),
    }
    if whole:
        told["steps"] = list(found["steps"]) if found else []
        told["graph"] = found["graph"] if found else None
    return told


def present_calls(
    run: AblationRun, calls: Sequence[tuple[AblationCall, float | None]]
) -> list[dict[str, Any]]:
    """Every answer of a run: to which prompt, and what it is worth."""
    plan = Plan.from_dict(json.loads(run.plan))
    return [
        {
            "step": plan.steps[call.step].shown_id,
            "mask": call.mask,
            "removed": sorted(plan.steps[call.step].removed(int(call.mask, 16))),
            "sample": call.sample,
            "answer": json.loads(call.answer),
            "value": value,
            "finish_reason": call.finish_reason,
            "model": call.model,
            "tokens_in": call.tokens_in,
            "tokens_out": call.tokens_out,
            "cost": call.cost,
            "cost_source": call.cost_source,
            "duration_ms": call.duration_ms,
            "at": iso_time(call.at_ns),
        }
        for call, value in calls
    ]


def shown_trace(trace: Mapping[str, Any]) -> str:
    return str(as_sent(trace["trace_id"], trace["id_form"], TRACE_UUID))
