"""The examples without AuditTrail's own client: standard OpenTelemetry from Python and Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from audittrail.testing.model_server import ModelServer
from tests.clients.node_program import node_program
from tests.examples.running import EXAMPLES, LIMIT_S, Done, Tree, environment, plain, run
from tests.support.people import Person

PYTHON = ("plain-opentelemetry/agent.py", "openinference/agent.py", "openai-agents/agent.py")
ANSWER = "get_weather says: Oslo: cold, 2 degrees"


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """What `python -m audittrail.testing.model_server` starts."""
    with ModelServer() as server:
        yield server


def only_trace(person: Person) -> Tree:
    [trace] = person.get("/api/v1/traces")
    return Tree(person, trace["trace_id"])


def check_weather(person: Person, done: Done) -> Tree:
    """An agent, two calls of the model and a tool below it, with what was asked and answered."""
    assert (done.status, done.complaints) == (0, ""), done
    assert done.lines[-1] == ANSWER
    tree = only_trace(person)
    assert tree.errors == []
    assert tree.root["span_type"] == "agent"
    assert [len(tree.of(kind)) for kind in ("agent", "llm", "tool")] == [1, 2, 1]
    assert {tuple(tree.above(span)) for span in tree.of("llm") + tree.of("tool")} == {
        (tree.root["name"],)
    }
    [tool] = tree.of("tool")
    assert "Oslo" in json.dumps(tool["input"])
    assert "cold, 2 degrees" in json.dumps(tool["output"])
    assert "How is it in Oslo?" in json.dumps(tree.of("llm")[0]["input"])
    assert [call["name"] for call in tree.of("llm")[0]["tool_calls"]] == ["get_weather"]
    assert f"/traces/{tree.trace['trace_id']} to see it" in done.lines[-2]
    return tree


@pytest.mark.parametrize("example", PYTHON[:2])
def test_an_agent_of_plain_parts(
    example: str, person: Person, model: ModelServer, tmp_path: Path
) -> None:
    """Traced by hand, or by OpenInference's instrumentation."""
    settings = plain(person.server, person.key, model.base_url)
    done = run(example, "How is it in Oslo?", settings=settings, folder=tmp_path)
    check_weather(person, done)


def test_agents_that_hand_over(person: Person, model: ModelServer, tmp_path: Path) -> None:
    """Of the OpenAI Agents SDK: both agents, and the tool below the second."""
    settings = plain(person.server, person.key, model.base_url)
    done = run("openai-agents/agent.py", "How is it in Oslo?", settings=settings, folder=tmp_path)
    assert (done.status, done.complaints) == (0, ""), done
    assert done.lines[-1] == ANSWER
    tree = only_trace(person)
    assert tree.errors == []
    assert {"concierge", "meteorologist"} <= {span["name"] for span in tree.of("agent")}
    [tool] = tree.named("get_weather")
    assert tool["span_type"] == "tool"
    assert "meteorologist" in tree.above(tool)
    assert {each.api for each in model.requests} == {"responses"}


def test_an_agent_in_node(person: Person, model: ModelServer, tmp_path: Path) -> None:
    """JavaScript, with the packages that its package.json names."""
    program = node_program(tmp_path / "node")
    wanted = json.loads((EXAMPLES / "node" / "package.json").read_text())["dependencies"]
    present = json.loads((program.folder / "package.json").read_text())["dependencies"]
    assert wanted.items() <= present.items()
    shutil.copy(EXAMPLES / "node" / "agent.mjs", program.folder)
    done = subprocess.run(
        [program.node, "agent.mjs", "How is it in Oslo?"],
        env=plain(person.server, person.key, model.base_url),
        cwd=program.folder,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    check_weather(person, Done(done.returncode, done.stdout.splitlines(), done.stderr))


@pytest.mark.parametrize("example", PYTHON)
def test_without_a_model_it_says_what_to_do(example: str, tmp_path: Path) -> None:
    """In one sentence."""
    done = run(example, settings=environment(), folder=tmp_path)
    assert done.status == 1
    assert done.complaints == (
        "Set OPENAI_API_KEY, or start a model server as the top of this file says.\n"
    )
