"""Prompts as released instrumentations recorded them, taken apart."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from audittrail.ablation.history import load_history
from audittrail.ablation.planning import Plan, make_plan
from audittrail.ablation.request import AblationRequest
from audittrail.ablation.targets import targets_of
from audittrail.errors import Conflict
from audittrail.storage import Row, TraceReader
from tests.ablation.gathered import gathered, traces_in
from tests.support.truth import DATA, NAMES

GOLDEN = DATA / "ablation" / "captured_sources.json"


@functools.cache
def plans_of(name: str) -> list[Plan]:
    """Of all traces of a capture in which something can be explained."""
    with gathered(*files_of(name)) as reader:
        plans = [plan_of(reader, trace) for trace in traces_in(reader)]
    return [plan for plan in plans if plan is not None]


def plan_of(reader: TraceReader, trace: Row) -> Plan | None:
    history = load_history(reader, trace)
    try:
        return make_plan(history, targets_of(history), AblationRequest(), None)
    except Conflict:
        return None


def files_of(name: str) -> list[Path]:
    return [
        path
        for path in sorted((DATA / "captures" / name).iterdir())
        if path.suffix in (".pb", ".json") and ".metrics." not in path.name
    ]


def told(plan: Plan) -> list[Any]:
    """A line a source: what it is, whether it stays, whether a span wrote it, how it begins."""
    return [
        [
            f"{step.name}: {step.measure}, {len(step.tools)} tools",
            [
                f"{source.id} {source.kind}{' pinned' if source.pinned else ''}"
                f"{' linked' if source.span_id else ''}: {source.text[:40]}"
                for source in step.prompt.sources
            ],
        ]
        for step in plan.steps
    ]


# By the module, so that both tests of a capture follow each other, in one process mostly.
of_captures = pytest.mark.parametrize("name", NAMES, scope="module")


@of_captures
def test_sources_of_captured_prompts(name: str) -> None:
    """System prompts, user turns, results of tools and earlier outputs are found in every dialect,
    and linked to the spans that wrote them, as in the file of what is right."""
    found = [told(plan) for plan in plans_of(name)]
    assert found == json.loads(GOLDEN.read_text("utf-8"))[name]


@of_captures
def test_masked_prompts_can_be_asked(name: str) -> None:
    """Whatever is taken away: every tool message answers a call right before it, every call has its
    answer, no message is empty, and what is there is what was recorded."""
    for step in [step for plan in plans_of(name) for step in plan.steps]:
        for removed in [set(), {source.id for source in step.players}]:
            messages = step.prompt.without(removed)
            waiting: set[str] = set()
            for message in messages:
                if message["role"] == "tool":
                    assert message["tool_call_id"] in waiting
                    waiting.remove(message["tool_call_id"])
                else:
                    assert not waiting
                waiting |= {call["id"] for call in message.get("tool_calls", ())}
                assert message["content"] or message.get("tool_calls")
            assert not waiting
        whole = json.dumps(step.prompt.without(set()), ensure_ascii=False)
        none = json.dumps(step.prompt.without({each.id for each in step.players}))
        assert whole != none
        for piece in (each for message in step.prompt.messages for each in message.pieces):
            first = piece.text.strip().partition("\n")[0]
            assert json.dumps(first, ensure_ascii=False)[1:-1] in whole
