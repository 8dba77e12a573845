"""The rules that an owner's data is judged by."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from audittrail.api.dependencies import OwnerReading, Person, ReaderDep, ServicesDep
from audittrail.api.responses import Data, problem
from audittrail.api.schemas import OwnRulesIn, RulesText
from audittrail.api.violations import present_problem, present_rule
from audittrail.errors import NotFound
from audittrail.rules.enforcement.constitution import OwnRules
from audittrail.rules.evaluation.rule_files import json_schema
from audittrail.storage import ViolationQuery

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])

_SHOWN: Final = 100
_COUNTED: Final = ("open", "acknowledged")


@router.get("", summary="The rules that your data is judged by")
def list_rules(owner: OwnerReading, reader: ReaderDep, services: ServicesDep) -> Response:
    """``problems`` are mistakes in rule files, ``failures`` rules that could not be judged."""
    rules = services.constitution.rules_for(owner)
    counts = dict(reader.count_violations(ViolationQuery(status=_COUNTED), "rule_id"))
    failures = services.inspector.failing.reasons(owner, rules)
    return Data(
        {
            "rules": [present_rule(each, rules, counts) for each in rules.rules],
            "problems": [present_problem(each) for each in rules.problems],
            "failures": [each._asdict() for each in failures],
        }
    )


@router.get("/schema", summary="The JSON Schema of a rule file")
def schema(_: OwnerReading) -> Response:
    return Data(json_schema())


@router.get("/own", summary="Your own rules")
def get_own(owner: OwnerReading, services: ServicesDep) -> Response:
    """``text`` is YAML as in a rule file; ``off`` the ids of rules that you switched off."""
    own = services.constitution.own(owner)
    return Data({"text": own.text, "off": list(own.off)})


@router.put("/own", summary="Set your own rules")
def set_own(body: OwnRulesIn, owner: Person, services: ServicesDep) -> Response:
    """Refused with all its mistakes if it has any. In force from the next span on; what is stored
    is judged by ``audittrail rules apply``."""
    read = services.constitution.read_own(body.text)
    if read.problems:
        return problem(
            422,
            [
                {
                    "loc": ["body", "text"],
                    "type": "rule",
                    "msg": f"line {each.line}: {each.rule or 'file'}: {each.message}",
                }
                for each in read.problems
            ],
        )
    services.constitution.set_own(owner, OwnRules(body.text, tuple(dict.fromkeys(body.off))))
    return get_own(owner, services)


@router.post("/try", summary="What rules would find in your newest traces")
async def try_rules(
    body: RulesText,
    owner: Person,
    services: ServicesDep,
    traces: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> Response:
    """Nothing is stored. ``verdicts`` are the first 100."""
    read = await run_in_threadpool(services.constitution.read_own, body.text)
    started = time.monotonic()
    trial = await run_in_threadpool(services.inspector.try_rules, owner, read.rules, traces)
    shown: list[dict[str, Any]] = [
        {"rule_id": row.rule_id, "trace_id": row.trace_id, "span_id": row.span_id,
         "session_id": row.session_id, "severity": row.severity, "message": row.message}
        for row in trial.rows[:_SHOWN]
    ]  # fmt: skip
    counts: dict[str, int] = {each.rule.id: 0 for each in read.rules}
    for row in trial.rows:
        counts[row.rule_id] += 1
    return Data(
        {
            "problems": [present_problem(each) for each in read.problems],
            "failures": [each._asdict() for each in trial.failures],
            "traces": len(trial.seqs),
            "counts": counts,
            "verdicts": shown,
            "seconds": round(time.monotonic() - started, 3),
        }
    )


@router.get("/{rule_id}", summary="One rule")
def get_rule(
    rule_id: str, owner: OwnerReading, reader: ReaderDep, services: ServicesDep
) -> Response:
    rules = services.constitution.rules_for(owner)
    for each in rules.rules:
        if each.rule.id == rule_id:
            query = ViolationQuery(status=_COUNTED, rule_id=[rule_id])
            counts = dict(reader.count_violations(query, "rule_id"))
            return Data(present_rule(each, rules, counts))
    raise NotFound("There is no rule with this id.")
