"""How long each owner keeps their traces: what is set, what it would delete, what it deletes."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from audittrail.accounts.retention import RETENTION, enforce
from audittrail.storage import Store, TraceQuery
from audittrail.storage.duckdb.store import DuckDBStore
from tests.api.rest import rest_span, store
from tests.support.facts import batch, fact
from tests.support.otlp import new_trace_id
from tests.support.people import Person

PATH = "/api/v1/settings/retention"
DAY_NS = 86_400 * 10**9


def put(person: Person, body: object) -> httpx.Response:
    with person.client(person.token) as client:
        return client.put(PATH, json=body)


def test_each_sets_their_own(person: Person, other: Person) -> None:
    """All is kept until an owner says otherwise, for themselves alone; null takes it back."""
    assert person.get(PATH) == {"days": None}
    assert put(person, {"days": 30}).json() == {"data": {"days": 30}}
    assert (person.get(PATH), other.get(PATH)) == ({"days": 30}, {"days": None})
    assert put(person, {"days": 7}).status_code == 200
    assert person.get(PATH) == {"days": 7}
    assert put(person, {"days": None}).status_code == 200
    assert person.get(PATH) == {"days": None}


@pytest.mark.parametrize("days", [0, -1, 1.5, "soon", 36_501, [], True])
def test_what_is_no_number_of_days(person: Person, days: object) -> None:
    """Is refused, and changes nothing."""
    assert put(person, {"days": 30}).status_code == 200
    assert put(person, {"days": days}).status_code == 422
    assert person.get(PATH) == {"days": 30}


def test_the_preview_counts_ones_own(person: Person) -> None:
    """What came today is not old, whenever its spans began."""
    store(person, rest_span(new_trace_id(), start_time="2001-01-01T00:00:00Z"))
    assert person.get(PATH + "/preview", days=1)["traces"] == 0


def _kept(within: Store, owner: str) -> set[str]:
    with within.read(owner) as reader:
        return {row["trace_id"] for row in reader.list_traces(TraceQuery(limit=1000)).rows}


def test_old_traces_are_deleted(tmp_path: Path) -> None:
    """Those that received nothing for as many days as their owner said, and nobody else's; all of
    them, however many they are."""
    now = time.time_ns()
    kept = DuckDBStore(tmp_path / "audittrail.duckdb")
    old = [fact(f"old{n}", "s") for n in range(700)]
    for owner in ("ada", "bob"):
        kept.writer.append(batch(owner, *old, received_ns=now - 31 * DAY_NS)).result(60)
        recent = batch(owner, fact("recent", "s"), received_ns=now - 29 * DAY_NS)
        kept.writer.append(recent).result(60)
    woken = batch("ada", fact("old1", "later"), received_ns=now)
    kept.writer.append(woken).result(60)
    assert enforce(kept) == 0
    kept.accounts.set_setting("ada", RETENTION, "30")
    assert [enforce(kept), enforce(kept), enforce(kept)] == [500, 199, 0]
    assert _kept(kept, "ada") == {"recent", "old1"}
    assert len(_kept(kept, "bob")) == 701
    kept.accounts.set_setting("ada", RETENTION, None)
    assert enforce(kept) == 0
    assert kept.maintenance.check().problems == []
    kept.close()
