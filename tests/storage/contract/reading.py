"""What a store owes who reads."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audittrail.storage import (
    PHASE_RUNNING,
    SpanFacts,
    Store,
    TraceQuery,
)
from tests.storage.contract.base import OpensStores, spans_of, trace_of, traces_of
from tests.support.facts import batch, fact, log_version


class ReadingContract(OpensStores):
    """Lists, filters, pages, spans, and one state from any order."""

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

    @pytest.fixture(scope="class")
    @classmethod
    def in_one_piece(
        cls, tmp_path_factory: pytest.TempPathFactory
    ) -> tuple[list[SpanFacts], tuple[Any, Any]]:
        """Versions of the spans of a trace, and how they end in order and in one batch."""
        versions = [
            fact("t", "root", span_type="agent", tokens_in=57, tokens_out=17),
            fact("t", "a", "root", phase=PHASE_RUNNING, end_ns=None, status="running", model="x"),
            fact("t", "a", "root", span_type="llm", tokens_in=57, tokens_out=17, response_id="r"),
            log_version("t", "a", model="y", session_id="z"),
            fact("t", "b", "a", span_type="tool", status="error"),
            log_version("t", "root", user_id="u"),
        ]
        in_order = sorted(versions, key=lambda version: version.phase)
        return versions, cls()._stored(tmp_path_factory.mktemp("once"), in_order, set(), set())

    @pytest.mark.long
    @given(data=st.data())
    @settings(max_examples=25)
    def test_any_split_and_order_gives_one_state(
        self,
        data: st.DataObject,
        in_one_piece: tuple[list[SpanFacts], Any],
        tmp_path_factory: pytest.TempPathFactory,
    ) -> None:
        """However versions are split into batches, ordered and repeated, and however often the
        store is opened anew between them, spans and summary end the same."""
        versions, expected = in_one_piece
        order = data.draw(
            st.permutations(versions + data.draw(st.lists(st.sampled_from(versions), max_size=4)))
        )
        cuts = data.draw(st.sets(st.integers(1, len(order) - 1)))
        reopen = data.draw(st.sets(st.sampled_from(sorted(cuts)))) if cuts else set()
        result = self._stored(tmp_path_factory.mktemp("any"), order, cuts, reopen)
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
