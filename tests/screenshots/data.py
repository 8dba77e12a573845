"""What is looked at: the demonstration, traces of many sizes, and the pages of an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.people import new_person
from tests.support.servers import Server
from tests.support.sized import send_sized

_SIZES = (1, 100, 1000, 10_000)
_VIEWS = ("spans", "dag", "timeline", "sankey")


@dataclass(frozen=True)
class Address:
    """A page as somebody sees it."""

    name: str
    url: str
    cookies: list[Any] = field(default_factory=list)


def addresses(server: Server) -> list[Address]:
    url = str(server.dashboard)
    shown = [Address(name, url + path) for name, path in _OPEN.items()]
    with httpx.Client(base_url=url, timeout=60) as visitor:
        visitor.get("/demo")
        cookies = [
            {"name": name, "value": value, "url": url} for name, value in visitor.cookies.items()
        ]
        traces = visitor.get("/web/v1/traces").json()["data"]
        sessions = visitor.get("/web/v1/sessions").json()["data"]
    shown += [Address(name, url + path, cookies) for name, path in _demo(traces, sessions)]
    person = new_person(server)
    own = [{"name": "audittrail_token", "value": person.token, "url": url}]
    shown += [Address(name, f"{url}/{name}", own) for name in ("settings", "profile")]
    shown.append(Address("onboarding", f"{url}/traces", own))
    for size in _SIZES:
        trace_id = send_sized(person, size)
        path = f"{url}/traces/{trace_id}?tab="
        shown += [Address(f"{size:05}-{view}", path + view, own) for view in _VIEWS]
    return shown


_OPEN = {"landing": "/", "login": "/login", "register": "/register"}


def _demo(traces: list[Any], sessions: list[Any]) -> list[tuple[str, str]]:
    largest = max(traces, key=lambda trace: trace["span_count"])
    failed = max(traces, key=lambda trace: trace["error_count"] / trace["span_count"])
    pages = [("traces", "/traces"), ("sessions", "/sessions")]
    pages.append(("session", f"/sessions/{sessions[0]['session_id']}"))
    for name, trace in (("research", largest), ("failed", failed)):
        path = f"/traces/{trace['trace_id']}"
        pages += [(f"{name}-{view}", f"{path}?tab={view}") for view in _VIEWS]
        pages.append((f"{name}-details", f"{path}?span={trace['root_span_id']}"))
    pages.append(("compare", f"/compare?a={largest['trace_id']}&b={failed['trace_id']}"))
    return pages
