"""What holds for every page: by its address, in light and dark, at any width."""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.accessible import inaccessible
from tests.dashboard.chromium import problems_of
from tests.dashboard.waiting import Traffic
from tests.support.people import Person, new_person
from tests.support.servers import Server

_WIDTHS: Final = (390, 768, 1440)
_SHOWN: Final = {
    "traces": ".at-page h1, .at-page [role=grid], .at-page [role=table]",
    "trace": ".at-trace-header",
    "compare": ".at-page",
    "sessions": ".at-page",
    "session": ".at-page",
    "violations": ".at-page h1",
    "settings": ".at-page h1",
    "profile": ".at-page h1",
}
_TRAFFIC: Final[WeakKeyDictionary[Page, Traffic]] = WeakKeyDictionary()
_PLAIN: Final = ("/", "/login", "/register")


@pytest.fixture(scope="module")
def paths(shown_server: Server) -> dict[str, str]:
    """The addresses of the demonstration's pages, by the name of the page."""
    with httpx.Client(base_url=str(shown_server.dashboard), timeout=60) as visitor:
        assert visitor.get("/demo").status_code == 303
        traces = visitor.get("/web/v1/traces?q=status:error,complete").json()["data"]
        sessions = visitor.get("/web/v1/sessions").json()["data"]
    failed = next(trace for trace in traces if trace["error_count"])
    one, other = failed["trace_id"], traces[-1]["trace_id"]
    return {
        "traces": "/traces",
        "trace": f"/traces/{one}",
        "dag": f"/traces/{one}?tab=dag",
        "timeline": f"/traces/{one}?tab=timeline",
        "sankey": f"/traces/{one}?tab=sankey",
        "details": f"/traces/{one}?span={failed['root_span_id']}",
        "compare": f"/compare?a={one}&b={other}",
        "sessions": "/sessions",
        "violations": "/violations",
        "session": f"/sessions/{sessions[0]['session_id']}",
    }


@pytest.fixture(scope="module")
def member(shown_server: Server) -> Person:
    return new_person(shown_server)


def _open(browser: Browser, server: Server, token: str | None, **how: Any) -> Page:
    context = browser.new_context(**how)
    if token:
        url = str(server.dashboard)
        context.add_cookies([{"name": "audittrail_token", "value": token, "url": url}])
    else:
        assert context.request.get(f"{server.dashboard}/demo").ok
    page = context.new_page()
    page.set_default_timeout(20_000)
    _TRAFFIC[page] = Traffic(page)
    return page


def test_quiet_and_accessible(
    browser: Browser, shown_server: Server, paths: dict[str, str]
) -> None:
    """No page of the demonstration logs an error or a warning, asks anything of another machine,
    or breaks a rule of axe-core's, in light or in dark."""
    page = _open(browser, shown_server, None)
    problems = problems_of(page)
    found = {}
    for name, path in paths.items():
        page.goto(f"{shown_server.dashboard}{path}")
        _settle(page)
        found[name] = inaccessible(page)
    page.context.close()
    assert {name: each for name, each in found.items() if each} == {}
    assert problems == []


def test_quiet_in_dark(browser: Browser, shown_server: Server, paths: dict[str, str]) -> None:
    """Nor does one that is opened in dark log anything."""
    page = _open(browser, shown_server, None, color_scheme="dark")
    problems = problems_of(page)
    for path in (*paths.values(), *_PLAIN):
        page.goto(f"{shown_server.dashboard}{path}")
        _settle(page)
    page.context.close()
    assert problems == []


def _settle(page: Page) -> None:
    """Until the page is built, and nothing more is asked for."""
    expect(page.locator(".at-page, .at-plain main").first).to_be_visible()
    _TRAFFIC[page].settle()


def test_accessibility_of_the_rest(browser: Browser, shown_server: Server, member: Person) -> None:
    """Nor do those of an account break such a rule or log anything, nor those that anybody sees."""
    problems = {}
    page = _open(browser, shown_server, member.token)
    said = problems_of(page)
    for path in ("/traces", "/sessions", "/settings", "/profile"):
        page.goto(f"{shown_server.dashboard}{path}")
        _settle(page)
        problems[path] = inaccessible(page)
    page.context.clear_cookies()
    for path in _PLAIN:
        page.goto(f"{shown_server.dashboard}{path}")
        problems[path] = inaccessible(page)
    page.context.close()
    assert {path: found for path, found in problems.items() if found} == {}
    assert said == []


def test_no_page_scrolls_sideways(
    browser: Browser, shown_server: Server, paths: dict[str, str]
) -> None:
    """What is too wide scrolls within its own box."""
    page = _open(browser, shown_server, None)
    wide = []
    for name, path in [*paths.items(), *((path, path) for path in _PLAIN)]:
        page.set_viewport_size({"width": _WIDTHS[0], "height": 844})
        page.goto(f"{shown_server.dashboard}{path}")
        for width in _WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            _settle(page)
            over = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            if over > 0:
                wide.append((name, width, over))
    page.context.close()
    assert wide == []


def test_reduced_motion(browser: Browser, shown_server: Server, paths: dict[str, str]) -> None:
    """Whoever asks for less motion sees none, also while a trace runs."""
    page = _open(browser, shown_server, None, reduced_motion="reduce")
    for path in paths.values():
        page.goto(f"{shown_server.dashboard}{path}")
        _settle(page)
        running = "document.getAnimations().filter(a => a.playState === 'running').length"
        assert page.evaluate(running) == 0
    page.context.close()
