"""What becomes of a run: its calls, its limits, its end, who sees it."""

from __future__ import annotations

import json

import pytest

from audittrail.testing.model_server import (
    Answer,
    rate_limited,
    server_error,
    unauthorized,
)
from tests.ablation.agents import (
    UNKNOWN,
    send_agent,
)
from tests.ablation.conftest import Asking
from tests.ablation.running import (
    begin,
    by_label,
    path,
    posted,
    preview,
    ran,
    wait,
    wait_for_calls,
)
from tests.api.sockets import watching
from tests.support.asking import OPERATORS_KEY
from tests.support.people import Person, new_person

YES = Answer("Monte Claro, from 2,500 kg, as clause 7 says.")


def test_its_calls_are_a_trace_of_their_own(asking: Asking, buyer: Person) -> None:
    """With prompts, answers, tokens and cost, marked, linked to what is explained, and no part of
    the agent's figures."""
    trace_id, span_id = send_agent(buyer, YES, tools=("terms", "market"))
    before = buyer.get(f"/api/v1/traces/{trace_id}")
    run = ran(buyer, trace_id)
    assert buyer.get(f"/api/v1/traces/{trace_id}") == before
    calls = buyer.get(f"/api/v1/traces/{run['calls_trace_id']}")
    assert (calls["service_name"], calls["environment"]) == ("audittrail-ablation", "ablation")
    assert (calls["agent_name"], calls["status"]) == (None, "complete")
    assert calls["cost"] == pytest.approx(run["progress"]["cost"])
    assert calls["llm_calls"] == run["progress"]["calls"]
    spans = buyer.spans(run["calls_trace_id"])
    called = [each for each in spans if each["span_type"] == "llm"]
    assert {each["links"][0]["span_id"] for each in spans} == {span_id}
    assert {each["attributes"]["audittrail.ablation.run"] for each in spans} == {run["id"]}
    removed = {each["attributes"]["audittrail.ablation.removed"] for each in called}
    assert json.dumps(["terms(terms)", "market(market)"]) in removed
    assert {each["output"] for each in called} == {YES.text, UNKNOWN}


def test_progress_is_told_live(asking: Asking, buyer: Person) -> None:
    """To those who watch the trace, up to its end."""
    trace_id, _ = send_agent(buyer, YES)
    with watching(buyer, trace_id) as watcher:
        run = begin(buyer, trace_id)
        told = [
            each
            for each in watcher.until(type="ablation", state="complete")
            if each["type"] == "ablation"
        ]
    assert {each["run"] for each in told} == {run["id"]}
    assert {each["trace_id"] for each in told} == {trace_id}
    counts = [each["progress"]["calls"] for each in told]
    assert counts == sorted(counts)
    assert counts[-1] == 18
    assert told[0]["state"] in ("queued", "running")


def test_passing_failures_are_tried_again(asking: Asking, buyer: Person) -> None:
    """429 and 500 are no answers: they are asked again, and nothing is missing in the end."""
    asking.model.failing = [rate_limited(0.05), server_error(), rate_limited(0.05), server_error()]
    trace_id, _ = send_agent(buyer, YES, tools=("terms", "market"))
    run = ran(buyer, trace_id)
    assert run["state"] == "complete"
    assert run["progress"]["calls"] == 6
    assert len(asking.model.asked) == 10
    assert by_label(run["steps"][0])["terms"]["phi"] == pytest.approx(1, abs=1e-9)


def test_an_endpoint_that_refuses_the_key(asking: Asking, buyer: Person) -> None:
    """Ends the run with what the endpoint said, and without the key."""
    asking.model.failing = [unauthorized() for _ in range(9)]
    trace_id, _ = send_agent(buyer, YES)
    run = ran(buyer, trace_id)
    assert run["state"] == "failed"
    assert "401" in run["error"]
    assert OPERATORS_KEY not in json.dumps(run)
    asking.model.failing = []
    resumed = posted(buyer, trace_id, f"/{run['id']}/resume")
    assert resumed.status_code == 202
    assert wait(buyer, resumed.json()["data"])["state"] == "complete"


def test_cancelling_keeps_what_is_there(asking: Asking, buyer: Person) -> None:
    """With wider intervals, and says that it is not complete; going on asks nothing twice."""
    asking.model.after = 9
    trace_id, _ = send_agent(buyer, YES)
    run = begin(buyer, trace_id)
    wait_for_calls(buyer, run, 9)
    cancelled = posted(buyer, trace_id, f"/{run['id']}/cancel").json()["data"]
    asking.model.held.set()
    assert cancelled["state"] == "cancelled"
    done = cancelled["progress"]["calls"]
    assert 9 <= done < 18
    (step,) = cancelled["steps"]
    assert not step["complete"]
    assert step["intervals"] == "model-based"
    asking.model.after = None
    again = posted(buyer, trace_id, f"/{run['id']}/resume").json()["data"]
    whole = wait(buyer, again)
    assert whole["state"] == "complete"
    assert whole["progress"]["calls"] == 18
    assert by_label(whole["steps"][0])["terms"]["phi"] == pytest.approx(1, abs=1e-9)
    assert buyer.get(path(trace_id))["runs"][0]["id"] == run["id"]


