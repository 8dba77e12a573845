"""A headless browser, and how long its pages take."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from tests.dashboard.chromium import FLAGS
from tests.support.tools import need

__all__ = ["longest_task", "opened", "painted", "running_browser", "watched"]

# Tasks over 50 ms, as browsers report them.
_WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({ type: "longtask", buffered: true });
"""
_TWO_FRAMES = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
)


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = need("chromium", "chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


def watched(browser: Browser) -> Page:
    """A page whose long tasks are counted, and whose conditions may be evaluated within it."""
    context = browser.new_context(bypass_csp=True, viewport={"width": 1440, "height": 900})
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def painted(page: Page, condition: str) -> None:
    """Until the JavaScript ``condition`` holds and what it means has been painted."""
    page.wait_for_function(condition, polling="raf")
    page.evaluate(_TWO_FRAMES)


def opened(page: Page, url: str, condition: str) -> float:
    """Milliseconds from asking for an address to ``condition`` painted."""
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    painted(page, condition)
    return (time.perf_counter() - begun) * 1e3


def longest_task(page: Page) -> float:
    """Milliseconds of the longest task since this was last asked; 0 if none took 50."""
    tasks: list[Any] = page.evaluate("window.longTasks.splice(0)")
    return max(tasks, default=0.0)
