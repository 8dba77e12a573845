"""The dashboard in a real browser."""

from __future__ import annotations

import httpx
from playwright.sync_api import Page, expect

from audittrail import semconv
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import PASSWORD, Person, new_person
from tests.support.servers import Server

_RUNNING = {semconv.RUNNING: True}


def _send(server: Server, body: bytes) -> None:
    headers = {"content-type": "application/x-protobuf"}
    answer = httpx.post(f"{server.otlp_http}/v1/traces", content=body, headers=headers)
    assert answer.status_code == 200, answer.text


def _sign_in(page: Page, person: Person) -> None:
    page.goto(f"{person.server.dashboard}/login")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_trace_is_shown_while_it_runs(page: Page, local_server: Server) -> None:
    """Without a reload a running trace appears in the list, and becomes complete."""
    trace_id, root = new_trace_id(), new_span_id()
    name = f"agent {trace_id[:8]}"
    page.goto(f"{local_server.dashboard}/")
    _send(local_server, traces_request(span(trace_id, root, name=name, attributes=_RUNNING)))
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("running")
    _send(local_server, traces_request(span(trace_id, root, name=name)))
    expect(row).to_contain_text("complete")


def test_a_trace_can_be_opened_from_the_list_and_by_its_address(
    page: Page, local_server: Server
) -> None:
    """The name in the list is a link; the address it leads to can be reloaded and shared."""
    trace_id, root = new_trace_id(), new_span_id()
    name = f"agent {trace_id[:8]}"
    model = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
    usage = {"gen_ai.usage.input_tokens": 1_000_000, "gen_ai.usage.output_tokens": 0}
    _send(
        local_server,
        traces_request(
            span(trace_id, root, name=name),
            span(trace_id, parent=root, name="chat gpt-4o-mini", attributes=model | usage),
        ),
    )
    page.goto(f"{local_server.dashboard}/")
    page.get_by_role("link", name=name).click()
    expect(page).to_have_url(f"{local_server.dashboard}/traces/{trace_id}")
    page.reload()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    called = page.get_by_role("row").filter(has_text="chat gpt-4o-mini")
    expect(called).to_contain_text("$0.15 (Estimated)")
    called.click()
    expect(page.locator("#span")).to_contain_text('"gen_ai.request.model": "gpt-4o-mini"')


def test_texts_of_spans_are_texts(page: Page, local_server: Server) -> None:
    """A span whose name is HTML is shown by its name; nothing in it runs or is loaded."""
    trace_id = new_trace_id()
    name = f"<img src=x onerror=alert({int(trace_id[:4], 16)})>"
    _send(local_server, traces_request(span(trace_id, name=name, attributes={"gen_ai.tool": name})))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(f"{local_server.dashboard}/")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.goto(f"{local_server.dashboard}/traces/{trace_id}")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_role("row").filter(has_text=name).click()
    expect(page.locator("#span")).to_contain_text(name.replace('"', '\\"'))
    assert page.locator("img").count() == 0


def test_an_unknown_trace_says_so(page: Page, local_server: Server) -> None:
    """An address of no trace shows the reason."""
    page.goto(f"{local_server.dashboard}/traces/{new_trace_id()}")
    expect(page.get_by_role("alert")).to_contain_text("no trace with this id")


def test_an_account_starts_empty_and_sees_its_own(page: Page, viewer: Person) -> None:
    """Who is not signed in is asked to; then sees how to send, and only what is theirs."""
    other = new_person(viewer.server)
    other.otlp(traces_request(span(new_trace_id(), name="somebody else's")))
    page.goto(f"{viewer.server.dashboard}/login")
    _sign_in(page, viewer)
    expect(page.get_by_text("No traces yet.")).to_be_visible()
    expect(page.get_by_text("OTEL_EXPORTER_OTLP_HEADERS")).to_be_visible()
    viewer.otlp(traces_request(span(new_trace_id(), name="mine")))
    expect(page.get_by_role("link", name="mine")).to_be_visible()
    expect(page.get_by_text("somebody else's")).to_have_count(0)
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.context.cookies() == []
