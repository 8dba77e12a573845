"""Rules read what was said, whatever the dialect it was told in."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.api.rest import trace_path, violation_of
from tests.support.otlp import logs_request, new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person

SECRET: Final = "sk-proj-" + "a1B2c3D4" * 5
ASKED: Final = f"Please use {SECRET} for it"
MESSAGES: Final = f'[{{"role":"user","parts":[{{"type":"text","content":"{ASKED}"}}]}}]'

DIALECTS: Final[dict[str, dict[str, Any]]] = {
    "otel": {"gen_ai.operation.name": "chat", "gen_ai.input.messages": MESSAGES},
    "openllmetry": {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": ASKED,
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Done.",
    },
    "openinference": {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": ASKED,
    },
    "vercel": {
        "operation.name": "ai.generateText.doGenerate",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.prompt.messages": f'[{{"role":"user","content":[{{"type":"text","text":"{ASKED}"}}]}}]',
    },
    "langfuse": {"langfuse.observation.type": "generation", "langfuse.observation.input": ASKED},
}


def found(person: Person, trace_id: str) -> str:
    """What is marked of the violation."""
    violation = violation_of(person, trace_id, "secret-in-prompt")
    return str(violation["excerpts"][0]["match"])


@pytest.mark.parametrize("name", DIALECTS)
def test_a_secret_in_a_prompt(person: Person, name: str) -> None:
    """It is found, and the place that is shown is where it stands."""
    trace_id = new_trace_id()
    told = span(trace_id, name="chat", attributes=DIALECTS[name])
    assert person.otlp(traces_request(told)).status_code == 200
    assert found(person, trace_id) == SECRET


def test_a_secret_in_a_log_record(person: Person) -> None:
    """Prompts that come as log records are read as well, also when they come after the span."""
    trace_id, span_id = new_trace_id(), new_span_id()
    call = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai"}
    person.otlp(traces_request(span(trace_id, span_id, name="chat", attributes=call)))
    record = {
        "trace_id": trace_id,
        "span_id": span_id,
        "event": "gen_ai.user.message",
        "body": {"content": ASKED},
    }
    assert person.otlp(logs_request(record), "logs").status_code == 200
    assert found(person, trace_id) == SECRET
    assert person.get(trace_path(trace_id))["violation_count"] == 1
