"""Ablations of recorded agents, run by a real server on a model whose answers are known."""

from __future__ import annotations

import pytest

from audittrail.attribution import Player, Study
from audittrail.testing.model_server import (
    Answer,
    ModelRequest,
    ToolCall,
)
from tests.ablation.agents import (
    QUESTION,
    RESULTS,
    UNKNOWN,
    by_either,
    by_terms,
    chooses,
    offers,
    send_agent,
)
from tests.ablation.conftest import Asking
from tests.ablation.running import (
    by_label,
    path,
    preview,
    ran,
)
from tests.support.asking import OPERATORS_KEY
from tests.support.people import Person

YES = Answer("Monte Claro, from 2,500 kg, as clause 7 says.")


def test_the_planted_cause_is_found(asking: Asking, buyer: Person) -> None:
    """Of four tools' results the one that the answer rests on has all of it; the others are not
    distinguishable from zero; the prompt without any result is worth nothing; and the balance
    holds."""
    trace_id, span_id = send_agent(buyer, YES)
    run = ran(buyer, trace_id)
    assert run["state"] == "complete"
    (step,) = run["steps"]
    assert (step["span_id"], step["method"], step["intervals"]) == (span_id, "exact", "exact")
    assert step["reproduced"] is True
    assert step["v_empty"] == pytest.approx(0, abs=1e-9)
    shares = by_label(step)
    assert shares["terms"]["phi"] == pytest.approx(1, abs=1e-9)
    assert (shares["terms"]["necessity"], shares["terms"]["sufficiency"]) == (1, 1)
    for name in ("stock", "market", "weather"):
        assert shares[name]["phi"] == pytest.approx(0, abs=1e-9)
        assert not shares[name]["distinguishable"]
    graph = run["graph"]
    kinds = {link["kind"] for link in graph["links"] if link["target"] == f"llm:{span_id}"}
    assert kinds == {"cause", "zero"}
    assert graph["causal"] is True
    assert graph["terminals_sum"] == pytest.approx(1, abs=1e-9)
    widest = max(graph["links"], key=lambda link: link["value"])
    (node,) = [each for each in graph["nodes"] if each["id"] == widest["source"]]
    (tool,) = [each for each in buyer.spans(trace_id) if each["name"].endswith("terms")]
    assert node["span_id"] == tool["span_id"]
    labels = [each["label"] for each in graph["nodes"] if each["kind"] == "llm"]
    assert labels == ["asked for 4 tool results"]


def test_a_run_can_be_repeated_from_what_is_kept(asking: Asking, buyer: Person) -> None:
    """Its answers by mask and their values, given to a study again, give the same figures."""
    trace_id, _ = send_agent(buyer, YES)
    run = ran(buyer, trace_id)
    calls = buyer.get(path(trace_id, f"/{run['id']}/calls"))
    assert len(calls) == run["progress"]["calls"] == 18
    observed: dict[int, list[float]] = {}
    for call in calls:
        observed.setdefault(int(call["mask"], 16), []).append(call["value"])
        assert (call["answer"]["text"] == YES.text) == (call["value"] == 1)
    taken = [source for source in run["steps"][0]["sources"] if source["phi"] is not None]
    found = Study([Player(source["id"]) for source in taken]).attribute(observed)
    assert [share.phi for share in found.shares] == [source["phi"] for source in taken]
    missing = {tuple(call["removed"]) for call in calls}
    assert tuple(sorted(source["id"] for source in taken)) in missing
    assert run["version"]
    assert run["seed"] == 0


def test_either_of_two_shares_it(asking: Asking, buyer: Person) -> None:
    """Two sources that say the same have half each, and are told as redundant; leaving one out
    would have shown nothing."""
    asking.model.script = by_either
    trace_id, _ = send_agent(buyer, Answer("Monte Claro it is, since 95 bags are enough."))
    (step,) = ran(buyer, trace_id)["steps"]
    shares = by_label(step)
    for name in ("terms", "stock"):
        assert shares[name]["phi"] == pytest.approx(0.5, abs=1e-9)
        assert shares[name]["necessity"] == pytest.approx(0, abs=1e-9)
    (pair,) = step["pairs"]
    assert pair["kind"] == "redundant"
    assert {pair["first"], pair["second"]} == {shares["terms"]["id"], shares["stock"]["id"]}


