"""Traces of a given number of spans, shaped like those of agents at work."""

from __future__ import annotations

import random
import time
from typing import Any, Final

from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person

__all__ = ["send_sized", "sized_spans"]

_PER_STEP: Final = 8
_PER_REQUEST: Final = 2000
_MS: Final = 10**6
_KINDS: Final = (
    ("chat", "chat gpt-4o", 900),
    ("execute_tool", "execute_tool web_search", 600),
    ("execute_tool", "execute_tool read_page", 300),
    ("retrieval", "retrieval handbook", 150),
)


def sized_spans(trace_id: str, size: int, seed: int = 1) -> list[dict[str, Any]]:
    """An agent, its steps of eight spans each, four at a time; one call in ten fails."""
    chance = random.Random(seed)
    root, step = new_span_id(), ""
    rounds = size // (_PER_STEP * 4) + 1
    length = rounds * 3000 * _MS
    begin = time.time_ns() - length - 10 * 10**9
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "researcher"}
    made = [
        span(
            trace_id, root, name="invoke_agent researcher", start_ns=begin,
            end_ns=begin + length, attributes=agent,
        )
    ]  # fmt: skip
    at = begin
    for number in range(size - 1):
        block, place = divmod(number, _PER_STEP)
        if place == 0:
            step = new_span_id()
            at = begin + (block // 4) * 3000 * _MS + (block % 4) * 20 * _MS
            made.append(
                span(
                    trace_id, step, root, name=f"step {block}", start_ns=at, end_ns=at + 2900 * _MS
                )
            )
            continue
        operation, name, usual = _KINDS[number % len(_KINDS)]
        attributes: dict[str, Any] = {"gen_ai.operation.name": operation}
        if operation == "chat":
            attributes["gen_ai.request.model"] = "gpt-4o"
            attributes["gen_ai.usage.input_tokens"] = chance.randrange(200, 4000)
            attributes["gen_ai.usage.output_tokens"] = chance.randrange(20, 400)
        taken = round(usual * chance.uniform(0.3, 1.2)) * _MS
        failed = 2 if chance.random() < 0.1 else 0
        made.append(
            span(
                trace_id, parent=step, name=name, start_ns=at, end_ns=at + taken, status=failed,
                attributes=attributes,
            )
        )  # fmt: skip
        at += min(taken, 380 * _MS)
    return made


def send_sized(person: Person, size: int) -> str:
    """Send such a trace; its id."""
    trace_id = new_trace_id()
    spans = sized_spans(trace_id, size)
    for first in range(0, len(spans), _PER_REQUEST):
        answer = person.otlp(traces_request(*spans[first : first + _PER_REQUEST]))
        assert answer.status_code == 200, answer.text
    return trace_id
