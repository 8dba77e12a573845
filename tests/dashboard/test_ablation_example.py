"""The example agent with seven tools: which of their results its answer rests on, in a browser."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_ablation import ABLATION
from tests.dashboard.support_sankey import open_sankey
from tests.dashboard.support_trace import get
from tests.examples.running import EXAMPLES, LIMIT_S, environment
from tests.support.asking import asking_server
from tests.support.servers import Server

AGENT = EXAMPLES / "langgraph-agent"


@pytest.fixture(scope="module")
def script() -> Iterator[Any]:
    """What the model says when there is none."""
    sys.path.insert(0, str(AGENT))
    try:
        found = importlib.util.spec_from_file_location("offline", AGENT / "offline.py")
        assert found is not None
        assert found.loader is not None
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        yield module.script
    finally:
        sys.path.remove(str(AGENT))


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory, script: Any) -> Iterator[Server]:
    """A server with a dashboard, whose endpoint is the script of the example."""
    folder = tmp_path_factory.mktemp("asking")
    with asking_server(folder, script, "--local", dashboard=True) as (server, _):
        yield server


@pytest.fixture(scope="module")
def trace_id(asking: Server) -> str:
    """Of the agent, run as its readers do."""
    done = subprocess.run(
        [sys.executable, "agent.py", "--offline"],
        cwd=AGENT,
        env=environment(AUDITTRAIL_ENDPOINT=asking.api),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    [found] = re.findall(r"Trace registered: ([0-9a-f]{32})", done.stdout)
    return str(found)


@pytest.mark.slow
def test_the_planted_cause(page: Page, asking: Server, trace_id: str) -> None:
    """One click explains the final answer all the way back: of the tools' results the one that the
    answer rests on has the widest ribbon, and what the web search found is grey."""
    open_sankey(page, asking, trace_id)
    part = page.locator(ABLATION)
    expect(part.get_by_role("button", name="All the way back")).to_have_attribute(
        "aria-pressed", "true"
    )
    part.get_by_role("button", name="Run Ablation").click()
    expect(part.locator(".at-ablation-state")).to_have_text("Complete", timeout=60_000)
    chart = part.locator(".at-causal-chart")
    terms = chart.locator('[aria-label^="Tool result: read_file(monte-claro-terms.md)"]')
    expect(terms).to_have_count(1)
    expect(chart.locator('[aria-label*="web_search"]')).to_have_count(1)

    [summary] = get(asking, f"/traces/{trace_id}/ablation")["runs"]
    graph = get(asking, f"/traces/{trace_id}/ablation/{summary['id']}")["graph"]
    nodes = {node["id"]: node for node in graph["nodes"]}
    tools = [link for link in graph["links"] if nodes[link["source"]]["kind"] == "tool"]
    widest = max(tools, key=lambda link: link["value"])
    assert nodes[widest["source"]]["label"] == "read_file(monte-claro-terms.md)"
    assert widest["value"] > 0.5
    [search] = [link for link in tools if "web_search" in nodes[link["source"]]["label"]]
    assert search["kind"] in ("zero", "unmeasured")
    assert search["value"] == 0
    assert graph["terminals_sum"] == pytest.approx(1, abs=1e-9)
