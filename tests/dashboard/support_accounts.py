"""Pages as somebody who is signed in sees them, or who looks at the demonstration."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.people import Person
from tests.support.servers import Server

__all__ = ["look_at_demo", "sign_in", "visit"]


def sign_in(page: Page, person: Person) -> None:
    """As the sign-in form leaves a browser."""
    url = str(person.server.dashboard)
    page.context.add_cookies([{"name": "audittrail_token", "value": person.token, "url": url}])


def look_at_demo(page: Page, server: Server) -> None:
    """As its button leaves a browser."""
    answer = page.context.request.get(f"{server.dashboard}/demo", max_redirects=0)
    assert answer.status == 303


def visit(page: Page, person: Person, path: str) -> None:
    page.goto(str(person.server.dashboard) + path)
