"""Pages as somebody who is signed in sees them."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.people import Person

__all__ = ["sign_in", "visit"]


def sign_in(page: Page, person: Person) -> None:
    """As the sign-in form leaves a browser."""
    url = str(person.server.dashboard)
    page.context.add_cookies([{"name": "audittrail_token", "value": person.token, "url": url}])


def visit(page: Page, person: Person, path: str) -> None:
    page.goto(str(person.server.dashboard) + path)
