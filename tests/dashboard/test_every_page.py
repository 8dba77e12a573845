"""What holds for every page: by its address, in light and dark, at any width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from weakref import WeakKeyDictionary

import httpx
import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

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


@pytest.fixture(params=["light", "dark"])
def visitor(
    request: pytest.FixtureRequest, browser: Browser, shown_server: Server
) -> Iterator[Page]:
    """Somebody who looks at the demonstration."""
    page = _open(browser, shown_server, None, color_scheme=request.param)
    yield page
    page.context.close()


def test_quiet(visitor: Page, shown_server: Server, paths: dict[str, str]) -> None:
    """No page logs an error or a warning, or asks anything of another machine."""
    problems = problems_of(visitor)
    for path in (*paths.values(), *_PLAIN):
        visitor.goto(f"{shown_server.dashboard}{path}")
        _settle(visitor)
    assert problems == []


def _settle(page: Page) -> None:
    """Until the page is built, and nothing more is asked for."""
    expect(page.locator(".at-page, .at-plain main").first).to_be_visible()
    _TRAFFIC[page].settle()


def _problems(page: Page) -> list[str]:
    found = Axe().run(page)
    return [
        f"{each['id']}: {node['target']} {node['html'][:120]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def test_accessibility(visitor: Page, shown_server: Server, paths: dict[str, str]) -> None:
    """No page breaks a rule of axe-core's, in light or in dark."""
    problems = {}
    for name, path in paths.items():
        visitor.goto(f"{shown_server.dashboard}{path}")
        _settle(visitor)
        problems[name] = _problems(visitor)
    assert {name: found for name, found in problems.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility_of_the_rest(
    browser: Browser, shown_server: Server, member: Person, scheme: str
) -> None:
    """Nor those of an account, nor those that anybody sees."""
    problems = {}
    page = _open(browser, shown_server, member.token, color_scheme=scheme)
    for path in ("/traces", "/sessions", "/settings", "/profile"):
        page.goto(f"{shown_server.dashboard}{path}")
        _settle(page)
        problems[path] = _problems(page)
    page.context.clear_cookies()
    for path in _PLAIN:
        page.goto(f"{shown_server.dashboard}{path}")
        problems[path] = _problems(page)
    page.context.close()
    assert {path: found for path, found in problems.items() if found} == {}


def test_no_page_scrolls_sideways(
    browser: Browser, shown_server: Server, paths: dict[str, str]
) -> None:
    """What is too wide scrolls within its own box."""
    page = _open(browser, shown_server, None)
    wide = []
    for name, path in [*paths.items(), *((path, path) for path in _PLAIN)]:
        for width in _WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            page.goto(f"{shown_server.dashboard}{path}")
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
