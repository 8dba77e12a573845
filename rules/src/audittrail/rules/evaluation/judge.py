"""Judging batches of spans and traces by rules, in a DuckDB of its own that has nothing else in
it. Every rule is a query of its own, so one that fails costs no other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling

from audittrail.rules.evaluation.detectors import (
    SIGNS_OF_SECRETS,
    Found,
    find_personal_data,
    find_secret,
    script_of,
)
from audittrail.rules.evaluation.languages import language_of
from audittrail.rules.evaluation.signs import sign_columns
from audittrail.rules.evaluation.tables import PREPARED_SAFELY, JudgedTables
from audittrail.rules.evaluation.time_limit import TimeLimit
from audittrail.rules.evaluation.verdict import Docket, Failure, Ruling, Verdict

__all__ = ["Judge"]

_PLACE: Final = duckdb.struct_type({"start": "BIGINT", "length": "BIGINT", "what": "VARCHAR"})
_MOST_VERDICTS: Final = 50_000
# Python looks only at texts in which RE2 found something like it.
_SECRET_PLACE: Final = f"""
CREATE MACRO secret_place(body) AS
    CASE WHEN regexp_matches(body, '{SIGNS_OF_SECRETS}') THEN find_secret(body) END
"""
_SESSION_SUMS: Final = ", ".join(
    f"least(sum({name}), 9223372036854775807)::BIGINT AS {name}"
    for name in (
        "span_count", "error_count", "llm_calls", "tool_calls", "tokens_in", "tokens_out",
        "unpriced_spans",
    )
)  # fmt: skip
_SESSIONS: Final = f"""
    SELECT session_id, arg_max(user_id, start_ns) AS user_id,
        arg_max(agent_name, start_ns) AS agent_name,
        arg_max(environment, start_ns) AS environment,
        count(*) AS trace_count, count(*) FILTER (state = 'error') AS failed_traces,
        sum(cost) AS cost, sum((end_ns - start_ns) / 1e6) AS duration_ms, {_SESSION_SUMS}
    FROM session_traces WHERE session_id IS NOT NULL GROUP BY session_id
