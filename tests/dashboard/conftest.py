"""A real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.dashboard.chromium import FRUGAL, Desk, problems_of
from tests.support.people import Person, new_person
from tests.support.servers import Server, running_server
from tests.support.tools import need

# How long is waited for what must come true. A machine that runs other tests beside takes longer.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed before the next package's tests: Playwright keeps an event loop running here, in
    which others could run none of theirs."""
    chromium = need("chromium", "chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FRUGAL)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def desk(browser: Browser) -> Iterator[Desk]:
    made = Desk(browser)
    yield made
    made.close()


@pytest.fixture
def page(desk: Desk) -> Iterator[Page]:
    """A page of a session of its own. What it logs as an error or a warning, or asks of another
    machine, fails the test."""
    with desk.page() as opened:
        problems = problems_of(opened)
        yield opened
    assert problems == []


@pytest.fixture
def loose_page(desk: Desk) -> Iterator[Page]:
    """Such a page that may log what it likes: a browser logs each answer that is no success."""
    with desk.page() as opened:
        yield opened


@pytest.fixture
def own_page(browser: Browser) -> Iterator[Page]:
    """A page whose clock may be set, which is a setting of its whole context, or whose memory is
    measured, which pages of one process share. It is checked as ``page`` is."""
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    problems = problems_of(opened)
    yield opened
    context.close()
    assert problems == []


@pytest.fixture(scope="session")
def shown_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with accounts and a dashboard."""
    folder: Path = tmp_path_factory.mktemp("shown")
    with running_server(folder, dashboard=True) as started:
        yield started


@pytest.fixture
def viewer(shown_server: Server) -> Person:
    return new_person(shown_server)
