"""What can be taken away of an ablation."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.dashboard.support_ablation import (
    Answers,
    graph,
    run,
    show,
    step,
)
from tests.dashboard.support_sankey import agent_run
from tests.dashboard.support_trace import send
from tests.support.otlp import new_trace_id
from tests.support.servers import Server


@pytest.fixture(scope="module")
def trace_id(local_server: Server) -> str:
    made = new_trace_id()
    send(local_server, *agent_run(made, costs=(0.001, 0.002)))
    return made


def test_files(page: Page, local_server: Server, trace_id: str) -> None:
    """The picture as PNG and as SVG that stands alone, the figures as CSV and JSON."""
    show(page, local_server, Answers(page, trace_id).add(run(trace_id)))

    def saved(kind: str) -> Path:
        with page.expect_download() as download:
            page.locator(".at-ablation-exports").get_by_role("button", name=kind).click()
        assert (
            download.value.suggested_filename == f"ablation-{trace_id[:8]}-abl_0001.{kind.lower()}"
        )
        return Path(download.value.path())

    image = saved("PNG").read_bytes()
    assert image.startswith(b"\x89PNG")
    width, height = struct.unpack_from(">II", image, 16)
    assert width > 600
    assert height > 600
    drawing = saved("SVG").read_text()
    assert "Ablation of answer (final answer)" in drawing
    assert "web_search result" in drawing
    assert "class=" not in drawing
    assert "var(" not in drawing
    rows = list(csv.DictReader(saved("CSV").read_text().splitlines()))
    assert [
        (each["source_id"], each["phi"], each["low"], each["causal"]) for each in rows[3:5]
    ] == [
        ("m4", "0.67", "0.63", "true"),
        ("m5", "0.33", "0.28", "true"),
    ]
    assert rows[0]["pinned"] == "true"
    assert rows[3]["redundancy"] == "redundant with Manual, page 4"
    made = json.loads(saved("JSON").read_text())
    assert made["graph"] == graph(trace_id)
    assert made["steps"] == [step(trace_id)]


def test_files_of_the_overlap(page: Page, local_server: Server, trace_id: str) -> None:
    """They say that they are not causal."""
    answers = Answers(page, trace_id)
    show(page, local_server, answers, "&run=overlap")
    files = page.locator(".at-ablation-exports")
    with page.expect_download() as download:
        files.get_by_role("button", name="JSON").click()
    made = json.loads(Path(download.value.path()).read_text())
    assert made["causal"] is False
    assert made["title"] == "Text overlap (not causal; no model was re-run)"
    with page.expect_download() as download:
        files.get_by_role("button", name="CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[:2] == [
        '"source","target","overlap","causal"',
        '"User message","Final answer","0.1","false"',
    ]
