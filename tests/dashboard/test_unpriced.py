"""Costs where a model has no price: what is missing is counted, and nothing is free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from audittrail.rules.shipped import default_rules_dir
from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import sign_in, visit
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import running_server

ROW: Final = ".at-list-row:not([hidden])"
MIXED: Final = new_trace_id()
UNPRICED: Final = new_trace_id()


def _calls(trace_id: str, name: str, *costs: float | None) -> list[dict[str, Any]]:
    """A root, and a call of a model that has no price for each cost; None is not reported."""
    root = new_span_id()
    call: dict[str, Any] = {"span_type": "llm", "model": "made-up", "tokens_in": 1000}
    told = [call if cost is None else call | {"cost": cost} for cost in costs]
    calls = [rest_span(trace_id, parent_span_id=root, **each) for each in told]
    return [rest_span(trace_id, root, name=name), *calls]


@pytest.fixture(scope="module")
def payer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Of a server that has no default rate."""
    folder = tmp_path_factory.mktemp("unpriced")
    table = (default_rules_dir() / "pricing.yaml").read_text().splitlines()
    kept = [line for line in table if not line.startswith("default:")]
    assert len(kept) == len(table) - 1
    (folder / "pricing.yaml").write_text("\n".join(kept))
    with running_server(folder / "data", dashboard=True, RULES_DIR=str(folder)) as server:
        person = new_person(server)
        store(person, *_calls(MIXED, "mixed", 0.5, None, None), *_calls(UNPRICED, "silent", None))
        yield person


def test_in_the_list(page: Page, payer: Person) -> None:
    """A sum that lacks some is a lower bound with their count; without any there is no amount."""
    sign_in(page, payer)
    visit(page, payer, "/traces")
    expect(page.locator(ROW)).to_have_count(2)
    mixed = page.locator(ROW, has_text="mixed").locator(".at-list-cost")
    expect(mixed).to_contain_text(">= $0.5")
    expect(mixed).to_contain_text("2 U")
    silent = page.locator(ROW, has_text="silent").locator(".at-list-cost")
    expect(silent).to_contain_text("--")
    assert "$" not in silent.inner_text()


def test_in_the_header(page: Page, payer: Person) -> None:
    """A trace of both kinds says the lower bound, and how many spans are not in it."""
    sign_in(page, payer)
    visit(page, payer, f"/traces/{MIXED}")
    header = page.locator("main")
    expect(header).to_contain_text(">= $0.5")
    expect(header).to_contain_text("2 unpriced")


def test_never_free(page: Page, payer: Person) -> None:
    """A trace without any price has no amount in any of its views."""
    sign_in(page, payer)
    visit(page, payer, f"/traces/{UNPRICED}")
    for view in ("Spans", "DAG", "Timeline", "Sankey"):
        page.get_by_role("tab", name=view).click()
        expect(page.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        expect(page.locator("main")).to_contain_text("--")
        expect(page.locator(".at-panel:not([hidden])")).to_be_visible()
        assert "$0" not in page.locator("body").inner_text(), view
