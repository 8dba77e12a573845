"""The panel of details: by keyboard, with what failed, and with every version."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.dashboard.support_details import agent_run, choose, open_details
from tests.dashboard.support_trace import open_trace, send
from tests.dashboard.waiting import until
from tests.support.otlp import new_span_id, new_trace_id, span
from tests.support.servers import Server

_STACK = """Traceback (most recent call last):
  File "agent.py", line 3, in run
    tool()
  File "tool.py", line 9, in tool
    raise KeyError("city")
KeyError: 'city'
"""


def test_every_version_and_what_it_changed(page: Page, local_server: Server) -> None:
    """A span that was sent three times lists three versions, the newest with its changes."""
    trace_id, span_id = new_trace_id(), new_span_id()
    made = span(trace_id, span_id, name="step", attributes={"stage": "draft", "kept": "as it is"})
    for stage in ("draft", "review", "final"):
        send(local_server, made | {"attributes": {"stage": stage, "kept": "as it is"}})
    open_details(page, local_server, trace_id, span_id)
    page.get_by_role("tab", name="Versions (3)").click()
    versions = page.locator(".at-version")
    expect(versions).to_have_count(3)
    newest = versions.nth(0)
    expect(newest).to_contain_text("Version 3")
    expect(newest.locator(".at-diff-gone")).to_contain_text("review")
    expect(newest.locator(".at-diff-new")).to_contain_text("final")
    expect(newest).not_to_contain_text("kept")
    expect(versions.nth(2)).to_contain_text("First received")


def test_what_failed_comes_first(page: Page, local_server: Server) -> None:
    """An exception with its message, and its stack with the last frame in bold."""
    trace_id, span_id = new_trace_id(), new_span_id()
    thrown = {
        "exception.type": "KeyError",
        "exception.message": "no city",
        "exception.stacktrace": _STACK,
    }
    events = [{"name": "exception", "attributes": thrown}]
    send(local_server, span(trace_id, span_id, name="tool", status=2, events=events))
    open_details(page, local_server, trace_id, span_id)
    first = page.locator(".at-details .at-section").first
    expect(first.locator(".at-section-title")).to_have_text("Error")
    expect(first.locator(".at-exception")).to_contain_text("KeyError")
    expect(first.locator(".at-exception")).to_contain_text("no city")
    bold = first.locator(".at-stack strong, .at-stack b")
    expect(bold).to_contain_text('raise KeyError("city")')
    expect(bold).not_to_contain_text("agent.py")


def test_focus_comes_and_returns(page: Page, local_server: Server) -> None:
    """Enter takes the focus to the title, Tab through the panel, Escape back to the line."""
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id, "sunny"))
    open_trace(page, local_server, trace_id)
    line = page.locator(".at-spans-row:not([hidden])", has_text="get_weather")
    line.click()
    expect(page.locator(".at-details h2")).to_contain_text("get_weather")
    before = page.evaluate("document.activeElement.className")
    page.keyboard.press("Enter")
    expect(page.locator(".at-details-title")).to_be_focused()
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        inside, outline, name = page.evaluate(
            """() => {
              const here = document.activeElement;
              return [Boolean(here.closest(".at-details")), getComputedStyle(here).outlineStyle,
                here.title || here.textContent];
            }"""
        )
        assert inside
        assert outline != "none", name
        seen.append(name)
    assert any(name.startswith("Copy link") for name in seen)
    assert any(name.startswith("Close details") for name in seen)
    page.keyboard.press("Escape")
    expect(page.locator(".at-details")).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == before
    assert "span=" not in page.url


def test_what_can_be_taken_away(page: Page, local_server: Server) -> None:
    """The id, a link that opens the span again, its JSON, a call that gets it, and a file."""
    trace_id = new_trace_id()
    sent = agent_run(trace_id, "sunny")
    span_id = sent[2]["span_id"]
    send(local_server, *sent)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_details(page, local_server, trace_id, span_id)
    details = page.locator(".at-details")

    def copied(item: str) -> str:
        page.evaluate("navigator.clipboard.writeText('')")
        details.get_by_role("button", name="Copy or download").click()
        page.get_by_role("menuitem", name=item).click()
        until(page, "document.querySelector('.at-toast-ok')")
        text = str(page.evaluate("navigator.clipboard.readText()"))
        page.locator(".at-toast-ok").first.get_by_role("button").click()
        return text

    assert copied("Copy id") == span_id
    told = json.loads(copied("Copy JSON"))
    assert (told["span_id"], told["name"]) == (span_id, "get_weather")
    assert f"/api/v1/spans/{trace_id}/{span_id}" in copied("Copy cURL")
    link = copied("Copy link")
    details.get_by_role("button", name="Copy or download").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download JSON").click()
    assert json.loads(download.value.path().read_text("utf-8")) == told
    page.goto(link)
    expect(details.locator("h2")).to_contain_text("get_weather")


def test_while_a_span_runs(page: Page, local_server: Server) -> None:
    """What comes of it meanwhile is shown, and takes nothing from the reader's hands."""
    trace_id, span_id, parent = new_trace_id(), new_span_id(), new_span_id()
    kept = {"kept": "as it is"}
    made = span(trace_id, span_id, parent, name="step", attributes=kept)
    send(local_server, span(trace_id, parent, name="parent"))
    send(local_server, made | {"attributes": kept | {"audittrail.span.running": True}})
    open_details(page, local_server, trace_id, span_id)
    details = page.locator(".at-details")
    expect(details.locator(".at-status")).to_have_text("Running")
    page.get_by_role("tab", name="Attributes").click()
    find = page.get_by_label("Find an attribute")
    find.fill("kept")
    copy_id = details.get_by_role("button", name="Copy id")
    send(local_server, made | {"attributes": kept | {"kept too": "late"}})
    expect(details.locator(".at-attributes tbody tr")).to_have_count(2)
    expect(details.locator(".at-status")).to_have_text("OK")
    expect(page.get_by_role("tab", name="Versions (2)")).to_be_visible()
    expect(find).to_be_focused()
    expect(find).to_have_value("kept")
    path = details.get_by_role("navigation").get_by_role("button", name="parent")
    for version, button in enumerate((copy_id, path), start=3):
        button.focus()
        send(local_server, made | {"attributes": kept | {"kept too": f"later {version}"}})
        expect(page.get_by_role("tab", name=f"Versions ({version})")).to_be_visible()
        expect(button).to_be_focused()


