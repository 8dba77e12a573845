"""What pages say when the server is slow, fails, or does not know a trace."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import sign_in, visit
from tests.support.otlp import new_trace_id
from tests.support.people import Person

LIST: Final = re.compile(r"/web/v1/traces(\?|$)")
ROW: Final = ".at-list-row:not([hidden])"


@pytest.fixture
def loose(loose_page: Page, viewer: Person) -> Page:
    """A page that may be refused what it asks for, of somebody with one trace."""
    store(viewer, rest_span(new_trace_id()))
    sign_in(loose_page, viewer)
    return loose_page


def _fail(route: Route) -> None:
    route.fulfill(status=500, headers={"x-request-id": "7f3c"}, json={"detail": "It broke."})


def test_a_server_that_fails(loose: Page, viewer: Person) -> None:
    """The list names the status, keeps the reader calm, and comes when it is asked for again."""
    loose.route(LIST, _fail)
    visit(loose, viewer, "/traces")
    words = "The server could not answer (500, request 7f3c). Your data is safe."
    expect(loose.get_by_text(words, exact=True)).to_be_visible()
    expect(loose.get_by_role("button", name="Copy details")).to_be_visible()
    loose.unroute(LIST)
    loose.get_by_role("button", name="Retry").click()
    expect(loose.locator(ROW)).to_have_count(1)


def test_a_slow_answer(own_page: Page, viewer: Person) -> None:
    """The list says how long it has searched, and the reader can give up the filter."""
    store(viewer, rest_span(new_trace_id()))
    sign_in(own_page, viewer)
    held: list[Route] = []
    own_page.clock.install()
    own_page.route(re.compile(r"/web/v1/traces\?.*q=status"), lambda route: held.append(route))
    visit(own_page, viewer, "/traces?q=status:error")
    expect(own_page.locator(".at-list[aria-busy=true]")).to_be_visible()
    own_page.clock.run_for(12_000)
    expect(own_page.get_by_text(re.compile(r"^Still searching \(1\d s\)\.\.\.$"))).to_be_visible()
    own_page.get_by_role("button", name="Cancel").click()
    own_page.clock.run_for(100)
    expect(own_page.locator(ROW)).to_have_count(1)
    assert held
    assert "q=" not in own_page.url


def test_an_unknown_trace(loose: Page, viewer: Person) -> None:
    """The page says why it may be gone, and leads to those that are there."""
    visit(loose, viewer, f"/traces/{new_trace_id()}")
    words = re.compile(
        r"^No trace with this id in your account\. It may have been deleted by retention "
        r"(\(\d+ days?\) )?or belong to another account\.$"
    )
    expect(loose.get_by_text(words)).to_be_visible()
    loose.get_by_role("link", name="All traces").click()
    expect(loose.locator(ROW)).to_have_count(1)


def test_a_trace_that_takes_long(loose: Page, viewer: Person) -> None:
    """Shapes stand in its place at first, and then words on how large it is; then it is there."""
    trace_id = new_trace_id()
    store(viewer, *(rest_span(trace_id, name=f"step {n}") for n in range(3)))
    held: list[Route] = []
    loose.route("**/skeleton?*", lambda route: held.append(route))
    visit(loose, viewer, f"/traces/{trace_id}")
    expect(loose.locator(".at-loading-row")).to_have_count(12)
    expect(loose.get_by_text("Loading 3 spans")).to_be_visible()
    held.pop().continue_()
    expect(loose.get_by_role("treegrid").get_by_text("step 2")).to_be_visible()
    expect(loose.locator(".at-loading")).to_have_count(0)
