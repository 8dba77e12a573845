"""Ablations for everybody: by axe-core's rules, at any width, with less motion, by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.dashboard.accessible import inaccessible
from tests.dashboard.chromium import problems_of
from tests.dashboard.support_ablation import (
    ABLATION,
    NO_ENDPOINT,
    NODE,
    Answers,
    deep_graph,
    progress,
    run,
    step,
)
from tests.dashboard.support_sankey import agent_run, open_sankey, span_id
from tests.dashboard.support_trace import send
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_LONG = "a_name_without_any_place_to_break_" * 6


def _size(width: int) -> ViewportSize:
    return {"width": width, "height": 844}


@pytest.fixture(scope="module")
def trace_id(local_server: Server) -> str:
    made = new_trace_id()
    send(local_server, *agent_run(made))
    return made


def states(trace_id: str) -> dict[str, tuple[dict[str, Any], list[dict[str, Any]], str]]:
    """By name: what differs in the overview, the runs, the rest of the address."""
    back = step(trace_id, span_id=span_id(trace_id, 2), name="plan", depth=1)
    differs = step(trace_id, reproduced=False, rerun="It does 85 km/h.", name=_LONG)
    partial = step(trace_id, complete=False, intervals="model-based", calls=17)
    going = run(trace_id, state="running", progress=progress(17, 50), steps=[partial])
    failed = run(trace_id, state="failed", error="No.", steps=[], graph=None)
    deep = run(trace_id, steps=[step(trace_id), back], graph=deep_graph(trace_id))
    return {
        "plan": ({}, [], "&run=new"),
        "no endpoint": ({"endpoint": NO_ENDPOINT}, [], "&run=new"),
        "overlap": ({}, [], "&run=overlap"),
        "nothing": ({"targets": [], "default_target": None}, [], ""),
        "running": ({}, [going], ""),
        "complete": ({}, [run(trace_id), run(trace_id, "abl_0002")], ""),
        "deep": ({}, [deep], ""),
        "differs": ({}, [run(trace_id, steps=[differs], notices=[_LONG], model=_LONG)], ""),
        "failed": ({}, [failed], "&run=abl_0001"),
        "compared": (
            {}, [run(trace_id), run(trace_id, "abl_0002", model="gpt-4o")],
            "&run=abl_0001&against=abl_0002",
        ),
    }  # fmt: skip


def shown(page: Page, server: Server, trace_id: str) -> Iterator[str]:
    """Every state in turn."""
    for name, (overview, runs, query) in states(trace_id).items():
        page.unroute_all()
        Answers(page, trace_id, **overview).add(*runs)
        open_sankey(page, server, trace_id, query)
        page.wait_for_timeout(250)
        if name == "differs":
            page.get_by_text("Both texts, and what differs").click()
        yield name


def test_accessibility(browser: Browser, local_server: Server, trace_id: str) -> None:
    """No state breaks a rule of axe-core's or logs a problem, in light or in dark."""
    page = browser.new_page()
    problems = problems_of(page)
    found = {}
    for name in shown(page, local_server, trace_id):
        found[name] = inaccessible(page)
    page.close()
    assert {name: each for name, each in found.items() if each} == {}
    assert problems == []


def test_no_scrolling_sideways(browser: Browser, local_server: Server, trace_id: str) -> None:
    """What is too wide scrolls within its own box, and no part is wider than the tab."""
    page = browser.new_page(viewport=_size(390))
    wide = {}
    for name in shown(page, local_server, trace_id):
        for width in (390, 768):
            page.set_viewport_size(_size(width))
            page.wait_for_timeout(200)  # what is drawn anew for another width
            over = page.evaluate(
                """() => [document.scrollingElement.scrollWidth - innerWidth,
                  document.querySelector(".at-sankey").scrollWidth
                    - document.querySelector(".at-sankey").clientWidth]"""
            )
            if max(over) > 0:
                wide[name, width] = over
        page.set_viewport_size(_size(390))
    page.close()
    assert wide == {}


def test_reduced_motion(browser: Browser, local_server: Server, trace_id: str) -> None:
    """Nothing moves for who asks for less motion, also while a run is under way."""
    page = browser.new_page(reduced_motion="reduce")
    for _ in shown(page, local_server, trace_id):
        moving = "document.getAnimations().filter(a => a.playState === 'running').length"
        assert page.evaluate(moving) == 0
    page.close()


def test_by_keys_alone(page: Page, local_server: Server, trace_id: str) -> None:
    """From the plan to the result and to a source's span: the focus goes where it is needed."""
    answers = Answers(page, trace_id)
    open_sankey(page, local_server, trace_id, "&run=new")
    expect(page.locator(".at-ablation-figures")).to_contain_text("48 to 210 calls")
    page.get_by_role("button", name="Run Ablation").focus()
    page.keyboard.press("Enter")
    heading = page.locator(ABLATION).get_by_role("heading", level=2)
    expect(heading).to_have_text("Ablation of answer (final answer)")
    expect(heading).to_be_focused()
    answers.add(run(trace_id, "abl_new"))
    page.evaluate(
        "() => audittrail.trace.current.tellAblation({ type: 'ablation', run: 'abl_new' })"
    )
    expect(page.locator(NODE)).to_have_count(6)
    for _ in range(40):
        page.keyboard.press("Tab")
        label = page.evaluate("() => document.activeElement.getAttribute('aria-label') || ''")
        if label.startswith("Tool result: web_search result"):
            break
    page.keyboard.press("Enter")
    assert page.evaluate("() => audittrail.url.get('span')") == span_id(trace_id, 3)
