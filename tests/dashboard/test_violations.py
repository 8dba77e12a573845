"""Violations in a browser: the page of them, traces that have some, decisions, own rules."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.api.rest import break_a_rule, new_uuid, rest_span, store, violation_of
from tests.dashboard.support_accounts import sign_in, visit
from tests.dashboard.waiting import until
from tests.examples.running import run, towards
from tests.support.otlp import new_span_id
from tests.support.people import Person
from tests.support.servers import Server

SECRET = "sk-proj-" + "a1B2c3D4" * 5
STORE = "audittrail.trace.current"


@pytest.fixture
def owner(page: Page, viewer: Person) -> Person:
    sign_in(page, viewer)
    return viewer


def leak(person: Person) -> tuple[str, str]:
    """(trace, span) of a run with a secret in a prompt, once it is judged."""
    trace_id, root, call = new_uuid(), new_span_id(), new_span_id()
    store(
        person,
        rest_span(trace_id, root, name="desk", span_type="agent", agent_name="desk"),
        rest_span(
            trace_id,
            call,
            parent_span_id=root,
            name="ask",
            span_type="llm",
            agent_name="desk",
            input=f"Please use {SECRET} for it",
        ),
    )
    violation_of(person, trace_id, "secret-in-prompt")
    return trace_id, call


def test_nothing_broken_yet(page: Page, owner: Person) -> None:
    """The page says that everything is judged, and how history is; where nothing was broken at any
    time, a range is not blamed for it."""
    visit(page, owner, "/violations")
    expect(
        page.get_by_text(re.compile(r"No violations\. Everything .* judged by \d+ rules"))
    ).to_be_visible()
    expect(page.get_by_text("audittrail rules apply --since 7d")).to_be_visible()
    expect(
        page.get_by_role("button", name=re.compile("A secret is sent to a model"))
    ).to_be_visible()
    visit(page, owner, "/violations?from=24h")
    expect(page.get_by_text("No violations. Everything")).to_be_visible()
    expect(page.get_by_role("button", name="Search all time")).to_have_count(0)


def test_from_the_list_to_the_span(page: Page, owner: Person) -> None:
    """A violation appears while the page is open; opened it shows what was found, marked, and the
    rule's text; its link opens the span; the address opens the violation again."""
    visit(page, owner, "/violations")
    expect(page.get_by_text("No violations.")).to_be_visible()
    trace_id, span_id = leak(owner)
    line = page.get_by_role("button", name=re.compile("A secret is sent to a model API key in"))
    line.click()
    expect(page.locator(".at-hit mark")).to_have_text(SECRET)
    page.get_by_text("Rule", exact=True).click()
    expect(page.get_by_text("span_type = 'llm' AND has_secret(input)")).to_be_visible()
    page.reload()
    expect(page.locator(".at-hit mark")).to_have_text(SECRET)
    page.get_by_role("link", name="Span").click()
    page.wait_for_url(re.compile(f"/traces/{trace_id}.*span={span_id}"))
    expect(page.locator(".at-section-violations mark")).to_have_text(SECRET)


def test_filters_are_in_the_address(page: Page, owner: Person) -> None:
    """A rule, a severity: what is chosen narrows the list, and a link keeps it."""
    leak(owner)
    store(owner, rest_span(new_uuid(), name="cut", span_type="llm", cost=0.9))
    visit(page, owner, "/violations")
    hits = page.locator(".at-hit")
    expect(hits).to_have_count(2)
    page.get_by_role("group", name="Severity").get_by_role(
        "button", name=re.compile("critical", re.IGNORECASE)
    ).click()
    expect(hits).to_have_count(1)
    assert "severity=critical" in page.url
    page.reload()
    expect(hits).to_have_count(1)
    page.get_by_role("button", name=re.compile("One model call costs")).click()
    expect(page.get_by_text("No violation like this.")).to_be_visible()
    expect(page.get_by_role("group", name="Status")).to_have_count(0)
    page.get_by_role("button", name="Show all").click()
    expect(hits).to_have_count(2)


