"""The profile page: an account's API keys, and secrets that are shown once."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.support_accounts import sign_in, visit
from tests.support.people import Person
from tests.support.servers import Server


@pytest.fixture
def owner(page: Page, viewer: Person) -> Person:
    """Signed in, with the one key that everybody has here."""
    sign_in(page, viewer)
    return viewer


def _delete_all_keys(owner: Person) -> None:
    with owner.client(owner.token) as client:
        for key in client.get("/api/v1/api-keys").json()["data"]:
            assert client.delete(f"/api/v1/api-keys/{key['id']}").status_code == 200


def _create(page: Page, name: str) -> None:
    page.get_by_role("button", name="Create key", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Create key").click()


def test_a_secret_is_shown_once(page: Page, owner: Person) -> None:
    """In a box that says so, with a button that copies it; a key that works. Once it is stored, it
    is nowhere in the page, nor after a reload."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _delete_all_keys(owner)
    visit(page, owner, "/profile")
    expect(page.get_by_text("No API keys. Agents need one to send traces.")).to_be_visible()
    _create(page, "weather agent")
    box = page.locator(".at-secret")
    expect(box).to_contain_text("Copy this key now. It is shown only once.")
    expect(box.get_by_role("button", name="Copy")).to_be_focused()
    box.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Key copied.")).to_be_visible()
    secret = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"sk-at-[0-9a-f]{48}", secret)
    expect(box.locator("code")).to_have_text(secret)
    headers = {"authorization": f"Bearer {secret}"}
    assert httpx.get(owner.server.api + "/api/v1/traces", headers=headers).status_code == 200

    box.get_by_role("button", name="Done, I stored it").click()
    expect(box).to_have_count(0)
    assert secret not in page.content()
    expect(page.get_by_role("row", name="weather agent")).to_contain_text(f"{secret[:10]}")
    page.reload()
    expect(page.get_by_role("row", name="weather agent")).to_be_visible()
    assert secret not in page.content()


def test_leaving_takes_the_secret_away(page: Page, owner: Person) -> None:
    """Back again, the box is not there."""
    visit(page, owner, "/profile")
    _create(page, "left behind")
    expect(page.locator(".at-secret")).to_be_visible()
    page.get_by_role("link", name="Sessions").click()
    expect(page).to_have_url(re.compile("/sessions$"))
    page.go_back()
    expect(page.get_by_role("row", name="left behind")).to_be_visible()
    expect(page.locator(".at-secret")).to_have_count(0)


def test_a_key_is_deleted_by_its_name(page: Page, owner: Person) -> None:
    """Another text deletes nothing and says so; its own name does, and the key is refused."""
    with owner.client(owner.token) as client:
        body = {"name": "old agent", "scopes": ["read"]}
        secret = client.post("/api/v1/api-keys", json=body).json()["data"]["secret"]
    visit(page, owner, "/profile")
    row = page.get_by_role("row", name="old agent")
    expect(row).to_contain_text("never")
    page.get_by_role("button", name="Delete old agent").click()
    dialog = page.get_by_role("dialog")
    typed = dialog.get_by_label("Type its name to confirm: old agent")
    expect(typed).to_be_focused()
    typed.fill("new agent")
    dialog.get_by_role("button", name="Delete key").click()
    expect(dialog.get_by_role("alert")).to_have_text("This is not its name.")
    typed.fill("old agent")
    dialog.get_by_role("button", name="Delete key").click()
    expect(dialog).to_have_count(0)
    expect(row).to_have_count(0)
    headers = {"authorization": f"Bearer {secret}"}
    assert httpx.get(owner.server.api + "/api/v1/traces", headers=headers).status_code == 401


def test_what_a_key_needs(page: Page, owner: Person) -> None:
    """A name, and something that it may do; Enter creates it, Escape goes back to the button."""
    visit(page, owner, "/profile")
    button = page.get_by_role("button", name="Create key", exact=True)
    button.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Create key").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Give the key a name")
    dialog.get_by_label("Name").fill("no rights")
    for label in ("Send", "Read"):
        dialog.get_by_role("checkbox", name=label).first.uncheck()
    dialog.get_by_role("button", name="Create key").click()
    expect(dialog.get_by_role("alert")).to_contain_text("at least one thing")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    button.click()
    dialog.get_by_role("checkbox", name="Read").last.uncheck()
    dialog.get_by_label("Name").fill("sends only")
    dialog.get_by_label("Name").press("Enter")
    expect(page.get_by_role("row", name="sends only")).to_contain_text("ingest")


def test_a_visitor_of_the_demonstration(page: Page, shown_server: Server) -> None:
    """Has no keys to make, and is told how to have an account."""
    page.goto(str(shown_server.dashboard) + "/demo")
    page.goto(str(shown_server.dashboard) + "/profile")
    expect(page.get_by_text("sample traces that nobody can change")).to_be_visible()
    assert page.get_by_role("button", name="Create key").count() == 0
    page.locator("main, #at-page").get_by_role("link", name="Create account").first.click()
    expect(page).to_have_url(re.compile("/register"))


def test_local_mode(page: Page, local_server: Server) -> None:
    """Says that no key is needed there, and has keys all the same."""
    page.goto(str(local_server.dashboard) + "/profile")
    expect(page.get_by_text("This server runs in local mode")).to_be_visible()
    expect(page.get_by_role("button", name="Create key").first).to_be_visible()


def test_a_server_that_cannot_answer(loose_page: Page, viewer: Person) -> None:
    """Is said in words, with a way to try again; a key that could not be made stays in its form."""
    page = loose_page
    sign_in(page, viewer)
    body = {"detail": "The disk is full."}

    def refuse(route: Route) -> None:
        route.fulfill(status=500, json=body, headers={"x-request-id": "7f3c"})

    page.route("**/web/v1/api-keys", refuse)
    visit(page, viewer, "/profile")
    words = "The server could not answer (500, request 7f3c). Your data is safe."
    expect(page.get_by_role("alert")).to_contain_text(words)
    page.unroute("**/web/v1/api-keys")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("row", name="k", exact=False).first).to_be_visible()
    page.route("**/web/v1/api-keys", refuse)
    _create(page, "on a full disk")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_have_text("The disk is full.")
    expect(dialog.get_by_label("Name")).to_have_value("on a full disk")


def test_a_server_that_does_not_say_who_asks(loose_page: Page, viewer: Person) -> None:
    """Profile and settings say so and offer to try again, which then works."""
    page = loose_page
    sign_in(page, viewer)
    for path, heading in (("/profile", "Profile"), ("/settings", "Settings")):
        page.route("**/session", lambda route: route.fulfill(status=503, json={"detail": "no"}))
        visit(page, viewer, path)
        expect(page.get_by_text("The server could not answer (503).")).to_be_visible()
        page.unroute("**/session")
        page.get_by_role("button", name="Retry").click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


def test_a_narrow_screen(page: Page, owner: Person) -> None:
    """Each key is a card that can be read without scrolling aside, and still a row."""
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, owner, "/profile")
    row = page.get_by_role("row", name="k", exact=False).last
    expect(row.get_by_role("cell", name="never")).to_be_in_viewport(ratio=1)
    expect(row.get_by_role("button", name="Delete k")).to_be_in_viewport(ratio=1)
