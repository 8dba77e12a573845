"""How Chromium is started: headless, and asking nothing of anybody by itself.

A test gets a page of its own in a context that it shares with the other tests of its worker: a
context of its own begins with a new process, which reads and compiles every script anew. That costs
three times what such a page does, so only tests that need another setting of the context, or
several people at once, have one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final

from playwright.sync_api import Browser, ConsoleMessage, Frame, Page

__all__ = ["FLAGS", "FRUGAL", "Desk", "problems_of"]

FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# For many pages one after the other: one process for all pages of a context, of whichever server,
# and two less beside it to start and to hand pictures to. Not for what is measured.
FRUGAL: Final = [
    *FLAGS,
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
    "--in-process-gpu",
    "--no-zygote",
]


class Desk:
    """A browser's context for one test after the other, left as it was found."""

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context()
        # Open for good, so that the process of the pages does not end with the last of them.
        self._kept = self._context.new_page()
        self._session = self._context.new_cdp_session(self._kept)
        self._targets = browser.new_browser_cdp_session()
        mine = self._session.send("Target.getTargetInfo")["targetInfo"]
        self._id = mine["browserContextId"]

    @contextlib.contextmanager
    def page(self) -> Iterator[Page]:
        """A new page. What it and its likes left behind is gone afterwards."""
        opened = self._context.new_page()
        opened.set_default_timeout(20_000)
        origins: set[str] = set()

        def moved(frame: Frame) -> None:
            if frame.url.startswith("http"):
                origins.add("/".join(frame.url.split("/", 3)[:3]))

        opened.on("framenavigated", moved)
        try:
            yield opened
        finally:
            self._tidy(origins)

    def _tidy(self, origins: set[str]) -> None:
        for each in self._context.pages:
            if each is not self._kept:
                each.close()
        self._context.unroute_all()
        self._context.clear_cookies()
        self._context.clear_permissions()
        self._context.set_offline(False)
        for origin in origins:
            what = {"origin": origin, "storageTypes": "all"}
            self._session.send("Storage.clearDataForOrigin", what)
        end = time.monotonic() + 20
        while workers := self.workers():
            assert time.monotonic() < end, f"workers that outlive their pages: {workers}"
            self._kept.wait_for_timeout(5)

    def workers(self) -> list[Any]:
        """Shared workers, which end soon after the last of their pages."""
        found = self._targets.send("Target.getTargets")["targetInfos"]
        return [
            each
            for each in found
            if each["type"] in ("shared_worker", "service_worker")
            and each.get("browserContextId") == self._id
        ]

    def close(self) -> None:
        self._context.close()


def problems_of(page: Page) -> list[str]:
    """A list that grows by what a page logs as an error or a warning, and by each address of
    another machine that it asks."""
    problems: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            problems.append(message.text)

    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", said)
    page.on(
        "request",
        lambda asked: problems.append(asked.url) if not _of_here(asked.url) else None,
    )
    return problems


def _of_here(url: str) -> bool:
    return url.startswith(("data:", "blob:")) or "//127.0.0.1:" in url