"""  # noqa: S608
# Sorting by a number takes a fifth of sorting by the text that it stands for.
_REPEATS: Final = (
    ", row_number() OVER (PARTITION BY trace_id, span_type, name, input_number"
    " ORDER BY start_ns, span_id) AS repeat_number"
)


class Judge:
    """Not thread-safe. ``seconds`` is how long one rule may take for one batch."""

    def __init__(self, *, seconds: float = 20.0, memory_mib: int = 512, threads: int = 1) -> None:
        self._seconds = seconds
        self._db = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{memory_mib}MiB",
                "threads": threads,
                "temp_directory": "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self._time = TimeLimit(self._db.interrupt)
        self._changed = "spans"
        self._unsigned: set[tuple[str, ...]] = set()
        self._register("find_secret", _secret, ["VARCHAR"], _PLACE)
        self._register("find_personal_data", _personal, ["VARCHAR", "VARCHAR"], _PLACE)
        self._register("script_of", _script, ["VARCHAR"], "VARCHAR")
        self._register("language_of", _language, ["VARCHAR"], "VARCHAR")
        self._db.execute(_SECRET_PLACE)
        self._db.execute(PREPARED_SAFELY)
        self._db.execute("SET enable_external_access = false")
        self._db.execute("SET lock_configuration = true")
        spans, traces = _nothing()
        more = {"input_number": pa.int32(), "input_sign": pa.bool_(), "output_sign": pa.bool_()}
        for name, kind in more.items():
            spans = spans.append_column(name, pa.array([], kind))
        schemas = {"spans": spans, "changed": spans, "traces": traces, "session_traces": traces}
        self._tables = JudgedTables(self._db, schemas)

    def _register(self, name: str, function: Any, parameters: list[Any], result: Any) -> None:
        # By default DuckDB takes a null that is returned for a mistake.
        self._db.create_function(
            name, function, parameters, result, null_handling=FunctionNullHandling.SPECIAL
        )

    def check(self, dockets: Sequence[Docket]) -> dict[str, str]:
        """Why DuckDB would not judge by some of these, such as a pattern that is none, by the
        rule's id."""
        spans, traces = _nothing()
        ruling = self.judge(dockets, spans, traces, traces)
        return {failure.rule_id: failure.reason for failure in ruling.failures}

    def judge(
        self,
        dockets: Sequence[Docket],
        spans: pa.Table,
        traces: pa.Table,
        session_traces: pa.Table,
        *,
        span_rules_on: pa.Table | None = None,
        begin: Callable[[str], None] = lambda _: None,
    ) -> Ruling:
        """Judge whole traces, with all their spans, and whole sessions, with all their traces.

        ``span_rules_on`` are the spans for span rules, if not all. The tables have the columns of
        ``vocabulary.SOURCE_COLUMNS``. ``begin`` is told of each rule before it is judged.
        """
        if any(docket.repeats for docket in dockets):
            spans = spans.append_column("input_number", _numbers(spans.column("input")))
        given = {"spans": spans, "traces": traces, "session_traces": session_traces}
        self._changed = "spans"
        if span_rules_on is not None:
            given["changed"] = span_rules_on
            self._changed = "changed"
        signs = sign_columns(dockets)
        if tuple(signs.values()) in self._unsigned:
            signs = {}
        verdicts: list[Verdict] = []
        failures: list[Failure] = []
        try:
            for name, table in given.items():
                self._fill(name, table, signs if name in ("spans", "changed") else {})
            for docket in dockets:
                begin(docket.rule_id)
                try:
                    with self._time.limit(self._seconds):
                        found = self._judge(docket)
                except (duckdb.Error, ValueError, RecursionError) as error:
                    failures.append(Failure(docket.rule_id, _reason(error)))
                    continue
                verdicts += found[: max(0, _MOST_VERDICTS - len(verdicts))]
                if len(verdicts) >= _MOST_VERDICTS:
                    reason = f"more than {_MOST_VERDICTS:,} violations at once; not all are kept"
                    failures.append(Failure(docket.rule_id, reason))
        finally:
            self._tables.clear()
        return Ruling(verdicts, failures)

    def _fill(self, name: str, table: pa.Table, signs: Mapping[str, str]) -> None:
        try:
            with self._time.limit(self._seconds):
                self._tables.fill(name, table, signs)
        except duckdb.Error:
            if not signs:
                raise
            # Patterns together are too much for RE2, or too slow; each by itself is in time.
            self._unsigned.add(tuple(signs.values()))
            self._tables.fill(name, table, {})

    def _judge(self, docket: Docket) -> list[Verdict]:
        if docket.scope == "span":
            return self._judge_spans(docket)
        key = _KEYS[docket.scope]
        base = "traces" if docket.scope == "trace" else f"({_SESSIONS})"
        ended = (
            "" if docket.scope == "session" or docket.while_running else "state <> 'running' AND"
        )
        helpers = [f"{sql} AS h{number}" for number, sql in enumerate(docket.aggregates)]
        joined = f"LEFT JOIN ({_grouped(docket, helpers)}) USING ({key})" if helpers else ""
        rows = self._tables.rows(
            f"SELECT {', '.join([key, *docket.places])} FROM {base} {joined} "  # noqa: S608
            f"WHERE {ended} {_environments(docket)} {docket.condition}"
        )
        witnesses = self._witnesses(docket, [row[0] for row in rows])
        return [
            Verdict(
                docket.rule_id,
                identity if docket.scope == "trace" else None,
                None,
                identity if docket.scope == "session" else None,
                [],
                witnesses.get(identity, []),
                values,
            )
            for identity, *values in rows
        ]

    def _witnesses(self, docket: Docket, broken: Sequence[str]) -> dict[str, list[str]]:
        """Some of the spans (of a session: traces) that break the rule, by trace or session."""
        lists = [f"{sql} AS w{number}" for number, sql in enumerate(docket.witnesses) if sql]
        if not lists or not broken:
            return {}
        witnesses: dict[str, list[str]] = {}
        for identity, *found in self._db.execute(
            _grouped(docket, lists, of="list_contains($broken, {key})"), {"broken": list(broken)}
        ).fetchall():
            ids = dict.fromkeys(each for some in found for each in some or () if each is not None)
            witnesses[identity] = list(ids)[:5]
        return witnesses

    def _judge_spans(self, docket: Docket) -> list[Verdict]:
        broken = f"FROM {self._changed} WHERE {_environments(docket)} {docket.condition}"
        # What is told of spans has patterns too, and mostly there is nothing to tell.
        if not self._tables.rows(f"SELECT 1 {broken} LIMIT 1"):
            return []
        told = [*docket.places, *(sql for _, sql in docket.evidence)]
        rows = self._tables.rows(f"SELECT {', '.join(['trace_id', 'span_id', *told])} {broken}")
        verdicts = []
        for trace_id, span_id, *found in rows:
            places = found[len(docket.places) :]
            evidence = [
                {"column": column, **place}
                for (column, _), place in zip(docket.evidence, places, strict=True)
                if place is not None and place["start"] >= 0
            ]
            values = found[: len(docket.places)]
            verdicts.append(Verdict(docket.rule_id, trace_id, span_id, None, evidence, [], values))
        return verdicts


_KEYS: Final = {"trace": "trace_id", "session": "session_id"}
_INNER: Final = {"trace": ("spans", "span_id"), "session": ("session_traces", "trace_id")}


def _grouped(docket: Docket, aggregates: Sequence[str], of: str = "true") -> str:
    """These aggregates of the spans of each trace, or of the traces of each session."""
    key = _KEYS[docket.scope]
    rows, identity = _INNER[docket.scope]
    repeats = _REPEATS if docket.repeats else ""
    return (
        f"SELECT {key}, {', '.join(aggregates)} FROM (SELECT *, {identity} AS id {repeats} "  # noqa: S608
        f"FROM {rows} WHERE {of.format(key=key)}) GROUP BY {key}"
    )


def _environments(docket: Docket) -> str:
    if not docket.environments:
        return ""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in docket.environments)
    return f"environment IN ({names}) AND"


def _secret(body: str | None) -> dict[str, Any] | None:
    return _told(find_secret(body)) if body is not None else None


def _personal(body: str | None, kinds: str) -> dict[str, Any] | None:
    return _told(find_personal_data(body, kinds)) if body is not None else None


def _script(body: str | None) -> str | None:
    return script_of(body) if body is not None else None


def _language(body: str | None) -> str | None:
    return language_of(body) if body is not None else None


def _told(found: Found | None) -> dict[str, Any] | None:
    return None if found is None else found._asdict()


def _numbers(column: pa.ChunkedArray) -> pa.Array:
    """A number for each value, the same for the same ones; null for null."""
    return column.combine_chunks().dictionary_encode().indices


def _reason(error: Exception) -> str:
    text = str(error).partition("\n\nLINE")[0].partition("\nLINE")[0].strip()
    if isinstance(error, duckdb.InterruptException):
        return "it took too long"
    return text[:500]


@functools.cache
def _nothing() -> tuple[pa.Table, pa.Table]:
    from audittrail.rules.evaluation.examples import tables_of

    return tables_of([])
