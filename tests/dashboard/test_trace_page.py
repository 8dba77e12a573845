"""The trace page: what its header says, what a link leads to, what the keys do."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from audittrail.server.demo.samples import TRACES
from tests.dashboard.support_accounts import look_at_demo, sign_in
from tests.dashboard.support_trace import ROW, names, now_ns, open_trace, send
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import Server
from tests.support.sized import sized_spans

STORE = "audittrail.trace.current"
ERROR, OK = 2, 1
_BASE = now_ns(600)


def _id(trace_id: str, number: int) -> str:
    return f"{trace_id[:12]}{number:04x}"


def _span(trace_id: str, number: int, **more: Any) -> dict[str, Any]:
    """Below number 1, one second after the span before it."""
    start = _BASE + number * 10**9
    parent = None if number == 1 else _id(trace_id, 1)
    known = {"name": f"span {number}", "start_ns": start, "end_ns": start + 10**9, **more}
    return span(trace_id, _id(trace_id, number), parent, **known)


def _selected(page: Page) -> str | None:
    found: str | None = page.evaluate(
        f"() => {STORE}.selected < 0 ? null : {STORE}.id[{STORE}.selected]"
    )
    return found


def test_somebody_elses_trace(loose_page: Page, shown_server: Server, viewer: Person) -> None:
    """Looks as one that does not exist: the page tells nothing of it."""
    theirs, none = new_trace_id(), new_trace_id()
    stranger = new_person(shown_server)
    assert stranger.otlp(traces_request(span(theirs, name="secret"))).status_code == 200
    page = loose_page
    sign_in(page, viewer)
    shown = []
    for trace_id in (theirs, none):
        page.goto(f"{shown_server.dashboard}/traces/{trace_id}")
        expect(page.get_by_role("heading", name="Not found")).to_be_visible()
        text = page.locator(".at-empty").inner_text()
        assert text.count("No trace with this id in your account.") == 1
        expect(page.get_by_role("link", name="All traces")).to_be_visible()
        shown.append(text)
    assert shown[0] == shown[1]


def test_failed_spans_of_a_good_trace(page: Page, local_server: Server) -> None:
    """A root that went well is complete; beside it stands how many failed, and ``e`` walks over
    all of them and begins again."""
    trace_id = new_trace_id()
    send(
        local_server,
        _span(trace_id, 1, name="agent", status=OK),
        *(_span(trace_id, n, status=ERROR) for n in range(2, 90)),
        *(_span(trace_id, n) for n in range(90, 100)),
    )
    open_trace(page, local_server, trace_id)
    expect(page.locator(".at-pill-place")).to_have_text("Complete")
    expect(page.get_by_role("button", name="88 failed spans")).to_be_visible()
    page.keyboard.press("e")
    seen = [
        _selected(page),
        *page.evaluate(
            f"""() => Array.from({{ length: 88 }}, () => {{
              const press = {{ key: "e", code: "KeyE", bubbles: true, cancelable: true }};
              document.activeElement.dispatchEvent(new KeyboardEvent("keydown", press));
              return {STORE}.id[{STORE}.selected];
            }})"""
        ),
    ]
    assert seen[:88] == [_id(trace_id, n) for n in range(2, 90)]
    assert seen[88] == seen[0]


def test_costs_and_their_badges(page: Page, shown_server: Server) -> None:
    """Each span's badge is of its kind, in traces of the demonstration. Where some spans have no
    price the sum is a lower bound and says of how many; a span without one shows no amount."""
    url = str(shown_server.dashboard)
    look_at_demo(page, shown_server)
    traces: list[dict[str, Any]] = []
    # They may come later than the answer if storing them takes long.
    end = time.monotonic() + 60
    while len(traces) < TRACES:
        assert time.monotonic() < end, f"{len(traces)} traces"
        answer = page.request.get(url + "/web/v1/traces?limit=200").json()["data"]
        traces = [each for each in answer if each["status"] != "running"]
    unpriced = next(each for each in traces if each["unpriced_spans"])
    seen = set()
    for trace in [unpriced, *traces[:5]]:
        page.goto(f"{url}/traces/{trace['trace_id']}")
        page.wait_for_selector(ROW)
        cost = page.locator("[data-kpi=cost]")
        if trace["cost"] is None:
            expect(cost).to_have_text("--")
        elif trace["unpriced_spans"]:
            expect(cost).to_have_text(re.compile(r"^>= \$\d"))
            told = f"{trace['unpriced_spans']} unpriced"
            expect(page.locator(".at-kpis")).to_contain_text(told)
        else:
            expect(cost).to_have_text(re.compile(r"^\$\d"))
        path = f"/web/v1/traces/{trace['trace_id']}/spans?limit=1000"
        spans = {each["span_id"]: each for each in page.request.get(url + path).json()["data"]}
        lines = page.locator(ROW).evaluate_all(
            f"""(lines) => lines.map((line) => [
              {STORE}.id[Number(line.dataset.value)] ?? null,
              line.getAttribute("aria-expanded") === "false",
              [...line.querySelectorAll(".at-badge")].map((badge) => badge.innerText),
              line.innerText,
            ])"""
        )
        for span_id, closed, badges, text in lines:
            shown = spans.get(span_id)
            if shown is None or closed:
                continue
            source = shown["cost_source"]
            seen.add(source)
            assert badges == (
                [{"agent": "A", "estimated": "E", "default": "D", "unpriced": "U"}[source]]
                if source
                else []
            ), shown["name"]
            assert ("$" in text) == (shown["cost"] is not None), shown["name"]
    assert seen >= {"estimated", "unpriced", None}


def test_ten_thousand_spans(page: Page, local_server: Server) -> None:
    """The root stands first and every span can be reached, in a page that stays small."""
    trace_id = new_trace_id()
    spans = sized_spans(trace_id, 10_000)
    for low in range(0, len(spans), 2000):
        send(local_server, *spans[low : low + 2000])
    open_trace(page, local_server, trace_id)
    until(page, f"{STORE}.count === 10000")
    [root] = [each["span_id"] for each in spans if not each["parent"]]
    assert page.evaluate(f"() => {STORE}.id[{STORE}.visible()[0]]") == root
    page.keyboard.press("X")
    until(page, f"{STORE}.visible().length >= 10000")
    last = page.evaluate(f"() => {STORE}.name[{STORE}.visible().at(-1)]")
    page.evaluate(
        "() => { const grid = document.querySelector('.at-grid'); grid.scrollTop = 1e9; }"
    )
    expect(page.locator(ROW).last).to_be_visible()
    until(
        page,
        "[...document.querySelectorAll('.at-spans-row:not([hidden])')].some((row) => "
        f"Number(row.ariaRowIndex) >= {STORE}.visible().length)",
    )
    assert last in names(page)
    assert page.evaluate("() => document.querySelectorAll('*').length") < 5000
    expect(page.locator(".at-kpis")).to_contain_text("10,000")


@pytest.fixture
def small(page: Page, local_server: Server) -> str:
    """An open trace of a root, two groups of three steps each, the last of which failed."""
    trace_id = new_trace_id()
    groups = [_span(trace_id, 2, name="first group"), _span(trace_id, 6, name="second group")]
    steps = [
        {
            **_span(trace_id, n, status=ERROR if n == 9 else OK),
            "parent": _id(trace_id, 2 if n < 6 else 6),
        }
        for n in (3, 4, 5, 7, 8, 9)
    ]
    send(local_server, _span(trace_id, 1, name="agent"), *groups, *steps)
    open_trace(page, local_server, trace_id)
    until(page, f"{STORE}.count === 9")
    return trace_id


def test_a_selection_is_in_the_link(page: Page, small: str) -> None:
    """By mouse and by keys; a reload brings it back with its details, in each view."""
    page.locator(ROW, has_text="span 3").click()
    assert _selected(page) == _id(small, 3)
    until(page, f"new URL(location).searchParams.get('span') === '{_id(small, 3)}'")
    page.keyboard.press("j")
    until(page, f"new URL(location).searchParams.get('span') === '{_id(small, 4)}'")
    for key in ("3", "2", "1"):
        page.keyboard.press(key)
        page.reload()
        until(page, f"{STORE}?.count === 9 && {STORE}.selected >= 0")
        assert _selected(page) == _id(small, 4)
        expect(page.locator(".at-details").get_by_text("span 4").first).to_be_visible()


def test_folds_are_in_the_link(page: Page, small: str) -> None:
    """What was folded by keys is folded after a reload; ``x`` folds all, ``X`` unfolds all."""
    assert len(names(page)) == 9
    page.locator(ROW, has_text="first group").click()
    page.keyboard.press("ArrowLeft")
    until(page, f"{STORE}.visible().length === 6")
    page.reload()
    until(page, f"{STORE}?.count === 9")
    until(page, f"{STORE}.visible().length === 6")
    page.keyboard.press("ArrowRight")
    until(page, f"{STORE}.visible().length === 9")
    page.keyboard.press("x")
    until(page, f"{STORE}.visible().length === 1")
    page.keyboard.press("X")
    until(page, f"{STORE}.visible().length === 9")


def test_each_key(page: Page, small: str) -> None:
    """Does what the list says, and nothing while somebody types."""
    chosen = f"{STORE}.selected >= 0"
    failed = f"{STORE}.status[{STORE}.selected] === 'error'"
    find = page.get_by_role("searchbox").last
    # A key, what holds after it, and the key that takes it back.
    for key, holds, back in (
        ("x", f"{STORE}.visible().length === 1", "X"),
        ("c", f"{STORE}.criticalOn", "c"),
        ("/", "document.activeElement.type === 'search'", None),
        ("?", "document.querySelector('dialog[open]') !== null", "Escape"),
        ("j", chosen, "Escape"),
        ("k", chosen, "Escape"),
        ("e", failed, "Escape"),
        ("E", failed, "Escape"),
        ("2", "document.querySelector('#at-tab-dag').ariaSelected === 'true'", "1"),
        ("3", "document.querySelector('#at-tab-timeline').ariaSelected === 'true'", "1"),
        ("4", "document.querySelector('#at-tab-sankey').ariaSelected === 'true'", "1"),
    ):
        assert not page.evaluate(f"() => Boolean({holds})"), key
        find.focus()
        if key != "/":
            page.keyboard.press(key)
            expect(find).to_have_value(key)
            assert not page.evaluate(f"() => Boolean({holds})"), key
            # At once; typing is looked for a moment later, and the next key may come before.
            page.keyboard.press("Escape")
            expect(find).to_have_value("")
        find.blur()
        page.keyboard.press(key)
        until(page, holds)
        if back:
            page.keyboard.press(back)
        else:
            find.blur()
        until(page, f"!({holds})")


def test_finding(page: Page, small: str) -> None:
    """Hits are counted and stepped through; as a filter, only they and what leads to them stay."""
    find = page.get_by_role("searchbox").last
    find.fill("span 8")
    until(page, f"{STORE}.hits.length === 1")
    find.blur()
    page.keyboard.press("n")
    assert _selected(page) == _id(small, 8)
    page.evaluate(f"() => {STORE}.setFilterMode(true)")
    until(page, f"{STORE}.visible().length === 3")
    assert names(page) == ["agent", "second group", "span 8"]


def test_a_selection_outside_of_the_filter(page: Page, small: str) -> None:
    """Is said in every view, with a button that shows it there."""
    page.locator(ROW, has_text="span 3").click()
    page.get_by_role("searchbox").last.fill("span 8")
    until(page, f"{STORE}.hits.length === 1")
    said = page.get_by_text("span 3 hidden by filter")
    expect(said).to_be_hidden()
    page.evaluate(f"() => {STORE}.setFilterMode(true)")
    for view in ("DAG", "Timeline", "Sankey", "Spans"):
        page.get_by_role("tab", name=view).click()
        expect(said).to_be_visible()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(said).to_be_hidden()
    assert _selected(page) == _id(small, 3)
    expect(page.locator(ROW, has_text="span 3")).to_be_in_viewport()