def test_a_time_range(page: Page, owner: Person) -> None:
    """A range from the list or dragged over the bars narrows the list and all counts, is in the
    address, and stays when the page is loaded again; where it hides everything, the page says how
    much, and offers all time."""
    now = datetime.now(UTC)
    for days in (400, 40, 20, 3, 0.5):
        time = (now - timedelta(days=days)).isoformat()
        store(owner, rest_span(new_uuid(), name="cut", span_type="llm", cost=0.9,
                               start_time=time, end_time=time))  # fmt: skip
    visit(page, owner, "/violations")
    hits = page.locator(".at-hit")
    expect(hits).to_have_count(5)
    chosen, clear = (
        page.get_by_label("Time range", exact=True),
        page.get_by_title("Clear time range"),
    )
    expect(clear).to_be_hidden()
    for label, count in (("Last 24 h", 1), ("Last 7 days", 2), ("Last 30 days", 3)):
        chosen.select_option(label=label)
        expect(hits).to_have_count(count)
        expect(
            page.get_by_role("button", name=re.compile(f"One model call .*{count}$"))
        ).to_be_visible()
    assert "from=30d" in page.url
    page.reload()
    expect(hits).to_have_count(3)
    expect(chosen).to_have_value("30d")
    clear.click()
    expect(hits).to_have_count(5)
    assert "from=" not in page.url
    bars = page.locator(".at-violation-times .at-histogram-field")
    box = bars.bounding_box()
    assert box
    # To beyond their beginning: half a day is a pixel, and the first may be as early as that.
    bars.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    page.mouse.down()
    page.mouse.move(box["x"] - 5, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    expect(hits).to_have_count(1)
    expect(chosen).to_have_value("own")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["from"][0] < asked["to"][0] < now.isoformat()
    page.reload()
    expect(hits).to_have_count(1)
    expect(chosen).to_have_value("own")
    visit(page, owner, "/violations?from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z")
    expect(
        page.get_by_text("None in this time range. 5 violations at other times.")
    ).to_be_visible()
    page.get_by_role("button", name="Search all time").click()
    expect(hits).to_have_count(5)


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (768, "light"), (1440, "light")])
def test_a_link_shows_the_violation(
    page: Page, owner: Person, width: int, theme: Literal["light", "dark"]
) -> None:
    """The span's violations are the first section of its details, in sight as they open, however
    much was said in the call."""
    trace_id, span_id = new_uuid(), new_span_id()
    said = json.dumps([{"role": "user", "content": f"Line {n}.\n" * 9} for n in range(9)])
    store(owner, rest_span(trace_id, span_id, name="ask", span_type="llm", cost=0.9,
                           input=said, status="error", status_message="too dear"))  # fmt: skip
    violation_of(owner, trace_id)
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=theme)
    visit(page, owner, "/violations")
    page.get_by_role("link", name="Span").first.click()
    section = page.locator(".at-section").first
    expect(section).to_have_class(re.compile("at-section-violations"))
    expect(section.get_by_text("One model call costs more")).to_be_in_viewport()
    expect(section.locator(".at-violation-message").first).to_be_in_viewport()
    expect(page.locator(".at-section-conversation, .at-section-facts").first).to_be_attached()


def test_waiving_needs_a_reason(page: Page, owner: Person) -> None:
    """Without one nothing is sent; with one it is waived, with the name of who did."""
    leak(owner)
    visit(page, owner, "/violations")
    page.locator(".at-hit-toggle").click()
    page.get_by_role("button", name="Waive").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Waive").click()
    expect(dialog.get_by_role("alert")).to_contain_text("A reason is needed")
    dialog.get_by_label("Reason").fill("a key of the test system")
    dialog.get_by_role("button", name="Waive").click()
    expect(page.get_by_text("No violations.")).to_be_visible()
    visit(page, owner, "/violations?status=waived")
    page.locator(".at-hit-toggle").click()
    expect(page.locator(".at-decision")).to_contain_text(f'Waived by {owner.email}: "a key of the')


