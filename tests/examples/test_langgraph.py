"""The examples with LangGraph: what they print, and the traces that they leave."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from audittrail.testing.model_server import ModelServer, unauthorized
from tests.examples.running import Done, Tree, run, towards
from tests.support.people import Person
from tests.support.servers import Server, free_ports

LAST = "[LIVE] All spans sent incrementally. Trace complete."


def ran(
    example: str, person: Person, folder: Path, *options: str, **variables: str
) -> tuple[Done, Tree]:
    """It ended well, having said what all of them say."""
    settings = towards(person.server, person.key) | variables
    settings["AUDITTRAIL_DASHBOARD_URL"] = "http://dash.example:3000/"
    done = run(example, *options, settings=settings, folder=folder)
    assert (done.status, done.complaints) == (0, ""), done
    assert done.lines[0] == f"[OK] API key configured ({person.key[:12]}...)"
    assert done.lines[1] == f"[OK] Trace registered: {done.trace_id}"
    link = f"http://dash.example:3000/traces/{done.trace_id}"
    assert done.lines[2] == f"[LIVE] Open {link} to watch live"
    assert done.lines[-1] == LAST
    return done, Tree(person, done.trace_id)


def overlap(spans: list[dict[str, Any]]) -> bool:
    """Whether there is a moment at which all of them run."""
    starts = [datetime.fromisoformat(span["start_time"]) for span in spans]
    ends = [datetime.fromisoformat(span["end_time"]) for span in spans]
    return max(starts) < min(ends)


def test_the_template_is_complete(person: Person, tmp_path: Path) -> None:
    """One file, copied anywhere: an agent, two calls of the model, a tool below its node."""
    done, tree = ran("langgraph-agent/template.py", person, tmp_path)
    assert done.answer == ["get_weather says: Paris: mild, 17 degrees"]
    assert (tree.trace["name"], tree.trace["agent_name"]) == ("Weather in Paris", "weather-guide")
    assert tree.errors == []
    assert tree.root["span_type"] == "agent"
    assert [len(tree.of(kind)) for kind in ("llm", "tool")] == [2, 1]
    [tool] = tree.of("tool")
    assert tree.above(tool) == ["tools", tree.root["name"]]
    assert {above for call in tree.of("llm") for above in tree.above(call)[:1]} == {"think"}


def test_the_agent_uses_all_seven_tools(person: Person, tmp_path: Path) -> None:
    """Below the nodes that use them: research in a graph of its own, three times side by side, the
    call of the model of `summarise` below that tool. Models, tokens and costs are known, and which
    tools were on offer."""
    done, tree = ran("langgraph-agent/agent.py", person, tmp_path, "--fast")
    assert done.answer == [
        "No: the smallest order that is taken is 2,500 kg (monte-claro-terms.md), and 1,200 kg is "
        "1,300 kg short of that."
    ]
    assert tree.errors == []
    root = tree.root["name"]
    places = {tool["name"]: tree.above(tool) for tool in tree.of("tool")}
    in_research, in_analysis = ["tools", "research", "research", root], ["analysis tools", root]
    assert places == {
        "web_search": in_research,
        "current_time": in_research,
        "query_database": in_research,
        "read_file": in_research,
        "calculator": in_analysis,
        "compare": in_analysis,
        "summarise": in_analysis,
    }
    assert len(tree.of("llm")) == tree.trace["llm_calls"] == 16
    inner = [call for call in tree.of("llm") if "summarise" in tree.above(call)]
    assert [tree.above(call) for call in inner] == [["summarise", "analysis tools", root]]
    branches = [span for span in tree.named("research") if tree.above(span) == [root]]
    assert len(branches) == 3
    assert overlap(branches)
    # The review sent the first draft back.
    assert len(tree.named("write")) == len(tree.named("review")) == 2
    assert {call["model"] for call in tree.of("llm")} == {"gpt-4o-mini-2024-07-18"}
    assert tree.trace["cost"] == pytest.approx(sum(call["cost"] for call in tree.of("llm")))
    for call in tree.of("llm"):
        assert call["ttft_ms"] > 0
        for asked in call["tool_calls"] or ():
            assert asked["name"] in asked["selected_from"]
            assert len(asked["selected_from"]) in (3, 4)


def test_the_happy_path_has_no_error(person: Person, tmp_path: Path) -> None:
    """And ends with a yes; with --offline it does so whatever model the environment names."""
    model = {"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    done, tree = ran("demo_happy_path.py", person, tmp_path, "--fast", "--offline", **model)
    assert done.lines[3] == "[LIVE] Offline: a script plays the model."
    assert done.answer[0].startswith("Yes: the smallest order that is taken is 2,500 kg")
    assert tree.errors == []
    assert tree.trace["error_count"] == 0


def test_the_constitutional_demo_breaks_its_rules(person: Person, tmp_path: Path) -> None:
    """Each of the seven, visibly."""
    _, tree = ran("demo_constitutional.py", person, tmp_path, "--fast")
    assert tree.errors == []
    tools = [tool["name"] for tool in tree.of("tool")]
    approved = {"read_ticket", "lookup_order", "send_reply"}
    assert set(tools) - approved == {"export_customers", "run_shell", "issue_refund"}  # 1, 6
    [triage] = [call for call in tree.of("llm") if "triage" in tree.above(call)]
    for secret in ("jana.novak@example.com", "4111 1111 1111 1111", "sk-shop-0f1e2d3c"):
        assert secret in json.dumps(triage["input"])  # 2
    [reply] = tree.named("send_reply")
    assert "4111 1111 1111 1111" in json.dumps(reply["input"])  # 2
    [shell] = tree.named("run_shell")
    [ticket] = tree.named("read_ticket")
    assert "rm -rf /srv/orders/archive" in json.dumps(shell["input"])  # 3
    assert "rm -rf /srv/orders/archive" in json.dumps(ticket["output"])  # 7
    lookups = tree.named("lookup_order")
    assert len(lookups) == 6
    assert len({json.dumps(each["input"]) for each in lookups}) == 1  # 4
    assert {call["request_model"] for call in tree.of("llm")} == {"gpt-4o-mini", "gpt-4o"}  # 5
    assert tree.trace["cost"] > 0.03  # 5
    [refund] = tree.named("issue_refund")
    assert "250" in json.dumps(refund["input"])  # 6


def test_the_debugging_demo_fails_and_ends_well(person: Person, tmp_path: Path) -> None:
    """Errors of tools and of the model, each with its text, and a right answer in the end."""
    done, tree = ran("demo_debugging.py", person, tmp_path, "--fast")
    assert done.answer == ["A bag of espresso-blend-1kg costs 19.98 USD, 18.50 euros."]
    assert tree.root["status"] == "ok"
    failed = [span for span in tree.spans if span["status"] == "error"]
    assert sorted(span["name"] for span in failed if span["span_type"] == "tool") == [
        "price_of",
        "rate_of",
        "rate_of",
    ]
    texts = {span["name"]: span["status_message"] for span in failed}
    assert "There is no 'espresso blend'" in texts["price_of"]
    assert "did not answer within 1.2 s" in texts["rate_of"]
    [refused] = [span for span in failed if span["span_type"] == "llm"]
    assert "429" in refused["status_message"]
    assert tree.above(refused) == ["think", tree.root["name"]]
    assert len(tree.named("explain")) == 1  # the arguments that were not JSON
    assert [span["status"] for span in tree.named("rate_of")] == ["error", "error", "ok"]
    assert [span["status"] for span in tree.named("convert")] == ["ok"]


# The others share their beginning with the second.
@pytest.mark.parametrize("example", ["langgraph-agent/template.py", "demo_happy_path.py"])
def test_without_a_server_it_says_what_to_start(example: str, tmp_path: Path) -> None:
    """In one sentence, and without a traceback."""
    [port] = free_ports(1)
    settings = towards(Server(tmp_path, f"http://127.0.0.1:{port}", "", "", {}, ()))
    done = run(example, settings=settings, folder=tmp_path)
    assert done.status == 1
    assert done.complaints.startswith(
        f"[FAILED] No AuditTrail server answers at http://127.0.0.1:{port} ("
    )
    assert "Start one with `audittrail serve --local`" in done.complaints
    assert len(done.complaints.splitlines()) == 1


def test_a_key_that_is_refused_is_said(server: Server, tmp_path: Path) -> None:
    """With as much of the key as may be shown."""
    settings = towards(server, "sk-at-" + "0" * 40)
    done = run("demo_happy_path.py", settings=settings, folder=tmp_path)
    assert done.status == 1
    assert "refused the API key sk-at-000000..." in done.complaints
    assert len(done.complaints.splitlines()) == 1


def test_a_model_that_fails_is_said(person: Person, tmp_path: Path) -> None:
    """With a key of OpenAI the real model is asked, at OPENAI_BASE_URL; if that fails, the example
    says so in one sentence, and the trace has the error."""
    with ModelServer(lambda request: unauthorized()) as model:
        settings = towards(person.server, person.key) | {
            "OPENAI_API_KEY": "sk-none",
            "OPENAI_BASE_URL": model.base_url,
        }
        done = run("demo_happy_path.py", "--fast", settings=settings, folder=tmp_path)
    assert [each.headers["authorization"] for each in model.requests] == ["Bearer sk-none"]
    assert {each.model for each in model.requests} == {"gpt-4o-mini"}
    assert done.status == 1
    assert done.complaints.startswith("[FAILED] The model: Error code: 401")
    assert len(done.complaints.splitlines()) == 1
    assert not any("Offline" in line for line in done.lines)
    assert person.get(f"/api/v1/traces/{done.trace_id}")["status"] == "error"


def test_help_teaches(tmp_path: Path) -> None:
    """The options, and the variables that matter."""
    done = run(
        "langgraph-agent/agent.py",
        "--help",
        settings=towards(Server(tmp_path, "http://127.0.0.1:1", "", "", {}, ())),
        folder=tmp_path,
    )
    said = "\n".join(done.lines)
    for word in ("--offline", "--fast", "--question", "AUDITTRAIL_ENDPOINT", "OPENAI_API_KEY"):
        assert word in said
