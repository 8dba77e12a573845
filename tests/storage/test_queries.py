"""The SQL of the DuckDB store: complete, scoped, and never written from values."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from audittrail.storage import TraceQuery
from audittrail.storage.duckdb import queries
from audittrail.storage.duckdb.filters import SORT_EXPRESSIONS, trace_filters
from audittrail.storage.duckdb.queries import load_queries

# What readers run; all other statements belong to the writer or to accounts.
READS = (
    "get_trace",
    "list_logs",
    "list_span_ids",
    "list_traces",
    "resolve_spans",
    "skeleton",
    "span_versions",
)


def test_every_file_is_a_query_and_every_query_a_file() -> None:
    """An orphan on either side stops the store at start."""
    texts = asdict(load_queries())
    assert len(texts) > 20
    assert all(text.strip() for text in texts.values())


def test_an_orphan_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file without a query is named in the error."""
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "orphan.sql").write_text("SELECT 1")
    monkeypatch.setattr(queries.resources, "files", lambda _: tmp_path)
    with pytest.raises(RuntimeError, match="orphan"):
        load_queries()


@pytest.mark.parametrize("name", READS)
def test_reads_go_through_the_scoped_macros(name: str) -> None:
    """A read never names a table itself, only macros that take the owner."""
    text = re.sub(r"--[^\n]*", "", asdict(load_queries())[name])
    sources = re.findall(r"\b(?:FROM|JOIN)\s+([\w.]+)(\(\$owner)?", text, re.IGNORECASE)
    tables = {source for source, scoped in sources if not scoped}
    assert tables <= {"page", "span", "versions"}, tables
    assert any(scoped for _, scoped in sources)


def test_the_macros_all_compare_the_owner() -> None:
    """Each table macro filters every table that it reads by the owner that it is given."""
    text = load_queries().macros
    macros = text.split("CREATE OR REPLACE MACRO ")[1:]
    scoped = [macro for macro in macros if "AS TABLE" in macro]
    assert len(scoped) == 6
    for macro in scoped:
        body = macro.split("AS TABLE", 1)[1]
        # A macro that is given the owner filters by it itself.
        tables = re.findall(r"\bFROM (\w+)\b(?!\(the_owner)", body)
        assert tables
        assert body.count("owner = the_owner") == len(tables), macro


def test_values_are_bound_never_written() -> None:
    """No value of a query appears in the SQL text that it becomes."""
    evil = "x' OR 1=1; DROP TABLE spans --"
    query = TraceQuery(
        status=[evil],
        agent_name=evil,
        environment=evil,
        session_id=evil,
        user_id=evil,
        model=evil,
        min_cost=123.456,
        text=evil,
        since_ns=987654321,
        after=(evil, evil),  # type: ignore[arg-type]
    )
    where, values = trace_filters(query)
    text = " ".join(where)
    assert "DROP" not in text
    assert "123.456" not in text
    assert "987654321" not in text
    assert evil in values.values()


def test_the_rendered_list_query() -> None:
    """The text of a filtered, sorted list, as DuckDB gets it."""
    where, _ = trace_filters(TraceQuery(agent_name="a", sort="cost", after=(0.5, "t")))
    text = load_queries().list_traces.format(
        sort=SORT_EXPRESSIONS["cost"],
        direction="DESC",
        filters="".join(f"\n      AND {condition}" for condition in where),
    )
    assert text.partition("\n")[2].strip() == (
        "SELECT trace_id, cost AS sort_key, seq\n"
        "FROM traces_of($owner)\n"
        "WHERE (span_count > 0 OR registered) \n"
        "      AND agent_name = $agent_name\n"
        "      AND (cost < $after_key OR cost IS NULL OR (cost = $after_key AND trace_id < "
        "$after_id))\n"
        "ORDER BY sort_key DESC NULLS LAST, trace_id DESC\n"
        "LIMIT $limit"
    )
