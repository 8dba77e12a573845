"""How Chromium is started: headless, and asking nothing of anybody by itself."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import ConsoleMessage, Page

__all__ = ["FLAGS", "problems_of"]

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
