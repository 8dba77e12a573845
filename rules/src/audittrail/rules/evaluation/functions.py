"""The functions that a condition may call. Each gives SQL of our own, so nothing that a rule's
author writes reaches DuckDB but names of columns, operators and constants."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlglot import exp

from audittrail.rules.evaluation.detectors import SIGNS_OF_PERSONAL_DATA, SIGNS_OF_SECRETS

__all__ = [
    "AGGREGATES",
    "FUNCTIONS",
    "Aggregate",
    "Argument",
    "ConditionError",
    "Function",
    "quoted",
]

_MAX_PATTERN: Final = 1000
_PATH: Final = re.compile(r"\$(\.[A-Za-z_][\w-]*|\.\"[^\"\\]+\"|\[(\d{1,4}|\*)\])*")
_LAST_KEY: Final = re.compile(r"(?:^|\.)(?:([A-Za-z_][\w-]*)|\"([^\"\\]+)\")$")
_JSON_VALUE: Final = r"\s*:\s*(\"(?:[^\"\\]|\\.)*\"|[^\s,\"\[\]{}]+)"
_HOST: Final = re.compile(r"(\*\.)?[A-Za-z0-9.-]+(:\d+)?")
_BEGIN_ALIKE: Final = ("card", "iban", "ssn")
_KINDS: Final = ("email", "phone", "card", "iban", "ssn")
# The host of a URL, without a user's name before it or a port behind it.
_URL_HOST: Final = r"https?://(?:[^/\s\"'<>@\\]*@)?([A-Za-z0-9.-]+)"
_REFUSAL: Final = (
    r"(?i)\b(I('|’|\\u2019)?m sorry,? but I (can('|’|\\u2019)?t|cannot|am not able to)"
    r"|I (can('|’|\\u2019)?t|cannot|won('|’|\\u2019)?t|am not able to|am unable to) "
    r"(help|assist|comply|do that|provide|fulfill|answer that)"
    r"|as an AI( language)? model,? I (can|am)"
    r"|(that|this) (would )?(violate|go(es)? against) (my|our) (guidelines|policy|policies))"
)


class ConditionError(ValueError):
    """A condition that cannot be taken; the text says why and how to mend it."""


class Argument(NamedTuple):
    """An argument of a call: its SQL, and its node for those that have to be constants."""

    sql: str
    node: exp.Expr


Given = Sequence[Argument]


class Function(NamedTuple):
    """``sql`` makes the SQL; ``evidence``, for a function that looks for something in its first
    argument, or else in what it ``needs``, that of ``{start, length, what}``. Where the pattern
    ``sign`` is not in the first argument, it gives the SQL ``without_sign``. What
    ``tells_little`` of a text may be said of a private one."""

    fewest: int
    most: int
    sql: Callable[[Given], str]
    signature: str
    meaning: str
    evidence: Callable[[Given], str] | None = None
    needs: tuple[str, ...] = ()
    sign: Callable[[Given], str] | None = None
    without_sign: str = "false"

    @property
    def tells_little(self) -> bool:
        return self.signature.partition("(")[0] in _TELL_LITTLE


class Aggregate(NamedTuple):
    """A function of a trace's spans (or a session's traces). ``conditions`` is how many of the
    last arguments are conditions on one of them, of which only those count for which they are
    true; ``witnesses`` is the SQL of a list of ids."""

    arguments: int
    conditions: int
    sql: Callable[[Sequence[str]], str]
    witnesses: Callable[[Sequence[str]], str] | None
    signature: str
    meaning: str


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def constant(argument: Argument, what: str) -> str:
    node = argument.node
    if not (isinstance(node, exp.Literal) and node.is_string):
        raise ConditionError(f"{what} must be a text in single quotes.")
    return str(node.this)


def pattern(argument: Argument) -> str:
    text = constant(argument, "a pattern")
    if len(text) > _MAX_PATTERN:
        raise ConditionError(f"a pattern may have {_MAX_PATTERN} characters at most.")
    return text


def _path(argument: Argument) -> str:
    text = constant(argument, "a JSON path")
    text = text if text.startswith("$") else f"$.{text}"
    if not _PATH.fullmatch(text):
        raise ConditionError(f"{text!r} is no JSON path such as '$.order.total' or 'items[0].id'.")
    return quoted(text)


def _json(column: str) -> Callable[[Given], str]:
    return lambda given: (
        f"json_extract_string(CASE WHEN json_valid({column}) THEN {column} END, {_path(given[0])})"
    )


def _json_evidence(column: str) -> Callable[[Given], str]:
    """Where the value stands in the text: behind its key. Null for what is no member of an
    object, and for what is written in another way than it reads, such as with escapes."""

    def sql(given: Given) -> str:
        key = _LAST_KEY.search(constant(given[0], "a JSON path"))
        if key is None:
            return "NULL"
        kept = _json(column)(given)
        member = quoted(f'"{re.escape(key[1] or key[2])}"{_JSON_VALUE}')
        # A key may be there more than once.
        each = f"regexp_extract(x, {member}, 1)"
        found = (
            f"list_filter(regexp_extract_all({column}, {member}), x -> trim({each}, '\"') = {kept} "
            f"OR TRY_CAST({each} AS DOUBLE) = TRY_CAST({kept} AS DOUBLE))[1]"
        )
        said = f"regexp_extract({found}, {member}, 1)"
        return (
            f"CASE WHEN {said} <> '' THEN {{'start': strpos({column}, {found}) - 1 + "
            f"length({found}) - length({said}), 'length': length({said}), "
            f"'what': {quoted(key[1] or key[2])}}} END"
        )

    return sql


def _key(column: str, prefix: str) -> Callable[[Given], str]:
    def sql(given: Given) -> str:
        name = constant(given[0], "an attribute's key")
        if '"' in name or "\\" in name:
            raise ConditionError("an attribute's key has no quotes and no backslashes.")
        path = quoted(f'$.{prefix}"{name}"')
        return f"json_extract_string({column}, {path})"

    return sql


def _plain(name: str, ours: str | None = None) -> Callable[[Given], str]:
    return lambda given: f"{ours or name}({', '.join(argument.sql for argument in given)})"


def _matches(given: Given) -> str:
    return f"regexp_matches({given[0].sql}, {quoted(pattern(given[1]))})"


def _found(given: Given, text: str, what: str) -> str:
    """Where a text that was found stands; RE2 finds, whatever the pattern, in linear time."""
    return (
        f"CASE WHEN {text} <> '' THEN {{'start': strpos({given[0].sql}, {text}) - 1, "
        f"'length': length({text}), 'what': {quoted(what)}}} END"
    )


def _matches_evidence(given: Given) -> str:
    found = f"regexp_extract({given[0].sql}, {quoted(pattern(given[1]))})"
    return _found(given, found, "pattern")


def _kinds(given: Given) -> Sequence[str]:
    kinds = [constant(argument, "a kind of personal data") for argument in given[1:]]
    for kind in kinds:
        if kind not in _KINDS:
            raise ConditionError(f"{kind!r} is no kind of personal data: {', '.join(_KINDS)}.")
    return kinds or _KINDS


def _secret_place(given: Given) -> str:
    return f"secret_place({given[0].sql})"


def _personal_place(given: Given) -> str:
    """Python looks only at texts in which RE2 found something like it. Signs that begin with a
    letter of their own are found faster one by one, the others together."""
    kinds, body = _kinds(given), given[0].sql
    signs = [SIGNS_OF_PERSONAL_DATA[kind] for kind in kinds if kind in _BEGIN_ALIKE]
    patterns = ["|".join(signs)] if signs else []
    patterns += [SIGNS_OF_PERSONAL_DATA[kind] for kind in kinds if kind not in _BEGIN_ALIKE]
    found = " OR ".join(f"regexp_matches({body}, {quoted(each)})" for each in patterns)
    return f"CASE WHEN {found} THEN find_personal_data({body}, {quoted(' '.join(kinds))}) END"


def _personal_sign(given: Given) -> str:
    return "|".join(SIGNS_OF_PERSONAL_DATA[kind] for kind in _kinds(given))


def _outside(given: Given) -> str:
    """The first host of a URL in the text that is in none of the given."""
    allowed = []
    for argument in given[1:]:
        host = constant(argument, "a host").lower()
        if not _HOST.fullmatch(host):
            raise ConditionError(
                f"{host!r} is no host such as 'api.example.com' or '*.example.com'."
            )
        if host.startswith("*."):
            allowed.append(f"ends_with(host, {quoted(host[1:])})")
        else:
            allowed.append(f"host = {quoted(host)}")
    hosts = (
        f"list_transform(regexp_extract_all({given[0].sql}, {quoted(_URL_HOST)}, 1), x -> lower(x))"
    )
    return f"list_filter({hosts}, host -> NOT ({' OR '.join(allowed)}))[1]"


def _outside_evidence(given: Given) -> str:
    host = _outside(given)
    return (
        f"CASE WHEN {host} IS NOT NULL THEN {{'start': strpos(lower({given[0].sql}), {host}) - 1, "
        f"'length': length({host}), 'what': 'host'}} END"
    )


def _refusal_evidence(given: Given) -> str:
    return _found(given, f"regexp_extract({given[0].sql}, {quoted(_REFUSAL)})", "refusal")


def _asks(given: Given) -> str:
    named = quoted(constant(given[0], "a tool's name"))
    return f"coalesce(list_contains(json_extract_string(tool_calls, '$[*].name'), {named}), false)"


_TELL_LITTLE: Final = frozenset(
    [
        "length",
        "contains",
        "starts_with",
        "ends_with",
        "regexp_matches",
        "count_matches",
        "count_distinct_matches",
        "has_secret",
        "secret_kind",
        "has_personal_data",
        "personal_data_kind",
        "names_host_outside",
        "host_outside",
        "refuses",
        "language",
        "script",
    ]
)
_ONE: Final = ("lower", "upper", "trim", "length", "abs", "round", "floor", "ceil")
_MANY: Final = ("coalesce", "greatest", "least")
_TEXT_PAIR: Final = {
    "contains": "the text has the other one in it",
    "starts_with": "the text begins so",
    "ends_with": "the text ends so",
}

FUNCTIONS: Final[Mapping[str, Function]] = {
    **{
        name: Function(1, 1, _plain(name), f"{name}(value)", f"as in SQL: {name}") for name in _ONE
    },
    **{
        name: Function(1, 8, _plain(name), f"{name}(value, ...)", f"as in SQL: {name}")
        for name in _MANY
    },
    **{
        name: Function(2, 2, _plain(name), f"{name}(text, part)", meaning)
        for name, meaning in _TEXT_PAIR.items()
    },
    "regexp_matches": Function(
        2, 2, _matches, "regexp_matches(text, 'pattern')",
        "the pattern (RE2) is somewhere in the text; `(?i)` at its start ignores case",
        _matches_evidence, sign=lambda given: pattern(given[1]),
    ),
    "count_matches": Function(
        2, 2, lambda given: f"len(regexp_extract_all({given[0].sql}, {quoted(pattern(given[1]))}))",
        "count_matches(text, 'pattern')", "how often it is in the text",
        sign=lambda given: pattern(given[1]), without_sign="0",
    ),
    "count_distinct_matches": Function(
        2, 2,
        lambda given: f"len(list_distinct(regexp_extract_all({given[0].sql}, "
        f"{quoted(pattern(given[1]))})))",
        "count_distinct_matches(text, 'pattern')", "how many different texts match it",
        sign=lambda given: pattern(given[1]), without_sign="0",
    ),
    "arg": Function(1, 1, _json("input"), "arg('$.path')", "a value of the input, if that is JSON",
                    _json_evidence("input"), needs=("input",)),
    "result": Function(1, 1, _json("output"), "result('$.path')",
                       "a value of the output, if that is JSON", _json_evidence("output"),
                       needs=("output",)),
    "attr": Function(1, 1, _key("attributes", ""), "attr('key')", "an attribute of the span",
                     needs=("attributes",)),
    "resource_attr": Function(1, 1, _key("resource", "attributes."), "resource_attr('key')",
                              "an attribute of the span's resource", needs=("resource",)),
    "asks_for": Function(1, 1, _asks, "asks_for('tool')", "the model asked for this tool",
                         needs=("tool_calls",)),
    "has_secret": Function(
        1, 1, lambda given: f"({_secret_place(given)} IS NOT NULL)", "has_secret(text)",
        "a key, token or private key of a known form is in the text", _secret_place,
        sign=lambda _: SIGNS_OF_SECRETS,
    ),
    "secret_kind": Function(
        1, 1, lambda given: f"({_secret_place(given)}).what", "secret_kind(text)",
        "what kind of secret is in it, null if none",
    ),
    "has_personal_data": Function(
        1, 6, lambda given: f"({_personal_place(given)} IS NOT NULL)",
        "has_personal_data(text, 'card', ...)",
        "personal data is in the text: `email`, `phone` (with country code), `card` and `iban` "
        "(check digits hold), `ssn`; any of them if none is named", _personal_place,
        sign=_personal_sign,
    ),
    "personal_data_kind": Function(
        1, 6, lambda given: f"({_personal_place(given)}).what",
        "personal_data_kind(text, 'card', ...)", "which kind is in it, null if none",
    ),
    "names_host_outside": Function(
        2, 50, lambda given: f"({_outside(given)} IS NOT NULL)",
        "names_host_outside(text, 'api.example.com', '*.example.org')",
        "a URL in the text has a host that is not listed", _outside_evidence,
        sign=lambda _: _URL_HOST,
    ),
    "host_outside": Function(
        2, 50, _outside, "host_outside(text, 'api.example.com', ...)", "that host, null if none",
    ),
    "refuses": Function(
        1, 1, lambda given: f"regexp_matches({given[0].sql}, {quoted(_REFUSAL)})", "refuses(text)",
        "the text has a phrase by which English-speaking models refuse", _refusal_evidence,
        sign=lambda _: _REFUSAL,
    ),
    "language": Function(
        1, 1, _plain("language_of"), "language(text)",
        "the language as an ISO 639 code (`en`, `de`, ...); null for fewer than 40 letters, and "
        "where it is not sure",
    ),
    "script": Function(
        1, 1, _plain("script_of"), "script(text)",
        "the writing system of most letters: `latin`, `cyrillic`, `han`, `arabic`, ...; null for "
        "fewer than 20 letters",
    ),
}  # fmt: skip

_LATE: Final = "9223372036854775807"
_EARLY: Final = "-9223372036854775807"


def _ids(condition: str) -> str:
    return f"(list(id ORDER BY start_ns, id) FILTER (WHERE {condition}))[1:5]"


AGGREGATES: Final[Mapping[str, Aggregate]] = {
    "count_{of}": Aggregate(
        1, 1, lambda a: f"count(*) FILTER (WHERE {a[0]})", lambda a: _ids(a[0]),
        "count_{of}(condition)", "how many {of} it is true for",
    ),
    "sum_{of}": Aggregate(
        2, 1, lambda a: f"sum({a[0]}) FILTER (WHERE {a[1]})", lambda a: _ids(a[1]),
        "sum_{of}(value, condition)", "the sum over those it is true for, null if there are none",
    ),
    "max_{of}": Aggregate(
        2, 1, lambda a: f"max({a[0]}) FILTER (WHERE {a[1]})", lambda a: _ids(a[1]),
        "max_{of}(value, condition)", "the largest value, null if there are none",
    ),
    "any_without_earlier": Aggregate(
        2, 2,
        lambda a: (
            f"coalesce(min(start_ns) FILTER (WHERE {a[0]}) < coalesce("
            f"min(coalesce(end_ns, {_LATE})) FILTER (WHERE {a[1]}), {_LATE}), false)"
        ),
        lambda a: f"[arg_min(id, start_ns) FILTER (WHERE {a[0]})]",
        "any_without_earlier(action, required)",
        "an `action` began before any `required` had ended, or without one",
    ),
    "any_without_later": Aggregate(
        2, 2,
        lambda a: (
            f"coalesce(max(coalesce(end_ns, start_ns)) FILTER (WHERE {a[0]}) > coalesce("
            f"max(start_ns) FILTER (WHERE {a[1]}), {_EARLY}), false)"
        ),
        lambda a: f"[arg_max(id, coalesce(end_ns, start_ns)) FILTER (WHERE {a[0]})]",
        "any_without_later(event, answer)",
        "after the last `event` no `answer` began",
    ),
    "any_after": Aggregate(
        2, 2,
        lambda a: (
            f"coalesce(max(start_ns) FILTER (WHERE {a[0]}) >= "
            f"min(coalesce(end_ns, start_ns)) FILTER (WHERE {a[1]}), false)"
        ),
        lambda a: (
            f"[arg_min(id, coalesce(end_ns, start_ns)) FILTER (WHERE {a[1]}), "
            f"arg_max(id, start_ns) FILTER (WHERE {a[0]})]"
        ),
        "any_after(effect, cause)", "an `effect` began after the first `cause` had ended",
    ),
}  # fmt: skip
