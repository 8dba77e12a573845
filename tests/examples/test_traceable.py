"""The examples without a framework: what they print, and the traces that they leave."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.examples.running import Done, Tree, run, towards
from tests.examples.test_langgraph import LAST, overlap, ran
from tests.support.people import Person


def test_the_research_team(person: Person, tmp_path: Path) -> None:
    """About 300 spans: seven researchers side by side, each an agent with its model and its tools;
    a retry storm, a page that is gone, notes that fail their check, a review that sends a
    researcher out again. Searches cost what they say, calls of models what they are estimated.
    The ids of the calls that models asked for are those of the tools that ran."""
    done, tree = ran(
        "demo_research_team.py", person, tmp_path, "--fast", "--session=s1", "--user=marta"
    )
    assert done.answer[0].startswith("Buy from Minas Gerais.")
    assert "After a second look, 5.0 percent" in done.answer[0]
    assert 280 <= len(tree.spans) <= 320
    assert [tree.trace[name] for name in ("agent_name", "session_id", "user_id")] == [
        "research-team",
        "s1",
        "marta",
    ]
    agents = [span for span in tree.of("agent") if span is not tree.root]
    assert {tuple(tree.above(agent)) for agent in agents} == {(tree.root["name"],)}
    assert len(agents) == 8
    assert overlap(agents[:7])
    assert {agent["agent_name"] for agent in agents} == {agent["name"] for agent in agents}
    assert tree.trace["cost_source"] == "mixed"
    assert {search["cost_source"] for search in tree.named("web_search")} == {"agent"}
    calls = tree.of("llm")
    assert {call["model"].rpartition("-20")[0] for call in calls} == {"gpt-4.1", "gpt-4o-mini"}
    assert all(call["ttft_ms"] > 0 for call in calls)
    storm = [span for span in tree.named("freight_quote") if span["status"] == "error"]
    assert len(storm) == 8
    assert len({json.dumps(span["input"]) for span in storm}) == 1
    attempts = [span["attributes"].get("audittrail.retry.attempt") for span in storm]
    assert attempts == [None, 2, 3, 4, 5, 6, 7, 8]
    [gone] = [span for span in tree.named("read_page") if span["status"] == "error"]
    assert "404 Not Found" in gone["status_message"]
    assert len(tree.errors) == 9
    asked = {each["id"] for call in calls for each in call["tool_calls"] or ()}
    used = [span for span in tree.of("tool") if span["name"] != "rank_regions"]
    assert {span["attributes"]["gen_ai.tool.call.id"] for span in used} == asked
    verdicts = [span["output"]["verdict"] for span in tree.named("check note")]
    assert verdicts.count(False) >= 2
    assert [span["output"]["verdict"] for span in tree.named("review report")] == [False, True]


def test_a_team_that_spends_too_much_fails(person: Person, tmp_path: Path) -> None:
    """It says so, and the trace has failed; nothing of it runs any more."""
    settings = towards(person.server, person.key)
    done = run(
        "demo_research_team.py", "--fast", "--tokens=9000", settings=settings, folder=tmp_path
    )
    assert (done.status, done.complaints) == (0, ""), done
    assert done.lines[-1] == LAST
    assert "The run may use 9,000 tokens and has used " in done.answer[0]
    trace = person.get(f"/api/v1/traces/{done.trace_id}")
    assert (trace["status"], trace["open_spans"]) == ("error", 0)
    assert trace["error_count"] > 3


def turns_of(done: Done) -> list[str]:
    return re.findall(r"\[OK\] Trace registered: ([0-9a-f]{32})", "\n".join(done.lines))


def test_a_conversation_is_one_session(person: Person, tmp_path: Path) -> None:
    """Three traces, each with its question, and with the steps from the embedding to the check of
    what is cited; from the second on the question is made to stand alone first."""
    settings = towards(person.server, person.key)
    done = run("demo_retrieval.py", "--fast", settings=settings, folder=tmp_path)
    assert (done.status, done.complaints) == (0, ""), done
    assert [line[:40] for line in done.answer] == [
        "Beans for filter coffee rest for two day",
        "Beans for espresso rest for seven days, ",
        "When a batch fails the cupping, the head",
    ]
    trees = [Tree(person, trace_id) for trace_id in turns_of(done)]
    assert len({tree.trace["session_id"] for tree in trees}) == 1
    assert trees[0].trace["session_id"].startswith("handbook-")
    assert [tree.trace["name"] for tree in trees] == [
        "How long do beans rest for filter coffee?",
        "And for espresso?",
        "Who decides when a batch fails the cupping?",
    ]
    for number, tree in enumerate(trees):
        assert tree.errors == []
        kinds = [
            span["span_type"] for span in tree.spans if tree.above(span) == [tree.root["name"]]
        ]
        steps = ["retriever", "reranker", "llm", "guardrail"]
        assert kinds == (["chain", *steps] if number else steps)
        [search] = tree.of("retriever")
        assert len(search["output"]) == 5
        for document in search["output"]:
            assert document["id"] in document["metadata"]["source"]
            assert 0 <= document["score"] <= 1
        [ranked] = tree.of("reranker")
        assert len(ranked["output"]) == 3
        assert len(tree.of("embedding")) == (1 if number else 2)
        [check] = tree.of("guardrail")
        assert check["output"]["verdict"] is True
        assert ranked["output"][0]["id"] in check["output"]["explanation"]
        assert all(call["ttft_ms"] > 0 for call in tree.of("llm"))
    assert trees[1].named("chat")[0]["output"] == "How long do beans rest for espresso?"


def test_costs_by_contract_are_the_agents_own(person: Person, tmp_path: Path) -> None:
    """Two dollars a million in, five out: that is what is shown. And what the handbook does not
    say is not made up; the check sees that nothing is cited."""
    settings = towards(person.server, person.key)
    options = ("--fast", "--contract=2/5", "--question=What does a parcel to Norway cost?")
    done = run("demo_retrieval.py", *options, settings=settings, folder=tmp_path)
    assert done.answer == ["The handbook does not say that."]
    trace = person.get(f"/api/v1/traces/{done.trace_id}")
    assert trace["cost_source"] == "agent"
    assert round(trace["cost"] * 1e6) == 2 * trace["tokens_in"] + 5 * trace["tokens_out"]
    [check] = [span for span in person.spans(done.trace_id) if span["span_type"] == "guardrail"]
    assert check["output"]["verdict"] is False
