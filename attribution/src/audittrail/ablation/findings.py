"""What a run has found, as the API gives it: steps, sources and the Sankey."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from audittrail.ablation.flowchart import flow_of, flowchart
from audittrail.ablation.measured import Measured
from audittrail.ablation.planning import Plan
from audittrail.ablation.sources import Source
from audittrail.ablation.step import Step, answer_from
from audittrail.attribution import Answer, Attribution
from audittrail.storage import AblationCall

__all__ = ["findings", "matters", "measured_of", "source_told"]

_MOST_TEXT: Final = 2000
_MOST_ANSWER: Final = 4000
# A step through which less than this of the final answer passes is not asked for its sources.
_LEAST_FLOW: Final = 0.005
_TOKEN: Final = 4


def measured_of(plan: Plan, calls: Iterable[AblationCall]) -> dict[str, Measured]:
    """What was measured, by span id, from the stored calls of a run."""
    measured = {step.span_id: Measured(step) for step in plan.steps}
    for call in calls:
        if call.step < len(plan.steps):
            said = json.loads(call.answer)
            likelihood = said.pop("likelihood", None)
            answer = answer_from(said)
            measured[plan.steps[call.step].span_id].add(int(call.mask, 16), answer, likelihood)
    return measured


def matters(plan: Plan, measured: Mapping[str, Measured], step: Step) -> bool:
    """Whether anything of the final answer passes through a step, as far as it was measured."""
    if step is plan.target:
        return True
    attributions = _attributions(measured)
    if plan.target.span_id not in attributions:
        return False
    name = f"llm:{step.span_id}"
    flow = flow_of(plan, attributions)
    if flow.totals.get(name, 0.0) < _LEAST_FLOW:
        return False
    return any(
        link["kind"] == "cause" and link["source"] == name
        for link in (flowchart(plan, attributions) or {"links": []})["links"]
    )


def _attributions(measured: Mapping[str, Measured]) -> dict[str, Attribution]:
    found = {name: each.attribution() for name, each in measured.items()}
    return {name: each for name, each in found.items() if each is not None}


def findings(plan: Plan, measured: Mapping[str, Measured]) -> dict[str, Any]:
    """``{"steps", "graph", "notices"}``; also of a run that is not over."""
    attributions = _attributions(measured)
    steps = [
        _step(step, measured[step.span_id], attributions.get(step.span_id))
        for step in plan.steps
        if measured[step.span_id].calls
    ]
    told = [
        notice for step in plan.steps if measured[step.span_id].calls for notice in step.notices
    ]
    notices = dict.fromkeys([*plan.notices, *told, *_unlike(steps)])
    return {"steps": steps, "graph": flowchart(plan, attributions), "notices": list(notices)}


def _unlike(steps: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        f"{step['name']}: the re-run does not reproduce the recorded answer. What is shown "
        "explains the re-run, not the record."
        for step in steps
        if step["reproduced"] is False
    ]


def _step(step: Step, measured: Measured, found: Attribution | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "span_id": step.shown_id,
        "name": step.name,
        "model": step.model,
        "depth": step.depth,
        "measure": step.measure,
        "sentence": step.sentence,
        "method": measured.study.method,
        "calls": measured.calls,
        "complete": found is not None and found.complete,
        "recorded": _said(step.recorded),
        "rerun": None if measured.rerun is None else _said(measured.rerun),
        "reproduced": measured.reproduced,
        "likeness": measured.likeness,
        "noise": None if found is None else found.noise,
        "v_empty": None if found is None else found.v_empty,
        "v_full": None if found is None else found.v_full,
        "intervals": None if found is None else found.intervals,
        "sources": _sources(step, found),
        "pairs": [] if found is None else found.as_dict()["pairs"],
    }
    return told


def _sources(step: Step, found: Attribution | None) -> list[dict[str, Any]]:
    by_member: dict[str, dict[str, Any]] = {}
    for share in [] if found is None else found.as_dict()["shares"]:
        for name in share["members"]:
            by_member[name] = share
    nothing = dict.fromkeys(
        ("phi", "low", "high", "share", "necessity", "sufficiency", "distinguishable")
    )
    told = []
    for source in step.prompt.sources:
        share = by_member.get(source.id, {})
        figures = {name: share.get(name) for name in nothing}
        members = share.get("members") or [source.id]
        told.append({**source_told(source), **figures, "members": members})
    return told


def source_told(source: Source) -> dict[str, Any]:
    """A source as the API gives it. Characters a token: about 4."""
    return {
        "id": source.id,
        "kind": source.kind,
        "label": source.label,
        "text": source.text[:_MOST_TEXT],
        "characters": len(source.text),
        "tokens": -(-len(source.text) // _TOKEN),
        "span_id": source.shown_id,
        "pinned": source.pinned,
        "switchable": True,
        "copy_of": source.copy_of,
        "group": source.group,
    }


def _said(answer: Answer) -> str:
    calls = "\n".join(f"{call.name}({call.arguments})" for call in answer.tool_calls)
    return "\n".join(filter(None, (answer.text, calls)))[:_MOST_ANSWER]
