"""Long texts: stored once per owner, and given back byte for byte."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from audittrail.storage import Store, TraceQuery
from audittrail.storage.columns import SPAN_COLUMNS, Coded, to_table
from audittrail.storage.contents.recipe import MARK
from audittrail.storage.terms import Term
from tests.storage.contract.base import OpensStores, spans_of
from tests.support.facts import batch, fact

_WORDS = [
    "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz", k=6)) for seed in range(3000)
]
_FIELDS = (
    *("status_message", "input", "output", "tool_calls", "attributes", "events", "links"),
    *("resource", "scope", "extra"),
)


def _text(seed: int, size: int = 1000) -> str:
    return " ".join(random.Random(seed).choices(_WORDS, k=size // 7))


def _history(turns: int, seed: int = 0) -> list[str]:
    """What each turn of an agent sends: everything before it, and a new message."""
    said: list[dict[str, str]] = []
    sent = []
    for turn in range(turns):
        said.append({"role": "user", "content": f"message-{seed}-{turn} {_text(seed + turn)}"})
        sent.append(json.dumps(said))
    return sent


def _send(store: Store, owner: str, trace_id: str, inputs: list[str], **more: Any) -> None:
    spans = [fact(trace_id, f"{trace_id}-{turn}", start_ns=turn) for turn in range(len(inputs))]
    columns = {"input": inputs} | {name: [text] * len(inputs) for name, text in more.items()}
    store.writer.append(batch(owner, *spans, columns=columns)).result(60)


def _found(store: Store, owner: str, **query: Any) -> set[str]:
    with store.read(owner) as reader:
        return {row["trace_id"] for row in reader.list_traces(TraceQuery(**query)).rows}


class LongTextsContract(OpensStores):
    """Contents that are resent, and contents of every kind."""

    def test_every_field_comes_back(self, tmp_path: Path) -> None:
        """A text of any kind and length, in any field of a span or log record, is read exactly as
        it was sent, by every way of reading, also after a restart."""
        values = {name: json.dumps([{"span_id": f"{name}-{n}", "x": _text(n)} for n in range(9)])
                  for name in _FIELDS}  # fmt: skip
        values |= {
            "attributes": json.dumps({"small": 1, "long": _text(1, 9000), "later": "here"}),
            "input": MARK + "not a recipe",
            "output": "漢字😀" * 5000 + "\x00|end",
        }
        columns = {name: [text] for name, text in values.items()}
        log = {"trace_id": "t", "span_id": "s", "body": _text(5, 70_000), "time_ns": 1}
        store = self.open_store(tmp_path)
        store.writer.append(batch("ada", fact("t", "s"), columns=columns, logs=[log])).result(60)
        for _ in range(2):
            with store.read("ada") as reader:
                [listed] = spans_of(store, "ada")
                [version] = reader.span_versions("t", "s")
                [first] = reader.first_spans(["t"])
                stored = reader.spans_to_judge(["t"], _FIELDS)
                [judged] = reader.with_whole_texts(stored).to_pylist()
                for row in (listed, reader.get_span("t", "s"), version, first, judged):
                    assert row is not None
                    assert {name: row[name] for name in _FIELDS} == values
                assert reader.list_logs("t")[0]["body"] == log["body"]
                assert reader.skeleton("t").column("events").to_pylist() == [9]
            store.close()
            store = self.open_store(tmp_path)
        assert store.maintenance.check().problems == []
        store.close()

    def test_batches_with_and_without_long_texts(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A resource that is cut in one batch of a group and short in the others is no fault."""
        monkeypatch.setattr(store.writer, "_store_halves", None, raising=False)
        resources = ["{}", json.dumps({"long": _text(8, 9000)})] * 5
        waiting = []
        for number, resource in enumerate(resources):
            columns = {"resource": Coded([0, 0], [resource])}
            spans = [fact("t", f"s{number}-{n}", start_ns=number) for n in range(2)]
            waiting.append(store.writer.append(batch("ada", *spans, columns=columns)))
        for each in waiting:
            assert each.result(60).rejected == ()
        found = [span["resource"] for span in spans_of(store, "ada")]
        assert found == [resource for resource in resources for _ in range(2)]

    def test_what_is_resent_is_stored_once(self, store: Store) -> None:
        """60 turns that each resend all before them take little more than their messages."""
        sent = _history(60)
        before = store.maintenance.status()
        _send(store, "ada", "t", sent)
        grown = store.maintenance.status()
        size = grown.wal_bytes + grown.file_bytes - before.wal_bytes - before.file_bytes
        assert sum(map(len, sent)) > 25 * len(sent[-1])
        assert size < 3 * len(sent[-1])
        assert [span["input"] for span in spans_of(store, "ada")] == sent

    def test_it_is_found(self, store: Store) -> None:
        """Words of any message are found, in the list and within a trace, by text, by ``input:``
        and over the place where a text was cut; not in another field, and not by other owners."""
        long = _text(7, 30_000)
        _send(store, "ada", "t", _history(20), output=long)
        _send(store, "ada", "other", ["nothing of this"])
        _send(store, "bob", "bobs", _history(20, seed=500))
        words = long.split()
        phrases = [" ".join(words[place : place + 4]) for place in range(0, len(words) - 4, 97)]
        for phrase in (*phrases, "MESSAGE-0-3"):
            assert _found(store, "ada", text=phrase) == {"t"}, phrase
            assert _found(store, "bob", text=phrase) == set()
        for key, text, traces in (
            ("input", "message-0-3", {"t"}),
            ("output", "message-0-3", set()),
            ("output", phrases[1], {"t"}),
            ("input", f"message-0-3*{_text(5)[:30]}", {"t"}),
        ):
            assert _found(store, "ada", terms=[Term(key, texts=(text,))]) == traces
        with store.read("ada") as reader:
            assert [span for span, _ in reader.spans_with("t", "message-0-18", 9)] == [
                "t-18",
                "t-19",
            ]
            assert reader.spans_with("t", "message-500-1", 9) == []

    def test_short_attributes_are_found_beside_long_ones(self, store: Store) -> None:
        """A filter by an attribute sees it also where another attribute is very long."""
        attributes = json.dumps({"long": _text(3, 50_000), "tenant": "blue"})
        _send(store, "ada", "t", ["x"], attributes=attributes)
        assert _found(store, "ada", terms=[Term("attr.tenant", texts=("blue",))]) == {"t"}
        assert _found(store, "ada", terms=[Term("attr.tenant", texts=("red",))]) == set()

    def test_links_are_followed(self, store: Store) -> None:
        """What a span with very many links links to is found."""
        links = json.dumps([{"span_id": f"s{n}", "trace_id": "t", "note": "n" * 99}
                            for n in range(99)])  # fmt: skip
        spans = [fact("t", f"s{n}", start_ns=n) for n in range(3)]
        columns = {"links": [links, None, None], "span_type": ["custom"] * 3}
        store.writer.append(batch("ada", *spans, columns=columns)).result(60)
        with store.read("ada") as reader:
            assert reader.joined_spans("t", ["retriever"], 9) == ["s0", "s1", "s2"]
        assert _found(store, "ada", terms=[Term("has", texts=("link",))]) == {"t"}

    def test_deleting_a_trace_leaves_what_others_use(self, store: Store) -> None:
        """Two traces share most of their history: of the one that stays every text is whole, words
        of the other alone are gone, and what is sent again afterwards is whole too."""
        shared = _history(12)
        _send(store, "ada", "first", [*shared, json.dumps([_text(91, 9000), "only the first"])])
        _send(store, "ada", "second", shared)
        assert store.writer.delete_trace("ada", "first").result(60)
        assert [span["input"] for span in spans_of(store, "ada", "second")] == shared
        assert _found(store, "ada", text=_text(91, 9000)[200:260]) == set()
        assert store.maintenance.check().problems == []
        _send(store, "ada", "third", shared)
        assert [span["input"] for span in spans_of(store, "ada", "third")] == shared
        for trace_id in ("second", "third"):
            assert store.writer.delete_trace("ada", trace_id).result(60)
        _send(store, "ada", "fourth", shared)
        assert [span["input"] for span in spans_of(store, "ada", "fourth")] == shared

    def test_mapping_anew(self, store: Store) -> None:
        """A mapping is given whole texts, and what it changes is cut again."""
        sent = _history(10)
        _send(store, "ada", "t", sent)
        seen: list[str] = []

        def mapped(rows: Any) -> Any:
            seen.extend(row["input"] for row in rows)
            columns = {name: [row[name] for row in rows] for name in SPAN_COLUMNS}
            columns["output"] = [row["input"].upper() for row in rows]
            return to_table(SPAN_COLUMNS, columns, len(rows))

        *_, (_, _, changed) = store.maintenance.remap(mapped)
        assert changed == len(sent)
        assert seen == sent
        spans = spans_of(store, "ada")
        assert [span["input"] for span in spans] == sent
        assert [span["output"] for span in spans] == [text.upper() for text in sent]
        assert store.maintenance.check().problems == []

    @pytest.mark.parametrize("size", [1_000_000, 20_000_000])
    def test_one_large_text(self, store: Store, size: int) -> None:
        """A text of many megabytes is stored and read as it is."""
        text = "".join(random.Random(3).choices("ABCDEFGHIJKLMNOP+/", k=1_000_000)) * (
            size // 10**6
        )
        _send(store, "ada", "t", [text])
        [span] = spans_of(store, "ada")
        assert span["input"] == text
