"""A whole agent in a process of its own, a real client of a model, and a real server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from audittrail.testing.model_server import (
    Answer,
    ModelRequest,
    ModelServer,
    ToolCall,
    Usage,
    offline_openai,
)
from tests.support.otlp import new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server

PARALLEL = [
    ToolCall("web_search", {"query": "north"}),
    ToolCall("current_time", {}),
    ToolCall("database", {"sql": "SELECT 1"}),
]
ONE_BY_ONE = [
    ToolCall("read_file", {"path": "/no/such"}),
    ToolCall("calculate", {"expression": "6*7"}),
    ToolCall("compare", {"one": "north", "other": "south"}),
    ToolCall("summarise", {"text": "north and south"}),
]
NAMES = [call.name for call in PARALLEL + ONE_BY_ONE]
USAGE = Usage(100, 10, cached=40, reasoning=4)


def script(request: ModelRequest) -> Answer:
    """Three tools at once, then one after the other; one answer for each other step."""
    if request.system != "Plan.":
        return Answer(f"{request.system} {request.question}", usage=USAGE)
    done = len(request.results)
    if done == 0:
        return Answer(tool_calls=PARALLEL, usage=USAGE)
    left = ONE_BY_ONE[done - len(PARALLEL) :]
    return Answer(tool_calls=left[:1], usage=USAGE) if left else Answer("Planned.", usage=USAGE)


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with offline_openai(script) as server:
        yield server


def start(person: Person, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.callback_handler.seven_tools", *arguments],
        env={
            **os.environ,
            "AUDITTRAIL_ENDPOINT": person.server.api,
            "AUDITTRAIL_API_KEY": person.key,
            "AUDITTRAIL_SPOOL_DIR": "",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    said, complaints = process.communicate("\n", timeout=60)
    assert process.returncode == 0, complaints
    assert complaints == ""
    return said


def lines(spans: list[dict[str, Any]]) -> list[str]:
    """The tree as the API gives it; siblings by when they started."""
    spans = sorted(spans, key=lambda each: int(each["start_time_unix_nano"]))

    def below(parent: str | None, depth: int) -> Iterator[str]:
        for each in spans:
            if each["parent_span_id"] == parent:
                yield f"{'  ' * depth}{each['name']} [{each['span_type']}] {each['status']}"
                yield from below(each["span_id"], depth + 1)

    return list(below(None, 0))


def turn(*tools: str) -> list[str]:
    """The lines of one turn of the loop: the model asks, the tools answer."""
    asked = ["  plan [chain] ok", "    chat gpt-4o-mini [llm] ok", "    next_step [chain] ok"]
    return asked + (["  tools [chain] ok", *tools] if tools else [])


class Run(NamedTuple):
    """A run of the agent: its trace, whose it is, what it printed, how often it asked the model."""

    trace_id: str
    person: Person
    said: str
    requests: int


@pytest.fixture(scope="module")
def run(model: ModelServer, server: Server) -> Run:
    person, trace_id, before = new_person(server), new_trace_id(), len(model.requests)
    said = finish(start(person, trace_id))
    return Run(trace_id, person, said, len(model.requests) - before)


def test_the_server_shows_the_agent_as_it_ran(run: Run) -> None:
    """Loop, parallel tools, a tool that fails, parallel sub-graphs: every span once, with its
    type, parent and status; and the totals are those of the model."""
    trace_id, person, said, requests = run
    assert said.startswith(trace_id)
    spans = person.spans(trace_id)
    found = lines(spans)
    ran = [f"    {name} [tool] ok" for name in NAMES]
    ran[3] = ran[3].replace("ok", "error")
    research = [
        "  research [chain] ok",
        "    researcher [chain] ok",
        "      look [chain] ok",
        "        chat gpt-4o-mini [llm] ok",
    ]
    # Tools of one turn start in any order.
    found[5:8] = sorted(found[5:8])
    assert found == [
        "invoke_agent seven [agent] ok",
        *turn(*sorted(ran[:3])),
        *(line for each in ran[3:] for line in turn(each)),
        *turn(),
        *research * 2,
        "  write [chain] ok",
        "    chat gpt-4o-mini [llm] ok",
    ]
    trace = person.get(f"/api/v1/traces/{trace_id}")
    assert trace["tokens_in"] == requests * USAGE.prompt == 900
    assert trace["tokens_out"] == requests * USAGE.completion
    assert (trace["status"], trace["error_count"]) == ("complete", 1)
    assert (trace["span_count"], trace["llm_calls"], trace["tool_calls"]) == (41, 9, 7)
    assert trace["environment"] == "test"
    assert trace["session_id"] == "t-7"
    assert trace["agent_name"] == "seven"
    assert {each["versions"] for each in spans} <= {1, 2}


def test_the_server_understands_what_a_model_was_asked(run: Run) -> None:
    """Model, provider, usage, first token, tool calls, messages, node and step."""
    spans = run.person.spans(run.trace_id)
    first = next(each for each in spans if each["span_type"] == "llm")
    assert first["model"] == "gpt-4o-mini-2024-07-18"
    assert first["provider"] == "openai"
    assert (first["tokens_in"], first["tokens_cached"]) == (100, 40)
    assert (first["tokens_out"], first["tokens_reasoning"]) == (10, 4)
    assert first["ttft_ms"] > 0
    assert first["cost"] is not None
    assert first["attributes"]["langgraph.node"] == "plan"
    assert first["attributes"]["langgraph.step"] == 1
    assert [call["name"] for call in first["tool_calls"]] == NAMES[:3]
    assert first["tool_calls"][0]["selected_from"] == NAMES
    assert [message["role"] for message in first["input"]] == ["system", "user"]
    failed = next(each for each in spans if each["name"] == "read_file")
    assert failed["status_message"] == "FileNotFoundError: /no/such"


def test_a_tool_is_seen_while_it_runs(model: ModelServer, person: Person) -> None:
    """The server shows the trace, the agent and the tool as running, with the tool's arguments;
    when they have ended, each is there once."""
    trace_id = new_trace_id()
    process = start(person, trace_id, "wait")
    try:
        seen: dict[str, dict[str, Any]] = {}
        until = time.monotonic() + 60
        while seen.get("current_time", {}).get("status") != "running":
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < until, seen.keys()
            time.sleep(0.1)
            with person.client() as client:
                answer = client.get(f"/api/v1/traces/{trace_id}/spans")
            if answer.status_code == 200:
                seen = {each["name"]: each for each in answer.json()["data"]}
        assert seen["invoke_agent seven"]["status"] == "running"
        assert seen["tools"]["status"] == "running"
        assert person.get(f"/api/v1/traces/{trace_id}")["status"] == "running"
        finish(process)
    finally:
        process.kill()
        process.communicate()
    spans = person.spans(trace_id)
    assert len({each["span_id"] for each in spans}) == len(spans)
    assert {each["status"] for each in spans} == {"ok", "error"}
    assert person.get(f"/api/v1/traces/{trace_id}")["status"] == "complete"