def test_the_budget_is_kept(asking: Asking, buyer: Person) -> None:
    """No call is made that could go beyond it, in calls or in USD; what is there stays."""
    trace_id, _ = send_agent(buyer, YES)
    run = ran(buyer, trace_id, max_calls=7)
    assert run["state"] == "cancelled"
    assert "7 calls" in run["error"]
    assert len(asking.model.asked) == 7 == run["progress"]["calls"]
    dollars = preview(buyer, trace_id)["cost"] / 2
    run = ran(buyer, trace_id, max_usd=dollars)
    assert run["state"] == "cancelled"
    assert 0 < run["progress"]["cost"] <= dollars


def test_a_model_without_a_price_has_no_budget_in_usd(asking: Asking, buyer: Person) -> None:
    """It is told before anything is asked; the preview shows no cost, not 0."""
    trace_id, _ = send_agent(buyer, YES, model="in-house-7b")
    told = preview(buyer, trace_id)
    assert (told["cost"], told["cost_source"]) == (None, "unpriced")
    answer = buyer.post(path(trace_id), {"max_usd": 1.0})
    assert answer.status_code == 422
    assert "no price" in answer.text
    run = ran(buyer, trace_id)
    assert run["state"] == "complete"
    assert run["progress"]["cost"] is None


def test_a_restart_goes_on(asking: Asking, buyer: Person) -> None:
    """A server that is killed in the middle of a run takes it up again, and pays for no answer
    twice."""
    asking.model.after = 8
    trace_id, _ = send_agent(buyer, YES)
    run = begin(buyer, trace_id)
    wait_for_calls(buyer, run, 8)
    asking.server.kill()
    asking.model.held.set()
    asking.model.after = None
    before = len(asking.model.asked)
    asking.server.start()
    whole = wait(buyer, run)
    assert whole["state"] == "complete"
    assert whole["progress"]["calls"] == 18
    # At most the four that were on their way when it was killed are asked again.
    assert len(asking.model.asked) - before <= 18 - 8
    assert by_label(whole["steps"][0])["terms"]["phi"] == pytest.approx(1, abs=1e-9)


def test_nobody_else_sees_it(asking: Asking, buyer: Person) -> None:
    """Another user with a trace of the same id neither sees, cancels, resumes nor deletes a run,
    and has none of their own by it."""
    trace_id, _ = send_agent(buyer, YES)
    run = ran(buyer, trace_id)
    stranger = new_person(asking.server)
    for wanted in ("", "/cancel", "/resume"):
        assert posted(stranger, trace_id, f"/{run['id']}{wanted}").status_code in (404, 405)
    send_agent(stranger, YES, trace_id=trace_id)
    with stranger.client() as client:
        assert client.get(path(trace_id, f"/{run['id']}")).status_code == 404
        assert client.delete(path(trace_id, f"/{run['id']}")).status_code == 404
        for wanted in ("cancel", "resume"):
            assert client.post(path(trace_id, f"/{run['id']}/{wanted}")).status_code == 404
    assert stranger.get(path(trace_id))["runs"] == []
    assert buyer.get(path(trace_id, f"/{run['id']}"))["state"] == "complete"


def test_a_key_that_may_only_read_runs_nothing(asking: Asking, buyer: Person) -> None:
    """It sees the preview and the runs."""
    trace_id, _ = send_agent(buyer, YES)
    with buyer.client(buyer.new_key("read")) as client:
        assert client.post(path(trace_id, "/preview"), json={}).status_code == 200
        assert client.get(path(trace_id)).status_code == 200
        assert client.post(path(trace_id), json={}).status_code == 403
    assert asking.model.asked == []


def test_deleting(asking: Asking, buyer: Person) -> None:
    """A run is deleted with the trace of its calls; a trace with its runs."""
    trace_id, _ = send_agent(buyer, YES, tools=("terms", "market"))
    first, second = ran(buyer, trace_id), ran(buyer, trace_id)
    with buyer.client() as client:
        assert client.delete(path(trace_id, f"/{first['id']}")).status_code == 200
        assert client.get(path(trace_id, f"/{first['id']}")).status_code == 404
        assert client.get(f"/api/v1/traces/{first['calls_trace_id']}").status_code == 404
        assert client.delete(f"/api/v1/traces/{trace_id}").status_code == 200
        assert client.get(f"/api/v1/traces/{second['calls_trace_id']}").status_code == 404


def test_odd_requests(asking: Asking, buyer: Person) -> None:
    """Each says what is wrong with it."""
    trace_id, span_id = send_agent(buyer, YES)
    odd = [
        ({"target": "f" * 16}, 422, "no model call with this id"),
        ({"target": "no id"}, 422, "no model call with this id"),
        ({"sentence": 99}, 422, "sentences"),
        ({"measure": "arguments"}, 422, "asked for no tool"),
        ({"base_url": "http://169.254.169.254/latest"}, 422, "base_url"),
        ({"steps": "some"}, 422, "steps"),
        ({"max_usd": -1}, 422, "max_usd"),
        ({"exclude": ["m0", "m1", "m3", "m4", "m5", "m6"]}, 409, "nothing to take away"),
    ]
    for body, status, words in odd:
        for rest in ("/preview", ""):
            answer = buyer.post(path(trace_id, rest), body)
            assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert asking.model.asked == []
    assert buyer.post(path("f" * 32, "/preview"), {}).status_code == 404
    assert span_id