def test_a_trace_shows_them_live(page: Page, owner: Person) -> None:
    """The mark comes while the trace is open, in the header and in every view, in one colour; `v`
    goes to the span; a rule about the whole trace is in the list behind the header's mark."""
    trace_id, root, call = new_uuid(), new_span_id(), new_span_id()
    store(owner, rest_span(trace_id, root, name="desk", span_type="agent", status="running",
                           end_time=None))  # fmt: skip
    visit(page, owner, f"/traces/{trace_id}")
    page.wait_for_selector(".at-spans-row")
    expect(page.locator(".at-chip-violation")).to_be_hidden()
    store(
        owner,
        rest_span(
            trace_id,
            call,
            parent_span_id=root,
            name="ask",
            span_type="llm",
            input=SECRET,
            cost=1.5,
            tokens_in=90,
            tokens_out=9,
        ),
    )
    expect(page.locator(".at-chip-violation")).to_contain_text("3 violations")
    until(page, f"{STORE}.violations[{STORE}.row('{call}')] === 2")
    expect(
        page.locator(".at-spans-row", has_text="ask").locator(".at-mark-violation")
    ).to_contain_text("▲")
    page.keyboard.press("v")
    until(page, f"{STORE}.selected === {STORE}.row('{call}')")
    page.get_by_role("tab", name="DAG").click()
    expect(page.locator(".at-dag-violation").first).to_be_visible()
    page.get_by_role("tab", name="Timeline").click()
    page.wait_for_selector(".at-panel:not([hidden]) canvas")
    page.get_by_role("tab", name="Sankey").click()
    node = page.locator(".at-sankey-node", has_text="2 violations").first
    expect(node).to_be_visible()
    chip = page.locator(".at-chip-violation").evaluate("chip => getComputedStyle(chip).color")
    expect(node.locator(".at-sankey-broken")).to_have_css("fill", chip)
    page.locator(".at-chip-violation").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("A run costs more than a dollar")).to_be_visible()
    expect(dialog.locator(".at-violation")).to_have_count(3)
    dialog.get_by_role("button", name="Go to span").first.click()
    until(page, f"{STORE}.selected === {STORE}.row('{call}')")


def test_own_rules(loose_page: Page, viewer: Person) -> None:
    """A mistake is told with its line and nothing is saved; tried, a rule says what it would
    find; saved, it judges what arrives."""
    page = loose_page
    sign_in(page, viewer)
    store(viewer, rest_span(new_uuid(), name="peculiar"))
    visit(page, viewer, "/settings#rules")
    text = page.get_by_label("Your own rules (YAML)")
    rule = (
        "rules:\n  - id: odd\n    title: An odd one\n    severity: high\n    scope: span\n"
        "    when: nmae = 'peculiar'\n    message: '{name}'\n"
    )
    text.fill(rule)
    block = page.locator("#rules")
    block.get_by_role("button", name="Save rules").click()
    expect(block.get_by_role("alert")).to_contain_text("line 6: odd: when: 'nmae' is no column")
    text.fill(rule.replace("nmae", "name"))
    block.get_by_role("button", name="Try on").click()
    expect(
        block.get_by_text("1 violation in your newest 1 trace. Nothing was stored.")
    ).to_be_visible()
    block.get_by_role("button", name="Save rules").click()
    expect(page.get_by_text("Saved. What arrives")).to_be_visible()
    expect(block.get_by_text("yours")).to_be_visible()
    trace_id = new_uuid()
    store(viewer, rest_span(trace_id, name="peculiar"))
    assert violation_of(viewer, trace_id, "odd")["severity"] == "high"


def test_a_switch_saves_nothing_else(loose_page: Page, viewer: Person) -> None:
    """A rule is switched off while own rules are being written: what is written stays, is not
    saved, and its mistake is no obstacle. Tried, a mistake alone is told, and no count."""
    page = loose_page
    sign_in(page, viewer)
    visit(page, viewer, "/settings#rules")
    block, text = page.locator("#rules"), page.get_by_label("Your own rules (YAML)")
    text.fill("rules: [half")
    block.get_by_role("checkbox", name="A model without a price").uncheck()
    expect(page.get_by_text("Saved. What arrives")).to_be_visible()
    expect(text).to_have_value("rules: [half")
    block.get_by_role("button", name="Try on").click()
    expect(block.get_by_role("alert")).to_contain_text("is no YAML")
    expect(block.get_by_text("Nothing was stored.")).to_have_count(0)
    page.reload()
    expect(block.get_by_role("checkbox", name="A model without a price")).not_to_be_checked()
    expect(text).to_have_value("")


