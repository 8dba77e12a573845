"""An ablation while it runs: what is told of it, and what can be done with it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_ablation import (
    ABLATION,
    NODE,
    Answers,
    progress,
    run,
    show,
    step,
)
from tests.dashboard.support_sankey import agent_run, open_sankey
from tests.dashboard.support_trace import send
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_DIFFERS = (
    "The re-run does not reproduce the recorded answer. What is shown explains the re-run, not "
    "the record."
)


@pytest.fixture(scope="module")
def trace_id(local_server: Server) -> str:
    made = new_trace_id()
    send(local_server, *agent_run(made, costs=(0.001, 0.002)))
    return made


def gets(answers: Answers, name: str) -> int:
    return sum((method, path) == ("GET", f"/{name}") for method, path, _ in answers.asked)


def tell(page: Page, name: str) -> None:
    """As the live socket tells that a run has gone on."""
    page.evaluate("(run) => audittrail.trace.current.tellAblation({ type: 'ablation', run })", name)


def test_it_is_watched(page: Page, local_server: Server, trace_id: str) -> None:
    """Started, it is in the address and shows how far it is; sources fill in as messages come, and
    however many come it is fetched at most each 700 ms; a reload takes it up again."""
    answers = Answers(page, trace_id)
    open_sankey(page, local_server, trace_id, "&run=new")
    page.get_by_role("button", name="Run Ablation").click()
    part = page.locator(ABLATION)
    count = part.locator(".at-ablation-count")
    expect(count).to_have_text("0 of 48 calls")
    expect(part).to_contain_text("The first calls are under way.")
    assert "run=abl_new" in page.url
    assert len(answers.bodies("")) == 1
    some = step(trace_id, complete=False, intervals="model-based", calls=17)
    answers.add(run(trace_id, "abl_new", state="running", progress=progress(17, 50), steps=[some]))
    before = gets(answers, "abl_new")
    for _ in range(30):
        tell(page, "abl_new")
        page.wait_for_timeout(20)
    expect(count).to_have_text("17 of 50 calls, $0.004 so far")
    expect(part.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "34")
    assert gets(answers, "abl_new") - before <= 3
    expect(page.locator(NODE)).to_have_count(6)
    expect(part).to_contain_text("Intervals are model-based")
    page.reload()
    expect(count).to_have_text("17 of 50 calls, $0.004 so far")
    answers.add(run(trace_id, "abl_new"))
    tell(page, "abl_new")
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")
    expect(part.get_by_role("progressbar")).to_be_hidden()
    done = gets(answers, "abl_new")
    tell(page, "abl_new")
    page.wait_for_timeout(900)
    assert gets(answers, "abl_new") == done


def test_without_a_socket(page: Page, local_server: Server, trace_id: str) -> None:
    """Where no messages come the run is asked for all the same."""
    page.route_web_socket("**/live*", lambda socket: socket.close())
    answers = Answers(page, trace_id).add(
        run(trace_id, state="running", progress=progress(3, 48), steps=[], graph=None)
    )
    part = show(page, local_server, answers)
    expect(part.locator(".at-ablation-count")).to_contain_text("3 of 48 calls")
    answers.add(run(trace_id))
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")
    expect(page.locator(NODE)).to_have_count(6)


def test_cancelling_keeps_what_is_there(page: Page, local_server: Server, trace_id: str) -> None:
    """What was measured stays, and it says that intervals are wider; it can go on later."""
    some = step(trace_id, complete=False, intervals="model-based", calls=17)
    answers = Answers(page, trace_id).add(
        run(trace_id, state="running", progress=progress(17, 50), steps=[some])
    )
    part = show(page, local_server, answers)
    part.get_by_role("button", name="Cancel, keep what is there").click()
    expect(part.locator(".at-ablation-state")).to_have_text("Cancelled")
    expect(part).to_contain_text(
        "Cancelled after 17 of 50 calls. What was measured is kept; intervals are wider than they "
        "would have been."
    )
    expect(page.locator(NODE)).to_have_count(6)
    expect(part.get_by_role("button", name="Go on")).to_be_visible()
    assert ("POST", "/abl_0001/cancel", None) in answers.asked


def test_a_failure(page: Page, local_server: Server, trace_id: str) -> None:
    """The reason is told; what was spent on a model without a price is --."""
    answers = Answers(page, trace_id).add(
        run(
            trace_id, state="failed", error="The endpoint answered 401: the key is not valid.",
            steps=[], graph=None,
            progress=progress(1, 48, cost=None, cost_source="unpriced"),
        )
    )  # fmt: skip
    part = show(page, local_server, answers, "&run=abl_0001")
    expect(part.get_by_role("alert")).to_have_text(
        "The endpoint answered 401: the key is not valid."
    )
    expect(part.locator(".at-ablation-facts")).to_contain_text("cost --Unpriced")
    assert "$0" not in part.inner_text()


def test_a_re_run_that_differs(page: Page, local_server: Server, trace_id: str) -> None:
    """A banner in exact words, once, with both texts and what differs; other notices beside it."""
    differs = step(trace_id, reproduced=False, rerun="It does 85 km/h.")
    answers = Answers(page, trace_id).add(
        run(
            trace_id, steps=[differs],
            notices=["answer: t" + _DIFFERS[1:], "temperature was refused and left out"],
        )
    )  # fmt: skip
    part = show(page, local_server, answers)
    banner = part.locator(".at-ablation-differs")
    expect(banner.locator("p").first).to_have_text(_DIFFERS)
    expect(part.locator(".at-ablation-notes .at-ablation-notice")).to_have_text(
        ["temperature was refused and left out"]
    )
    banner.get_by_text("Both texts, and what differs").click()
    expect(banner.locator("blockquote").first).to_contain_text("It does 90 km/h.")
    expect(banner.locator("blockquote").last).to_have_text("It does 85 km/h.")
    expect(banner.locator(".at-diff-gone, .at-diff-new")).to_have_count(2)


def test_runs_of_a_trace(page: Page, local_server: Server, trace_id: str) -> None:
    """They are listed with what they took; one is opened, two are compared, one is deleted after it
    was asked for; a reload shows the same."""
    lower = [
        {**each, "phi": each["phi"] - 0.2, "low": each["low"] - 0.2, "high": each["high"] - 0.2}
        if each["id"] == "m4" else each
        for each in step(trace_id)["sources"]
    ]  # fmt: skip
    answers = Answers(page, trace_id).add(
        run(trace_id, calls_trace_id=trace_id),
        run(trace_id, "abl_0002", model="gpt-4o", steps=[step(trace_id, sources=lower)]),
    )
    part = show(page, local_server, answers)
    listed = page.locator(".at-ablation-list tbody tr")
    expect(listed).to_have_count(2)
    expect(listed.first).to_contain_text("gpt-4oComplete18$0.004 E")
    expect(listed.first).to_have_attribute("aria-current", "true")
    listed.last.get_by_role("button", name=re.compile("Open the run")).click()
    expect(part.locator(".at-ablation-facts")).to_contain_text("gpt-4o-mini at api.example.com")
    assert "run=abl_0001" in page.url
    link_of = part.get_by_role("link", name="Its calls as a trace")
    expect(link_of).to_have_attribute("href", f"/traces/{trace_id}")
    for box in listed.get_by_role("checkbox").all():
        box.check()
    part.get_by_role("button", name="Compare (2)").click()
    expect(part.get_by_role("heading", level=2)).to_have_text("Two ablations compared")
    expect(part).to_contain_text("The two ran different models.")
    rows = part.locator(".at-ablation-table tbody tr")
    expect(rows.filter(has_text="web_search result")).to_have_text(
        re.compile(r"0\.67 \(0\.63 to 0\.71\)0\.47 \(0\.43 to 0\.51\)-0\.20do not overlap")
    )
    expect(rows.filter(has_text="Manual, page 4")).to_contain_text("0.00overlap")
    assert "run=abl_0001" in page.url
    assert "against=abl_0002" in page.url
    page.reload()
    expect(part.get_by_role("heading", level=2)).to_have_text("Two ablations compared")
    page.go_back()
    expect(part.locator(".at-ablation-facts")).to_be_visible()
    part.locator(".at-ablation-head").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(listed).to_have_count(2)
    part.locator(".at-ablation-head").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(listed).to_have_count(1)
    assert list(answers.runs) == ["abl_0002"]
    expect(part.locator(".at-ablation-facts")).to_contain_text("gpt-4o at api.example.com")


def test_an_unknown_run(loose_page: Page, local_server: Server, trace_id: str) -> None:
    """Of an id that is not there it says so; another can be opened."""
    page = loose_page
    Answers(page, trace_id).add(run(trace_id))
    page.goto(f"{local_server.dashboard}/traces/{trace_id}?tab=sankey&run=abl_gone")
    part = page.locator(ABLATION)
    expect(part.get_by_role("alert")).to_have_text(
        "No ablation with this id belongs to this trace. It may have been deleted."
    )
    part.get_by_role("button", name=re.compile("Open the run")).click()
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")
