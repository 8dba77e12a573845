"""From a rule's condition to SQL of our own.

sqlglot takes the text apart; what is built from the parts has only operators, constants, known
columns and known functions in it. There is no way to name a table, another owner's rows, a file
or a function of DuckDB's own.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from audittrail.rules.evaluation.functions import (
    AGGREGATES,
    FUNCTIONS,
    Aggregate,
    Argument,
    ConditionError,
    quoted,
)
from audittrail.rules.evaluation.signs import SIGNED_COLUMNS, guarded, may_be_sign
from audittrail.rules.evaluation.vocabulary import COLUMNS, LONG_TEXTS

__all__ = ["Compiled", "compile_expression"]

_MAX_LENGTH: Final = 4000
_MAX_NODES: Final = 400
_MAX_DEPTH: Final = 60
_INNER: Final = {"trace": "span", "session": "trace"}

_BINARY: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%",
    exp.And: "AND", exp.Or: "OR", exp.Like: "LIKE", exp.ILike: "ILIKE",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
}  # fmt: skip
_CASTS: Final = {
    "DOUBLE": "DOUBLE", "FLOAT": "DOUBLE", "DECIMAL": "DOUBLE", "INT": "BIGINT",
    "BIGINT": "BIGINT", "VARCHAR": "VARCHAR", "TEXT": "VARCHAR", "BOOLEAN": "BOOLEAN",
}  # fmt: skip


class _PlainDuckDB(DuckDB):
    """DuckDB's operators; functions stay as they are named."""

    class Parser(DuckDB.Parser):  # type: ignore[misc, valid-type]
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 - as the library declares it
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: parser
            for name, parser in DuckDB.Parser.FUNCTION_PARSERS.items()
            if name in ("CAST", "TRY_CAST")
        }
        NO_PAREN_FUNCTIONS: dict[Any, Any] = {}  # noqa: RUF012


@dataclass(slots=True)
class Compiled:
    """An expression as SQL.

    ``aggregates`` are the SQLs, over the scope's inner rows, that ``sql`` names ``h0``, ``h1``,
    ...; ``witnesses`` those of lists of ids, or None; ``evidence`` pairs of a column and the SQL
    of where something is in it; ``needs`` the raw columns by table; ``signs`` pairs of a column
    and a pattern that is looked for in it.
    """

    sql: str = ""
    aggregates: list[str] = field(default_factory=list)
    witnesses: list[str | None] = field(default_factory=list)
    evidence: list[tuple[str, str]] = field(default_factory=list)
    needs: dict[str, set[str]] = field(default_factory=dict)
    signs: list[tuple[str, str]] = field(default_factory=list)


def compile_expression(
    text: str, scope: str, into: Compiled | None = None, *, short: bool = False
) -> Compiled:
    """Compile over the columns of ``scope`` (span, trace or session).

    ``into`` collects beside what another expression of the same rule needs; ``short`` refuses
    columns of long text, for messages. Raises ConditionError.
    """
    found = into or Compiled()
    found.sql = _Compiler(scope, found, short=short).sql(_parse(text), 0)
    return found