def test_the_server_did_not_answer(loose_page: Page, local_server: Server) -> None:
    """The details say so, with the number to ask for, and can be asked for again."""
    trace_id = new_trace_id()
    sent = agent_run(trace_id, "sunny")
    send(local_server, *sent)
    page = loose_page
    open_details(page, local_server, trace_id, sent[2]["span_id"])
    headers = {"x-request-id": "7f3c"}
    page.route("**/web/v1/spans/**", lambda route: route.fulfill(status=500, headers=headers))
    choose(page, sent[1]["span_id"])
    details = page.locator(".at-details")
    expect(details.locator("h2")).to_contain_text("first call")
    text = "The server could not answer (500, request 7f3c). Your data is safe."
    expect(details.get_by_role("alert").locator("p")).to_have_text(text)
    expect(details.get_by_role("button", name="Copy details")).to_be_visible()
    expect(details.locator(".at-section")).to_have_count(0)
    page.unroute("**/web/v1/spans/**")
    details.get_by_role("button", name="Retry").click()
    expect(details.locator(".at-section-conversation")).to_contain_text("Weather in Paris?")
    expect(details.get_by_role("alert")).to_have_count(0)


def test_a_sheet_on_a_phone(page: Page, local_server: Server) -> None:
    """It covers the page, and a touch of its cross or a step back closes it."""
    page.set_viewport_size({"width": 390, "height": 844})
    trace_id = new_trace_id()
    sent = agent_run(trace_id, "sunny")
    sent[2]["status"] = 2
    send(local_server, *sent)
    open_trace(page, local_server, trace_id)
    details = page.locator(".at-details")
    line = page.locator(".at-spans-row:not([hidden])", has_text="get_weather")
    for close in (details.get_by_role("button", name="Close details").click, page.go_back):
        line.click()
        expect(details.locator("h2")).to_contain_text("get_weather")
        assert details.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
        top = page.evaluate("document.elementFromPoint(195, 24).closest('.at-details') !== null")
        assert top
        expect(page.locator(".at-details-title")).to_be_focused()
        close()
        expect(details).to_be_hidden()
        expect(page.locator(".at-grid")).to_be_focused()
        expect(line).to_be_visible()
    tab = page.get_by_role("tab", name="Spans")
    tab.focus()
    page.keyboard.press("e")
    expect(page.locator(".at-details-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tab).to_be_focused()


def test_its_width_is_kept(page: Page, local_server: Server) -> None:
    """The panel is resized by keys within its bounds, also after a reload."""
    trace_id = new_trace_id()
    sent = agent_run(trace_id, "sunny")
    send(local_server, *sent)
    page.set_viewport_size({"width": 1440, "height": 900})
    open_details(page, local_server, trace_id, sent[2]["span_id"])
    handle = page.get_by_role("separator", name="Width of the details")
    handle.focus()
    width = page.locator(".at-details").bounding_box()
    assert width
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    wanted = round(width["width"]) + 40
    until(page, f"Math.round(document.querySelector('.at-details').offsetWidth) === {wanted}")
    page.reload()
    until(page, f"document.querySelector('.at-details')?.offsetWidth === {wanted}")
    page.set_viewport_size({"width": 390, "height": 844})
    until(page, "document.querySelector('.at-details').offsetWidth === 390")
