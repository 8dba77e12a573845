"""The settings page: prices, retention, and how this browser shows things."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import look_at_demo, sign_in, visit
from tests.support.otlp import new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server


@pytest.fixture
def owner(page: Page, viewer: Person) -> Person:
    sign_in(page, viewer)
    return viewer


def _cells(row: Locator) -> list[str]:
    return [cell.strip() for cell in row.get_by_role("cell").all_inner_texts()]


def test_how_ones_models_are_priced(page: Page, owner: Person) -> None:
    """Each source has its badge; what has no price shows none, and says how it gets one."""
    tokens = {"span_type": "llm", "tokens_in": 1000, "tokens_out": 100}
    store(
        owner,
        rest_span(new_trace_id(), model="gpt-4o", **tokens),
        rest_span(new_trace_id(), model="priced-by-agent", span_type="llm", cost=0.5),
        rest_span(new_trace_id(), model="made-up-model", **tokens),
        rest_span(new_trace_id(), model="silent-model", span_type="llm"),
    )
    visit(page, owner, "/settings")
    table = page.get_by_role("region", name="Models in use")
    expect(table.get_by_role("row")).to_have_count(5)
    rows = {
        model: _cells(table.get_by_role("row", name=model))
        for model in ("gpt-4o", "priced-by-agent", "made-up-model", "silent-model")
    }
    assert rows["gpt-4o"][1:3] == ["Estimated", "1"]
    assert rows["priced-by-agent"] == ["priced-by-agent", "Agent", "1", "$0.5000"]
    assert rows["made-up-model"][1] == "Default Rate"
    assert rows["silent-model"] == ["silent-model", "Unpriced", "1", "--"]
    assert "$0.00 " not in " ".join(rows["silent-model"])
    expect(page.get_by_text("Unpriced calls carry no token counts")).to_be_visible()


def test_the_price_table(page: Page, owner: Person) -> None:
    """Every model of the API's table with its rates, the default rate last; with no calls yet, the
    page says that models will appear."""
    visit(page, owner, "/settings#pricing")
    table = page.get_by_role("region", name="Prices, USD per million tokens")
    pricing = owner.get("/api/v1/settings/pricing")
    for model in pricing["models"]:
        expect(table.get_by_role("row", name=model["model"]).first).to_be_visible()
    rates = pricing["models"][0]["prices"][0]
    first = _cells(table.get_by_role("row", name=pricing["models"][0]["model"]).first)
    assert float(first[1].lstrip("$")) == rates["input"]
    assert float(first[2].lstrip("$")) == rates["output"]
    last = _cells(table.get_by_role("row").last)
    assert last[0].startswith("any other model")
    assert float(last[1].lstrip("$")) == pricing["default"]["input"]
    expect(page.get_by_text("No model calls yet.")).to_be_visible()


def test_retention(page: Page, owner: Person) -> None:
    """What it would delete is told before it is saved; what is saved is there after a reload, and
    emptying the field keeps all again."""
    store(owner, rest_span(new_trace_id()))
    visit(page, owner, "/settings")
    field = page.get_by_label("Keep traces for")
    save = page.get_by_role("button", name="Save", exact=True)
    expect(page.get_by_text("Nothing is deleted.")).to_be_visible()
    expect(save).to_be_disabled()
    field.fill("30")
    expect(page.get_by_text("Would delete 0 traces older than 30 days.")).to_be_visible()
    save.click()
    expect(page.get_by_text("Traces are kept 30 days.")).to_be_visible()
    assert owner.get("/api/v1/settings/retention") == {"days": 30}
    page.reload()
    expect(field).to_have_value("30")
    field.fill("")
    field.press("Enter")
    expect(page.get_by_text("All traces are kept.")).to_be_visible()
    assert owner.get("/api/v1/settings/retention") == {"days": None}


def test_deleting_is_confirmed(page: Page, owner: Person) -> None:
    """Where traces would go, nothing is saved until that was said yes to."""
    visit(page, owner, "/settings")

    def preview(route: object) -> None:
        route.fulfill(json={"data": {"traces": 1204, "before": "2026-01-01T00:00:00Z"}})  # type: ignore[attr-defined]

    page.route("**/settings/retention/preview?*", preview)
    field = page.get_by_label("Keep traces for")
    expect(page.get_by_text("Nothing is deleted.")).to_be_visible()
    field.fill("30")
    expect(page.get_by_text("Would delete 1,204 traces older than 30 days.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Delete 1,204 traces?")
    dialog.get_by_role("button", name="Cancel").click()
    assert owner.get("/api/v1/settings/retention") == {"days": None}
    page.get_by_role("button", name="Save", exact=True).click()
    dialog.get_by_role("button", name="Delete and save").click()
    expect(page.get_by_text("Traces are kept 30 days.")).to_be_visible()
    assert owner.get("/api/v1/settings/retention") == {"days": 30}


def test_what_is_no_number_of_days(page: Page, owner: Person) -> None:
    """Is said at once, and cannot be saved."""
    visit(page, owner, "/settings")
    field, save = (
        page.get_by_label("Keep traces for"),
        page.get_by_role("button", name="Save", exact=True),
    )
    for text in ("0", "-3", "1.5", "soon", "36501", "1e2"):
        field.fill("")
        expect(page.get_by_text("Nothing is deleted.")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        field.fill(text)
        expect(page.get_by_role("alert")).to_have_text(
            "Give whole days from 1 to 36,500, or nothing to keep all."
        )
        expect(save).to_be_disabled()


def test_a_visitor_changes_nothing(page: Page, shown_server: Server) -> None:
    """The demonstration's settings are to be read."""
    look_at_demo(page, shown_server)
    page.goto(str(shown_server.dashboard) + "/settings")
    expect(page.get_by_text("The demonstration's settings cannot be changed")).to_be_visible()
    expect(page.get_by_label("Keep traces for")).to_be_disabled()
    assert page.get_by_role("button", name="Save", exact=True).count() == 0