def test_what_is_asked(asking: Asking, buyer: Person) -> None:
    """2^n prompts and two repeats of the full one; system prompt and question in every one; calls
    and results of tools in pairs; no tool is run; the recorded parameters, and the operator's
    key."""
    trace_id, _ = send_agent(buyer, YES, tools=("terms", "market"))
    run = ran(buyer, trace_id)
    asked = asking.model.asked
    assert len(asked) == 2**2 + 2 == run["progress"]["calls"]
    for request in asked:
        assert request.system == "You buy coffee."
        assert request.question == QUESTION
        assert [result.name for result in request.results] == ["terms", "market"]
        assert {result.text for result in request.results} <= {
            *RESULTS.values(), "[not available]",
        }  # fmt: skip
        assert request.body["temperature"] == 0
        assert request.body["max_tokens"] == 64
        assert request.model == "gpt-4o-mini"
    prompts = {tuple(result.text for result in request.results) for request in asked}
    assert len(prompts) == 4
    assert {request.headers.get("authorization") for request in asking.endpoint.requests[-6:]} <= {
        f"Bearer {OPERATORS_KEY}", None,
    }  # fmt: skip


def test_a_decision_can_be_explained(asking: Asking, buyer: Person) -> None:
    """Which tool a call asked for, by measure decision; which arguments, by arguments; the names of
    the tools are offered as far as they are known, and it says so."""
    asking.model.script = chooses
    call = ToolCall("get_offer", {"supplier": "Monte Claro", "kg": 2500})
    trace_id, span_id = send_agent(buyer, Answer(tool_calls=[call]))
    run = ran(buyer, trace_id, target=span_id)
    assert run["measure"] == "decision"
    shares = by_label(run["steps"][0])
    assert shares["terms"]["phi"] == pytest.approx(1, abs=1e-9)
    assert any("get_offer" in notice for notice in run["notices"])
    asking.model.script = offers
    (step,) = ran(buyer, trace_id, target=span_id, measure="arguments")["steps"]
    # Supplier and tool are the same without the terms, the quantity is not.
    assert 0 < by_label(step)["terms"]["phi"] < 1


def test_a_sentence_can_be_explained(asking: Asking, buyer: Person) -> None:
    """One that rests on the market, in an answer whose other one rests on the terms."""

    def both(request: ModelRequest) -> Answer:
        told = " ".join(message.text for message in request.messages)
        said = ["We ask Monte Claro."]
        said += ["They want 2,500 kg at least."] * ("2,500 kg" in told)
        said += ["The market is at 8.70 euros."] * ("8.70" in told)
        return Answer(" ".join(said))

    asking.model.script = both
    answer = "We ask Monte Claro. They want 2,500 kg at least. The market is at 8.70 euros."
    trace_id, _ = send_agent(buyer, Answer(answer))
    assert preview(buyer, trace_id)["target"]["sentences"][2] == "The market is at 8.70 euros."
    (step,) = ran(buyer, trace_id, sentence=2)["steps"]
    assert (step["measure"], step["sentence"]) == ("sentence", "The market is at 8.70 euros.")
    shares = by_label(step)
    assert shares["market"]["share"] > 0.6
    assert abs(shares["terms"]["phi"]) < 0.2


def test_the_likelihood_of_the_record(asking: Asking, buyer: Person) -> None:
    """An endpoint that gives log-probabilities of a prompt says how likely the recorded answer is:
    each mask is asked once, nothing is written, and the record itself is explained, whatever the
    model would say now."""

    def judges(request: ModelRequest) -> Answer:
        assert request.messages[-1].role == "assistant"
        told = " ".join(message.text for message in request.messages[:-1])
        return Answer("x", likelihood=0.8 if "2,500 kg" in told else 0.2)

    asking.model.script = judges
    trace_id, _ = send_agent(buyer, YES, tools=("terms", "market"))
    assert preview(buyer, trace_id, measure="likelihood")["calls_at_most"] == 4
    run = ran(buyer, trace_id, measure="likelihood")
    assert run["state"] == "complete"
    assert len(asking.model.asked) == 4
    for request in asking.model.asked:
        assert request.messages[-1].text == YES.text
        assert request.body["continue_final_message"] is True
        assert request.body["max_tokens"] == 1
    (step,) = run["steps"]
    assert step["v_full"] == pytest.approx(0.8)
    assert step["v_empty"] == pytest.approx(0.2)
    assert by_label(step)["terms"]["phi"] == pytest.approx(0.6)
    assert (step["rerun"], step["reproduced"]) == (None, None)


