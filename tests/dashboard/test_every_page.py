"""What holds for every page: by its address, in light and dark, at any width, at rest."""

from __future__ import annotations

from typing import Final

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.accessible import inaccessible
from tests.dashboard.support_accounts import look_at_demo, sign_in
from tests.dashboard.waiting import Traffic
from tests.support.people import Person, new_person
from tests.support.servers import Server

_WIDTHS: Final = (390, 768, 1440)
# Of the demonstration; {one} and {other} are traces, {root} and {session} are of the first.
_DEMO: Final = {
    "traces": "/traces",
    "trace": "/traces/{one}",
    "dag": "/traces/{one}?tab=dag",
    "timeline": "/traces/{one}?tab=timeline",
    "sankey": "/traces/{one}?tab=sankey",
    "details": "/traces/{one}?span={root}",
    "compare": "/compare?a={one}&b={other}",
    "sessions": "/sessions",
    "violations": "/violations",
    "session": "/sessions/{session}",
}
_OWN: Final = ("/traces", "/sessions", "/settings", "/profile")
_PLAIN: Final = ("/", "/login", "/register")
_RUNNING: Final = "document.getAnimations().filter(a => a.playState === 'running').length"
_TOO_WIDE: Final = "document.scrollingElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def known(shown_server: Server) -> dict[str, str]:
    """What the addresses of the demonstration's pages name."""
    with httpx.Client(base_url=str(shown_server.dashboard), timeout=60) as visitor:
        assert visitor.get("/demo").status_code == 303
        traces = visitor.get("/web/v1/traces?q=status:error,complete").json()["data"]
        sessions = visitor.get("/web/v1/sessions").json()["data"]
    failed = next(trace for trace in traces if trace["error_count"])
    return {
        "one": failed["trace_id"],
        "other": traces[-1]["trace_id"],
        "root": failed["root_span_id"],
        "session": sessions[0]["session_id"],
    }


@pytest.fixture(scope="module")
def member(shown_server: Server) -> Person:
    return new_person(shown_server)


@pytest.mark.parametrize("name", _DEMO)
def test_of_the_demonstration(
    page: Page, shown_server: Server, known: dict[str, str], name: str
) -> None:
    """Each is as ``_holds`` says."""
    look_at_demo(page, shown_server)
    _holds(page, f"{shown_server.dashboard}{_DEMO[name].format(**known)}")


@pytest.mark.parametrize("path", _OWN)
def test_of_an_account(page: Page, shown_server: Server, member: Person, path: str) -> None:
    """Each is as ``_holds`` says."""
    sign_in(page, member)
    _holds(page, f"{shown_server.dashboard}{path}")


@pytest.mark.parametrize("path", _PLAIN)
def test_of_anybody(page: Page, shown_server: Server, path: str) -> None:
    """Each is as ``_holds`` says."""
    _holds(page, f"{shown_server.dashboard}{path}")


def _holds(page: Page, url: str) -> None:
    """Opened in light or in dark, a page logs no error or warning and asks nothing of another
    machine, which the fixture ``page`` sees. Whoever asks for less motion sees none, also while a
    trace runs. What is too wide scrolls within its own box. No rule of axe-core's is broken."""
    size = page.viewport_size
    assert size
    traffic = Traffic(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    _open(page, url, traffic)
    assert page.evaluate(_RUNNING) == 0
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    page.set_viewport_size({"width": _WIDTHS[0], "height": 844})
    _open(page, url, traffic)
    wide = {}
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        traffic.settle(0.2)  # what is drawn anew for another width
        wide[width] = page.evaluate(_TOO_WIDE)
    page.set_viewport_size(size)
    traffic.settle(0.2)
    found = inaccessible(page)
    assert (found, {width: over for width, over in wide.items() if over > 0}) == ([], {})


def _open(page: Page, url: str, traffic: Traffic) -> None:
    """Until the page is built, and nothing more is asked for."""
    page.goto(url)
    expect(page.locator(".at-page, .at-plain main").first).to_be_visible()
    traffic.settle()