def test_the_theme(page: Page, owner: Person) -> None:
    """Chosen here, it is on every page, also after a reload."""
    visit(page, owner, "/settings")
    scheme = page.locator("html")
    page.get_by_role("radio", name="Dark").check()
    expect(scheme).to_have_attribute("data-color-scheme", "dark")
    visit(page, owner, "/sessions")
    expect(scheme).to_have_attribute("data-color-scheme", "dark")
    visit(page, owner, "/settings")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="Light").check()
    expect(scheme).to_have_attribute("data-color-scheme", "light")


@pytest.fixture(scope="module")
def clocked(browser: Browser, shown_server: Server) -> Iterator[tuple[Page, str]]:
    """A page far from UTC, of somebody with a trace, and its id."""
    page = browser.new_page(timezone_id="Asia/Tokyo")
    page.set_default_timeout(20_000)
    owner, trace_id = new_person(shown_server), new_trace_id()
    store(owner, rest_span(trace_id, name="timed"))
    sign_in(page, owner)
    yield page, trace_id
    page.context.close()


@pytest.mark.parametrize("path", ["/settings", "/traces", "/traces/{trace_id}", "/profile"])
def test_the_zone_of_all_times(clocked: tuple[Page, str], shown_server: Server, path: str) -> None:
    """The header's switch changes each time on a page to UTC and back, and the other is at hand."""
    page, trace_id = clocked
    times = page.locator("time.at-time:visible")
    to_utc, to_local = (
        page.get_by_role("button", name=re.compile(name)).first for name in ("Local", "UTC")
    )

    def told() -> list[str]:
        expect(times.first).to_be_visible()
        return [" ".join(text.split()) for text in times.all_inner_texts()]

    def differ(one: list[str], other: list[str]) -> bool:
        assert len(one) == len(other) > 0
        return all(here != there for here, there in zip(one, other, strict=True))

    page.goto(f"{shown_server.dashboard}{path.format(trace_id=trace_id)}")
    local = told()
    to_utc.click()
    expect(to_local).to_be_visible()
    assert differ(local, told())
    assert "\n" in str(times.first.get_attribute("title"))
    page.reload()
    expect(to_local).to_be_visible()
    utc = told()
    to_local.click()
    expect(to_utc).to_be_visible()
    assert differ(utc, told())


def test_shortcuts_are_switched_off(page: Page, owner: Person) -> None:
    """Then no single key does anything, on any page; the switch brings them back."""
    trace_id = new_trace_id()
    store(owner, rest_span(trace_id, name="only step"))
    visit(page, owner, "/settings")
    box = page.get_by_label("Single-key shortcuts")
    box.uncheck()
    visit(page, owner, f"/traces/{trace_id}")
    expect(page.get_by_role("tab", name="Spans")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("3")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("tab", name="Timeline")).to_have_attribute("aria-selected", "false")
    visit(page, owner, "/settings")
    expect(box).not_to_be_checked()
    box.check()
    visit(page, owner, f"/traces/{trace_id}")
    expect(page.get_by_role("tab", name="Spans")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("3")
    expect(page.get_by_role("tab", name="Timeline")).to_have_attribute("aria-selected", "true")
