"""What any store owes its callers (``audittrail.storage.interface``).

A new implementation gets a test class that inherits ``StoreContract`` and says how to open one.
"""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audittrail.errors import Conflict, Overloaded, ShuttingDown
from audittrail.storage import (
    PHASE_LOG,
    PHASE_RUNNING,
    ApiKey,
    CommitEvent,
    SpanFacts,
    Store,
    TraceQuery,
    User,
)
from tests.support.facts import batch, fact, log_version, registration

Row = dict[str, Any]


def spans_of(store: Store, owner: str, trace_id: str = "t") -> list[Row]:
    with store.read(owner) as reader:
        return list(reader.list_spans(trace_id, payload=True, limit=1_000_000, after=None).rows)


def trace_of(store: Store, owner: str, trace_id: str = "t") -> Row | None:
    with store.read(owner) as reader:
        return reader.get_trace(trace_id)


def traces_of(store: Store, owner: str, **query: Any) -> list[str]:
    with store.read(owner) as reader:
        return [row["trace_id"] for row in reader.list_traces(TraceQuery(**query)).rows]


class StoreContract:
    """Subclasses define ``open_store``."""

    def open_store(self, folder: Path, **limits: Any) -> Store:
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        opened = self.open_store(tmp_path)
        yield opened
        opened.close()

    # Writing

    def test_acknowledged_is_there_after_opening_again(self, tmp_path: Path) -> None:
        """A resolved receipt means that the span outlives the store object."""
        store = self.open_store(tmp_path)
        receipt = store.writer.append(batch("ada", fact("t", "s", name="kept"))).result(30)
        assert (receipt.stored, receipt.duplicates, list(receipt.rejected)) == (1, 0, [])
        store.close()
        again = self.open_store(tmp_path)
        assert [span["name"] for span in spans_of(again, "ada")] == ["kept"]
        again.close()

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
        assert heard[-1].summary is None
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

    # Reading

    def test_pages_follow_each_other_while_traces_arrive(self, store: Store) -> None:
        """Paging by key neither repeats nor skips a trace, whatever arrives meanwhile."""
        spans = [fact(f"t{n:02}", "s", start_ns=1_000 + n // 2) for n in range(20)]
        store.writer.append(batch("ada", *spans)).result(30)
        seen: list[str] = []
        after = None
        while True:
            with store.read("ada") as reader:
                page = reader.list_traces(TraceQuery(limit=3, after=after))
            seen += [row["trace_id"] for row in page.rows]
            if page.after is None:
                break
            after = page.after
            new = fact(f"new{len(seen)}", "s", start_ns=10**6 + len(seen))
            store.writer.append(batch("ada", new)).result(30)
        assert seen == sorted((f"t{n:02}" for n in range(20)), reverse=True)

    @pytest.mark.parametrize(
        "sort", ["start_time", "duration", "cost", "tokens", "span_count", "error_count"]
    )
    @pytest.mark.parametrize("descending", [True, False])
    def test_every_sort_pages_through_everything(
        self, store: Store, sort: Any, descending: bool
    ) -> None:
        """Each order visits every trace once, also those without a value to sort by."""
        spans = [
            fact(
                f"t{n}",
                "s",
                start_ns=100 + n % 3,
                end_ns=None if n % 4 == 0 else 200 + n,
                phase=PHASE_RUNNING if n % 4 == 0 else 2,
                cost=n % 5 / 8 if n % 2 else None,
                cost_source="agent" if n % 2 else None,
                tokens_in=n % 3,
                status="error" if n % 3 == 0 else "ok",
            )
            for n in range(12)
        ]
        store.writer.append(batch("ada", *spans)).result(30)
        seen: list[str] = []
        after = None
        for _ in range(20):
            with store.read("ada") as reader:
                query = TraceQuery(sort=sort, descending=descending, limit=5, after=after)
                page = reader.list_traces(query)
            seen += [row["trace_id"] for row in page.rows]
            after = page.after
            if after is None:
                break
        assert sorted(seen) == sorted(f"t{n}" for n in range(12))

    def test_filters(self, store: Store) -> None:
        """Each filter alone picks the traces that it names."""
        store.writer.append(
            batch(
                "ada",
                fact("good", "s", agent_name="a1", environment="prod", start_ns=100, end_ns=200),
                fact("bad", "s", status="error", session_id="c1", start_ns=10**9, end_ns=3 * 10**9),
                fact("open", "s", phase=PHASE_RUNNING, end_ns=None, user_id="u1"),
                fact(
                    "paid",
                    "s",
                    span_type="llm",
                    model="gpt",
                    tokens_in=9,
                    cost=0.5,
                    cost_source="agent",
                ),
                columns={"input": ["find the needle", None, None, r"Z\u00fcrich 100%"]},
            )
        ).result(30)

        def found(**query: Any) -> set[str]:
            return set(traces_of(store, "ada", **query))

        assert found(status=["error"]) == {"bad"}
        assert found(status=["running", "error"]) == {"bad", "open"}
        assert found(status=["incomplete"], idle_before_ns=2**62) == {"open"}
        assert found(status=["running"], idle_before_ns=2**62) == set()
        assert found(agent_name="a1") == {"good"}
        assert found(environment="prod") == {"good"}
        assert found(session_id="c1") == {"bad"}
        assert found(user_id="u1") == {"open"}
        assert found(model="gpt") == {"paid"}
        assert found(min_cost=0.1) == {"paid"}
        assert found(max_cost=0.1) == set()
        assert found(min_duration_ms=1000) == {"bad"}
        assert found(max_duration_ms=1) == {"good", "paid"}
        assert found(has_violations=True) == set()
        assert found(since_ns=10**9) == {"bad"}
        assert found(until_ns=500) == {"good"}
        assert found(text="needle") == {"good"}
        assert found(text="NEEDLE") == {"good"}
        assert found(text="zürich") == {"paid"}
        assert found(text="100%") == {"paid"}
        assert found(text="1_0%") == set()
        assert found(text="x' OR 1=1 --") == set()

    def test_spans_are_paged_by_start(self, store: Store) -> None:
        """Spans come in order of start, page by page, each once, with or without payload."""
        spans = [fact("t", f"s{n:02}", start_ns=1_000 + n // 3) for n in range(20)]
        store.writer.append(batch("ada", *reversed(spans))).result(30)
        seen, after = [], None
        while True:
            with store.read("ada") as reader:
                page = reader.list_spans("t", payload=False, limit=6, after=after)
            seen += [row["span_id"] for row in page.rows]
            assert all("input" not in row for row in page.rows)
            after = page.after
            if after is None:
                break
        assert seen == [span.span_id for span in spans]

    def test_the_skeleton_tells_what_changed(self, store: Store) -> None:
        """With ``after_seq`` only spans with a newer version come, in their present state."""
        store.writer.append(
            batch("ada", fact("t", "a"), fact("t", "b", phase=PHASE_RUNNING, end_ns=None))
        ).result(30)
        trace = trace_of(store, "ada")
        assert trace is not None
        store.writer.append(batch("ada", fact("t", "b", name="ended"), fact("t", "c"))).result(30)
        with store.read("ada") as reader:
            everything = reader.skeleton("t").to_pydict()
            changed = reader.skeleton("t", trace["seq"]).to_pydict()
        assert everything["span_id"] == ["a", "b", "c"]
        assert changed["span_id"] == ["b", "c"]
        assert changed["name"] == ["ended", "step"]

    def test_what_is_not_there_is_none(self, store: Store) -> None:
        """Unknown ids give nothing, never an error."""
        with store.read("nobody") as reader:
            assert reader.get_trace("t") is None
            assert reader.get_span("t", "s") is None
            assert reader.list_spans("t", payload=True, limit=5, after=None).rows == []
            assert reader.list_logs("t") == []
            assert reader.span_versions("t", "s") == []
            assert reader.skeleton("t").num_rows == 0

    @given(data=st.data())
    @settings(max_examples=25)
    def test_any_split_and_order_gives_one_state(
        self, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """However versions are split into batches, ordered and repeated, and however often the
        store is opened anew between them, spans and summary end the same."""
        versions = [
            fact("t", "root", span_type="agent", tokens_in=57, tokens_out=17),
            fact("t", "a", "root", phase=PHASE_RUNNING, end_ns=None, status="running", model="x"),
            fact("t", "a", "root", span_type="llm", tokens_in=57, tokens_out=17, response_id="r"),
            log_version("t", "a", model="y", session_id="z"),
            fact("t", "b", "a", span_type="tool", status="error"),
            log_version("t", "root", user_id="u"),
        ]
        order = data.draw(
            st.permutations(versions + data.draw(st.lists(st.sampled_from(versions), max_size=4)))
        )
        cuts = data.draw(st.sets(st.integers(1, len(order) - 1)))
        reopen = data.draw(st.sets(st.sampled_from(sorted(cuts)))) if cuts else set()
        result = self._stored(tmp_path_factory.mktemp("any"), order, cuts, reopen)
        expected = self._stored(
            tmp_path_factory.mktemp("once"), sorted(versions, key=lambda v: v.phase), set(), set()
        )
        assert result == expected

    def _stored(
        self, folder: Path, order: list[SpanFacts], cuts: set[int], reopen: set[int]
    ) -> tuple[Any, Any]:
        store = self.open_store(folder)
        bounds = [0, *sorted(cuts), len(order)]
        for start, stop in itertools.pairwise(bounds):
            if start in reopen:
                store.close()
                store = self.open_store(folder)
            store.writer.append(batch("ada", *order[start:stop])).result(30)
        hidden = ("seq", "first_seq", "last_received_ns", "received_ns", "versions")
        spans = [
            {k: v for k, v in span.items() if k not in hidden} for span in spans_of(store, "ada")
        ]
        trace = {k: v for k, v in (trace_of(store, "ada") or {}).items() if k not in hidden}
        assert store.maintenance.check().problems == []
        store.close()
        return spans, trace

    # Accounts

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
