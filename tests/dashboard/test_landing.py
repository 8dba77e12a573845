"""The front page, and the demonstration behind it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.dashboard.support_accounts import look_at_demo, sign_in, visit
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person
from tests.support.servers import Server

_README = Path(__file__).parents[2] / "README.md"


def test_the_front_page(page: Page, shown_server: Server) -> None:
    """Says what this is, shows it, and leads to the demonstration, to an account and to a server
    of one's own, by the commands of the README."""
    page.goto(f"{shown_server.dashboard}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("See what your AI agents do")
    expect(page.get_by_role("img", name="Drawing of a trace")).to_be_visible()
    for name, path in (("Sign in", "/login"), ("View Demo", "/demo")):
        expect(page.get_by_role("link", name=name)).to_have_attribute("href", path)
    for link in page.get_by_role("link", name="Create account").all():
        expect(link).to_have_attribute("href", "/register")
    commands = page.locator("pre").inner_text().splitlines()
    assert len(commands) == 2
    readme = _README.read_text().splitlines()
    assert all(any(line.startswith(command) for line in readme) for command in commands)


def test_whoever_is_signed_in(page: Page, viewer: Person) -> None:
    """Gets the traces in place of the front page."""
    sign_in(page, viewer)
    visit(page, viewer, "/")
    expect(page).to_have_url(re.compile("/traces$"))


def test_the_demonstration(page: Page, shown_server: Server) -> None:
    """Is one click away, for anybody; it says what it is on each page, and leads out again."""
    page.goto(f"{shown_server.dashboard}/")
    page.get_by_role("link", name="View Demo").click()
    expect(page).to_have_url(re.compile("/traces$"))
    rows = page.locator(".at-grid [role=row]")
    expect(rows.nth(3)).to_be_visible()
    for path in ("/traces", "/sessions", "/profile"):
        page.goto(f"{shown_server.dashboard}{path}")
        expect(page.locator("#at-demo")).to_contain_text("Demo data, read only.")
    page.get_by_role("button", name="Account: Demo").click()
    page.get_by_role("menuitem", name="Leave the demo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("See what your AI agents do")
    page.goto(f"{shown_server.dashboard}/traces")
    expect(page).to_have_url(re.compile("/login"))


def test_the_demonstration_offers_no_change(page: Page, shown_server: Server) -> None:
    """No page of it leads to settings, keys or a way to sign out of no account."""
    look_at_demo(page, shown_server)
    page.goto(f"{shown_server.dashboard}/traces")
    links = page.locator("#at-nav a")
    expect(links).to_have_text(["Traces", "Sessions", "Violations"])
    page.get_by_role("button", name="Account: Demo").click()
    expect(page.get_by_role("menuitem", name="Create account")).to_be_visible()
    for name in ("Sign out", "Profile and API keys"):
        assert page.get_by_role("menuitem", name=name).count() == 0


def test_the_demonstration_refuses(page: Page, shown_server: Server) -> None:
    """Whoever asks for a change all the same is told why there is none."""
    url = str(shown_server.dashboard)
    look_at_demo(page, shown_server)
    trace_id = page.request.get(f"{url}/web/v1/traces").json()["data"][0]["trace_id"]
    for method, path, body in (
        ("POST", "/api-keys", {"name": "mine"}),
        ("PUT", "/settings/retention", {"days": 1}),
        ("POST", "/ingest/traces", {"trace_id": trace_id, "name": "renamed"}),
        ("DELETE", f"/traces/{trace_id}", None),
    ):
        answer = page.request.fetch(f"{url}/web/v1{path}", method=method, data=body)
        assert answer.status == 403, (method, path)
        assert answer.json()["detail"].startswith("The demonstration is read only.")
    assert page.request.get(f"{url}/web/v1/traces/{trace_id}").status == 200
    assert page.request.get(f"{url}/web/v1/settings/retention").json()["data"]["days"] is None


def test_the_demonstration_beside_an_account(page: Page, viewer: Person) -> None:
    """Whoever is signed in looks at it and comes back to what is theirs."""
    own = new_trace_id()
    assert viewer.otlp(traces_request(span(own, name="mine alone"))).status_code == 200
    sign_in(page, viewer)
    visit(page, viewer, "/demo")
    expect(page.locator("#at-demo")).to_contain_text("Demo data")
    expect(page.locator(".at-grid [role=row]").nth(3)).to_be_visible()
    expect(page.get_by_text("mine alone")).to_have_count(0)
    visit(page, viewer, "/demo/leave")
    expect(page.get_by_text("mine alone")).to_be_visible()
    expect(page.locator("#at-demo")).to_be_empty()


def test_without_scripts(browser: Browser, shown_server: Server) -> None:
    """The front page and the forms are whole; only the button that shows a password is missing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shown_server.dashboard}/")
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.get_by_role("button").all_inner_texts() == ["Sign in"]
    page.get_by_role("link", name="Create account").click()
    expect(page.get_by_text("At least 8 characters.")).to_be_visible()
    context.close()


def test_the_chosen_scheme(page: Page, shown_server: Server) -> None:
    """Pages without the app are as light or dark as was chosen in it, whatever the system is."""
    page.emulate_media(color_scheme="light")
    grounds = []
    for chosen in ("light", "dark", "auto"):
        page.goto(f"{shown_server.dashboard}/login")
        page.evaluate("chosen => localStorage.setItem('audittrail.theme', chosen)", chosen)
        page.reload()
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] == grounds[2] != grounds[1]
