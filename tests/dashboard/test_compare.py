"""Two traces side by side."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.dashboard.support_details import agent_run
from tests.dashboard.support_trace import now_ns, send
from tests.support.otlp import new_trace_id, span
from tests.support.servers import Server


def _pair(server: Server, one: str, two: str) -> tuple[str, str]:
    """Traces of the same agent, whose tools returned these. As in any two runs, the ids of their
    calls differ."""
    a, b = new_trace_id(), new_trace_id()
    send(server, *agent_run(a, one, f"call_{a[:8]}"))
    send(server, *agent_run(b, two, f"call_{b[:8]}"))
    return a, b


def test_equal_traces(page: Page, local_server: Server) -> None:
    """Whatever their ids and times, they have no change."""
    a, b = _pair(local_server, "sunny", "sunny")
    page.goto(f"{local_server.dashboard}/compare?a={a}&b={b}")
    told = "No difference but in time. 4 same, 0 changed, 0 only in A, 0 only in B."
    expect(page.locator(".at-compare-told")).to_have_text(told)
    expect(page.locator(".at-compare-row-changed")).to_have_count(0)
    deltas = page.locator(".at-compare-kpis tbody td:last-child").all_inner_texts()
    assert set(deltas) == {"same", "--"}
    page.get_by_label("Only what differs").check()
    expect(page.locator(".at-compare-row-same:not([hidden])")).to_have_count(0)


def test_one_changed_tool(page: Page, local_server: Server) -> None:
    """Exactly that tool is told, and the words of its output."""
    a, b = _pair(local_server, "sunny", "rainy")
    page.goto(f"{local_server.dashboard}/compare?a={a}&b={b}")
    told = "3 same, 1 changed, 0 only in A, 0 only in B."
    expect(page.locator(".at-compare-told")).to_have_text(told)
    changed = page.locator(".at-compare-row-changed")
    expect(changed).to_have_count(1)
    expect(changed).to_contain_text("get_weather")
    expect(changed.locator(".at-compare-kind")).to_contain_text("output")
    changed.click()
    pair = page.locator(".at-compare-pair")
    expect(pair.locator(".at-diff-gone")).to_contain_text("sunny")
    expect(pair.locator(".at-diff-new")).to_contain_text("rainy")
    page.reload()
    expect(pair.locator(".at-diff-new")).to_contain_text("rainy")


def test_a_step_that_only_one_has(page: Page, local_server: Server) -> None:
    """Is told as such, and the keys go from difference to difference."""
    a, b = new_trace_id(), new_trace_id()
    send(local_server, *agent_run(a, "sunny"))
    send(local_server, *agent_run(b, "sunny")[:3])
    page.goto(f"{local_server.dashboard}/compare?a={a}&b={b}")
    told = page.locator(".at-compare-told")
    expect(told).to_have_text("3 same, 0 changed, 1 only in A, 0 only in B.")
    page.keyboard.press("n")
    expect(page.locator(".at-compare-pair h2")).to_contain_text("second call")
    expect(page.locator(".at-compare-pair")).to_contain_text("Only in A.")
    page.get_by_role("button", name="Swap A and B").click()
    expect(told).to_have_text("3 same, 0 changed, 0 only in A, 1 only in B.")


def test_figures_and_their_differences(page: Page, local_server: Server) -> None:
    """By how much, by which share, and in a word whether that is worse."""
    a, b = new_trace_id(), new_trace_id()
    usage = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 50}
    for trace_id, seconds, out, model in ((a, 4, 50, "gpt-4o"), (b, 6, 25, "gpt-4o-mini")):
        attributes = usage | {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
            "gen_ai.usage.output_tokens": out,
        }
        start = now_ns(60)
        made = span(
            trace_id, trace_id[:16], name="chat", start_ns=start,
            end_ns=start + seconds * 10**9, attributes=attributes,
        )  # fmt: skip
        send(local_server, made)
    page.goto(f"{local_server.dashboard}/compare?a={a}&b={b}")
    figures = page.locator(".at-compare-kpis tr")
    expect(figures.filter(has_text="Duration")).to_contain_text("+2.00 s, +50% worse")
    expect(figures.filter(has_text="Tokens in")).to_contain_text("same")
    expect(figures.filter(has_text="Tokens out")).to_contain_text("-25, -50% better")
    expect(figures.filter(has_text="Cost").get_by_role("img", name="Estimated")).to_have_count(2)
    changed = page.locator(".at-compare-row-changed")
    expect(changed.locator(".at-compare-kind")).to_contain_text("model, tokens out, cost")
    changed.click()
    expect(page.locator(".at-compare-pair dl")).to_contain_text("gpt-4o → gpt-4o-mini")


def test_choosing_the_traces(page: Page, local_server: Server) -> None:
    """An address without one of them asks for it."""
    a, b = _pair(local_server, "sunny", "sunny")
    page.goto(f"{local_server.dashboard}/compare?a={a}")
    expect(page.get_by_label("A", exact=True)).to_have_value(a)
    page.get_by_label("B", exact=True).fill(b)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".at-compare-told")).to_contain_text("4 same")
    assert f"b={b}" in page.url


def test_a_trace_that_is_not_there(loose_page: Page, local_server: Server) -> None:
    """Is named by its letter, and may be chosen anew."""
    known, _ = _pair(local_server, "sunny", "sunny")
    page = loose_page
    page.goto(f"{local_server.dashboard}/compare?a={known}&b={new_trace_id()}")
    expect(page.get_by_role("alert")).to_have_text(
        "B: No trace with this id in your account. It may have been deleted by retention or "
        "belong to another account."
    )
    expect(page.get_by_label("A", exact=True)).to_have_value(known)
