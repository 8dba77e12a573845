"""An agent whose answer is a known function of what its tools returned."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from audittrail.testing.model_server import Answer, ModelRequest, ToolCall
from audittrail.testing.model_server.requests import parse_request
from audittrail.testing.model_server.tokens import count_usage
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person

SYSTEM = "You buy coffee."
QUESTION = "Which supplier do we order from?"
# What each tool returned: each has a fact of its own.
RESULTS = {
    "terms": "The minimum order is 2,500 kg, says clause 7.",
    "stock": "There are 410 kg in the warehouse at Hamburg.",
    "market": "Washed arabica stands at 8.70 euros a kilogram.",
    "weather": "Rain is expected on the coast of Brazil.",
}
UNKNOWN = "I cannot tell."


def by_terms(request: ModelRequest) -> Answer:
    """The answer rests on the terms alone."""
    if "2,500 kg" in _told(request):
        return Answer("Monte Claro, from 2,500 kg, as clause 7 says.")
    return Answer(UNKNOWN)


def by_either(request: ModelRequest) -> Answer:
    """Terms or stock: either will do."""
    told = _told(request)
    if "2,500 kg" in told or "410 kg" in told:
        return Answer("Monte Claro it is, since 95 bags are enough.")
    return Answer(UNKNOWN)


def chooses(request: ModelRequest) -> Answer:
    """Asks for the offer if the terms are there, for help if not."""
    name = "get_offer" if "2,500 kg" in _told(request) else "ask_somebody"
    return Answer(tool_calls=[ToolCall(name, {"supplier": "Monte Claro", "kg": 2500})])


def offers(request: ModelRequest) -> Answer:
    """Asks for an offer of as much as the terms say, or of nothing."""
    kg = 2500 if "2,500 kg" in _told(request) else 0
    return Answer(tool_calls=[ToolCall("get_offer", {"supplier": "Monte Claro", "kg": kg})])


def _told(request: ModelRequest) -> str:
    return " ".join(message.text for message in request.messages)


@dataclass
class Model:
    """A script that can be changed, and fails when it is told to."""

    script: Callable[[ModelRequest], Answer] = by_terms
    failing: list[Answer] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    after: int | None = None
    asked: list[ModelRequest] = field(default_factory=list)

    def __call__(self, request: ModelRequest) -> Answer:
        self.asked.append(request)
        if self.after is not None and len(self.asked) > self.after:
            self.held.wait(30)
        if self.failing:
            return self.failing.pop(0)
        return self.script(request)


def send_agent(
    person: Person,
    answer: Answer,
    tools: Sequence[str] = tuple(RESULTS),
    *,
    model: str = "gpt-4o-mini",
    trace_id: str | None = None,
) -> tuple[str, str]:
    """(trace, span of the final answer) of an agent that called these tools, each once."""
    trace_id = trace_id or new_trace_id()
    root, first, last = new_span_id(), new_span_id(), new_span_id()
    calls = [
        {"type": "tool_call", "id": f"call_{name}", "name": name, "arguments": {"of": name}}
        for name in tools
    ]
    user = {"role": "user", "parts": [{"type": "text", "content": QUESTION}]}
    asked = {"role": "assistant", "parts": calls}
    given = [
        {"role": "tool", "parts": [
            {"type": "tool_call_response", "id": f"call_{name}", "result": RESULTS[name]}
        ]}
        for name in tools
    ]  # fmt: skip
    tokens = counted(tools)
    start = 1_790_000_000 * 10**9

    def at(second: int) -> dict[str, int]:
        return {"start_ns": start + second * 10**9, "end_ns": start + (second + 1) * 10**9 - 1}

    said = [{"type": "text", "content": answer.text}] if answer.text else []
    said += [
        {"type": "tool_call", "id": f"end_{n}", "name": call.name, "arguments": call.arguments}
        for n, call in enumerate(answer.tool_calls)
    ]
    spans = [
        span(trace_id, root, name="buyer", start_ns=start, end_ns=start + 99 * 10**9,
             attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "buyer"}),
        span(trace_id, first, root, name="chat", **at(1),
             attributes=chat(model, [user], [asked], tokens)),
        *(
            span(trace_id, parent=root, name=f"execute_tool {name}", **at(2 + place),
                 attributes=tool(name))
            for place, name in enumerate(tools)
        ),
        span(trace_id, last, root, name="chat", **at(50),
             attributes=chat(model, [user, asked, *given],
                             [{"role": "assistant", "parts": said}], tokens)),
    ]  # fmt: skip
    assert person.otlp(traces_request(*spans)).status_code == 200
    return trace_id, last


def counted(tools: Sequence[str]) -> int:
    """The tokens of the last prompt, as the model's server counts them."""
    calls = [
        {"id": f"call_{name}", "function": {"name": name, "arguments": json.dumps({"of": name})}}
        for name in tools
    ]
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": None, "tool_calls": calls},
        *({"role": "tool", "content": RESULTS[name]} for name in tools),
    ]
    request = parse_request("chat", {"model": "m", "messages": messages})
    return count_usage(request, Answer("")).prompt


def chat(model: str, given: list[Any], said: list[Any], tokens: int) -> dict[str, Any]:
    system = [{"type": "text", "content": SYSTEM}]
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.request.temperature": 0.0,
        "gen_ai.system_instructions": json.dumps(system),
        "gen_ai.input.messages": json.dumps(given),
        "gen_ai.output.messages": json.dumps(said),
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.usage.output_tokens": 20,
    }


def tool(name: str) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": f"call_{name}",
        "gen_ai.tool.call.arguments": json.dumps({"of": name}),
        "gen_ai.tool.call.result": RESULTS[name],
    }
