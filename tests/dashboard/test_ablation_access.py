"""Ablations for everybody: by axe-core's rules, at any width, with less motion, by keys alone."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.dashboard.accessible import inaccessible
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
from tests.dashboard.waiting import Traffic, painted
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_RUNNING: Final = "document.getAnimations().filter(a => a.playState === 'running').length"
_STATES: Final = (
    "plan", "no endpoint", "overlap", "nothing", "running", "complete", "deep", "differs",
    "failed", "compared",
)  # fmt: skip
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


@pytest.mark.parametrize("name", _STATES)
def test_every_state(page: Page, local_server: Server, trace_id: str, name: str) -> None:
    """Nothing moves for who asks for less motion, also while a run is under way. What is too wide
    scrolls within its own box, and no part is wider than the tab. No state breaks a rule of
    axe-core's, in light or in dark, or logs a problem, which the fixture ``page`` sees."""
    size = page.viewport_size
    assert size
    overview, runs, query = states(trace_id)[name]
    Answers(page, trace_id, **overview).add(*runs)
    traffic = Traffic(page)
    page.set_viewport_size(_size(390))
    page.emulate_media(reduced_motion="reduce")
    open_sankey(page, local_server, trace_id, query)
    traffic.settle(0.25)
    if name == "differs":
        page.get_by_text("Both texts, and what differs").click()
    assert page.evaluate(_RUNNING) == 0
    page.emulate_media(reduced_motion="no-preference")
    wide = {}
    for width in (390, 768):
        page.set_viewport_size(_size(width))
        painted(page)
        over = page.evaluate(
            """() => [document.scrollingElement.scrollWidth - innerWidth,
              document.querySelector(".at-sankey").scrollWidth
                - document.querySelector(".at-sankey").clientWidth]"""
        )
        if max(over) > 0:
            wide[width] = over
    page.set_viewport_size(size)
    painted(page)
    assert (inaccessible(page), wide) == ([], {})


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
