"""What a store owes who writes."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from audittrail.errors import Overloaded, ShuttingDown
from audittrail.storage import (
    PHASE_RUNNING,
    CommitEvent,
    Store,
    TraceQuery,
)
from tests.storage.contract.base import OpensStores, spans_of, trace_of, traces_of
from tests.support.facts import batch, fact, registration


class WritingContract(OpensStores):
    """Appending, repeating, deleting, and what is announced."""

    def test_acknowledged_is_there_after_opening_again(self, tmp_path: Path) -> None:
        """A resolved receipt means that the span outlives the store object."""
        store = self.open_store(tmp_path)
        receipt = store.writer.append(batch("ada", fact("t", "s", name="kept"))).result(30)
        assert (receipt.stored, receipt.duplicates, list(receipt.rejected)) == (1, 0, [])
        store.close()
        again = self.open_store(tmp_path)
        assert [span["name"] for span in spans_of(again, "ada")] == ["kept"]
        again.close()

    def test_giving_up_waiting(self, store: Store) -> None:
        """Whoever no longer waits for an answer takes nothing back, and harms nobody else: it is
        stored, and so is what comes after it."""

        async def give_up() -> None:
            for number in range(20):
                appended = store.writer.append(batch("ada", fact("t", f"s{number}")))
                deleted = store.writer.delete_trace("ada", "none")
                for future in (appended, deleted):
                    asyncio.wrap_future(future).cancel()

        asyncio.run(give_up())
        store.writer.append(batch("ada", fact("t", "last"))).result(30)
        assert len(spans_of(store, "ada")) == 21

    def test_a_repeated_version_changes_nothing(self, store: Store) -> None:
        """The same version again is a duplicate: no count, sum, cost or version is added."""
        span = fact("t", "s", span_type="llm", tokens_in=5, cost=1.0, cost_source="agent")
        store.writer.append(batch("ada", span)).result(30)
        before = trace_of(store, "ada")
        receipt = store.writer.append(batch("ada", span)).result(30)
        assert (receipt.stored, receipt.duplicates) == (0, 1)
        assert trace_of(store, "ada") == before
        with store.read("ada") as reader:
            assert len(reader.span_versions("t", "s")) == 1

    def test_a_repeated_version_changes_nothing_after_opening_again(self, tmp_path: Path) -> None:
        """Nor does one that is repeated to a store that has forgotten all but its file."""
        span = fact("t", "s", span_type="llm", tokens_in=5, cost=1.0, cost_source="agent")
        store = self.open_store(tmp_path)
        store.writer.append(batch("ada", span)).result(30)
        store.close()
        again = self.open_store(tmp_path)
        again.writer.append(batch("ada", span)).result(30)
        trace = trace_of(again, "ada")
        assert trace is not None
        assert (trace["span_count"], trace["tokens_in"], trace["cost"]) == (1, 5, 1.0)
        with again.read("ada") as reader:
            assert len(reader.span_versions("t", "s")) == 1
        assert again.maintenance.check().problems == []
        again.close()

    def test_versions_are_kept_and_the_latest_counts(self, store: Store) -> None:
        """Every received version stays readable; the state is resolved from all of them."""
        running = fact("t", "s", phase=PHASE_RUNNING, status="running", end_ns=None, model="m")
        store.writer.append(batch("ada", running)).result(30)
        store.writer.append(batch("ada", fact("t", "s", name="done"))).result(30)
        (span,) = spans_of(store, "ada")
        assert (span["name"], span["status"], span["model"], span["versions"]) == (
            "done",
            "ok",
            "m",
            2,
        )
        with store.read("ada") as reader:
            versions = reader.span_versions("t", "s")
        assert [version["status"] for version in versions] == ["running", "ok"]

    def test_a_text_keeps_the_attribute_that_it_came_from(self, store: Store) -> None:
        """Input and its key come from one version, even where another has only one of them."""
        keyed = {"input": ["first"], "input_key": ["a.key"]}
        running = fact("t", "s", phase=PHASE_RUNNING, end_ns=None)
        store.writer.append(batch("ada", running, columns=keyed)).result(30)
        final = {"input": ["second"], "output": ["third"], "output_key": ["b.key"]}
        store.writer.append(batch("ada", fact("t", "s"), columns=final)).result(30)
        (span,) = spans_of(store, "ada")
        assert (span["input"], span["input_key"]) == ("second", None)
        assert (span["output"], span["output_key"]) == ("third", "b.key")

    def test_every_text_comes_back_as_it_was(self, store: Store) -> None:
        """NUL, control characters, emoji, quotes and a megabyte survive unchanged."""
        texts = ["\0", "a\0b", "\x01\x1f", "😀 ‮", "'\"\\;--", "", "x" * 2**20]
        spans = [fact("t", f"s{n}", start_ns=n + 1) for n in range(len(texts))]
        store.writer.append(batch("ada", *spans, columns={"output": texts})).result(30)
        assert [span["output"] for span in spans_of(store, "ada")] == texts

    def test_registrations_and_logs_are_stored(self, store: Store) -> None:
        """A registered trace is listed without a span; log records are read with their trace,
        a repeated one once."""
        store.writer.append(
            batch("ada", registrations=[registration("t", agent_name="a", metadata='{"k":1}')])
        ).result(30)
        trace = trace_of(store, "ada")
        assert trace is not None
        assert (trace["agent_name"], trace["metadata"], trace["state"]) == (
            "a",
            '{"k":1}',
            "running",
        )
        log = {"trace_id": "t", "span_id": "s", "time_ns": 5, "body": '"hello"', "digest": "d"}
        for _ in range(2):
            store.writer.append(batch("ada", logs=[log])).result(30)
        with store.read("ada") as reader:
            assert [row["body"] for row in reader.list_logs("t")] == ['"hello"']

    def test_logs_alone_make_no_trace(self, store: Store) -> None:
        """A trace id that only log records have named is not listed until a span comes."""
        store.writer.append(batch("ada", logs=[{"trace_id": "t", "time_ns": 1}])).result(30)
        assert traces_of(store, "ada") == []
        store.writer.append(batch("ada", fact("t", "s"))).result(30)
        with store.read("ada") as reader:
            assert len(reader.list_logs("t")) == 1

    def test_one_owner_never_meets_another(self, store: Store) -> None:
        """Two owners use the same ids: each reads, changes and deletes their own alone."""
        for owner, name in (("ada", "hers"), ("bob", "his")):
            store.writer.append(
                batch(
                    owner,
                    fact("t", "s", name=name, tokens_in=1, session_id=owner),
                    logs=[{"trace_id": "t", "time_ns": 1, "body": f'"{name}"', "digest": "same"}],
                    registrations=[registration("t", agent_name=owner)],
                )
            ).result(30)
        store.writer.append(batch("bob", fact("t", "s", name="changed"))).result(30)
        with store.read("ada") as reader:
            assert [row["body"] for row in reader.list_logs("t")] == ['"hers"']
            assert [row["name"] for row in reader.span_versions("t", "s")] == ["hers"]
            assert reader.skeleton("t").column("name").to_pylist() == ["hers"]
            assert [row["session_id"] for row in reader.list_traces(TraceQuery()).rows] == ["ada"]
            assert reader.list_traces(TraceQuery(text="his")).rows == []
        assert store.writer.delete_trace("bob", "t").result(30)
        assert trace_of(store, "bob") is None
        assert [span["name"] for span in spans_of(store, "ada")] == ["hers"]

    def test_a_deleted_trace_is_gone_and_may_begin_anew(self, store: Store) -> None:
        """Deleting takes spans, versions and log records; what comes later is a new trace."""
        store.writer.append(
            batch("ada", fact("t", "s"), fact("t", "u"), logs=[{"trace_id": "t", "time_ns": 1}])
        ).result(30)
        assert store.writer.delete_trace("ada", "t").result(30) is True
        assert store.writer.delete_trace("ada", "t").result(30) is False
        assert (traces_of(store, "ada"), spans_of(store, "ada")) == ([], [])
        store.writer.append(batch("ada", fact("t", "u"))).result(30)
        with store.read("ada") as reader:
            assert reader.list_logs("t") == []
        assert len(spans_of(store, "ada")) == 1
        assert store.maintenance.check().problems == []

    def test_deleting_only_what_is_quiet(self, store: Store) -> None:
        """A trace that received something at the time named, or later, is not deleted, however
        long ago it was named; nobody else's is, and the number is of those that are gone."""
        for owner in ("ada", "bob"):
            store.writer.append(batch(owner, fact("old", "s"), received_ns=10)).result(30)
        store.writer.append(batch("ada", fact("woken", "s"), received_ns=10)).result(30)
        store.writer.append(batch("ada", fact("woken", "u"), received_ns=20)).result(30)
        with store.read("ada") as reader:
            assert reader.quiet_since(20, 10) == ["old"]
            assert reader.count_quiet_since(21) == 2
        asked = ["old", "woken", "none"]
        assert store.writer.delete_traces("ada", asked, 20).result(30) == 1
        assert traces_of(store, "ada") == ["woken"]
        assert traces_of(store, "bob") == ["old"]
        assert store.maintenance.check().problems == []

    def test_commits_are_announced_in_order(self, store: Store) -> None:
        """Listeners hear of every changed trace after its commit, with rising numbers."""
        heard: list[CommitEvent] = []
        stop = store.writer.subscribe(heard.extend)
        for n in range(5):
            store.writer.append(batch("ada", fact("t", f"s{n}"), fact("u", f"s{n}"))).result(30)
        store.writer.delete_trace("ada", "u").result(30)
        assert [e.summary and e.summary.span_count for e in heard if e.trace_id == "t"] == [
            1,
            2,
            3,
            4,
            5,
        ]
        assert [event.seq for event in heard] == sorted(event.seq for event in heard)
        assert heard[-1].deleted
        assert [span.span_id for span in heard[0].spans] == ["s0"]
        stop()
        store.writer.append(batch("ada", fact("t", "more"))).result(30)
        assert len(heard) == 11

    def test_a_listener_that_fails_harms_nobody(self, store: Store) -> None:
        """An exception in a listener is the listener's: the span is stored and acknowledged."""

        def fail(_: object) -> None:
            raise RuntimeError("listener")

        store.writer.subscribe(fail)
        assert store.writer.append(batch("ada", fact("t", "s"))).result(30).stored == 1

    def test_many_writers_at_once_lose_nothing(self, store: Store) -> None:
        """Batches from several threads are all stored, each span once."""
        done: list[int] = []

        def write(number: int) -> None:
            for n in range(20):
                spans = [fact(f"t{n % 3}", f"{number}-{n}-{m}", tokens_in=1) for m in range(10)]
                done.append(store.writer.append(batch("ada", *spans)).result(60).stored)

        threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(done) == 1200
        with store.read("ada") as reader:
            rows = reader.list_traces(TraceQuery()).rows
        assert sum(row["span_count"] for row in rows) == 1200
        assert sum(row["tokens_in"] for row in rows) == 1200
        assert store.maintenance.check().problems == []

    def test_a_full_queue_refuses_at_once(self, tmp_path: Path) -> None:
        """Beyond the bound ``append`` raises Overloaded; what was taken before is stored."""
        store = self.open_store(tmp_path, max_queued_bytes=50_000)
        held = threading.Event()
        store.writer.subscribe(lambda _: held.wait(30))  # type: ignore[arg-type,return-value]
        futures: list[Any] = []

        def fill() -> None:
            for n in range(200):
                future = store.writer.append(batch("ada", fact("t", f"s{n}")))
                futures.append(future)

        with pytest.raises(Overloaded):
            fill()
        held.set()
        assert sum(future.result(30).stored for future in futures) == len(futures)
        store.close()

    def test_closing_stores_what_was_accepted(self, tmp_path: Path) -> None:
        """``close`` commits everything that was appended before, and refuses what comes after."""
        store = self.open_store(tmp_path)
        futures = [store.writer.append(batch("ada", fact("t", f"s{n}"))) for n in range(50)]
        store.close()
        assert sum(future.result(0).stored for future in futures) == 50
        with pytest.raises(ShuttingDown):
            store.writer.append(batch("ada", fact("t", "late")))
        again = self.open_store(tmp_path)
        assert len(spans_of(again, "ada")) == 50
        again.close()
