"""Whoever has no trace yet: what to do, whether something came, and why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import sign_in, visit
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person


@pytest.fixture
def owner(page: Page, viewer: Person) -> Person:
    sign_in(page, viewer)
    return viewer


def test_the_first_trace(page: Page, owner: Person) -> None:
    """The card says so when it comes, and leads to it, without a reload."""
    visit(page, owner, "/traces")
    card = page.get_by_role("region", name="Send your first trace")
    expect(card).to_contain_text("Waiting for the first trace...")
    trace_id = new_trace_id()
    store(owner, rest_span(trace_id, name="research-agent"))
    expect(page.get_by_text("First trace received")).to_be_visible()
    expect(page.locator(".at-onboarding")).to_contain_text("research-agent")
    page.get_by_text("Open it").click()
    page.wait_for_url(f"**/traces/{trace_id}*")


def test_a_refused_key(page: Page, owner: Person) -> None:
    """Is named on the card of whoever waits at the machine that sent it."""
    visit(page, owner, "/traces")
    expect(page.locator(".at-onboarding")).to_be_visible()
    answer = httpx.post(
        f"{owner.server.otlp_http}/v1/traces",
        content=traces_request(span(new_trace_id())),
        headers={"authorization": "Bearer sk-at-none", "content-type": "application/x-protobuf"},
    )
    assert answer.status_code == 401
    expect(
        page.get_by_role("alert").filter(has_text="A request arrived but was refused")
    ).to_be_visible()


def _lines(page: Page, tab: str) -> str:
    page.locator(".at-onboarding").get_by_role("tab", name=tab, exact=True).click()
    return page.locator(".at-snippet").inner_text()


@pytest.mark.parametrize("tab", ["curl", "Python (OpenTelemetry)", "Python (LangChain)"])
def test_the_lines_to_paste(page: Page, owner: Person, tmp_path: Path, tab: str) -> None:
    """Pasted unchanged, they send a trace, which the card then tells of."""
    visit(page, owner, "/traces")
    page.get_by_role("button", name="Create a key").click()
    expect(page.locator(".at-onboarding .at-secret")).to_be_visible()
    lines = _lines(page, tab)
    environment = {name: each for name, each in os.environ.items() if "OTEL_" not in name}
    program = [sys.executable, "-"] if tab.startswith("Python") else ["bash", "-e"]
    done = subprocess.run(
        program, input=lines, text=True, cwd=tmp_path, env=environment, timeout=120,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expect(page.get_by_text("First trace received")).to_be_visible()


def test_lines_for_elsewhere(page: Page, owner: Person) -> None:
    """Name this address and the new key."""
    visit(page, owner, "/traces")
    page.get_by_role("button", name="Create a key").click()
    key = page.locator(".at-onboarding .at-secret code").inner_text()
    for tab in ("TypeScript", "Collector"):
        lines = _lines(page, tab)
        assert key in lines, tab
        assert str(owner.server.dashboard) in lines, tab


def test_a_test_trace(page: Page, owner: Person) -> None:
    """The card's button sends one from the browser."""
    visit(page, owner, "/traces")
    page.get_by_role("button", name="Send a test trace").click()
    expect(page.get_by_text("First trace received")).to_be_visible()
    [trace] = owner.get("/api/v1/traces")
    assert (trace["name"], trace["span_count"]) == ("test-agent", 2)