def test_webhooks(loose_page: Page, viewer: Person) -> None:
    """An address inside is refused with the reason; one outside is added, its secret shown once;
    it is switched off and deleted."""
    page = loose_page
    sign_in(page, viewer)
    visit(page, viewer, "/settings#webhooks")
    block = page.locator("#webhooks")
    expect(block.get_by_text("None yet.")).to_be_visible()
    block.get_by_label("Send to").fill("http://127.0.0.1:9/hook")
    block.get_by_role("button", name="Add webhook").click()
    expect(block.get_by_role("alert")).to_contain_text("the server's own network")
    block.get_by_label("Send to").fill("https://93.184.216.34/hook")
    block.get_by_label("From severity").select_option("critical")
    block.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_role("dialog").locator("code")).to_have_text(re.compile("^whsec_"))
    page.get_by_role("button", name="Done").click()
    expect(block.get_by_text("json, critical and above")).to_be_visible()
    block.get_by_role("button", name="Log").click()
    expect(page.get_by_role("dialog").get_by_text("Nothing was sent yet.")).to_be_visible()
    page.keyboard.press("Escape")
    block.get_by_role("button", name="Switch off").click()
    expect(block.get_by_text("critical and above, off")).to_be_visible()
    block.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(block.get_by_text("None yet.")).to_be_visible()


@pytest.mark.long
def test_the_demonstration_breaks_rules_live(page: Page, owner: Person, tmp_path: Path) -> None:
    """While the page is open, the example that breaks its rules breaks at least five."""
    visit(page, owner, "/violations")
    expect(page.get_by_text("No violations.")).to_be_visible()
    settings = towards(owner.server, owner.key)
    bad = run("demo_constitutional.py", "--offline", "--fast", settings=settings, folder=tmp_path)
    assert bad.status == 0
    for title in (
        "A secret is sent to a model",
        "A card or account number is in an answer",
        "A tool runs a destructive command",
        "The same call again and again",
        "A tool that the support desk may not use",
        "A ticket costs more than three cents",
        "Something is changed before anybody approved it",
        "An instruction in a tool's result is followed by a command",
    ):
        expect(page.locator(".at-hit-title", has_text=title).first).to_be_visible()


def test_the_good_example_breaks_none(viewer: Person, tmp_path: Path) -> None:
    """Whoever does what they should, as the other example does, is told of no violation."""
    settings = towards(viewer.server, viewer.key)
    good = run("demo_happy_path.py", "--offline", "--fast", settings=settings, folder=tmp_path)
    assert good.status == 0
    break_a_rule(viewer)  # judged after it
    assert viewer.get(f"/api/v1/traces/{good.trace_id}")["violation_count"] == 0
    assert viewer.get(f"/api/v1/traces/{good.trace_id}/violations") == []


def test_the_demonstration_shows_some(page: Page, shown_server: Server) -> None:
    """Visitors see what the recorded runs broke, and are offered no decision."""
    page.goto(f"{shown_server.dashboard}/demo")
    page.get_by_role("link", name="Violations").click()
    hit = page.locator(".at-hit-toggle").first
    hit.click()
    expect(page.locator(".at-hit .at-violation")).to_be_visible()
    for name in ("Waive", "Acknowledge"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.locator(".at-hit input")).to_have_count(0)
    expect(page.get_by_role("link", name="Rules")).to_have_count(0)


def test_it_fits(page: Page, owner: Person) -> None:
    """Nothing is wider than the screen, and no page logs a problem."""
    leak(owner)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        visit(page, owner, "/violations")
        page.locator(".at-hit-toggle").click()
        expect(page.locator(".at-hit mark")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_files_of_rules_on_a_narrow_screen(page: Page, owner: Person) -> None:
    """In the settings a file's name stands below its rule, where the severity begins."""
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, owner, "/settings#rules")
    line = page.locator(".at-rule-switches li", has_text="A model without a price")
    mark = line.locator(".at-severity").bounding_box()
    file = line.get_by_text("budgets.yaml").bounding_box()
    assert mark
    assert file
    assert abs(file["x"] - mark["x"]) < 2
    assert file["y"] >= mark["y"] + mark["height"]
