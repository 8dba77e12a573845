"""Ablations as the API tells them, made by hand, and answered in place of a server's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Route

from tests.dashboard.support_sankey import open_sankey, span_id
from tests.support.servers import Server

ABLATION: Final = ".at-ablation"
CHART: Final = ".at-causal-chart"
NODE: Final = ".at-causal-node"
ENDPOINT: Final = {"configured": True, "host": "api.example.com", "model": None, "why_not": None}
NO_ENDPOINT: Final = {"configured": False, "host": None, "model": None, "why_not": None}
ANSWER: Final = "It does 90 km/h. The limit on the road is 80 km/h."
_PATH = re.compile(r"/web/v1/traces/[^/]+/ablation(?P<rest>/[^?]*)?$")


def target(trace_id: str, number: int = 4, **more: Any) -> dict[str, Any]:
    return {
        "span_id": span_id(trace_id, number),
        "name": "answer",
        "model": "gpt-4o-mini",
        "start_time": "2026-11-22T14:02:11Z",
        "is_final": number == 4,
        "kind": "answer",
        "text": ANSWER,
        "tool_calls": [],
        "sentences": ["It does 90 km/h.", "The limit on the road is 80 km/h."],
        "why_not": None,
        **more,
    }


def plan_target(trace_id: str) -> dict[str, Any]:
    """The call that asked for the search."""
    return target(
        trace_id, 2, name="plan", kind="decision", text="", tool_calls=["web_search"], sentences=[]
    )


def source(name: str, kind: str, label: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "kind": kind,
        "label": label,
        "text": text,
        "characters": len(text),
        "tokens": max(1, len(text) // 4),
        "span_id": None,
        "pinned": False,
        "switchable": True,
        "copy_of": None,
        "group": None,
        **more,
    }


def sources(trace_id: str) -> list[dict[str, Any]]:
    return [
        source("m1", "system", "System prompt", "You are careful.", pinned=True),
        source("m2", "user", "User message", "How fast is it?", pinned=True, switchable=False),
        source("m3", "assistant", "plan", "Let me look.", span_id=span_id(trace_id, 2)),
        source(
            "m4", "tool", "web_search result", "It does 90 km/h.", span_id=span_id(trace_id, 3)
        ),
        source("m5", "document", "Manual, page 4", "The limit is 80 km/h.", copy_of="m4"),
        source("m6", "tool", "weather result", "It rains in Lyon."),
    ]  # fmt: skip


def node(name: str, kind: str, label: str, value: float, depth: int, **more: Any) -> dict[str, Any]:
    found = {"id": name, "kind": kind, "label": label, "span_id": None, "value": value}
    return {**found, "text": f"Text of {label}.", "depth": depth, **more}


def link(source: str, target: str, kind: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        "source": source,
        "target": target,
        "value": value,
        "kind": kind,
        "phi": None,
        "low": None,
        "high": None,
        "necessity": None,
        "sufficiency": None,
        "share": None,
        "intervals": "exact",
        **more,
    }


def measured(phi: float, width: float, share: float | None, **more: Any) -> dict[str, Any]:
    """The numbers of a source, as a step and a link have them."""
    return {
        "phi": phi,
        "low": phi - width,
        "high": phi + width,
        "share": share,
        "necessity": max(0.0, phi - 0.1),
        "sufficiency": max(0.0, phi - 0.05),
        **more,
    }


def graph(trace_id: str) -> dict[str, Any]:
    """One step: two causes, one source without influence, one against the answer."""
    return {
        "causal": True,
        "title": "Sources of the answer",
        "nodes": [
            node("prior", "prior", "Model prior / pinned prompt", 0.08, 1),
            node("m3", "assistant", "plan", 0.0, 1, span_id=span_id(trace_id, 2)),
            node("m4", "tool", "web_search result", 0.62, 1, span_id=span_id(trace_id, 3)),
            node("m5", "document", "Manual, page 4", 0.3, 1),
            node("m6", "tool", "weather result", 0.0, 1),
            node("t", "target", "Final answer", 1.0, 0, span_id=span_id(trace_id, 4)),
        ],
        "links": [
            link("prior", "t", "prior", 0.08),
            link("m3", "t", "zero", 0.0, **measured(0.01, 0.03, 0.0)),
            link("m4", "t", "cause", 0.62, **measured(0.67, 0.04, 0.67)),
            link("m5", "t", "cause", 0.3, **measured(0.33, 0.05, 0.33)),
            link("m6", "t", "suppressor", 0.0, **measured(-0.09, 0.03, None)),
        ],
        "terminals": {"prior": 0.08, "m4": 0.62, "m5": 0.3},
        "terminals_sum": 1.0,
    }  # fmt: skip


def deep_graph(trace_id: str) -> dict[str, Any]:
    """Two steps: the search that an earlier call asked for, and what that call was told."""
    return {
        "causal": True,
        "title": "Sources of the answer",
        "nodes": [
            node("prior", "prior", "Model prior / pinned prompt", 0.3, 2),
            node("u", "user", "User message", 0.2, 2),
            node("s", "system", "System prompt", 0.1, 2),
            node("old", "document", "Old note", 0.0, 2),
            node("plan", "llm", "plan", 0.4, 1, span_id=span_id(trace_id, 2)),
            node("m4", "tool", "web_search result", 0.4, 1, span_id=span_id(trace_id, 3)),
            node("m7", "document", "Unread note", 0.0, 1),
            node("t", "target", "Final answer", 1.0, 0, span_id=span_id(trace_id, 4)),
        ],
        "links": [
            link("prior", "t", "prior", 0.2),
            link("prior", "plan", "prior", 0.1),
            link("u", "plan", "cause", 0.2, **measured(0.5, 0.1, 0.5, intervals="model-based")),
            link("s", "plan", "cause", 0.1, **measured(0.25, 0.1, 0.25, intervals="model-based")),
            link("plan", "t", "cause", 0.4, **measured(0.4, 0.1, 0.4, intervals="model-based")),
            link("m4", "t", "cause", 0.4, **measured(0.4, 0.1, 0.4, intervals="model-based")),
            link("plan", "m4", "structural", 0.0),
            link("m7", "t", "zero", 0.0, **measured(0.0, 0.02, 0.0)),
            link("old", "m7", "unmeasured", 0.0),
        ],
        "terminals": {"prior": 0.3, "u": 0.2, "s": 0.1, "m4": 0.4},
        "terminals_sum": 1.0,
    }  # fmt: skip


def overlap(trace_id: str) -> dict[str, Any]:
    return {
        "causal": False,
        "title": "Text overlap (not causal; no model was re-run)",
        "nodes": [
            node("m2", "user", "User message", 0.1, 1),
            node("m4", "tool", "web_search result", 0.6, 1, span_id=span_id(trace_id, 3)),
            node("m5", "document", "Manual, page 4", 0.3, 1),
            node("t", "target", "Final answer", 1.0, 0, span_id=span_id(trace_id, 4)),
        ],
        "links": [
            link("m2", "t", "overlap", 0.1, share=0.1),
            link("m4", "t", "overlap", 0.6, share=0.6),
            link("m5", "t", "overlap", 0.3, share=0.3),
        ],
        "terminals": {"m2": 0.1, "m4": 0.6, "m5": 0.3},
        "terminals_sum": 1.0,
    }


def step(trace_id: str, **more: Any) -> dict[str, Any]:
    numbers = {
        "m3": measured(0.01, 0.03, 0.0, distinguishable=False, members=[]),
        "m4": measured(0.67, 0.04, 0.67, distinguishable=True, members=[]),
        "m5": measured(0.33, 0.05, 0.33, distinguishable=True, members=[]),
        "m6": measured(-0.09, 0.03, None, distinguishable=True, members=[]),
    }
    names = ("phi", "low", "high", "share", "necessity", "sufficiency")
    nothing: dict[str, Any] = dict.fromkeys(names)
    nothing |= {"distinguishable": False, "members": []}
    return {
        "span_id": span_id(trace_id, 4),
        "name": "answer",
        "depth": 0,
        "measure": "text",
        "method": "exact",
        "complete": True,
        "calls": 18,
        "recorded": ANSWER,
        "rerun": ANSWER,
        "reproduced": True,
        "noise": 0.0,
        "v_empty": 0.08,
        "v_full": 1.0,
        "intervals": "exact",
        "sources": [
            {**each, **numbers.get(each["id"], nothing)} for each in sources(trace_id)
        ],
        "pairs": [{"first": "m4", "second": "m5", "interaction": -0.4, "kind": "redundant"}],
        **more,
    }  # fmt: skip


def progress(calls: int = 18, planned: int = 18, **more: Any) -> dict[str, Any]:
    found = {"calls": calls, "calls_planned": planned, "calls_at_most": planned, "tokens_in": 3000}
    return {**found, "tokens_out": 400, "cost": 0.004, "cost_source": "estimated", "step": None,
            **more}  # fmt: skip


def run(trace_id: str, name: str = "abl_0001", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "trace_id": trace_id,
        "state": "complete",
        "error": None,
        "created_at": "2026-11-22T14:05:00Z",
        "started_at": "2026-11-22T14:05:01Z",
        "ended_at": "2026-11-22T14:05:31Z",
        "request": {"mode": "standard"},
        "target": target(trace_id),
        "measure": "text",
        "mode": "standard",
        "model": "gpt-4o-mini",
        "endpoint": "api.example.com",
        "seed": 0,
        "version": "0.1.0",
        "calls_trace_id": None,
        "progress": progress(),
        "notices": [],
        "steps": [step(trace_id)],
        "graph": graph(trace_id),
        **more,
    }


def preview(trace_id: str, body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What the plan of ``body`` would take: pins follow what was asked for."""
    asked = body or {}
    found = [
        {
            **each,
            "pinned": (each["pinned"] or each["id"] in asked.get("exclude", []))
            and each["id"] not in asked.get("include", []),
        }
        for each in sources(trace_id)
    ]
    first = {
        "span_id": asked.get("target") or span_id(trace_id, 4),
        "name": "answer",
        "model": "gpt-4o-mini",
        "depth": 0,
        "measure": asked.get("measure", "text"),
        "method": "exact",
        "sources": found,
        "calls": 48,
        "calls_at_most": 48,
        "tokens_in": 61_000,
        "tokens_in_at_most": 61_000,
        "tokens_out_at_most": 9000,
    }
    back = {**first, "span_id": span_id(trace_id, 2), "name": "plan", "depth": 1,
            "sources": found[:2], "calls_at_most": 6}  # fmt: skip
    return {
        "target": target(trace_id),
        "measure": first["measure"],
        "model": asked.get("model") or "gpt-4o-mini",
        "endpoint": ENDPOINT,
        "steps": [first, back] if asked.get("steps") == "all" else [first],
        "calls": 48,
        "calls_at_most": 210 if asked.get("steps") == "all" else 48,
        "tokens_in": 61_000,
        "tokens_in_at_most": 250_000 if asked.get("steps") == "all" else 61_000,
        "tokens_out_at_most": 9000,
        "cost": 0.021,
        "cost_at_most": 0.034,
        "cost_source": "estimated",
        "overlap": overlap(trace_id),
        **more,
    }


