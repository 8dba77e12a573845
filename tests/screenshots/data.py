"""What is looked at: the demonstration, traces of many sizes, and the pages of an account."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from audittrail import semconv
from audittrail.testing.model_server import Answer
from tests.ablation.agents import send_agent
from tests.ablation.running import ran
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import Server
from tests.support.sized import send_sized

_SIZES = (1, 100, 1000, 10_000)
_VIEWS = ("spans", "dag", "timeline", "sankey")


@dataclass(frozen=True)
class Address:
    """A page as somebody sees it, once ``drawn``, a selector, is there."""

    name: str
    url: str
    cookies: list[Any] = field(default_factory=list)
    grey: bool = False
    drawn: str = "body"


def addresses(server: Server, only: Container[str] | None = None) -> list[Address]:
    """All of them, or those with the names in ``only``, for which alone data is sent."""
    url = str(server.dashboard)
    person = new_person(server)
    made = []
    for names, build in _groups(server, url, person).items():
        if only is None or any(name in only for name in names):
            built = build()
            assert [each.name for each in built] == list(names)
            made += [each for each in built if only is None or each.name in only]
    return made


def _groups(
    server: Server, url: str, person: Person
) -> dict[tuple[str, ...], Callable[[], list[Address]]]:
    """The names of pages that are shown with the same data, and how they are made."""
    own = _cookies(url, person.token)

    def opened() -> list[Address]:
        return [Address(name, url + path) for name, path in _OPEN.items()]

    def demo() -> list[Address]:
        with httpx.Client(base_url=url, timeout=60) as visitor:
            visitor.get("/demo")
            cookies = [
                {"name": name, "value": value, "url": url}
                for name, value in visitor.cookies.items()
            ]
            traces = visitor.get("/web/v1/traces").json()["data"]
            sessions = visitor.get("/web/v1/sessions").json()["data"]
        return [Address(name, url + path, cookies) for name, path in _demo(traces, sessions)]

    def account() -> list[Address]:
        return [Address(name, f"{url}/{name}", own) for name in _ACCOUNT]

    def onboarding() -> list[Address]:
        return [Address("onboarding", f"{url}/traces", _cookies(url, new_person(server).token))]

    def ablation() -> list[Address]:
        trace_id, run = _ablate(person)
        path = f"{url}/traces/{trace_id}?tab=sankey&run="
        return [
            Address(name, path + (choice or run), own, drawn=drawn)
            for name, (choice, drawn) in _ABLATION.items()
        ]

    def views(name: str, send: Callable[[], str], **how: Any) -> list[Address]:
        path = f"{url}/traces/{send()}?tab="
        return [Address(f"{name}-{view}", path + view, own, **how) for view in _VIEWS]

    def named(name: str) -> tuple[str, ...]:
        return tuple(f"{name}-{view}" for view in _VIEWS)

    return {
        tuple(_OPEN): opened,
        _DEMO: demo,
        _ACCOUNT: account,
        ("onboarding",): onboarding,
        tuple(_ABLATION): ablation,
        named("states"): lambda: views("states", lambda: _send_states(person), grey=True),
        **{
            named(f"{size:05}"): partial(views, f"{size:05}", partial(send_sized, person, size))
            for size in _SIZES
        },
    }


def _cookies(url: str, token: str) -> list[Any]:
    return [{"name": "audittrail_token", "value": token, "url": url}]


def _ablate(person: Person) -> tuple[str, str]:
    """(trace, run) of an agent, all of whose steps were explained."""
    trace_id, _ = send_agent(person, Answer("Monte Claro, from 2,500 kg, as clause 7 says."))
    return trace_id, str(ran(person, trace_id)["id"])


def _send_states(person: Person) -> str:
    """A trace of spans that ended well, failed, still run, and one whose parent is missing."""
    trace_id, root, now = new_trace_id(), new_span_id(), time.time_ns()
    running = {semconv.RUNNING: True}
    spans = [
        span(trace_id, root, name="agent", start_ns=now - 9 * 10**9, end_ns=0, attributes=running)
    ]
    for number, (name, status, more) in enumerate(_STATES):
        start = now - (8 - 2 * number) * 10**9
        known: dict[str, Any] = {"parent": root, "end_ns": start + 10**9, **more}
        spans.append(span(trace_id, name=name, start_ns=start, status=status, **known))
    assert person.otlp(traces_request(*spans)).status_code == 200
    return trace_id


_STATES: list[tuple[str, int, dict[str, Any]]] = [
    ("ended well", 1, {}),
    ("failed", 2, {}),
    ("its parent is missing", 1, {"parent": new_span_id()}),
    ("still running", 0, {"end_ns": 0, "attributes": {semconv.RUNNING: True}}),
]
_OPEN = {"landing": "/", "login": "/login", "register": "/register"}
_ACCOUNT = ("settings", "profile")
# By name: the chosen run, the one that was made if none is said; what is waited for.
_ABLATION = {
    "ablation": (None, ".at-causal-node"),
    "ablation-preview": ("new", ".at-ablation-figures strong"),
    "ablation-overlap": ("overlap", ".at-causal-node"),
}
_DEMO = (
    *("traces", "sessions", "violations", "session"),
    *(f"{name}-{view}" for name in ("research", "failed") for view in (*_VIEWS, "details")),
    "compare",
)


def _demo(traces: list[Any], sessions: list[Any]) -> list[tuple[str, str]]:
    largest = max(traces, key=lambda trace: trace["span_count"])
    failed = max(traces, key=lambda trace: trace["error_count"] / max(1, trace["span_count"]))
    pages = [("traces", "/traces"), ("sessions", "/sessions"), ("violations", "/violations")]
    pages.append(("session", f"/sessions/{sessions[0]['session_id']}"))
    for name, trace in (("research", largest), ("failed", failed)):
        path = f"/traces/{trace['trace_id']}"
        pages += [(f"{name}-{view}", f"{path}?tab={view}") for view in _VIEWS]
        pages.append((f"{name}-details", f"{path}?span={trace['root_span_id']}"))
    pages.append(("compare", f"/compare?a={largest['trace_id']}&b={failed['trace_id']}"))
    return pages
