"""What a span may hold does nothing to the page that shows it."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.dashboard.support_details import chat, choose, open_details, said, text
from tests.dashboard.support_trace import send
from tests.support.otlp import new_span_id, new_trace_id, span
from tests.support.servers import Server

_EVIL = (
    "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>"
    "[go](javascript:window.harmed=1) ![see](javascript:window.harmed=1) **bold**"
)
_LONG = "m" * 1_000_000
_FOUND = """() => [
  window.harmed,
  document.querySelectorAll(".at-page script, .at-page img, .at-page iframe").length,
  [...document.querySelectorAll("a[href]")].filter((a) => /^javascript/i.test(a.href)).length,
]"""


def test_markup_is_text(page: Page, local_server: Server) -> None:
    """Scripts, images and script links in any field, on any tab."""
    trace_id, span_id = new_trace_id(), new_span_id()
    messages = [said("user", text(_EVIL)), said(_EVIL, text(f"{_EVIL}\n\n{_LONG}"))]
    attributes = chat(messages, [said("assistant", text(_EVIL))]) | {
        _EVIL: _EVIL,
        "gen_ai.response.model": _EVIL,
        "gen_ai.conversation.id": _EVIL,
        "long": _LONG,
    }
    thrown = {
        "exception.type": _EVIL,
        "exception.message": _EVIL,
        "exception.stacktrace": f"{_EVIL}\n{_LONG}",
    }
    made = span(
        trace_id,
        span_id,
        name=_EVIL,
        status=2,
        message=_EVIL,
        attributes=attributes,
        events=[{"name": "exception", "attributes": thrown}, {"name": _EVIL}],
    )
    send(local_server, made)
    made["attributes"] = attributes | {_EVIL: f"again {_EVIL}", "long": f"{_LONG}!"}
    send(local_server, made)
    pairs = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": _EVIL,
        "gen_ai.tool.call.id": _EVIL,
        "gen_ai.tool.call.arguments": json.dumps({_EVIL: [{_EVIL: _EVIL}], _LONG: _LONG}),
    }
    found = {
        "openinference.span.kind": "RETRIEVER",
        "input.value": _EVIL,
        "retrieval.documents.0.document.id": _EVIL,
        "retrieval.documents.0.document.content": _EVIL,
        "retrieval.documents.0.document.metadata": json.dumps({_EVIL: _EVIL}),
    }
    others = [
        span(trace_id, new_span_id(), span_id, name=_LONG, attributes=each)
        for each in (pairs, found)
    ]
    send(local_server, *others)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    open_details(page, local_server, trace_id, span_id)
    details = page.locator(".at-details")
    expect(details.locator("h2")).to_contain_text("<script>window.harmed = 1</script>")
    expect(details.locator(".at-said-user")).to_contain_text("<img src=x onerror=")
    expect(details.locator(".at-said-user strong")).to_have_text("bold")
    for tab in ("Overview", "Attributes", "Raw", "Versions"):
        details.get_by_role("tab", name=tab).click()
        expect(details.get_by_role("tabpanel")).to_contain_text("<script>")
        assert page.evaluate(_FOUND) == [None, 0, 0]
    details.get_by_role("tab", name="Overview").click()
    for other in others:
        choose(page, other["span_id"])
        expect(details.get_by_role("tabpanel")).to_contain_text("<script>")
        assert page.evaluate(_FOUND) == [None, 0, 0]
    # What is shown of a line of a megabyte is a part, also in a difference.
    choose(page, span_id)
    details.get_by_role("tab", name="Versions").click()
    assert len(details.inner_text()) < 20_000
    page.goto(f"{local_server.dashboard}/compare?a={trace_id}&b={trace_id}&span={span_id}")
    expect(page.locator(".at-compare-told")).to_contain_text("No difference but in time. 3 same")
    expect(page.locator(".at-compare-pair h2")).to_contain_text("<script>")
    assert page.evaluate(_FOUND) == [None, 0, 0]
    assert asked == []


def test_megabytes(page: Page, local_server: Server, tmp_path: Path) -> None:
    """Of a text of three megabytes a part is shown; the download is the whole."""
    trace_id, span_id = new_trace_id(), new_span_id()
    # Beyond ASCII, and cut within a sign that takes two code units.
    stored = (
        "x"
        + "\U0001f600" * 110_000
        + "".join(f"line {place} \U0001f600é\n" for place in range(150_000))
    )
    assert len(stored.encode()) > 3_000_000
    send(local_server, span(trace_id, span_id, name="big", attributes={"big": stored}))
    open_details(page, local_server, trace_id, span_id)
    page.get_by_role("tab", name="Attributes").click()
    bar = page.locator(".at-size-bar")
    expect(bar).to_contain_text("Showing 200 kB of 3.")
    shown = page.locator(".at-attributes .at-text").first
    assert len(shown.inner_text()) <= 200_000
    assert shown.evaluate("(each) => each.textContent.isWellFormed()")
    with page.expect_download() as download:
        bar.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "big.txt")
    assert (tmp_path / "big.txt").read_bytes() == stored.encode()
    page.get_by_role("tab", name="Raw").click()
    with page.expect_download() as download:
        page.locator(".at-raw-tools").get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "span.json")
    body = json.loads((tmp_path / "span.json").read_bytes())
    (raw,) = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert raw["attributes"] == [{"key": "big", "value": {"stringValue": stored}}]
    page.get_by_role("tab", name="Attributes").click()
    bar.get_by_role("button", name="Load all").click()
    expect(bar.get_by_role("button", name="Load all")).to_have_count(0)
