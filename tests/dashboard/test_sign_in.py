"""Signing in, having an account made, and coming back to the page that was asked for."""

from __future__ import annotations

import re
import time
from html import unescape
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_accounts import sign_in, visit
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import PASSWORD, Person, new_person
from tests.support.servers import Server

_WRONG = "The e-mail address or the password is wrong."
_PATHS = (
    "/traces?q=status:error&from=24h&sort=duration",
    "/traces/{trace_id}?tab=timeline&span={span_id}",
    "/compare?a={trace_id}&b={trace_id}",
    "/sessions",
    "/sessions/{session}",
    "/settings",
    "/profile",
)


def _fill(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password", exact=True).press("Enter")


@pytest.fixture(scope="module")
def addresses(shown_server: Server) -> tuple[Person, list[str]]:
    """The pages of somebody, by their addresses."""
    owner, trace_id, span_id = new_person(shown_server), new_trace_id(), new_span_id()
    session = "by address/1?"
    asked = span(trace_id, span_id, name="agent", attributes={"session.id": session})
    assert owner.otlp(traces_request(asked)).status_code == 200
    named = {"trace_id": trace_id, "span_id": span_id, "session": quote(session, safe="")}
    return owner, [path.format(**named) for path in _PATHS]


def test_every_page_asks_who_it_is(addresses: tuple[Person, list[str]]) -> None:
    """Whoever is not signed in is sent to do so, and from there to that page, with all that its
    address says, which from then on is answered."""
    owner, paths = addresses
    for path in paths:
        with httpx.Client(base_url=str(owner.server.dashboard), timeout=60) as client:
            login = f"/login?next={quote(path, safe='')}"
            assert client.get(path).headers["location"] == login
            # A form of the page: what is in its hidden fields is sent with what is filled in.
            hidden = re.findall(
                r'<input type="hidden" name="(.*?)" value="(.*?)">', client.get(login).text
            )
            form = {name: unescape(value) for name, value in hidden}
            form |= {"email": owner.email, "password": PASSWORD}
            answer = client.post("/login", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, path)
            assert client.get(path).status_code == 200, path


def test_by_the_form(page: Page, addresses: tuple[Person, list[str]]) -> None:
    """In a browser too: whoever is not signed in does so, and is at that page, with all that its
    address says; from then on it opens by itself."""
    owner, paths = addresses
    path = paths[1]
    visit(page, owner, path)
    expect(page).to_have_url(f"{owner.server.dashboard}/login?next={quote(path, safe='')}")
    _fill(page, owner.email, PASSWORD)
    for _ in ("sent there", "loaded anew"):
        _is_at(page, owner, path)
        page.reload()


def test_every_page_by_its_address(page: Page, addresses: tuple[Person, list[str]]) -> None:
    """Whoever is signed in is at that page, and its address stays."""
    owner, paths = addresses
    sign_in(page, owner)
    for path in paths:
        visit(page, owner, path)
        _is_at(page, owner, path)


def _is_at(page: Page, owner: Person, path: str) -> None:
    expect(page.locator(".at-page")).not_to_be_empty()
    expect(page).to_have_url(f"{owner.server.dashboard}{path}")
    assert page.get_by_text("There is no such page").count() == 0


def test_a_wrong_password(loose_page: Page, viewer: Person) -> None:
    """Is told in words that do not say whether there is such an account; the address stays, the
    password is typed again, and the page that was asked for is not forgotten."""
    page = loose_page
    visit(page, viewer, "/login?next=/sessions")
    for email in (f"nobody-{viewer.email}", viewer.email):
        _fill(page, email, "not the password")
        expect(page.get_by_role("alert")).to_have_text(_WRONG)
        expect(page.get_by_label("E-mail")).to_have_value(email)
        password = page.get_by_label("Password", exact=True)
        expect(password).to_have_value("")
        expect(password).to_be_focused()
        expect(password).to_have_accessible_description(_WRONG)
    page.get_by_role("link", name="Create account").click()
    page.get_by_role("link", name="Sign in").click()
    _fill(page, viewer.email, PASSWORD)
    expect(page).to_have_url(f"{viewer.server.dashboard}/sessions")


def test_an_account_of_ones_own(loose_page: Page, viewer: Person) -> None:
    """The rule for passwords stands there before one is typed; a taken address and one that is
    none are said; then it is made, and its owner is where they wanted to go."""
    page = loose_page
    visit(page, viewer, "/profile")
    page.get_by_role("link", name="Create account").click()
    expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(
        "At least 8 characters."
    )
    _fill(page, viewer.email, "short")
    too_short = "document.getElementById('password').validity.tooShort"
    assert page.evaluate(too_short)
    expect(page).to_have_url(re.compile("/register"))
    _fill(page, viewer.email, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("registered already")
    _fill(page, "ada@nowhere", PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("not an e-mail address")
    new = f"ada-{time.time_ns()}@example.com"
    _fill(page, new, PASSWORD)
    expect(page).to_have_url(f"{viewer.server.dashboard}/profile")
    expect(page.get_by_text(new)).to_be_visible()


def test_a_password_is_shown(page: Page, viewer: Person) -> None:
    """When its owner asks, and is hidden again; it is sent as a password all the same."""
    visit(page, viewer, "/login")
    field = page.get_by_label("Password", exact=True)
    expect(field).to_have_attribute("autocomplete", "current-password")
    expect(page.get_by_label("E-mail")).to_have_attribute("autocomplete", "username")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.get_by_label("E-mail").fill(viewer.email)
    field.fill(PASSWORD)
    for shown, button in (("text", "Show password"), ("password", "Hide password")):
        page.get_by_role("button", name=button).click()
        expect(field).to_have_attribute("type", shown)
    page.get_by_role("button", name="Show password").click()
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/traces$"))


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/x", "/\\evil.example"])
def test_no_way_to_another_site(page: Page, viewer: Person, target: str) -> None:
    """A link that somebody sent leads nowhere but here."""
    visit(page, viewer, f"/login?next={quote(target, safe='')}")
    _fill(page, viewer.email, PASSWORD)
    expect(page).to_have_url(f"{viewer.server.dashboard}/traces")


def test_signing_out(page: Page, viewer: Person) -> None:
    """Every page asks who it is again."""
    sign_in(page, viewer)
    visit(page, viewer, "/profile")
    page.get_by_role("button", name=f"Account: {viewer.email}").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login$"))
    page.go_back()
    expect(page).to_have_url(re.compile("/login"))


def test_a_session_that_ended(loose_page: Page, viewer: Person) -> None:
    """Is said where one is, and signing in leads back there."""
    page = loose_page
    sign_in(page, viewer)
    visit(page, viewer, "/profile")
    expect(page.get_by_role("row", name="k", exact=False).first).to_be_visible()
    page.context.clear_cookies()
    page.get_by_role("button", name="Create key", exact=True).click()
    page.get_by_role("dialog").get_by_label("Name").fill("too late")
    page.get_by_role("dialog").get_by_role("button", name="Create key").click()
    page.keyboard.press("Escape")
    banner = page.locator("#at-banner")
    expect(banner).to_contain_text("Your session ended.")
    banner.get_by_role("link", name="Sign in").click()
    _fill(page, viewer.email, PASSWORD)
    expect(page).to_have_url(f"{viewer.server.dashboard}/profile")


def _tab_to(page: Page, words: str, most: int = 40) -> None:
    """By Tab alone, to what is called so. What has the focus is always seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(
            """() => {
              const here = document.activeElement;
              const style = getComputedStyle(here);
              const name = here.labels?.[0]?.textContent || here.ariaLabel || here.textContent;
              return [name.trim(), here === document.body || style.outlineStyle !== "none"];
            }"""
        )
        assert seen, name
        if name == words:
            return
    raise AssertionError(f"not reached: {words}")


def test_by_keyboard_alone(page: Page, viewer: Person) -> None:
    """Sign in, filter the list, open a trace, find the span that failed, copy its link."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    good, bad, failed = new_trace_id(), new_trace_id(), new_span_id()
    root = new_span_id()
    sent = traces_request(
        span(good, name="went well"),
        span(bad, root, name="went badly", status=2),
        span(bad, None, root, name="a good step"),
        span(bad, failed, root, name="a bad step", status=2),
    )
    assert viewer.otlp(sent).status_code == 200
    visit(page, viewer, "/traces")
    keyboard = page.keyboard
    expect(page.get_by_label("E-mail")).to_be_focused()
    keyboard.type(viewer.email)
    _tab_to(page, "Password", 1)
    keyboard.type(PASSWORD)
    _tab_to(page, "Show password", 1)
    _tab_to(page, "Sign in", 1)
    keyboard.press("Enter")
    expect(page.get_by_text("went well")).to_be_visible()
    keyboard.press("/")
    keyboard.type("status:error")
    keyboard.press("Enter")
    expect(page.get_by_text("went well")).to_be_hidden()
    _tab_to(page, "Traces")
    keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/traces/{bad}"))
    expect(page.get_by_role("tab", name="Spans")).to_be_visible()
    expect(page.get_by_text("a bad step").first).to_be_visible()
    for _ in range(2):  # the root failed too
        keyboard.press("e")
    expect(page).to_have_url(re.compile(f"span={failed}"))
    keyboard.press("y")
    expect(page.get_by_text("Link to the span copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_the_order_of_tab(page: Page, viewer: Person) -> None:
    """The way past everything first, then header, navigation, page; what has the focus shows it."""
    sign_in(page, viewer)
    visit(page, viewer, "/profile")
    expect(page.get_by_role("row", name="k", exact=False).first).to_be_visible()
    for words in (
        "Skip to content",
        "AuditTrail",
        f"Account: {viewer.email}",
        "Traces",
        "Profile",
        "Create key",
        "Your keys",
        "Delete k",
    ):
        _tab_to(page, words, 8)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Type its name to confirm: k")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete k")).to_be_focused()


def test_the_way_past(page: Page, shown_server: Server, viewer: Person) -> None:
    """Leads to the page itself."""
    sign_in(page, viewer)
    visit(page, viewer, "/sessions")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    _tab_to(page, "Skip to content", 1)
    page.keyboard.press("Enter")
    expect(page.locator("#at-page")).to_be_focused()
