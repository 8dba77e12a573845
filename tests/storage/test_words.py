"""Words are found however JSON writes them, in any case, in short texts and in those that were
cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audittrail.storage import TraceQuery
from audittrail.storage.duckdb.store import DuckDBStore
from audittrail.storage.terms import Term
from tests.support.facts import batch, fact

_NUMBERS = count()
_LETTERS = st.text('abZ é ÉÜüßжЖ漢"\\\n.*%_|(🙂', min_size=1, max_size=6)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBStore]:
    with closing(DuckDBStore(tmp_path_factory.mktemp("words") / "a.duckdb")) as opened:
        yield opened


def _found(store: DuckDBStore, owner: str, words: str) -> list[list[str]]:
    """The traces by free text and by ``input:``, and the spans within the first of them."""
    term = Term("input", texts=(_literal(words),))
    with store.read(owner) as reader:
        by_text = reader.list_traces(TraceQuery(text=words)).rows
        by_term = reader.list_traces(TraceQuery(terms=(term,))).rows
        within = reader.spans_with("t", words, 10)
    traces = [sorted(row["trace_id"] for row in rows) for rows in (by_text, by_term)]
    return [*traces, [span_id for span_id, _ in within]]


def _literal(words: str) -> str:
    return words.replace("\\", "\\\\").replace("*", "\\*")


@settings(max_examples=25)
@given(
    words=_LETTERS,
    upper=st.booleans(),
    ascii_only=st.booleans(),
    before=st.sampled_from(["", "x" * 60, "before " * 900]),
)
def test_what_was_said_is_found(
    store: DuckDBStore, words: str, upper: bool, ascii_only: bool, before: str
) -> None:
    """Words are found that a text has in JSON, written with or without escapes, in the other case;
    others are not."""
    said = words.upper() if upper else words.lower()
    if len(said) != len(words) or said.lower() != words.lower():
        said = words
    owner = f"owner-{next(_NUMBERS)}"
    text = json.dumps([{"content": f"{before}({said})"}], ensure_ascii=ascii_only)
    store.writer.append(batch(owner, fact("t", "s"), columns={"input": [text]})).result(30)
    assert _found(store, owner, words) == [["t"], ["t"], ["s"]]
    assert _found(store, owner, f"({words}q)") == [[], [], []]
