"""Waiting for what a page's scripts know, and for what they ask."""

from __future__ import annotations

import time

from playwright.sync_api import Page, Request

__all__ = ["Traffic", "painted", "until"]


def until(page: Page, condition: str, seconds: float = 20) -> None:
    """Until the JavaScript expression ``condition`` holds. Playwright's ``wait_for_function`` would
    evaluate it within the page, which its Content-Security-Policy does not allow."""
    end = time.monotonic() + seconds
    while not page.evaluate(f"() => Boolean({condition})"):
        assert time.monotonic() < end, f"never so: {condition}"
        page.wait_for_timeout(20)


def painted(page: Page) -> None:
    """Until the page has drawn what its scripts have done by now: two frames later."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


class Traffic:
    """What a page has asked its server for. Playwright's "networkidle" never comes here: to it, the
    script of a shared worker is always under way."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._under_way: set[Request] = set()
        self._last = time.monotonic()
        page.on("request", self._began)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    def _began(self, request: Request) -> None:
        if request.resource_type in ("document", "fetch", "xhr"):
            self._under_way.add(request)
            self._last = time.monotonic()

    def _ended(self, request: Request) -> None:
        if request in self._under_way:
            self._under_way.discard(request)
            self._last = time.monotonic()

    def settle(self, quiet: float = 0.4, seconds: float = 20) -> None:
        """Until everything is answered, and nothing more is asked for a while."""
        end = time.monotonic() + seconds
        while self._under_way or time.monotonic() - self._last < quiet:
            assert time.monotonic() < end, [request.url for request in self._under_way]
            self._page.wait_for_timeout(20)