def test_an_endpoint_without_log_probabilities(asking: Asking, buyer: Person) -> None:
    """Says so, and which other way there is."""
    trace_id, _ = send_agent(buyer, YES, tools=("terms", "market"))
    run = ran(buyer, trace_id, measure="likelihood")
    assert run["state"] == "failed"
    assert "prompt_logprobs" in run["error"]


def test_the_preview_asks_nothing(asking: Asking, buyer: Person) -> None:
    """It names sources, calls, tokens and cost, and afterwards they were what it said."""
    trace_id, _ = send_agent(buyer, YES)
    told = preview(buyer, trace_id)
    assert asking.model.asked == []
    kinds = [(source["kind"], source["pinned"]) for source in told["steps"][0]["sources"]]
    assert kinds == [("system", True), ("user", True), *[("tool", False)] * 4]
    assert told["calls"] == 2**4 + 2
    assert told["cost_source"] == "estimated"
    assert 0 < told["cost"] < told["cost_at_most"]
    run = ran(buyer, trace_id)
    assert run["progress"]["calls"] == told["calls"]
    assert run["progress"]["tokens_in"] == pytest.approx(told["tokens_in"], rel=0.05)
    assert run["progress"]["cost"] <= told["cost_at_most"]


def test_sources_can_be_kept_or_taken_away(asking: Asking, buyer: Person) -> None:
    """The system prompt can be taken away if one says so, a tool's result kept."""
    trace_id, _ = send_agent(buyer, YES, tools=("terms", "market"))
    run = ran(buyer, trace_id, include=["m0"], exclude=["m4"])
    taken = {source["id"] for source in run["steps"][0]["sources"] if source["phi"] is not None}
    assert taken == {"m0", "m3"}
    assert {request.system for request in asking.model.asked} == {
        "You buy coffee.", "[not available]",
    }  # fmt: skip


def test_a_refusal_is_an_answer(asking: Asking, buyer: Person) -> None:
    """An empty answer is worth nothing, and is no failure."""

    def refuses(request: ModelRequest) -> Answer:
        found = by_terms(request)
        return found if found.text != UNKNOWN else Answer("", finish_reason="content_filter")

    asking.model.script = refuses
    trace_id, _ = send_agent(buyer, YES, tools=("terms", "market"))
    run = ran(buyer, trace_id)
    assert run["state"] == "complete"
    assert by_label(run["steps"][0])["terms"]["phi"] == pytest.approx(1, abs=1e-9)


def test_a_re_run_that_differs_is_told(asking: Asking, buyer: Person) -> None:
    """If the model says now something else than was recorded, the run says that it explains the
    re-run."""
    trace_id, _ = send_agent(buyer, Answer("No idea, ask the warehouse in Rotterdam."))
    run = ran(buyer, trace_id)
    (step,) = run["steps"]
    assert step["reproduced"] is False
    assert step["recorded"].startswith("No idea")
    assert step["rerun"] == YES.text
    assert any("does not reproduce" in notice for notice in run["notices"])


def test_noise_is_measured(asking: Asking, buyer: Person) -> None:
    """A model that does not repeat itself is asked more often, and the intervals have a width."""
    numbers = iter(range(10_000))

    def noisy(request: ModelRequest) -> Answer:
        found = by_terms(request)
        words = ["gladly", "surely", "probably", "perhaps", "indeed"]
        return Answer(f"{found.text} {words[next(numbers) % 5]} {next(numbers) % 7}")

    asking.model.script = noisy
    trace_id, _ = send_agent(buyer, YES, tools=("terms", "market"))
    run = ran(buyer, trace_id)
    (step,) = run["steps"]
    assert step["noise"] > 0
    assert step["intervals"] == "measured"
    assert run["progress"]["calls"] > 6
    terms = by_label(step)["terms"]
    assert terms["low"] < terms["phi"] < terms["high"]
    assert terms["distinguishable"]
