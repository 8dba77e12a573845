"""Ablations over the API."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.support.people import Person

_PATIENCE = 60


def path(trace_id: str, rest: str = "") -> str:
    return f"/api/v1/traces/{trace_id}/ablation{rest}"


def preview(person: Person, trace_id: str, **request: Any) -> Any:
    answer = person.post(path(trace_id, "/preview"), request)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def begin(person: Person, trace_id: str, **request: Any) -> Any:
    answer = person.post(path(trace_id), request)
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]


def wait(person: Person, run: Any, *states: str) -> Any:
    """The run once it is in one of these states; over, if none is named."""
    wanted = states or ("complete", "cancelled", "failed")
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        found = person.get(path(run["trace_id"], f"/{run['id']}"))
        if found["state"] in wanted:
            return found
        time.sleep(0.05)
    raise AssertionError(f"the run is still {found['state']}: {found['progress']}")


def wait_for_calls(person: Person, run: Any, calls: int) -> Any:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        found = person.get(path(run["trace_id"], f"/{run['id']}"))
        if found["progress"].get("calls", 0) >= calls:
            return found
        time.sleep(0.05)
    raise AssertionError(f"only so many calls were made: {found['progress']}")


def ran(person: Person, trace_id: str, **request: Any) -> Any:
    return wait(person, begin(person, trace_id, **request))


def by_label(step: Any) -> dict[str, Any]:
    """Sources that were taken away, by the name of the tool."""
    return {
        source["label"].partition("(")[0]: source
        for source in step["sources"]
        if source["phi"] is not None
    }


def posted(person: Person, trace_id: str, rest: str, body: Any = None) -> httpx.Response:
    return person.post(path(trace_id, rest), body)
