"""What a store owes who runs it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from audittrail.errors import Conflict
from audittrail.storage import (
    PHASE_LOG,
    ApiKey,
    Store,
    User,
)
from tests.storage.contract.base import OpensStores, spans_of, trace_of, traces_of
from tests.support.facts import batch, fact, log_version


class KeepingContract(OpensStores):
    """Accounts, backup, repricing, status."""

    def test_users(self, store: Store) -> None:
        """A user is found by id and by e-mail address in any case; an address is used once."""
        ada = User("u1", "Ada@Example.com", "hash", 1)
        store.accounts.add_user(ada)
        with pytest.raises(Conflict):
            store.accounts.add_user(User("u2", "ada@example.COM", "hash", 2))
        assert store.accounts.find_user("ADA@example.com") == ada
        assert store.accounts.get_user("u1") == ada
        assert store.accounts.get_user("u2") is None
        assert store.accounts.count_users() == 1

    def test_keys(self, tmp_path: Path) -> None:
        """Keys are listed by owner, newest first, deleted by their owner alone, and remember
        when they were used."""
        store = self.open_store(tmp_path)

        def key(number: int, owner: str) -> ApiKey:
            return ApiKey(f"k{number}", owner, "n", ["ingest"], "sk", f"h{number}", number, None)

        keys = [key(1, "ada"), key(2, "ada"), key(3, "bob")]
        for each in keys:
            store.accounts.add_key(each)
        store.accounts.note_key_use({"k1": 50})
        store.accounts.note_key_use({"k1": 40})
        store.close()
        store = self.open_store(tmp_path)
        assert [each.id for each in store.accounts.list_keys("ada")] == ["k2", "k1"]
        assert [each.last_used_ns for each in store.accounts.list_keys("ada")] == [None, 50]
        assert len(store.accounts.list_keys()) == 3
        assert store.accounts.delete_key("bob", "k1") is False
        assert store.accounts.delete_key("ada", "k1") is True
        assert [each.id for each in store.accounts.list_keys("ada")] == ["k2"]
        store.close()

    # Looking after it

    def test_a_backup_is_a_moment_of_a_store_in_use(self, tmp_path: Path) -> None:
        """A copy made while batches arrive is consistent, holds what was acknowledged before it,
        and never overwrites a file."""
        store = self.open_store(tmp_path)
        stop = threading.Event()

        def write() -> None:
            number = 0
            while not stop.is_set():
                spans = [fact(f"t{number}", f"s{m}", tokens_in=1) for m in range(20)]
                store.writer.append(batch("ada", *spans)).result(60)
                number += 1

        store.writer.append(batch("ada", fact("before", "s"))).result(30)
        writer = threading.Thread(target=write)
        writer.start()
        target = tmp_path / "copies" / "copy.db"
        try:
            size = store.maintenance.backup(target)
        finally:
            stop.set()
            writer.join()
        assert size == target.stat().st_size > 0
        with pytest.raises(Conflict):
            store.maintenance.backup(target)
        store.close()
        copy = self.open_copy(target)
        assert trace_of(copy, "ada", "before") is not None
        assert copy.maintenance.check().problems == []
        copy.close()

    def open_copy(self, path: Path) -> Store:
        """Open the file that ``backup`` wrote."""
        raise NotImplementedError

    def test_repricing_changes_estimates_alone(self, store: Store) -> None:
        """Costs that no agent reported are recomputed, on spans and in summaries."""
        store.writer.append(
            batch(
                "ada",
                fact("t", "root"),
                fact("t", "a", "root", tokens_in=10, cost=1.0, cost_source="estimated", model="m"),
                fact("t", "b", "root", tokens_in=10, cost=2.0, cost_source="agent"),
                fact("t", "c", "root", tokens_in=10, cost=None, cost_source="unpriced"),
            )
        ).result(30)

        def price(model: str | None, *_: Any) -> tuple[float | None, str | None]:
            return (4.0, "estimated") if model == "m" else (None, "unpriced")

        steps = list(store.maintenance.reprice(price))  # type: ignore[arg-type]
        assert steps[-1][0] == steps[-1][1]
        assert steps[-1][2] == 1
        costs = {span["span_id"]: span["cost"] for span in spans_of(store, "ada")}
        assert costs == {"root": None, "a": 4.0, "b": 2.0, "c": None}
        trace = trace_of(store, "ada")
        assert trace is not None
        assert (trace["cost"], trace["cost_source"], trace["unpriced_spans"]) == (6.0, "mixed", 1)
        store.writer.append(batch("ada", fact("t", "d", "root", cost=1.0, cost_source="agent")))
        assert store.maintenance.check().problems == []

    def test_status(self, store: Store) -> None:
        """A store in use says that it is connected, and how far it is."""
        store.writer.append(batch("ada", fact("t", "s"))).result(30)
        status = store.maintenance.status()
        assert status.connected
        assert status.last_error is None
        assert status.last_seq == store.maintenance.last_seq() > 0

    def test_log_versions_are_no_spans(self, store: Store) -> None:
        """What a log record says of a span that is not here is counted nowhere as a span."""
        told = log_version("t", "s", model="m")
        assert told.phase == PHASE_LOG
        store.writer.append(batch("ada", told)).result(30)
        assert (spans_of(store, "ada"), traces_of(store, "ada")) == ([], [])
