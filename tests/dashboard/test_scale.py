"""A trace of 100,000 spans."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_trace import get, open_trace, send
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server
from tests.support.sized import sized_spans

STORE = "audittrail.trace.current"
SIZE = 100_000


@pytest.mark.slow
def test_a_hundred_thousand_spans(own_page: Page, local_server: Server) -> None:
    """All are counted, as the API counts them; every view opens and says what it leaves out; one
    span is found among them; and the page stays small."""
    page, trace_id = own_page, new_trace_id()
    spans = sized_spans(trace_id, SIZE)
    for low in range(0, SIZE, 4000):
        send(local_server, *spans[low : low + 4000])
    open_trace(page, local_server, trace_id)
    until(page, f"{STORE}.count === {SIZE}", seconds=60)
    summary = get(local_server, f"/traces/{trace_id}")
    assert summary["span_count"] == SIZE
    figures = page.locator(".at-kpis")
    for figure in (SIZE, summary["tokens_in"], summary["tokens_out"]):
        expect(figures).to_contain_text(f"{figure:,}")
    assert page.evaluate(f"() => {STORE}.summary.cost") == summary["cost"]
    assert page.evaluate("() => document.querySelectorAll('*').length") < 5000
    failed = sum(each.get("status") == 2 for each in spans)
    assert summary["error_count"] == failed
    expect(page.get_by_text(f"{failed:,} failed spans")).to_be_visible()
    expect(page.get_by_text("in closed groups").first).to_be_visible()
    for view, words in (("DAG", f"Summary: {SIZE:,} spans in"), ("Timeline", ""), ("Sankey", "")):
        page.get_by_role("tab", name=view).click()
        panel = page.get_by_role("tabpanel", name=view)
        expect(panel).to_be_visible()
        expect(panel).to_contain_text(words)
        assert page.evaluate("() => document.querySelectorAll('*').length") < 5000
    page.get_by_role("tab", name="Spans").click()
    find = page.get_by_role("searchbox").last
    find.fill(f'"{spans[-1]["span_id"]}"')
    until(page, f"{STORE}.hits.length === 1")
    find.press("Enter")
    until(page, f"{STORE}.id[{STORE}.selected] === '{spans[-1]['span_id']}'")
