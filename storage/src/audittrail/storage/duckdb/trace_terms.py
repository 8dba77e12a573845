"""From Terms to SQL conditions. Values are bound, never written into the
text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from audittrail.storage.duckdb.words import words_of
from audittrail.storage.terms import Range, Term

__all__ = ["term_conditions"]

_NUMBERS: Final = {
    "cost": "cost",
    "duration": "(end_ns - start_ns)",
    "tokens": "(coalesce(tokens_in, 0) + coalesce(tokens_out, 0))",
    "spans": "span_count",
    "errors": "error_count",
    "violations": "violation_count",
    "started": "coalesce(start_ns, last_received_ns)",
    "span.duration": "(end_ns - start_ns)",
}
_TEXTS: Final = {
    "service": "service_name",
    "agent": "agent_name",
    "session": "session_id",
    "user": "user_id",
    "env": "environment",
    "name": "name",
    "model": "model",
}
# What the views call retrieval has several types of its own, and so on.
_TYPES: Final = {
    "retrieval": ("retriever", "embedding", "reranker"),
    "check": ("guardrail",),
    "step": ("chain", "custom"),
}
_ATTRIBUTE: Final = (
    "coalesce(json_extract_string(inline_entries(attributes), ${key}), "
    "json_extract_string(inline_entries(resource), ${below}))"
)
# The latest version of a span says how it is; one that was replaced says nothing any more.
_SPANS: Final = """trace_id IN (
    SELECT hit.trace_id
    FROM (
        SELECT trace_id, span_id, version_rank(phase, seq) AS place FROM spans
        WHERE owner = $owner AND phase > 0 AND {conditions}
    ) hit
    ANTI JOIN (
        SELECT trace_id, span_id, version_rank(phase, seq) AS place FROM spans
        WHERE owner = $owner AND phase > 0
    ) newer
    ON newer.trace_id = hit.trace_id AND newer.span_id = hit.span_id AND newer.place > hit.place
)"""

_STAR: Final = re.compile(r"(?<!\\)\*")
_ESCAPED: Final = {special: f"\\{special}" for special in "\\%_"}

Bind = Callable[[object], str]


def term_conditions(
    terms: Sequence[Term], status: str, any_text: Callable[[str, Bind], str]
) -> tuple[list[str], dict[str, Any]]:
    """Conditions on a row of traces, to be joined by AND, and the values that they name.

    ``status`` is the SQL of a trace's status; ``any_text`` makes the condition for a text that may
    be anywhere in a trace.
    """
    values: dict[str, Any] = {}

    def bind(value: object) -> str:
        name = f"term{len(values)}"
        values[name] = value
        return f"${name}"

    # Alone it is about the trace, which may have broken a rule that none of its spans did.
    beside = any(term.of_span and not term.negated and not _broken(term) for term in terms)
    of_trace: list[str] = []
    together: list[str] = []
    for term in terms:
        if not term.of_span:
            condition = _of_trace(term, status, any_text, bind)
            of_trace.append(_not(condition) if term.negated else condition)
        elif _broken(term) and (term.negated or not beside):
            of_trace.append("violation_count = 0" if term.negated else "violation_count > 0")
        elif term.negated:
            of_trace.append(f"NOT {_SPANS.format(conditions=_of_span(term, bind))}")
        else:
            together.append(_of_span(term, bind))
    if together:
        of_trace.append(_SPANS.format(conditions=" AND ".join(together)))
    return of_trace, values


def _broken(term: Term) -> bool:
    return term.key == "has" and set(term.texts) <= {"violation"}


def _not(condition: str) -> str:
    """Also where it is unknown: what has no cost does not cost more than a cent."""
    return f"NOT coalesce({condition}, false)"


def _any(conditions: Sequence[str]) -> str:
    return f"({' OR '.join(conditions)})"


def _of_trace(term: Term, status: str, any_text: Callable[[str, Bind], str], bind: Bind) -> str:
    if not term.key:
        return _any([any_text(_plain(text), bind) for text in term.texts])
    if term.key in _NUMBERS:
        return _any([_within(_NUMBERS[term.key], each, bind) for each in term.ranges])
    if term.key == "status":
        return f"list_contains({bind(list(term.texts))}, {status})"
    if term.key == "id":
        ids = [text.replace("-", "").lower() for text in term.texts]
        return _any([_like("trace_id", text, bind) for text in ids])
    return _any([_like(_TEXTS[term.key], text, bind) for text in term.texts])


def _of_span(term: Term, bind: Bind) -> str:
    key = term.key
    if key in _NUMBERS:
        return _any([_within(_NUMBERS[key], each, bind) for each in term.ranges])
    if key.startswith("attr."):
        path = '."{}"'.format(key.removeprefix("attr."))
        found = _ATTRIBUTE.replace("${key}", bind("$" + path))
        found = found.replace("${below}", bind("$.attributes" + path))
        return _any([_like(found, text, bind) for text in term.texts])
    return _any([_of_span_text(key, text, bind) for text in term.texts])


def _of_span_text(key: str, text: str, bind: Bind) -> str:
    if key in ("input", "output"):
        return _any([_in_cell(key, text, bind), _in_parts(key, text, bind)])
    if key == "tool":
        return f"(span_type = 'tool' AND {_like('name', text, bind)})"
    if key == "model":
        return _any([_like(name, text, bind) for name in ("model", "request_model")])
    if key == "type":
        kinds = (text, *_TYPES.get(text.lower(), ()))
        return _any([_like("coalesce(span_type, 'custom')", kind, bind) for kind in kinds])
    if key == "span.status":
        if text == "running":
            return "phase = 1"
        return f"(phase > 1 AND coalesce(status, 'unset') = {bind(text)})"
    if key == "has":
        return {
            "error": "status = 'error'",
            "link": "coalesce(elements(links), 0) > 0",
            "violation": "(trace_id, span_id) IN (SELECT trace_id, span_id "
            "FROM violations_of($owner) WHERE status IN ('open', 'acknowledged'))",
        }[text]
    return _like(_TEXTS[key], text, bind)


def _in_cell(key: str, text: str, bind: Bind) -> str:
    if not _STAR.search(text):
        words, pattern = (bind(each) for each in words_of(_plain(text)).values())
        return f"cell_says({key}, {words}, {pattern})"
    escaped = json.dumps(_plain(text))[1:-1]
    forms = dict.fromkeys((f"*{text}*", f"*{escaped}*".replace("\\", "\\\\")))
    return _any([_like(f"inline_text({key})", form, bind) for form in forms])


def _in_parts(key: str, text: str, bind: Bind) -> str:
    """In the parts of a text that was cut: each piece between stars is in one of them."""
    found = []
    for piece in [piece for piece in _STAR.split(text) if piece] or [""]:
        words, pattern = (bind(each) for each in words_of(_plain(piece)).values())
        found.append(
            f"list_has_any(part_ids({key}), (SELECT list(id) FROM "  # noqa: S608 - values are bound
            f"parts_matching($owner, {words}, {pattern})))"
        )
    # The function is Python's: CASE keeps it from the rows that it says nothing about.
    return f"CASE WHEN is_recipe({key}) THEN {' AND '.join(found)} ELSE false END"


def _within(expression: str, wanted: Range, bind: Bind) -> str:
    parts = []
    if wanted.low is not None:
        sign = ">" if wanted.without_low else ">="
        parts.append(f"{expression} {sign} {bind(wanted.low)}")
    if wanted.high is not None:
        sign = "<" if wanted.without_high else "<="
        parts.append(f"{expression} {sign} {bind(wanted.high)}")
    return f"({' AND '.join(parts) or f'{expression} IS NOT NULL'})"


def _like(expression: str, text: str, bind: Bind) -> str:
    """``*`` stands for anything, ``\\*`` for itself."""
    return f"{expression} ILIKE {bind(_pattern(text))} ESCAPE '\\'"


def _pattern(text: str) -> str:
    pattern = ""
    for star, plain in re.findall(r"(\*)|\\?(.)", text, re.DOTALL):
        pattern += "%" if star else (_ESCAPED.get(plain) or plain)
    return pattern


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