class Answers:
    """What stands in place of the ablation part of the API, for one page.

    ``asked`` are the requests in their order: method, path below ``/ablation``, body. ``runs`` are
    those there are, by id, the newest last; ``plan`` answers previews.
    """

    def __init__(self, page: Page, trace_id: str, **overview: Any) -> None:
        self.trace_id = trace_id
        self.runs: dict[str, dict[str, Any]] = {}
        self.overview: dict[str, Any] = {
            "endpoint": ENDPOINT,
            "default_target": span_id(trace_id, 4),
            "targets": [plan_target(trace_id), target(trace_id)],
            **overview,
        }
        self.plan: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: preview(trace_id, body)
        self.refusal: tuple[int, str] | None = None
        self.asked: list[tuple[str, str, dict[str, Any] | None]] = []
        self.held: list[Route] | None = None
        page.route(lambda url: bool(_PATH.search(urlsplit(url).path)), self._answer)

    def add(self, *made: dict[str, Any]) -> Answers:
        self.runs |= {each["id"]: each for each in made}
        return self

    def bodies(self, rest: str) -> list[dict[str, Any]]:
        """Of the requests that were posted to ``rest``."""
        return [
            body for method, path, body in self.asked if body and (method, path) == ("POST", rest)
        ]

    def _answer(self, route: Route) -> None:
        asked = route.request
        found = _PATH.search(urlsplit(asked.url).path)
        assert found
        rest = found["rest"] or ""
        text = asked.post_data
        body = json.loads(text) if text else None
        self.asked.append((asked.method, rest, body))
        if rest == "/preview" and self.held is not None:
            self.held.append(route)
            return
        if rest in ("", "/preview") and asked.method == "POST" and self.refusal:
            route.fulfill(status=self.refusal[0], json={"detail": self.refusal[1]})
            return
        status, data = self._data(asked.method, rest, body or {})
        if data is None:
            route.fulfill(status=404, json={"detail": "No such ablation."})
        else:
            route.fulfill(status=status, json={"data": data})

    def _data(self, method: str, rest: str, body: dict[str, Any]) -> tuple[int, Any]:
        if rest == "/preview":
            return 200, self.plan(body)
        if rest == "" and method == "GET":
            listed = [
                {key: value for key, value in each.items() if key not in ("steps", "graph")}
                for each in reversed(self.runs.values())
            ]
            return 200, {**self.overview, "runs": listed}
        if rest == "":
            made = run(self.trace_id, "abl_new", state="running", progress=progress(0, 48, cost=0),
                       steps=[], graph=None)  # fmt: skip
            self.add(made)
            return 202, made
        name = rest.split("/")[1]
        if method == "DELETE":
            del self.runs[name]
            return 200, {"deleted": True}
        if rest.endswith("/cancel"):
            self.runs[name] = {**self.runs[name], "state": "cancelled"}
        return 200, self.runs.get(name)


def show(page: Page, server: Server, answers: Answers, query: str = "") -> Locator:
    open_sankey(page, server, answers.trace_id, query)
    page.wait_for_selector(".at-ablation-result")
    return page.locator(ABLATION)


def named(page: Page, label: str) -> Locator:
    return page.locator(f'{NODE}[aria-label*="{label}"]')
