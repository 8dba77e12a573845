"""Ablations from the browser to a model and back, against a real server and a real endpoint."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from audittrail.testing.model_server import Answer, ModelRequest
from tests.dashboard.support_ablation import ABLATION, CHART, NODE
from tests.dashboard.support_details import said, text, tool_call, tool_result
from tests.dashboard.support_sankey import agent, call, open_sankey, span_id, tool
from tests.dashboard.support_trace import get, send
from tests.dashboard.waiting import until
from tests.support.asking import asking_server
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_FACTS = {
    "terms": "The minimum order is 2,500 kg, says clause 7.",
    "stock": "There are 410 kg in the warehouse at Hamburg.",
    "weather": "Rain is expected on the coast of Brazil.",
    "market": "Washed arabica stands at 8.70 euros a kilogram.",
}
_ANSWER = "Monte Claro, from 2,500 kg, as clause 7 says."


@dataclass
class Model:
    """Answers from the terms alone; waits with each answer after ``free`` of them."""

    free: int = 10**9
    asked: int = 0
    open: threading.Event = field(default_factory=threading.Event)

    def __call__(self, request: ModelRequest) -> Answer:
        self.asked += 1
        if self.asked > self.free:
            self.open.wait(30)
        time.sleep(0.02)
        told = " ".join(message.text for message in request.messages)
        return Answer(_ANSWER if "2,500 kg" in told else "I cannot tell.")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[Server]:
    """A server for one user alone, with a dashboard and an endpoint to ask."""
    folder = tmp_path_factory.mktemp("asking")
    with asking_server(folder, model, "--local", dashboard=True) as (server, _):
        yield server
        model.open.set()


@pytest.fixture
def trace_id(asking: Server, model: Model) -> str:
    model.free, model.asked = 10**9, 0
    made = new_trace_id()
    send(asking, *_buyer(made))
    return made


def _buyer(trace_id: str) -> list[dict[str, Any]]:
    question = [said("system", text("You buy coffee.")), said("user", text("Which supplier?"))]
    asked = said("assistant", *(tool_call(f"call_{name}", name, {}) for name in _FACTS))
    found = [said("tool", tool_result(f"call_{name}", fact)) for name, fact in _FACTS.items()]
    model: dict[str, Any] = {"model": "gpt-4o-mini"}
    return [
        agent(trace_id),
        call(trace_id, 2, 0, (60, 20), name="plan", given=question, returned=[asked], **model),
        *(tool(trace_id, 3 + n, 1, name, f"call_{name}") for n, name in enumerate(_FACTS)),
        call(
            trace_id, 9, 4, (180, 20), name="answer", given=[*question, asked, *found],
            returned=[said("assistant", text(_ANSWER))], **model,
        ),
    ]  # fmt: skip


def test_from_the_button_to_the_source(page: Page, asking: Server, trace_id: str) -> None:
    """What is previewed is run, shown while it runs, and found: the answer rests on the terms
    alone, whose span the ribbon opens; a reload shows the same, the API says the same."""
    open_sankey(page, asking, trace_id)
    part = page.locator(ABLATION)
    part.get_by_role("button", name="Only this step").click()
    expect(part.locator(".at-ablation-figures strong")).to_have_text(
        re.compile(
            r"^\d+ (to \d+ )?calls, <= [\d,]+ input tokens, about \$[\d.]+, at most \$[\d.]+$"
        )
    )
    expect(part.locator(".at-ablation-figures .at-badge")).to_have_text("Estimated")
    part.get_by_role("button", name="Run Ablation").click()
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")
    expect(part.locator(".at-ablation-differs")).to_have_count(0)
    terms = page.locator(f'{NODE}[aria-label^="Tool result: terms"]')
    expect(terms).to_have_attribute("aria-label", re.compile(r"phi (1\.00|0\.9\d)"))
    for other in ("stock", "weather", "market"):
        line = part.locator(".at-ablation-table tbody tr", has_text=other)
        expect(line).to_contain_text("not distinguishable from zero")
    terms.click()
    until(page, f"audittrail.url.get('span') === '{span_id(trace_id, 3)}'")
    page.reload()
    expect(terms).to_have_attribute("aria-pressed", "true")
    [run] = get(asking, f"/traces/{trace_id}/ablation")["runs"]
    assert f"run={run['id']}" in page.url
    expect(part.locator(".at-ablation-facts")).to_contain_text(f"{run['progress']['calls']} calls")
    part.get_by_role("link", name="Its calls as a trace").click()
    page.wait_for_url(re.compile(run["calls_trace_id"]))


def test_watched_and_cancelled(page: Page, asking: Server, model: Model, trace_id: str) -> None:
    """The socket tells how far it is; cancelled it keeps what was measured, and goes on later."""
    model.free = 12
    model.open.clear()
    open_sankey(page, asking, trace_id)
    part = page.locator(ABLATION)
    part.get_by_role("button", name="Run Ablation").click()
    expect(part.locator(".at-ablation-count")).to_have_text(
        re.compile(r"^([89]|1\d) of \d+ calls, \$[\d.]+ so far$")
    )
    part.get_by_role("button", name="Cancel, keep what is there").click()
    expect(part.locator(".at-ablation-state")).to_have_text("Cancelled")
    expect(page.locator(f"{CHART} {NODE}").first).to_be_visible()
    model.free = 10**9
    model.open.set()
    part.get_by_role("button", name="Go on").click()
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")


def test_all_the_way_back(page: Page, asking: Server, trace_id: str) -> None:
    """Inflow is outflow, the terminals sum to 1, and what is drawn is what the API says."""
    open_sankey(page, asking, trace_id)
    part = page.locator(ABLATION)
    part.get_by_role("button", name="All the way back").click()
    part.get_by_role("button", name="Run Ablation").click()
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")
    [run] = get(asking, f"/traces/{trace_id}/ablation")["runs"]
    graph = get(asking, f"/traces/{trace_id}/ablation/{run['id']}")["graph"]
    assert sum(graph["terminals"].values()) == pytest.approx(1, abs=1e-9)
    drawn = page.locator(NODE).evaluate_all("(nodes) => nodes.map((node) => node.dataset.key)")
    assert sorted(drawn) == sorted(each["id"] for each in graph["nodes"])


def test_the_overlap_is_there_without_a_run(page: Page, asking: Server, trace_id: str) -> None:
    """Its title is exact, and no model is asked."""
    asked = get(asking, f"/traces/{trace_id}/ablation")["runs"]
    open_sankey(page, asking, trace_id, "&run=overlap")
    expect(page.locator(ABLATION).get_by_role("heading", level=2)).to_have_text(
        "Text overlap (not causal; no model was re-run)", use_inner_text=True
    )
    terms = page.locator(".at-overlap-table tr", has_text="terms")
    expect(terms).to_contain_text("%")
    assert asked == []