@functools.lru_cache(maxsize=512)  # a rule is compiled when it is read, and when it is judged by
def _parse(text: str) -> exp.Expr:
    if len(text) > _MAX_LENGTH:
        raise ConditionError(f"it is longer than {_MAX_LENGTH} characters.")
    try:
        parsed = [each for each in sqlglot.parse(text, dialect=_PlainDuckDB) if each is not None]
    except (SqlglotError, RecursionError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ConditionError(f"it is no SQL expression: {_plain(reason)}") from None
    if len(parsed) != 1:
        raise ConditionError("it must be one expression, without semicolons.")
    nodes = 0
    for nodes, _ in enumerate(parsed[0].walk(), 1):
        if nodes > _MAX_NODES:
            raise ConditionError("it is too large; split it into several rules.")
    return parsed[0]


def _plain(reason: str) -> str:
    return reason.replace("\x1b[4m", "").replace("\x1b[0m", "")


class _Compiler:
    def __init__(
        self, scope: str, found: Compiled, *, short: bool, inside: str | None = None
    ) -> None:
        self._scope = scope
        self._found = found
        self._short = short
        self._inside = inside

    def sql(self, node: exp.Expr, depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise ConditionError("it is nested too deeply; split it into several rules.")

        def inner(each: exp.Expr) -> str:
            return self.sql(each, depth + 1)

        if isinstance(node, exp.Div | exp.Mod):
            # By zero it is null, as in SQL, and not infinite.
            sign = _BINARY[type(node)]
            return f"({inner(node.this)} {sign} nullif({inner(node.expression)}, 0))"
        if type(node) in _BINARY:
            return f"({inner(node.this)} {_BINARY[type(node)]} {inner(node.expression)})"
        match node:
            case exp.Paren():
                return inner(node.this)
            case exp.Not():
                return f"(NOT {inner(node.this)})"
            case exp.Neg():
                return f"(-{inner(node.this)})"
            case exp.Literal():
                return quoted(str(node.this)) if node.is_string else str(float(node.this))
            case exp.Boolean():
                return "true" if node.this else "false"
            case exp.Null():
                return "NULL"
            case exp.Is():
                return f"({inner(node.this)} IS {inner(node.expression)})"
            case exp.Between():
                low, high = node.args["low"], node.args["high"]
                return f"({inner(node.this)} BETWEEN {inner(low)} AND {inner(high)})"
            case exp.In():
                return self._one_of(node, depth)
            case exp.Case() if node.this is None:
                return self._case(node, depth)
            case exp.Cast():  # and TryCast
                return self._cast(node, depth)
            case exp.RegexpLike():
                return self._call("regexp_matches", [node.this, node.expression], depth)
            case exp.Anonymous():
                return self._call(str(node.this).lower(), node.expressions, depth)
            case exp.Column():
                return self._column(node)
        raise ConditionError(
            f"{node.sql(dialect='duckdb')[:60]!r} is not allowed; a condition has comparisons, "
            "AND, OR, NOT, IN, BETWEEN, LIKE, CASE, arithmetic, columns and the functions that "
            "the documentation lists."
        )

    def filter(self, node: exp.Expr, depth: int) -> str:
        """A condition of which it matters only whether it is true. DuckDB evaluates both sides of
        AND and OR in a FILTER for all rows; of a CASE the second one only where it decides."""
        if depth > _MAX_DEPTH:
            raise ConditionError("it is nested too deeply; split it into several rules.")
        if isinstance(node, exp.Paren):
            return self.filter(node.this, depth + 1)
        if not isinstance(node, exp.And | exp.Or):
            return self.sql(node, depth)
        first = self.filter(node.this, depth + 1)
        second = self.filter(node.expression, depth + 1)
        if isinstance(node, exp.And):
            return f"(CASE WHEN {first} THEN {second} ELSE false END)"
        return f"(CASE WHEN {first} THEN true ELSE {second} END)"

    def _one_of(self, node: exp.In, depth: int) -> str:
        items = node.expressions
        if not items or any(node.args.get(name) for name in ("query", "unnest", "field")):
            raise ConditionError("IN takes a list of constants: name IN ('a', 'b').")
        listed = ", ".join(self.sql(item, depth + 1) for item in items)
        return f"({self.sql(node.this, depth + 1)} IN ({listed}))"

    def _case(self, node: exp.Case, depth: int) -> str:
        parts = [
            f"WHEN {self.sql(each.this, depth + 1)} THEN {self.sql(each.args['true'], depth + 1)}"
            for each in node.args["ifs"]
        ]
        if node.args.get("default") is not None:
            parts.append(f"ELSE {self.sql(node.args['default'], depth + 1)}")
        return f"(CASE {' '.join(parts)} END)"

    def _cast(self, node: exp.Cast, depth: int) -> str:
        wanted = node.to.this.name if isinstance(node.to, exp.DataType) else ""
        if wanted not in _CASTS or node.to.expressions:
            raise ConditionError("values can be cast to DOUBLE, BIGINT, VARCHAR and BOOLEAN.")
        # What cannot be cast is null: one odd value is no reason not to judge the others.
        return f"TRY_CAST({self.sql(node.this, depth + 1)} AS {_CASTS[wanted]})"

    def _column(self, node: exp.Column) -> str:
        name = node.name.lower()
        columns = COLUMNS[self._scope]
        if node.table or name not in columns:
            raise ConditionError(
                f"{node.sql(dialect='duckdb')!r} is no column of a {self._scope}; there are "
                f"{', '.join(sorted(columns))}. Texts stand in single quotes."
            )
        if self._short and name in LONG_TEXTS:
            raise ConditionError(f"{name} is too long for a message, and may be private.")
        if name == "repeat_number" and self._inside is None:
            raise ConditionError("repeat_number is known in trace rules, within count_spans(...).")
        column = columns[name]
        self._need(column.needs)
        return f"({column.sql})" if column.sql != name else name

    def _need(self, columns: Sequence[str]) -> None:
        self._found.needs.setdefault(self._scope, set()).update(columns)

    def _call(self, name: str, arguments: Sequence[exp.Expr], depth: int) -> str:
        inner = _INNER.get(self._scope)
        if inner is not None:
            generic = name.replace(f"_{inner}s", "_{of}")
            if generic in AGGREGATES and generic.replace("{of}", f"{inner}s") == name:
                return self._aggregate(name, AGGREGATES[generic], arguments, inner)
        function = FUNCTIONS.get(name)
        if function is None or (function.needs and self._scope != "span"):
            raise ConditionError(self._unknown(name, inner))
        if not function.fewest <= len(arguments) <= function.most:
            raise ConditionError(f"{name} is called so: {function.signature}")
        kept_short, self._short = self._short, self._short and not function.tells_little
        given = [Argument(self.sql(each, depth + 1), each) for each in arguments]
        self._short = kept_short
        self._need(function.needs)
        sql = function.sql(given)
        if function.evidence is not None and self._inside is None:
            first = arguments[0]
            looked_in = (first.name.lower(),) if isinstance(first, exp.Column) else function.needs
            pairs = [(column, function.evidence(given)) for column in looked_in]
            self._found.evidence += [pair for pair in pairs if pair not in self._found.evidence]
        if function.sign is not None and given[0].sql in SIGNED_COLUMNS:
            sign = function.sign(given)
            if may_be_sign(sign):
                self._found.signs.append((given[0].sql, sign))
                return guarded(given[0].sql, sql, function.without_sign)
        return sql

    def _aggregate(
        self, name: str, found: Aggregate, arguments: Sequence[exp.Expr], inner: str
    ) -> str:
        if len(arguments) != found.arguments:
            raise ConditionError(
                f"{name} is called so: {found.signature.replace('{of}', f'{inner}s')}"
            )
        within = _Compiler(inner, self._found, short=False, inside=name)
        values = found.arguments - found.conditions
        parts = [within.sql(each, 0) for each in arguments[:values]]
        parts += [within.filter(each, 0) for each in arguments[values:]]
        self._found.needs.setdefault(inner, set()).update(("start_ns", "end_ns"))
        sql = found.sql(parts)
        if sql in self._found.aggregates:
            return f"h{self._found.aggregates.index(sql)}"
        self._found.aggregates.append(sql)
        self._found.witnesses.append(None if found.witnesses is None else found.witnesses(parts))
        return f"h{len(self._found.aggregates) - 1}"

    def _unknown(self, name: str, inner: str | None) -> str:
        known = [each for each, it in FUNCTIONS.items() if not it.needs or self._scope == "span"]
        if inner is not None:
            known += [each.replace("{of}", f"{inner}s") for each in AGGREGATES]
        return (
            f"{name} is no function of a {self._scope} rule; there are {', '.join(sorted(known))}."
        )
