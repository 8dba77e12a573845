"""What a reader keeps of the list of traces: filters with a name, and a table."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import sign_in, visit
from tests.dashboard.test_trace_list import ROW
from tests.support.otlp import new_trace_id
from tests.support.people import Person


def _menu(page: Page, entry: str) -> None:
    page.get_by_role("button", name="More about this filter").click()
    page.get_by_role("menuitem", name=entry).click()


def test_filters_with_a_name(page: Page, viewer: Person) -> None:
    """Are there after a reload, filter and order with them, until they are deleted."""
    sign_in(page, viewer)
    store(viewer, *(rest_span(new_trace_id(), name=f"agent {n}", cost=n / 10) for n in (1, 2, 3)))
    visit(page, viewer, "/traces?q=cost:>0.15&sort=cost.asc")
    expect(page.locator(ROW)).to_have_count(2)
    _menu(page, "Save this filter...")
    page.get_by_role("textbox", name="Name").fill("dear ones")
    page.get_by_role("button", name="Save", exact=True).click()
    visit(page, viewer, "/traces")
    expect(page.locator(ROW)).to_have_count(3)
    _menu(page, "dear ones")
    expect(page).to_have_url(re.compile(r"q=cost:%3E0\.15&sort=cost\.asc$"))
    expect(page.locator(ROW)).to_have_count(2)
    _menu(page, "Delete saved filters...")
    page.get_by_role("button", name="Delete dear ones").click()
    expect(page.get_by_text("No saved filters.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More about this filter").click()
    expect(page.get_by_role("menuitem", name="dear ones")).to_have_count(0)


def test_the_list_as_a_table(page: Page, viewer: Person, tmp_path: Path) -> None:
    """A line for each row that is listed; a name is no formula, and an unknown cost is empty."""
    sign_in(page, viewer)
    store(
        viewer,
        rest_span(new_trace_id(), name='=1+1, "quoted"', cost=0.5),
        rest_span(new_trace_id(), name="silent", span_type="llm", model="made-up"),
    )
    visit(page, viewer, "/traces?sort=cost")
    expect(page.locator(ROW)).to_have_count(2)
    with page.expect_download() as started:
        _menu(page, "Download CSV of the rows that are loaded")
    assert started.value.suggested_filename == "traces.csv"
    started.value.save_as(tmp_path / "traces.csv")
    lines = list(csv.DictReader(io.StringIO((tmp_path / "traces.csv").read_text())))
    assert [(line["name"], line["cost"]) for line in lines] == [
        ('\'=1+1, "quoted"', "0.5"),
        ("silent", ""),
    ]
    listed = viewer.get("/api/v1/traces", sort="cost")
    assert [line["trace_id"] for line in lines] == [trace["trace_id"] for trace in listed]
